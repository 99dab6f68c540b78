"""Compile the kernels once, in two processes, and say which and how far.

A start that finds them compiled says nothing.  Compiled code is kept in the user's cache
and shared by all who have the same text of the kernels, see `models.kernelcache`.
"""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Final

from seastack.problems import UserError

QUIET_S: Final = 5.0  # between two lines where no progress bar can be drawn
LOOK_S: Final = 0.2
ABOUT: Final = "under a minute on two quiet cores, some times that on a busy machine"


@dataclass(slots=True)
class Progress:
    """How far the compiling is: `needed` kernels, those `done`, those that are `under_way`."""

    needed: int = 0
    done: set[str] = field(default_factory=set)
    under_way: list[str] = field(default_factory=list)

    def hear(self, how: str, name: str) -> None:
        """Note that a kernel begins or ends; one that calls others waits for them."""
        if how == "begin":
            self.under_way.append(name)
            return
        if name in self.under_way:
            self.under_way.remove(name)
        self.done.add(name)

    @property
    def newest(self) -> str:
        """Return the kernel begun last of those under way, or what is done without one."""
        return self.under_way[-1] if self.under_way else "loading"


Show = Callable[[Progress], None]


def ensure() -> None:
    """Compile what is not compiled yet, saying so on standard error; else do nothing."""
    from models.kernelcache import is_ready

    if is_ready():
        return
    print(f"compiling the numeric kernels, once for this version: {ABOUT}", file=sys.stderr)
    print(f"kernels ready after {warm_up():.0f} s", file=sys.stderr, flush=True)


def warm_up() -> float:
    """Compile and cache every kernel a rig needs, showing how far; return the seconds taken.

    Raises UserError when one of the processes failed.
    """
    from models.kernelcache import mark_ready

    begun = time.perf_counter()
    progress = Progress()
    halves = _start()
    with _shown() as show:
        for half in _messages(halves):
            if "needed" in half:
                progress.needed = int(half["needed"])
            else:
                progress.hear(half["how"], half["name"])
            show(progress)
    if any(half.returncode for half in halves):
        raise UserError("the kernels could not be compiled: what the process said stands above")
    mark_ready()
    return time.perf_counter() - begun


def _run_a_rig() -> None:
    """Run what a start runs: whatever was left out so far is compiled here."""
    import numpy as np

    from models.flowsheet import FlowsheetPlant
    from models.steady import inputs, steady_held
    from models.warm import DESIGN_D
    from seastack.plants.locate import locate
    from sensors.plantfile import load_plant
    from sim import voyages
    from sim.rig import Rig

    plant = FlowsheetPlant()
    steady_held(
        plant, inputs(24.0 / 3.6, 20.0 / 3.6, 1200.0), np.array(DESIGN_D), plant.default_p()
    )
    voyage = voyages.load("birka")
    rig = Rig(load_plant(locate("demo")), voyage, seed=1, start_ns=int(voyage.start_s * 1e9))
    rig.step()
    rig.optimum()


def _start() -> list[subprocess.Popen[str]]:
    return [
        subprocess.Popen(
            [sys.executable, "-m", "seastack.warm", half],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        for half in ("slopes", "states")
    ]


def _messages(halves: list[subprocess.Popen[str]]) -> Iterator[dict[str, str]]:
    """Yield what the processes tell, as it comes, until both have ended."""
    told: queue.Queue[dict[str, str] | None] = queue.Queue()
    for half in halves:
        threading.Thread(target=_read, args=(half.stdout, told), daemon=True).start()
    left = len(halves)
    try:
        while left:
            message = told.get()
            if message is None:
                left -= 1
            else:
                yield message
        for half in halves:
            half.wait()
    finally:  # a Ctrl-C leaves nobody behind
        for half in halves:
            half.terminate()
            half.wait()


def _read(pipe: IO[str] | None, told: "queue.Queue[dict[str, str] | None]") -> None:
    with pipe or open(os.devnull, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("{"):
                told.put(json.loads(line))
    told.put(None)


@contextmanager
def _shown() -> Iterator[Show]:
    """Yield what shows the progress: a bar on a terminal, else a line now and then.

    On standard error, for standard output may be somebody's JSON.
    """
    if sys.stderr.isatty():
        with _bar() as show:
            yield show
    else:
        yield _lines()


@contextmanager
def _bar() -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("compiling kernels"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda now: bar.update(
            task,
            total=now.needed or None,
            completed=len(now.done),
            description=now.newest,
        )


def _lines() -> Show:
    begun = said = time.monotonic()

    def show(now: Progress) -> None:
        nonlocal said
        if time.monotonic() - said >= QUIET_S:
            said = time.monotonic()
            print(line(now, said - begun), file=sys.stderr, flush=True)

    return show


def line(now: Progress, seconds: float) -> str:
    """Return the progress as one line, such as "kernels 34 of 105 after 12 s: vle.p_co2"."""
    return f"  kernels {len(now.done)} of {now.needed} after {seconds:.0f} s: {now.newest}"


def _half(name: str) -> None:
    """Compile one half and tell on standard output, one JSON object a line."""
    from models.compiling import compile_all, jobs, needed

    print(json.dumps({"needed": len(needed())}))

    def tell(how: str, what: str) -> None:
        print(json.dumps({"how": how, "name": what}))

    mine = jobs(name)
    if name == "states":  # the shorter half
        mine.append(("a rig", _run_a_rig))
    compile_all(mine, tell)


if __name__ == "__main__":
    _half(sys.argv[1])
