"""Whatever a PC writes and whatever the field says, the PLC keeps its promises."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from seastack.plants.locate import locate
from sensors.plantfile import load_plant
from sim.plc import Plc, limits_of
from sim.plc_io import Engine, Sensed
from sim.plc_setpoints import REMOTE_SLEW
from sim.plc_states import CAPTURING, INLET, Unit

SPEC = load_plant(locate("demo")).spec
LO, HI = limits_of(SPEC)

numbers = st.floats(allow_nan=True, allow_infinity=True, width=32)
word = st.one_of(st.integers(0, 65535).map(float), numbers)
blocks = st.fixed_dictionaries(
    {},
    optional={
        "HS-PC-BEAT": word,
        "HS-PC-SEQ": word,
        "HS-PC-OWNER": st.sampled_from([0.0, 1.0, 2.0]),
        "HS-PC-LEASE": word,
        "HS-PC-UNIT": st.one_of(st.integers(0, 8).map(float), word),
        "FIC-401.SP": st.one_of(st.floats(8000.0, 32000.0), numbers),
        "FIC-521.SP": st.one_of(st.floats(0.0, 2400.0), numbers),
        "TIC-401.SP": numbers,
        "PIC-501.SP": numbers,
        "FIC-110.SP": numbers,
        "HS-BYPASS-REQ": st.sampled_from([0.0, 0.0, 0.0, 1.0]),
    },
)
field = st.builds(
    Sensed,
    treated=st.floats(0, 24000), t_quench=st.floats(20, 70), dp_bed=st.floats(0, 50),
    level_sump=st.floats(0, 100), lean=st.floats(0, 36000), rich=st.floats(0, 40000),
    t_lean=st.floats(20, 60), level_tank=st.floats(0, 100), p_stripper=st.floats(20, 300),
    t_reb=st.floats(30, 126), t_reb_b=st.floats(30, 126), steam=st.floats(0, 3000),
    level_reb=st.floats(0, 100), level_reflux=st.floats(0, 100), product=st.floats(0, 2000),
    lco2=st.floats(0, 100), lco2_b=st.floats(0, 100), p_lco2=st.floats(10, 22),
    p_header=st.floats(0, 4), steam_available=st.floats(0, 6000), p_air=st.floats(2, 8),
    space_co2_1=st.floats(0, 2), space_co2_2=st.floats(0, 2),
    ventilation=st.sampled_from([0.0, 1.0]), so2=st.floats(0, 60), co2_in=st.floats(0, 10),
    inlet_shut=st.sampled_from([0.0, 1.0]), blower_running=st.sampled_from([0.0, 1.0]),
    strength=st.floats(15, 45), t_wash=st.floats(0, 60),
)  # fmt: skip
GOOD = Sensed(
    20000.0, 40.0, 12.0, 50.0, 24000.0, 25000.0, 40.0, 50.0, 190.0, 119.0, 119.0, 1900.0, 50.0,
    50.0, 1050.0, 20.0, 20.0, 16.0, 3.5, 3000.0, 7.0, 0.05, 0.05, 1.0, 2.0, 6.3, 0.0, 1.0,
    30.0, 40.5,
)  # fmt: skip
RUNNING = Engine(True, False, 10.0, True, False)


def capturing() -> Plc:
    plc = Plc(SPEC)
    plc.wired.engines, plc.wired.exhaust_kg_h = [RUNNING] * 4, 40000.0
    plc.request(Unit.CAPTURE)
    for t in range(-60, 0):
        plc.scan(GOOD, float(t), 1.0)
    assert plc.unit.state is Unit.CAPTURE
    return plc


def check(plc: Plc, before: list[float]) -> None:
    """Assert what must hold after every scan."""
    assert plc.out.inlet_open == (plc.unit.state in CAPTURING)
    for i, (low, high) in enumerate(zip(LO, HI, strict=True)):
        assert math.isfinite(plc.points.active[i])
        assert low - 1e-6 <= plc.points.active[i] <= high + 1e-6
        fastest = REMOTE_SLEW[i] * (high - low) + 1e-6
        falls = i == 1 and plc.points.active[i] < before[i]  # steam may be shut at once
        assert falls or abs(plc.points.active[i] - before[i]) <= fastest
    for name in ("blower", "lean", "rich", "bottoms", "steam", "compressor", "vent", "reflux"):
        assert 0.0 <= getattr(plc.out, name) <= 100.0
    status = plc.status()
    assert all(math.isfinite(v) for v in status)
    assert all(0 <= v <= 65535 for v in status[:16])
    if plc.trips.latched:
        assert plc.unit.state in (Unit.TRIP, Unit.ESD)
        assert plc.trips.first_out > 0


@settings(max_examples=60)
@given(st.lists(st.tuples(blocks, st.one_of(st.just(GOOD), field)), max_size=25))
def test_no_sequence_of_words_and_signals_breaks_a_promise(
    scans: list[tuple[dict[str, float], Sensed]],
) -> None:
    plc, missing_s = capturing(), 0
    for t, (block, now) in enumerate(scans):
        before = list(plc.points.active)
        plc.box.put(block)
        pressed = plc.box.bypass
        already = plc.unit.bypassed
        plc.scan(now, float(t), 1.0)
        check(plc, before)
        if pressed and not already:
            assert plc.unit.state not in CAPTURING
        missing_s = missing_s + 1 if plc.permit & int(INLET) else 0
        if missing_s > 4:
            assert not plc.out.inlet_open


@settings(max_examples=40)
@given(st.lists(blocks, max_size=20))
def test_without_a_granted_lease_nothing_written_moves_a_set_point(
    written: list[dict[str, float]],
) -> None:
    quiet, written_to = capturing(), capturing()
    for t, block in enumerate(written):
        kept = {k: v for k, v in block.items() if k not in ("HS-PC-OWNER", "HS-BYPASS-REQ")}
        written_to.box.put(kept)  # no owner id: no lease can be granted
        quiet.scan(GOOD, float(t), 1.0)
        written_to.scan(GOOD, float(t), 1.0)
        assert written_to.points.active == quiet.points.active
        assert written_to.unit.state is quiet.unit.state
