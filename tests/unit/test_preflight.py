"""A device that refuses us ends the start in one line; one that is absent does not."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from controller.historian.errors import StateDirInUse
from controller.historian.statedir import StateDir
from seastack.control import ControllerOptions, run_controller
from seastack.preflight import let_in
from seastack.problems import UserError
from sensors.driver import Identity, WriteResult
from sensors.errors import LinkLost, LinkRefused
from sensors.reading import Reading
from sensors.tag import Tag

REFUSAL = "opc.tcp://rig:4840/ refuses user 'seastack' or its password"


class Knock:
    """A driver that only ever connects: well, with an error, or never."""

    def __init__(
        self, error: Exception | None = None, *, hangs: bool = False, simulator: bool = True
    ) -> None:
        self._error, self._hangs, self._simulator = error, hangs, simulator
        self.closed = 0

    async def connect(self) -> Identity:
        """End as told."""
        if self._hangs:
            await asyncio.Event().wait()
        if self._error is not None:
            raise self._error
        return Identity("", "", "", self._simulator)

    async def attach(self, timeout_s: float) -> None:
        """Nobody presses bypass before the service runs."""
        raise AssertionError

    async def read(self, tags: Sequence[Tag]) -> Sequence[Reading]:
        """Nobody reads before the service runs."""
        raise AssertionError

    async def write(self, values: Mapping[Tag, float]) -> Sequence[WriteResult]:
        """Nobody writes before the service runs."""
        raise AssertionError

    async def close(self) -> None:
        """Count."""
        self.closed += 1


async def test_a_refusal_names_link_cause_and_remedy_and_leaves_nothing_open() -> None:
    plc, analysers = Knock(), Knock(LinkRefused(REFUSAL))
    with pytest.raises(UserError) as ended:
        await let_in({"plc": lambda: plc, "analysers": lambda: analysers}, again_s=0.0)
    assert str(ended.value).startswith(f"link analysers: {REFUSAL}; set it: seastack pki password")
    assert "\n" not in str(ended.value)
    assert (plc.closed, analysers.closed) == (1, 2)


async def test_a_server_that_is_just_starting_is_asked_again() -> None:
    class Starting(Knock):
        async def connect(self) -> Identity:
            if not self.closed:
                raise LinkRefused(REFUSAL)
            return await super().connect()

    starting = Starting()
    await let_in({"analysers": lambda: starting}, again_s=0.0)
    assert starting.closed == 2


async def test_who_is_absent_or_silent_does_not_keep_the_controller_from_starting() -> None:
    absent, silent = Knock(LinkLost("no connection")), Knock(hangs=True)
    await let_in({"plc": lambda: absent, "analysers": lambda: silent}, patience_s=0.05)
    assert (absent.closed, silent.closed) == (1, 1)


@pytest.mark.parametrize(
    ("says", "demo", "written"), [(True, False, True), (False, True, False), (None, True, True)]
)
def test_a_run_is_simulated_when_a_device_says_so(
    state: Path, monkeypatch: pytest.MonkeyPatch, says: bool | None, demo: bool, written: bool
) -> None:
    """Where no device answers yet, only a demo may claim a simulator."""
    knock = Knock(LinkLost("nobody") if says is None else None, simulator=bool(says))
    runs: list[bool] = []
    monkeypatch.setattr("seastack.control.driver_factories", lambda *_: {"plc": lambda: knock})
    monkeypatch.setattr("seastack.control.serve", lambda o, *_: runs.append(o.run.simulator))
    epoch = 0 if demo else None
    run_controller(ControllerOptions("demo", state, wall_epoch_ns=epoch, plant_epoch_ns=epoch))
    assert runs == [written]


async def test_every_driver_is_made_before_any_connects() -> None:
    """Making the first driver of a kind loads a library: nobody's time-out may pay for it."""
    order: list[str] = []

    class Noted(Knock):
        async def connect(self) -> Identity:
            order.append("connect")
            return await super().connect()

    def make() -> Knock:
        order.append("make")
        return Noted()

    await let_in({"plc": make, "analysers": make})
    assert order == ["make", "make", "connect", "connect"]


def test_a_refused_start_leaves_no_run_behind(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    factories = {"plc": Knock, "analysers": lambda: Knock(LinkRefused(REFUSAL))}
    monkeypatch.setattr("seastack.control.driver_factories", lambda *_: factories)
    with pytest.raises(UserError, match="link analysers"):
        run_controller(ControllerOptions("demo", state))
    assert not (state / "journal").exists()
    StateDir(state).close()  # given free again


def test_good_news_of_a_link_is_shown_too(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = logging.getLogger("seastack")
    monkeypatch.setattr(log, "level", logging.NOTSET)  # as in a fresh process
    monkeypatch.setattr("seastack.control.driver_factories", lambda *_: {"plc": Knock})
    monkeypatch.setattr("seastack.control.serve", lambda *_: log.getChild("link").info("up"))
    shown: list[str] = []
    handler = logging.Handler()
    monkeypatch.setattr(handler, "emit", lambda record: shown.append(record.getMessage()))
    log.addHandler(handler)
    try:
        run_controller(ControllerOptions("demo", state))
    finally:
        log.removeHandler(handler)
    assert shown[-1] == "up"


def test_a_second_controller_does_not_even_knock(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Knock] = []

    def make() -> Knock:
        made.append(Knock())
        return made[-1]

    monkeypatch.setattr("seastack.control.driver_factories", lambda *_: {"plc": make})
    with StateDir(state), pytest.raises(StateDirInUse):
        run_controller(ControllerOptions("demo", state))
    assert made == []
