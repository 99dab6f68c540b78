"""`seastack unit` against the simulated rig: it waits, and says what the rig did."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controller.authority import Lease
from controller.config import configure
from controller.historian.journal import Journal
from controller.historian.record import Run
from controller.historian.statedir import StateDir
from controller.inbox import Inbox, post
from seastack.bench.sail import Sailing
from seastack.cli import app
from seastack.plants.locate import locate
from sensors.plantfile import load_plant
from sim import voyages
from sim.faults import Fault
from sim.plc_states import Unit
from sim.rig import Rig
from tests.patience import PATIENCE_S, wait_until

pytestmark = pytest.mark.timeout(400)

AT_SEA_S = 1391248800  # 2014-02-01 10:00


class Life:
    """A rig and its controller in a thread, ten plant seconds a second, with journal and inbox."""

    def __init__(self, state: Path) -> None:
        config = configure(load_plant(locate("demo")))
        rig = Rig(config.plant, voyages.load("birka"), 1, AT_SEA_S * 1_000_000_000)
        rig.warm()
        run = Run("one", "live", "demo", config.config_hash, "0", 1, rig.t_ns)
        self.holder, self.inbox = StateDir(state), Inbox(state)
        self.journal = Journal(state, run, config.layout, commit_every=1, patient=True)
        self.sailing = Sailing(rig, config, self.journal)
        self.todo: list[Fault | str] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        post(state, "arm", {}, "C/E")
        wait_until(lambda: self.sailing.state.authority.lease is Lease.HELD)

    def _run(self) -> None:
        while not self._end.wait(0.1):
            todo, self.todo = self.todo, []
            for what in todo:
                if isinstance(what, Fault):
                    self.sailing.rig.inject(what)
                else:
                    self.sailing.rig.clear(what)
            for command in self.inbox.poll():
                self._answer(command.id, command.kind, dict(command.args), command.by)
            self.sailing.cycle()

    def _answer(self, number: int, kind: str, args: dict[str, float | str], by: str) -> None:
        self.sailing.ask(kind, args, by)
        waiting = self.sailing._waiting
        waiting[-1] = type(waiting[-1])(number, kind, by, waiting[-1].t_ns, args)

    def unit(self) -> str:
        i = self.sailing.rig.table.index["HS-UNIT"]
        return Unit(int(self.sailing.rig.value[i])).name

    def stop(self) -> None:
        self._end.set()
        self._thread.join(PATIENCE_S)
        self.inbox.close()
        self.journal.close()
        self.holder.close()


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("unit")


@pytest.fixture(scope="module")
def life(state: Path) -> Iterator[Life]:
    found = Life(state)
    yield found
    found.stop()


def unit(state: Path, name: str, wait: float = 60.0) -> tuple[int, str]:
    words = ["unit", name, "--wait", str(wait), "--state", str(state), "--by", "C/E"]
    result = CliRunner().invoke(app, words)
    return result.exit_code, result.output


def test_a_tripped_rig_is_brought_back_by_command(life: Life, state: Path) -> None:
    life.todo = [Fault("blower_trip")]
    wait_until(lambda: life.unit() == "TRIP")
    time.sleep(0.5)
    code, said = unit(state, "CAPTURE")
    assert code == 1
    assert "TRIP: Blower tripped" in said
    code, said = unit(state, "ready")
    assert code == 1
    assert "will not while Blower tripped stands" in said
    assert "Not reset: Blower tripped still stands" in said
    life.todo = ["blower_trip"]
    time.sleep(0.5)
    code, said = unit(state, "READY")
    assert (code, life.unit()) == (0, "READY")
    assert "The trip is reset: the rig is in READY." in said
    code, said = unit(state, "CAPTURE")
    assert (code, life.unit()) == (0, "CAPTURE")
    assert "The rig is in CAPTURE." in said


def test_what_the_rig_waits_for_is_said(life: Life, state: Path) -> None:
    assert unit(state, "hold")[0] == 0
    life.todo = [Fault("process_value", "PT-810", 1.9)]  # steam header: nothing to heat with
    wait_until(lambda: life.sailing.rig.value[life.sailing.rig.table.index["PT-810"]] < 2.5)
    code, said = unit(state, "CAPTURE", wait=3.0)
    assert code == 0, "the PLC has the request and goes on by itself"
    assert "not in CAPTURE" in said
    assert "no steam for the rig" in said
    life.todo = ["process_value"]
    assert unit(state, "CAPTURE")[0] == 0


def test_a_state_nobody_may_ask_for_is_refused_before_anything_is_sent(state: Path) -> None:
    code, said = unit(state, "TRIP")
    assert code == 2
    assert "trip" in said.lower()


def test_without_a_controller_it_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["unit", "READY", "--state", str(tmp_path)])
    assert result.exit_code != 0
