"""Simulator, controller and dashboard of one demo, as three child processes.

The demo and the benches on real sockets use the same fleet, so what is
measured is what is shown.
"""

import json
import os
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from seastack.child import Child

HOST = "127.0.0.1"
START_S = 600.0  # 10 s on a quiet machine; one that is alive is not given up on a busy one
PATIENCE_S = 20.0  # of silence, until it is said what is waited for
READY = "SIMULATOR ready on"  # what a simulator says that has all its ports
SIMULATOR, CONTROLLER, PAGE = "simulator", "controller", "page"
POLL_S = 0.1


class ChildFailed(Exception):
    """A child ended or did not get ready; the text says which, why and where to look."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the three processes of a demo must agree on."""

    plant: str
    links: tuple[str, str]
    voyage: str
    start_s: float
    speed: float
    seed: int
    state: Path
    modbus_port: int
    opcua_port: int
    control_port: int
    page_port: int
    witness: Path | None = None
    via: tuple[int, int] | None = None  # ports the controller is to use instead of the rig's

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return f"http://{HOST}:{self.page_port}"


class Fleet:
    """Starts and ends the children of a plan; a context manager that leaves none behind."""

    def __init__(self, plan: Plan, say: Callable[[str], None] = lambda _line: None) -> None:
        self.plan, self._say = plan, say
        self.simulator: Child | None = None
        self.controller: Child | None = None
        self.dashboard: Child | None = None
        self._pipe, self._hold = os.pipe()
        # Plant time begins as the wall's and goes its own way when the speed is not 1.
        self._epoch_ns = time.time_ns()
        self._shown_after = ""  # the run before the demo: the page shows what comes after it
        self._logs = plan.state / "log"
        self._logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """End controller, dashboard and simulator, in that order."""
        for child in (self.controller, self.dashboard, self.simulator):
            if child is not None:
                child.end()
        for fd in (self._pipe, self._hold):
            if fd >= 0:
                os.close(fd)
        self._pipe = self._hold = -1

    def now_ns(self) -> int:
        """Return plant time now, as the children see it."""
        elapsed = time.time_ns() - self._epoch_ns
        return self._epoch_ns + int(elapsed * self.plan.speed)

    def voyage_time(self) -> str:
        """Return the voyage's own time now, as --start wants it."""
        elapsed_s = (self.now_ns() - self._epoch_ns) / 1e9
        return datetime.fromtimestamp(self.plan.start_s + elapsed_s, UTC).isoformat()

    def start_simulator(self) -> Child:
        """Start the rig and wait until it answers on its back-channel."""
        plan = self.plan
        arguments = ["--voyage", plan.voyage, "--start", self.voyage_time()]
        arguments += ["--seed", str(plan.seed)]
        if plan.witness is not None:
            arguments += ["--witness", str(plan.witness)]
        arguments += ["--modbus-port", str(plan.modbus_port), "--opcua-port", str(plan.opcua_port)]
        arguments += ["--control-port", str(plan.control_port)]
        self.simulator = self._child("sim", plan.plant, *arguments, *self._clock())
        # Another's rig may have taken the port and answer there: ours says that it has its own.
        child = self.simulator
        self._wait(child, lambda: child.said(READY) and self._rig_answers())
        return child

    def start_controller(self, *, fresh: bool = False) -> Child:
        """Start the controller and wait until its first cycle is in the journal.

        `fresh`: it takes nothing over from the run before.
        """
        plan = self.plan
        before = self.newest_run()
        links: list[str] = []
        ports = plan.via or (plan.modbus_port, plan.opcua_port)
        for name, port in zip(plan.links, ports, strict=True):
            links += ["--link", f"{name}={HOST}:{port}"]
        links += ["--fresh"] if fresh else []
        self.controller = self._child("run", plan.plant, *links, *self._clock())
        self._wait(self.controller, lambda: self._has_cycles(before))
        return self.controller

    def begin_dashboard(self) -> None:
        """Start the page, which shows only runs that are begun from now on, and do not wait."""
        self._shown_after = self.newest_run()
        self._spawn_dashboard()

    def start_dashboard(self) -> Child:
        """Start the page, unless that was begun, and wait until it answers."""
        child = self.dashboard
        if child is None or not child.alive():
            child = self._spawn_dashboard()
        self._wait(child, self._page_answers)
        return child

    def _spawn_dashboard(self) -> Child:
        after = ["--after-run", self._shown_after] if self._shown_after else []
        self.dashboard = self._child("dashboard", "--port", str(self.plan.page_port), *after)
        return self.dashboard

    def start(self, name: str) -> None:
        """Start a child that has ended, by its name, and wait until it is ready."""
        starts: dict[str, Callable[[], Child]] = {
            SIMULATOR: self.start_simulator,
            CONTROLLER: self.start_controller,
            PAGE: self.start_dashboard,
        }
        starts[name]()

    def ended(self) -> list[str]:
        """Return the names of the children that were started and have ended."""
        return [n for n, child in self._children().items() if not child.alive()]

    def exit_code(self, name: str) -> int | None:
        """Return the exit code of a child, negative for a signal; None while it lives."""
        return self._children()[name].process.poll()

    def obituary(self, name: str) -> str:
        """Return in words how a child ended and where the rest stands."""
        return _obituary(self._children()[name])

    def _children(self) -> dict[str, Child]:
        known = {SIMULATOR: self.simulator, CONTROLLER: self.controller, PAGE: self.dashboard}
        return {name: child for name, child in known.items() if child is not None}

    def check(self) -> None:
        """Raise ChildFailed when a child that was started has ended."""
        for name in self.ended():
            raise ChildFailed(self.obituary(name))

    def rig(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send one request to the rig's back-channel and return its answer."""
        with socket.create_connection((HOST, self.plan.control_port), timeout=2.0) as link:
            link.sendall(json.dumps(request).encode() + b"\n")
            with link.makefile("r") as answers:
                answer: dict[str, Any] = json.loads(answers.readline())
        return answer

    def _child(self, command: str, *arguments: str) -> Child:
        log = self._logs / f"{command}.log"
        state = ("--state", str(self.plan.state))
        return Child(command, [command, *arguments, *state], log, self._pipe)

    def _clock(self) -> tuple[str, ...]:
        plan = self.plan
        epoch = str(self._epoch_ns)
        return ("--speed", str(plan.speed), "--wall-epoch", epoch, "--plant-epoch", epoch)

    def _wait(self, child: Child, ready: Callable[[], bool]) -> None:
        begun = said = time.monotonic()
        while not ready():
            if not child.alive():
                raise ChildFailed(_obituary(child))
            now = time.monotonic()
            if now - begun > START_S:
                raise ChildFailed(f"{child.name} was not ready in {START_S:g} s; see {child.log}")
            if now - said > PATIENCE_S:
                said = now
                words = child.last_words(silent="it is loading")
                self._say(f"  {child.name} is not ready after {now - begun:.0f} s: {words}")
            time.sleep(POLL_S)

    def _rig_answers(self) -> bool:
        try:
            return bool(self.rig({"do": "state"}))
        except (OSError, ValueError):
            return False

    def newest_run(self) -> str:
        """Return the id of the run begun last in the plan's state directory, "" for none."""
        from controller.historian.reader import JournalReader

        with JournalReader(self.plan.state) as reader:
            return reader.newest_run() or ""

    def _has_cycles(self, before: str) -> bool:
        from controller.historian.reader import JournalReader

        with JournalReader(self.plan.state) as reader:
            run = reader.newest_run() or ""
            return run != before and reader.latest(run) is not None

    def _page_answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.plan.url}/_stcore/health", timeout=2.0) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False


def _obituary(child: Child) -> str:
    words = child.last_words().removeprefix("seastack: ")
    return f"{child.name} ended: {words}; the rest is in {child.log}"
