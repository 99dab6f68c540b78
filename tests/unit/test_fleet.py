"""How a child of the demo ended is told truly, and a port lost to another is given up."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from seastack.child import Child
from seastack.fleet import ChildFailed, Fleet, Plan

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


def test_a_killed_child_is_not_reported_with_an_old_line(
    fleet: Fleet, tmp_path: Path, pipe: int
) -> None:
    log = tmp_path / "run.log"
    log.write_text(OLD)
    fleet.controller = Child("run", ["--help"], log, pipe)
    fleet.controller.signal(signal.SIGKILL)
    fleet.controller.process.wait(10)
    with pytest.raises(ChildFailed, match="run ended: killed by signal 9; the rest is in"):
        fleet.check()


def test_a_child_that_ended_by_itself_is_reported_in_its_own_words(
    fleet: Fleet, tmp_path: Path, pipe: int
) -> None:
    log = tmp_path / "run.log"
    log.write_text(OLD)
    fleet.controller = Child("run", ["run", "dmeo", "--state", str(tmp_path)], log, pipe)
    assert fleet.controller.process.wait(30) == 2
    with pytest.raises(ChildFailed, match="run ended: no plant called 'dmeo'"):
        fleet.check()
