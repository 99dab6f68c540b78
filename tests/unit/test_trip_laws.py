"""Laws of trips, on whatever the PLC's words do: held, lost, torn apart in time."""

from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.bench_rig import BenchRig

WORDS = ("HS-UNIT", "HS-TRIP", "HS-PERMIT")
ESD_BIT, BACK_PRESSURE_BIT = 1, 2
DELAY_S, SETTLE_S = 4, 30  # of back_pressure_high_high in the demo's alarms.toml


@dataclass(frozen=True)
class Moment:
    """What the PLC and an engine say for some seconds."""

    seconds: int
    unit: int
    causes: int
    first: int
    latched: bool
    lost: frozenset[str]
    back_pressure: float

    @property
    def tripped(self) -> bool:
        """Return whether a word that is not lost tells of a trip."""
        told = {
            "HS-UNIT": self.unit in (7, 8),
            "HS-TRIP": self.causes != 0,
            "HS-PERMIT": self.latched,
        }
        return any(told[name] for name in WORDS if name not in self.lost)

    @property
    def clear(self) -> bool:
        """Return whether every word is there and says that nothing tripped."""
        return not self.tripped and not self.lost


MOMENTS = st.builds(
    Moment,
    seconds=st.integers(1, 45),
    unit=st.sampled_from((1, 3, 5, 7, 7, 8)),
    causes=st.sampled_from((0, 0, ESD_BIT, BACK_PRESSURE_BIT, 4, 6, 1 << 15)),
    first=st.integers(0, 16),
    latched=st.booleans(),
    lost=st.frozensets(st.sampled_from(WORDS), max_size=3),
    back_pressure=st.sampled_from((12.0, 12.0, 27.0, 38.0)),
)


def enter(rig: BenchRig, moment: Moment) -> None:
    rig.mend()
    rig.say(
        HS_UNIT=moment.unit,
        HS_TRIP=moment.causes,
        HS_FIRST_OUT=moment.first,
        HS_PERMIT=4 * moment.latched,
        PT_102=moment.back_pressure,
    )
    rig.spoil(*moment.lost)


def active(rig: BenchRig) -> set[str]:
    return {name for name, alarm in rig.state.alarms.items() if alarm.active}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(MOMENTS, min_size=1, max_size=8))
def test_a_trip_is_told_while_it_is_told_of_and_back_pressure_always(moments: list[Moment]) -> None:
    rig = BenchRig()
    rig.run(3)
    high_s = 0
    for moment in moments:
        enter(rig, moment)
        for _ in range(moment.seconds):
            before = active(rig) & {"plc_trip", "plc_esd"}
            rig.run(1)
            now = active(rig)
            if moment.tripped:
                assert now & {"plc_trip", "plc_esd"}, "a trip that is told of is an alarm at once"
            if not moment.clear:
                assert before <= now, "nothing but the PLC's own word ends a trip"
            if moment.clear:
                assert not now & {"plc_trip", "plc_esd"}
            assert ("plc_esd" in now) or moment.unit != 8 or "HS-UNIT" in moment.lost
            high_s = high_s + 1 if moment.back_pressure > 30.0 else 0
            trip = rig.state.trip
            fresh = trip.latched and trip.since_ns and rig.calc("trip_for_s") < SETTLE_S
            mine = trip.causes & BACK_PRESSURE_BIT
            if high_s > DELAY_S + 1 and not (fresh and mine):
                assert "back_pressure_high_high_2" in now
