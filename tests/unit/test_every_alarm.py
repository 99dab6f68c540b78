"""Every alarm of the demo's alarms.toml is raised by its own condition.

A new alarm needs a row in `CONDITIONS`: what makes it stand on an armed, steady
rig, and how long that takes at most.  One of many (`index = "each"`) is told by
the id of alarms.toml; each of them that is bound must be raised.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from controller.alarmspec import AlarmSpec, parse_alarms
from controller.types import Health, Written
from sensors.strictfile import read_toml
from tests.unit.bench_rig import BenchRig, demo

Act = Callable[[BenchRig], object]


@dataclass(frozen=True)
class Condition:
    """What makes an alarm stand, and the seconds after which it must."""

    act: Act
    within_s: float


def says(within_s: float, **values: float) -> Condition:
    """Instruments say this."""
    return Condition(lambda rig: rig.say(**values), within_s)


def drifts(within_s: float, **values: float) -> Condition:
    """Instruments say this for long; cycles of 5 s, for it takes many minutes to tell."""

    def act(rig: BenchRig) -> None:
        rig.say(**values)
        rig.run(within_s, dt_s=5.0)

    return Condition(act, 1)


def health(within_s: float, told: Health) -> Condition:
    """The shell says this of itself."""

    def act(rig: BenchRig) -> None:
        rig.health = told

    return Condition(act, within_s)


def cut(within_s: float, link: str) -> Condition:
    """A link is lost."""
    return Condition(lambda rig: rig.cut(link), within_s)


def _no_owner(rig: BenchRig) -> None:
    del rig.follows["HS-PC-OWNER"]
    rig.say(HS_OWNER=0)


def _not_followed(rig: BenchRig) -> None:
    del rig.follows["TIC-401.SP"]
    rig.say(TIC_401__SPR=30.0)


def _not_written(rig: BenchRig) -> None:
    rig.written = Written(False, (("FIC-401.SP", "no answer"),))


def _drift(rig: BenchRig) -> None:
    """Let the outlet analyser drift while the plant stands: 0.1 vol% a minute for 12 min."""
    rig.run(2000)
    for minute in range(12):
        rig.say(AT_301=2.5 + 0.1 * minute)
        rig.run(60)


def _cold_boilers(rig: BenchRig) -> None:
    """Hot exhaust of two engines, and hardly any steam from it."""
    rig.say(TT_101=330, TT_102=330, JY_801=500, FT_810=600)


CONDITIONS: dict[str, Condition] = {
    "back_pressure_high_high": says(5, PT_101=33, PT_102=33, PT_103=33, PT_104=33),
    "back_pressure_high": says(7, PT_101=27, PT_102=27, PT_103=27, PT_104=27),
    "plc_trip": says(1, HS_TRIP=2, HS_FIRST_OUT=2, HS_UNIT=7),
    "plc_esd": says(1, HS_TRIP=1, HS_FIRST_OUT=1, HS_UNIT=8),
    "lease_lost": Condition(_no_owner, 5),
    "other_master": says(2, HS_OWNER=9),
    "nobody_steers": Condition(_no_owner, 920),
    "lease_denied": Condition(_no_owner, 60),
    "link_plc": cut(4, "plc"),
    "link_analysers": cut(7, "analysers"),
    "reboiler_temperature_high_high": says(5, TT_521=124.5),
    "reboiler_temperature_high": says(22, TT_521=122.8),
    "so2_after_quench_high": says(62, AT_211=15),
    "quench_temperature_high": says(32, TT_202=52),
    "lco2_pressure_high": says(12, PT_741=18.5),
    "lco2_pressure_low": says(12, PT_741=12),
    "lco2_level_high": says(32, LT_741A=91),
    "lco2_level_high_high": says(7, LT_741A=94),
    "space_co2_high_high": says(4, GT_801=2, GT_802=2),
    "space_co2_high": says(7, GT_801=0.8, GT_802=0.8),
    "space_o2_low": says(4, GT_811=19),
    "ventilation_stopped": says(12, XS_821=0),
    "steam_header_low": says(32, PT_810=2.6),
    "instrument_air_low": says(12, PT_841=4),
    "product_o2_high": says(122, AT_622=80),
    "mea_slip_high": says(302, AT_303=8),
    "setpoint_refused": says(15, HS_SP_OK=30, HS_REJECT=3),
    "setpoint_not_followed": Condition(_not_followed, 30),
    "rig_does_not_answer": says(240, FT_521=400),
    "write_failed": Condition(_not_written, 12),
    "bypass_not_proven": Condition(lambda rig: rig.ask("bypass"), 60),
    "bypass_unheard": Condition(lambda rig: rig.ask("late", kind="bypass", waited_s=30.0), 2),
    "bypass_contradicted": says(30, HS_PERMIT=1024, HS_UNIT=5, HS_BYPASS=1),
    "journal_fault": health(4, Health(journal_fault=True)),
    "journal_filling": health(4, Health(journal_used_pct=90)),
    "copy_refused": health(7, Health(copy_refused=True)),
    "journal_damaged": health(2, Health(journal_damaged=True)),
    "inbox_deaf": health(4, Health(inbox_deaf=True)),
    "certificate_ending": health(2, Health(certificate_ending=True)),
    "unit_held": Condition(lambda rig: rig.spoil("FT-401"), 63),
    "witnesses_disagree": Condition(_drift, 10),
    "steam_below_expected": Condition(_cold_boilers, 480),
    "capture_unmeasured": Condition(lambda rig: rig.spoil("AT-101", "FT-110", "AT-301"), 700),
    "quench_level_high": says(32, LT_211=70),
    "quench_level_low": says(32, LT_211=30),
    "absorber_sump_level_high": says(32, LT_361=75),
    "absorber_sump_level_low": says(32, LT_361=25),
    "wash_level_high": says(32, LT_371=70),
    "wash_level_low": says(32, LT_371=30),
    "lean_tank_level_high": says(62, LT_451=80),
    "lean_tank_level_low": says(62, LT_451=25),
    "reboiler_level_high": says(32, LT_521=70),
    "reboiler_level_low": says(32, LT_521=30),
    "reflux_level_high": says(32, LT_561=75),
    "reflux_level_low": says(32, LT_561=25),
    "mea_strength_high": says(302, AY_403=33),
    "mea_strength_low": says(302, AY_403=27),
    "product_purity_low": says(122, AT_623=99),
    "product_purity_high": says(122, AT_623=99.99),
    "co2_vented": says(122, FT_651=150),
    "quench_temperature_low": says(62, TT_202=30),
    "steam_header_high": says(62, PT_810=4.5),
    "back_pressure_low": says(62, PT_101=-12, PT_102=-12, PT_103=-12, PT_104=-12),
    "space_o2_high": says(62, GT_811=22.5),
    "instrument_air_high": says(62, PT_841=9),
    "reboiler_temperature_low": says(902, TT_521=114),
    "ship_heat_low": says(302, JY_801=50),
    "steam_available_apart": drifts(2600, FT_810=9000),
    # Known in CAPTURE only after they have settled, then as slow as their mean.
    "reboiler_thermometers_apart": drifts(700, TT_521B=117),
    "lco2_levels_apart": drifts(700, LT_741B=35),
    "product_flows_apart": drifts(1500, FT_701=900),
    "solvent_flows_apart": drifts(4400, FT_402=26000),
    "blower_and_flow_apart": drifts(1700, SI_110=2400),
    "combustion_gas_apart": drifts(700, AT_102=14),
    "absorber_and_air_pressure_apart": drifts(1400, PT_331=106),
    "lean_loading_and_conductivity_apart": drifts(1700, AY_401=0.3),
    "rich_loading_and_conductivity_apart": drifts(1700, AY_402=0.38),
    "lean_density_apart": drifts(1700, DT_401=1064),
    "steam_flow_and_pressure_apart": drifts(1700, PT_521=3.0),
    "engine_fuel_apart": drifts(1700, FT_911=950, FT_912=950, FT_913=300, FT_914=300),
    "auxiliary_fuel_apart": drifts(1500, FT_920=400),
    "rig_power_apart": drifts(1700, JT_831=280),
    "solvent_inventory_apart": drifts(4400, LT_451=60),
}


def _alarms() -> list[AlarmSpec]:
    return list(parse_alarms(read_toml(demo().plant.folder / "alarms.toml")).alarm)


def test_every_row_is_an_alarm_of_the_plant() -> None:
    assert CONDITIONS.keys() - {alarm.id for alarm in _alarms()} == set()


@pytest.mark.parametrize("alarm", _alarms(), ids=lambda alarm: alarm.id)
def test_an_alarm_is_raised_by_its_own_condition(alarm: AlarmSpec) -> None:
    condition = CONDITIONS.get(alarm.id)
    if condition is None:
        pytest.fail(
            f"alarm '{alarm.id}' has no row: add to CONDITIONS what makes it stand"
            " and the seconds that takes"
        )
    rig = BenchRig().armed()
    rig.run(60)
    each = [r.id for r in rig.plant.rules if r.id.removeprefix(alarm.id).strip("_0123456789") == ""]
    assert not any(rig.saw(name, "ACTIVE") for name in each), "it stood before its condition"
    condition.act(rig)
    rig.run(condition.within_s)
    assert [name for name in each if not rig.saw(name, "ACTIVE")] == []
