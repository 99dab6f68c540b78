"""The PLC program as a table: signals in, state, words and commands out."""

from itertools import pairwise

import pytest

from seastack.plants.locate import locate
from sensors.plantfile import load_plant
from sim.plc import STATUS_TAGS, Plc
from sim.plc_io import Engine, Sensed
from sim.plc_lease import Reject
from sim.plc_regulators import Regulators
from sim.plc_states import CAPTURING, Permit, Unit
from sim.plc_trips import NUMBER

SPEC = load_plant(locate("demo")).spec
RUNNING = Engine(True, False, 10.0, True, False)
STOPPED = Engine(False, False, 0.0, False, True)
GOOD = Sensed(
    treated=20000.0, t_quench=40.0, dp_bed=12.0, level_sump=50.0, lean=24000.0, rich=25000.0,
    t_lean=40.0, level_tank=50.0, p_stripper=190.0, t_reb=119.0, t_reb_b=119.0, steam=1900.0,
    level_reb=50.0, level_reflux=50.0, product=1050.0, lco2=20.0, lco2_b=20.0, p_lco2=16.0,
    p_header=3.5, steam_available=3000.0, p_air=7.0, space_co2_1=0.05, space_co2_2=0.05,
    ventilation=1.0, so2=2.0, co2_in=6.3, inlet_shut=0.0, blower_running=1.0,
    strength=30.0, t_wash=40.5,
)  # fmt: skip


class Bench:
    """A PLC on a table: good signals, a clock, and a PC that beats."""

    def __init__(self) -> None:
        self.plc, self.now, self.t = Plc(SPEC), GOOD, 0.0
        self.plc.wired.engines = [RUNNING, RUNNING, STOPPED, STOPPED]
        self.plc.wired.exhaust_kg_h = 35000.0
        self.beat = 0
        self.run(30)

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.t += 1.0
            self.plc.scan(self.now, self.t, 1.0)

    def pc(self, seconds: int = 1, **words: float) -> None:
        """Write one block a second and scan."""
        for _ in range(seconds):
            self.beat += 1
            block = {"HS-PC-BEAT": self.beat, "HS-PC-SEQ": self.beat, "HS-PC-OWNER": 3, **words}
            self.plc.box.put({k.replace("_", "."): float(v) for k, v in block.items()})
            self.run(1)

    def take(self) -> None:
        active = {"FIC-401.SP": 0, "FIC-521.SP": 1, "TIC-401.SP": 2, "PIC-501.SP": 3}
        points = self.plc.points.active
        words = {name: points[i] for name, i in active.items()} | {"FIC-110.SP": points[4]}
        self.pc(1, **{"HS-PC-LEASE": self.beat + 1, "HS-PC-UNIT": self.plc.unit.asked}, **words)
        assert self.plc.lease.owner == 3

    def state(self) -> Unit:
        return self.plc.unit.state

    def status(self, name: str) -> float:
        return self.plc.status()[STATUS_TAGS.index(name)]


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.plc.request(Unit.CAPTURE)
    made.run(400)  # WARM, CAPTURE, and the ramps to the local set-points
    assert made.state() is Unit.CAPTURE
    return made


PERMISSIVES = [
    (Permit.STEAM, {"steam_available": 50.0}),
    (Permit.STEAM, {"p_header": 2.0}),
    (Permit.TANK, {"lco2": 90.5}),
    (Permit.TANK, {"lco2_b": 90.5}),
    (Permit.AIR, {"p_air": 4.0}),
    (Permit.VENTILATION, {"ventilation": 0.0}),
]


@pytest.mark.parametrize(("bit", "signals"), PERMISSIVES)
def test_each_permissive_is_named_and_holds(
    bench: Bench, bit: Permit, signals: dict[str, float]
) -> None:
    bench.now = GOOD._replace(**signals)
    bench.run(10)
    assert bench.plc.permit & bit
    assert bench.state() not in CAPTURING
    assert not bench.plc.out.inlet_open
    assert bench.plc.out.blower == 0.0


ENGINES = [
    (Permit.ENGINE, [STOPPED] * 4, 0.0),
    (Permit.ENGINE, [Engine(True, True, 5.0, True, False)] * 4, 30000.0),
    (Permit.DAMPERS, [RUNNING, RUNNING, Engine(False, False, 0.0, False, False), STOPPED], 35000.0),
    (Permit.EXHAUST, [RUNNING, STOPPED, STOPPED, STOPPED], 6000.0),
]


@pytest.mark.parametrize(("bit", "engines", "exhaust"), ENGINES)
def test_engines_and_dampers_are_permissives(
    bench: Bench, bit: Permit, engines: list[Engine], exhaust: float
) -> None:
    bench.plc.wired.engines, bench.plc.wired.exhaust_kg_h = engines, exhaust
    bench.run(10)
    assert bench.plc.permit & bit
    assert not bench.plc.out.inlet_open


def test_a_damper_shuts_when_its_engine_announces_a_stop(bench: Bench) -> None:
    assert bench.plc.out.dampers == [True, True, False, False]
    stopping = RUNNING._replace(stopping=True)
    bench.plc.wired.engines = [RUNNING, stopping, STOPPED, STOPPED]
    bench.run(1)
    assert bench.plc.out.dampers == [True, False, False, False]


TRIPPING = [
    ("quench", {"t_quench": 61.0}),
    ("so2", {"so2": 51.0}),
    ("flood", {"dp_bed": 41.0}),
    ("sump_high", {"level_sump": 96.0}),
    ("sump_low", {"level_sump": 2.0}),
    ("no_lean", {"lean": 3000.0}),
    ("reboiler_hot", {"t_reb": 125.1}),
    ("reboiler_hot", {"t_reb_b": 125.1}),
    ("reboiler_low", {"level_reb": 3.0}),
    ("stripper_pressure", {"p_stripper": 281.0}),
    ("tank", {"lco2": 95.5}),
    ("tank", {"p_lco2": 20.5}),
    ("space_gas", {"space_co2_2": 1.6}),
    ("header", {"p_header": 1.0}),
    ("air", {"p_air": 3.0}),
]


@pytest.mark.parametrize(("name", "signals"), TRIPPING)
def test_each_trip_shuts_the_rig_and_names_itself(
    bench: Bench, name: str, signals: dict[str, float]
) -> None:
    bench.now = GOOD._replace(**signals)
    bench.run(320)
    assert bench.state() is Unit.TRIP
    assert bench.status("HS-FIRST-OUT") == NUMBER[name]
    assert not bench.plc.out.inlet_open
    assert (bench.plc.out.blower, bench.plc.out.steam) == (0.0, 0.0)
    assert bench.plc.counters.trips == 1
    if name != "no_lean":  # that cause ends with the capture
        bench.plc.request(Unit.READY)
        bench.run(5)
        assert bench.state() is Unit.TRIP  # the cause stands
    bench.now = GOOD
    bench.run(5)
    assert bench.state() is Unit.TRIP  # nobody reset it
    bench.plc.request(Unit.READY)
    bench.run(2)
    assert bench.state() is Unit.READY
    assert bench.status("HS-FIRST-OUT") == 0


def test_back_pressure_blower_and_esd_trip(bench: Bench) -> None:
    bench.plc.wired.engines = [RUNNING._replace(back_pressure_mbar=31.0), *[STOPPED] * 3]
    bench.run(5)
    assert bench.plc.trips.first_out == NUMBER["back_pressure"]
    esd = Bench()
    esd.plc.wired.esd = True
    esd.run(3)
    assert esd.plc.unit.state is Unit.ESD
    assert esd.plc.out.lean == 0.0
    blower = Bench()
    blower.plc.wired.blower_fault = True
    blower.run(5)
    assert blower.plc.trips.first_out == NUMBER["blower"]


@pytest.mark.parametrize("key", [True, False])
@pytest.mark.parametrize("owned", [True, False])
def test_the_bypass_bit_is_obeyed_with_and_without_lease(
    bench: Bench, key: bool, owned: bool
) -> None:
    if owned:
        bench.take()
    bench.plc.wired.remote = key
    bench.plc.box.put({"HS-BYPASS-REQ": 1.0})
    bench.run(1)
    assert bench.status("HS-UNIT") == Unit.HOLD
    assert int(bench.status("HS-PERMIT")) & Permit.BYPASS
    assert bench.status("HS-BYPASS") == 0  # asked for, not yet proven by the switches
    bench.now = bench.now._replace(inlet_shut=1.0)
    bench.run(1)
    assert bench.status("HS-BYPASS") == 0
    bench.now = bench.now._replace(blower_running=0.0)
    bench.run(1)
    assert bench.status("HS-BYPASS") == 1
    assert not bench.plc.out.inlet_open
    assert bench.plc.box.bypass is False  # momentary: the PLC resets it
    bench.run(600)
    assert bench.status("HS-UNIT") == Unit.HOLD


def test_a_bypass_is_left_only_by_the_owners_fresh_capture(bench: Bench) -> None:
    bench.take()
    bench.pc(2, **{"HS-PC-UNIT": Unit.CAPTURE})
    bench.plc.box.put({"HS-BYPASS-REQ": 1.0})
    bench.pc(60, **{"HS-PC-UNIT": Unit.CAPTURE})  # the register stands at CAPTURE: not fresh
    assert bench.state() is Unit.HOLD
    bench.pc(1, **{"HS-PC-LEASE": 999})  # asking for the lease is no request for CAPTURE
    bench.pc(60, **{"HS-PC-UNIT": Unit.CAPTURE})
    assert bench.state() is Unit.HOLD
    bench.pc(2, **{"HS-PC-UNIT": Unit.HOLD})
    bench.pc(60, **{"HS-PC-UNIT": Unit.CAPTURE})
    assert bench.state() is Unit.CAPTURE


def test_a_new_lease_after_a_bypass_does_not_resurrect_an_old_request(bench: Bench) -> None:
    bench.take()
    bench.pc(2, **{"HS-PC-UNIT": Unit.CAPTURE})
    bench.plc.box.put({"HS-BYPASS-REQ": 1.0})
    bench.run(10)  # the PC is silent: the lease is lost
    assert bench.plc.lease.lost
    bench.pc(60, **{"HS-PC-LEASE": 1000, "HS-PC-UNIT": Unit.CAPTURE})
    assert bench.plc.lease.owner == 3
    assert bench.state() is Unit.HOLD


REFUSED = [
    (Reject.LIMITS, {"FIC-401.SP": 33000.0}),
    (Reject.LIMITS, {"FIC-401.SP": float("nan")}),
    (Reject.RATE, {"FIC-401.SP": 8000.0}),
    (Reject.NOT_PERMITTED, {"HS-PC-UNIT": 7.0}),
]


@pytest.mark.parametrize(("reason", "words"), REFUSED)
def test_the_reason_of_a_refusal_is_served(
    bench: Bench, reason: Reject, words: dict[str, float]
) -> None:
    bench.take()
    bench.pc(1, **words)
    assert bench.status("HS-REJECT") == reason
    assert bench.state() is Unit.CAPTURE


def test_without_lease_key_or_as_another_a_block_is_refused(bench: Bench) -> None:
    bench.pc(1, **{"FIC-401.SP": 25000.0})
    assert bench.status("HS-REJECT") == Reject.NO_LEASE
    bench.plc.wired.remote = False
    bench.pc(1, **{"FIC-401.SP": 25100.0})
    assert bench.status("HS-REJECT") == Reject.KEY_LOCAL
    bench.plc.wired.remote = True
    bench.take()
    bench.pc(1, **{"HS-PC-OWNER": 9, "FIC-401.SP": 25200.0})
    assert bench.status("HS-REJECT") == Reject.OTHER_OWNER
    assert bench.plc.points.accepted[0] != 25200.0


def test_an_accepted_block_is_acknowledged_and_followed(bench: Bench) -> None:
    bench.take()
    before = bench.status("FIC-401.SPR")
    bench.pc(1, **{"FIC-401.SP": before + 100.0})
    assert bench.status("HS-SEQ-ACK") == bench.beat
    assert bench.status("HS-SP-OK") == 31
    assert bench.status("HS-REJECT") == Reject.NONE
    assert bench.status("FIC-401.SPR") == pytest.approx(before + 100.0)


def test_a_lost_lease_holds_then_ramps_to_local_without_a_jump(bench: Bench) -> None:
    bench.take()
    start = bench.status("FIC-401.SPR")
    for k in range(1, 40):
        bench.pc(1, **{"FIC-401.SP": start - 100.0 * k})
    bench.pc(5)
    last = bench.status("FIC-401.SPR")
    trace = [last]
    for _ in range(200):
        bench.run(1)
        trace.append(bench.status("FIC-401.SPR"))
    lost = 4
    assert bench.status("HS-LEASE-LOST") == 1
    assert trace[: lost + 30] == [last] * (lost + 30)
    steps = [abs(b - a) for a, b in pairwise(trace)]
    assert max(steps) <= 0.004 * 24000.0 + 1e-6
    assert trace[-1] == pytest.approx(start, rel=0.02)


def test_steam_is_capped_by_header_and_temperature_whoever_owns_it(bench: Bench) -> None:
    bench.take()
    free = bench.plc.loops.steam_cap
    bench.now = GOOD._replace(p_header=3.0)
    bench.run(60)
    assert bench.plc.loops.steam_cap < 0.8 * free
    bench.now = GOOD._replace(t_reb=123.0, t_reb_b=123.0)
    hot = Bench()
    hot.plc.request(Unit.CAPTURE)
    hot.run(60)
    hot.now = bench.now
    hot.run(60)
    assert hot.plc.loops.steam_cap < 0.8 * free


@pytest.mark.parametrize("full", [2400.0, 4000.0])
def test_what_holds_steam_back_begins_at_the_flow_of_any_reboiler(full: float) -> None:
    reboiler = SPEC.reboiler.model_copy(update={"max_steam_kg_h": full})
    loops = Regulators(SPEC.model_copy(update={"reboiler": reboiler}))
    now = GOOD._replace(steam=full - 200.0, steam_available=9000.0)
    for _ in range(60):
        loops.filter(now, 1.0)
        assert loops.caps(now, 1.0) == full
    low = now._replace(p_header=3.25)
    while (loops.header.value or 0.0) > 3.3:
        loops.filter(low, 1.0)
    assert loops.caps(low, 1.0) == pytest.approx(full - 50.0, abs=30.0)


def test_treated_flow_never_draws_air_down_the_funnel(bench: Bench) -> None:
    assert bench.plc._treated_limit(22000.0, Unit.CAPTURE) == 22000.0
    bench.plc.wired.exhaust_kg_h = 15000.0
    assert bench.plc._treated_limit(22000.0, Unit.CAPTURE) == pytest.approx(13500.0)
    assert bench.plc._treated_limit(22000.0, Unit.TURNDOWN) == 6000.0


def test_limits_are_counted_once_an_episode_after_a_minute(bench: Bench) -> None:
    bench.now = GOOD._replace(t_reb=122.5)
    bench.run(50)
    assert bench.plc.counters.limit_violations == {}
    bench.run(500)
    assert bench.plc.counters.limit_violations == {"reboiler_temperature": 1}
    bench.now = GOOD
    bench.run(5)
    bench.now = GOOD._replace(t_reb=122.5, level_reflux=95.0)
    bench.run(100)
    assert bench.plc.counters.limit_violations == {"reboiler_temperature": 2, "level_reflux": 1}
