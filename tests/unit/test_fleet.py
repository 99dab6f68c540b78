"""How a child of the demo ended is told truly, and a port lost to another is given up."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

import pytest

from seastack.attendance import Attendance
from seastack.child import Child
from seastack.demo import elsewhere, launch
from seastack.fleet import ChildFailed, Fleet, Plan
from tests.patience import PATIENCE_S

OLD = "link analysers is down: no answer\n"


def plan_in(state: Path, ports: tuple[int, int, int, int] = (1, 2, 3, 4)) -> Plan:
    modbus, opcua, control, page = ports
    return Plan(
        plant="demo",
        links=("plc", "analysers"),
        voyage="birka",
        start_s=0.0,
        speed=1.0,
        seed=1,
        state=state,
        modbus_port=modbus,
        opcua_port=opcua,
        control_port=control,
        page_port=page,
    )


def free_ports(count: int) -> list[int]:
    """Return different ports that are free just now."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with Fleet(plan_in(tmp_path)) as fleet:
        yield fleet


@pytest.fixture
def pipe() -> Iterator[int]:
    reading, writing = os.pipe()
    yield reading
    os.close(reading)
    os.close(writing)


class Quick(Fleet):
    """A fleet whose controller ends as it is told, at once."""

    says: tuple[str, ...] = ("run", "--help")
    starts = 0

    def start_controller(self, *, fresh: bool = False) -> Child:
        self.starts += 1
        self.controller = Child("run", self.says, self.plan.state / "run.log", self._pipe)
        self.controller.process.wait(PATIENCE_S)
        return self.controller


@dataclass
class Time:
    s: float = 0.0

    def now(self) -> float:
        return self.s


def look_for(seconds: int, attendance: Attendance, time: Time) -> None:
    for _ in range(seconds):
        attendance.look()
        time.s += 1.0


def test_a_child_that_ended_is_said_and_started_again_after_a_while(tmp_path: Path) -> None:
    heard: list[str] = []
    with Quick(plan_in(tmp_path)) as fleet:
        fleet.start_controller()
        time = Time()
        attendance = Attendance(fleet, heard.append, time.now)
        attendance.look()
        assert heard[0].startswith("run ended: ")
        assert "it is started again in 5 s" in heard[0]
        time.s += 4.0
        attendance.look()
        assert fleet.starts == 1
        time.s += 1.0
        attendance.look()
        assert fleet.starts == 2
    assert "in MONITOR" in heard[1]
    assert f"seastack arm --state {tmp_path}" in heard[1]


def test_a_child_that_ends_again_and_again_ends_the_demo(tmp_path: Path) -> None:
    with Quick(plan_in(tmp_path)) as fleet:
        fleet.start_controller()
        time = Time()
        attendance = Attendance(fleet, lambda _line: None, time.now)
        with pytest.raises(ChildFailed, match="run ended"):
            look_for(100, attendance, time)
        assert fleet.starts == 4


def test_a_mistake_is_not_started_again(tmp_path: Path) -> None:
    class Mistaken(Quick):
        says = ("run", "dmeo")

    with Mistaken(plan_in(tmp_path)) as fleet:
        fleet.start_controller()
        with pytest.raises(ChildFailed, match="no plant called 'dmeo'"):
            Attendance(fleet, lambda _line: None).look()


def test_a_killed_child_is_not_reported_with_an_old_line(
    fleet: Fleet, tmp_path: Path, pipe: int
) -> None:
    log = tmp_path / "run.log"
    log.write_text(OLD)
    fleet.controller = Child("run", ["--help"], log, pipe)
    fleet.controller.signal(signal.SIGKILL)
    fleet.controller.process.wait(PATIENCE_S)
    with pytest.raises(ChildFailed, match="run ended: killed by signal 9; the rest is in"):
        fleet.check()


def test_a_child_that_ended_by_itself_is_reported_in_its_own_words(
    fleet: Fleet, tmp_path: Path, pipe: int
) -> None:
    log = tmp_path / "run.log"
    log.write_text(OLD)
    fleet.controller = Child("run", ["run", "dmeo", "--state", str(tmp_path)], log, pipe)
    assert fleet.controller.process.wait(PATIENCE_S) == 2
    with pytest.raises(ChildFailed, match="run ended: no plant called 'dmeo'"):
        fleet.check()


def test_only_ports_that_are_busy_now_are_replaced(tmp_path: Path) -> None:
    free = free_ports(3)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        lost = other.getsockname()[1]
        plan = plan_in(tmp_path, (free[0], lost, free[1], free[2]))
        moved = elsewhere(plan)
    assert moved.opcua_port not in (lost, *free)
    assert moved == replace(plan, opcua_port=moved.opcua_port)
    assert elsewhere(plan) == plan  # the other program has gone


class LostPort(Fleet):
    """A fleet whose first simulator finds a port taken."""

    starts = 0

    def start_simulator(self) -> Child:
        """Fail once the way a lost port does, then go no further."""
        self.starts += 1
        raise ChildFailed(f"sim ended: start {self.starts} on {self.plan.opcua_port}")


def test_the_rig_is_started_once_more_on_other_ports(tmp_path: Path) -> None:
    heard: list[str] = []
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        lost = other.getsockname()[1]
        a, b, c = free_ports(3)
        with LostPort(plan_in(tmp_path, (a, lost, b, c))) as fleet:
            with pytest.raises(ChildFailed, match="start 2"):
                launch(fleet, dashboard=False, say=heard.append)
            assert fleet.plan.opcua_port != lost
    assert any("another program took a port" in line for line in heard)


def test_a_rig_of_somebody_else_on_our_port_is_not_taken_for_ours(tmp_path: Path) -> None:
    answer = b'{"ok": true}\n'
    with socket.create_server(("127.0.0.1", 0)) as other:
        stranger = Thread(target=serve_once, args=(other, answer), daemon=True)
        stranger.start()
        a, b, c = free_ports(3)
        control = other.getsockname()[1]
        with (
            Fleet(plan_in(tmp_path, (a, b, control, c))) as fleet,
            pytest.raises(ChildFailed, match="sim ended"),
        ):
            fleet.start_simulator()


def serve_once(listening: socket.socket, answer: bytes) -> None:
    while True:
        try:
            link, _ = listening.accept()
        except OSError:
            return
        with link:
            link.recv(1000)
            link.sendall(answer)


def test_a_rig_that_failed_for_another_reason_is_not_tried_again(tmp_path: Path) -> None:
    a, b, c, d = free_ports(4)
    with (
        LostPort(plan_in(tmp_path, (a, b, c, d))) as fleet,
        pytest.raises(ChildFailed, match="start 1"),
    ):
        launch(fleet, dashboard=False, say=lambda _line: None)
