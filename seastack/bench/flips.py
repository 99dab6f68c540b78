"""`bench flips`: one bit of a record changed, again and again: each must be told.

A record of two runs: one whose first day is archived as Parquet and whose second is sealed,
one that was killed, with its log.  Every flip is of one bit of one of these files, which then
is verified and read as a page reads it.
"""

import shutil
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Final

from rich.console import Console
from rich.progress import Progress

from controller.config import PlantConfig, configure
from controller.historian import schema
from controller.historian.archive import archive_day
from controller.historian.errors import UNSOUND
from controller.historian.journal import Journal
from controller.historian.record import Run
from controller.historian.sealing import signer_of
from controller.historian.segmentfiles import segment_files
from controller.historian.verify import verify
from controller.recording import record_of, sent_values
from controller.snapshot import state_to_bytes
from controller.types import Inputs, Outputs
from seastack.bench.cycles import START_NS, Fuzz
from seastack.bench.figure import BenchOptions, Figure
from seastack.bench.torture import quiet
from seastack.bench.tortures.journalbytes import read_all
from seastack.bench.tortures.tally import HANG, TRACEBACK, WORDS, Tally, hangs_are_seen
from seastack.plantargs import plant_of

FLIPS: Final = 10_000
CYCLES: Final = 40  # a day
DAY_NS: Final = 86_400 * 10**9
SEALED, KILLED = "flips-sealed", "flips-killed"
LOOKED_AT: Final = (".db", ".db-wal", ".parquet", ".seal")
TABLES: Final = ("run", "layout", "cycle", "event", "snapshot", "turn", "rollup_60", "rollup_600",
                 "archive", "head", "part")  # fmt: skip


def run(options: BenchOptions) -> list[Figure]:
    """Flip bits `inputs` times; return how many were told, were none of the record, were silent."""
    flips = FLIPS if options.inputs is None else options.inputs
    rng, tally, found = Random(f"{options.seed} flips"), Tally(), Counter[str]()
    console = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        hangs_are_seen(),
        quiet(),
        Progress(console=console, transient=True) as bar,
    ):
        task = bar.add_task("flips", total=flips)
        whole = recorded(configure(plant_of("demo")), Path(folder) / "whole", options.seed)
        trial = Trial(whole, Path(folder) / "copy")
        for done in range(flips):
            for what in trial.flipped(rng, tally):
                found[what] += 1
                if what.startswith("silent"):
                    console.print(f"silent: {trial.last}", markup=False, highlight=False)
            bar.update(task, completed=done)
        for line in tally.told:
            console.print(line, markup=False, highlight=False)
    return figures(flips, found, tally)


def figures(flips: int, found: Counter[str], tally: Tally) -> list[Figure]:
    """Return the bars, then what was flipped and how it was told."""
    return [
        Figure("flips", flips),
        Figure("silent", found["silent"], "", "==", 0),
        *(Figure(kind, tally.faults[kind], "", "==", 0) for kind in (TRACEBACK, HANG, WORDS)),
        *(Figure(what, n) for what, n in sorted(found.items()) if what != "silent"),
    ]


def recorded(config: PlantConfig, state: Path, seed: int) -> Path:
    """Make the record that is flipped; return its state directory."""
    state.mkdir()
    _journal(config, state, SEALED, seed, days=2).close()
    folder = state / "journal" / SEALED
    archive_day(segment_files(folder)[0], signer_of(state))
    killed = _journal(config, state, KILLED, seed + 1, days=1)
    killed.flush()
    left = shutil.copytree(state, state.with_name("killed"))  # as a power cut leaves it
    killed.close()
    return left


def _journal(config: PlantConfig, state: Path, name: str, seed: int, days: int) -> Journal:
    plant = config.plant
    run = Run(name, "live", plant.name, plant.config_hash, "bench", seed, START_NS)
    journal = Journal(state, run, config.layout, patient=True)

    def keep(inputs: Inputs, outputs: Outputs) -> None:
        day, within = divmod(inputs.seq, CYCLES)
        t_ns = START_NS + day * DAY_NS + within * 10**9
        record = record_of(config, inputs, outputs, sent_values(config, outputs), inputs.t_ns)
        snapshot = state_to_bytes(fuzz.state) if within % 16 == 0 else None
        journal.append(replace(record, t_ns=t_ns), outputs.events, snapshot)

    fuzz = Fuzz(config, seed, keep)
    for _ in range(days * CYCLES):
        fuzz.cycle()
    return journal


class Trial:
    """A record, and a copy of it in which bits are flipped one by one."""

    def __init__(self, whole: Path, copy: Path) -> None:
        self._whole, self._copy = whole, copy
        self._files = [
            f for f in sorted((whole / "journal").rglob("*")) if f.name.endswith(LOOKED_AT)
        ]
        self._sizes = [f.stat().st_size for f in self._files]
        shutil.copytree(whole, copy)
        if problems := [p for day in verify(copy) for p in day.problems]:
            raise AssertionError(f"the record is damaged before anything was flipped: {problems}")
        self._rows = {name: _rows(copy, name) for name in (SEALED, KILLED)}
        self.last = ""

    def flipped(self, rng: Random, tally: Tally) -> list[str]:
        """Flip one bit anywhere; return what became of it, in words to be counted."""
        (file,) = rng.choices(self._files, self._sizes)
        bit = rng.randrange(8 * file.stat().st_size)
        run = file.parent.name
        shutil.rmtree(self._copy)
        shutil.copytree(self._whole, self._copy)
        _flip(self._copy / file.relative_to(self._whole), bit)
        self.last = f"{file.name} of {run}, bit {bit}"
        kind = f"flipped: {'the log' if file.name.endswith('-wal') else file.suffix} of {run}"
        problems: list[str] = []
        with tally.judged(f"{self.last}: verify"):
            problems = [p for day in verify(self._copy, run) for p in day.problems]
            for problem in problems:
                tally.words(problem, self.last)
        read_all(self._copy, run, self.last, tally)
        if problems:
            return [kind, f"told: {_class_of(problems[0])}"]
        if run == KILLED and _rows(self._copy, run) == self._rows[run]:
            return [kind, "of a run not sealed yet, no part of any row"]
        return [kind, "silent"]


def _flip(path: Path, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def _rows(state: Path, run: str) -> object:
    """Return every row of a run's tables, as they are; None where they cannot be read."""
    try:
        found = []
        for path in segment_files(state / "journal" / run):
            with closing(schema.open_to_read(path)) as db:
                found += [db.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES]
        return found
    except UNSOUND:
        return None


def _class_of(problem: str) -> str:
    """Return a problem without its numbers and names, to be counted."""
    known = ("wrong checksum", "chain is broken", "other SHA-256", "SQLite:", "no seal as it was",
             "signature", "cannot be read", "acknowledged", "not as they were", "head")  # fmt: skip
    return next((words for words in known if words in problem), "otherwise")
