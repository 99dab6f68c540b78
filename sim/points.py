"""From the truth to every point of the rig: what an ideal instrument would read.

Points that are plain outputs of the plant model are one array operation; the rest are
small physical relations of the machines around it (fans, pumps, quench, compression,
storage, ship signals), documented where they stand.
"""

import math
from typing import Final

import numpy as np

from models.numbers import F64
from sensors.tag import TagTable
from sim.machines import MACHINE_TAGS, machine_values
from sim.motion import Motion
from sim.ship import Climate, Ship
from sim.truth import Truth

_KG_H: Final = 3600.0
# Exhaust behind an engine: its gas carries the thermometer along; a stopped one cools slowly.
_HEATING_S: Final = 19.0
_COOLING_S: Final = 1999.0
_VESSELS: Final = ("sump", "reboiler", "tank", "reflux")


def _outputs(tank_t: float, nominal: dict[str, float]) -> dict[str, tuple[str, float, float]]:
    """Return tag -> (model output, factor, offset) for points that are model outputs."""
    level = {name: 50.0 / kg for name, kg in nominal.items()}
    full = 0.1 / tank_t
    found = {f"TT-31{i}": (f"t_bed_{i}_degC", 1.0, 0.0) for i in range(1, 9)}
    found |= {f"TT-50{i}": (f"t_strip_{i}_degC", 1.0, 0.0) for i in range(1, 7)}
    return found | {
        "TT-319": ("t_gas_out_degC", 1.0, 0.0),
        "LT-361": ("m_sump_kg", level["sump"], 0.0),
        "LT-451": ("m_tank_kg", level["tank"], 0.0),
        "LT-521": ("m_reboiler_kg", level["reboiler"], 0.0),
        "LT-561": ("m_reflux_kg", level["reflux"], 0.0),
        "FT-401": ("lean_flow_kg_s", _KG_H, 0.0),
        "FT-402": ("rich_flow_kg_s", _KG_H, 0.0),
        "FT-561": ("reflux_flow_kg_s", _KG_H, 0.0),
        "FT-601": ("product_kg_s", _KG_H, 0.0),
        "FT-651": ("vent_kg_s", _KG_H, 0.0),
        "FT-701": ("product_kg_s", _KG_H, 0.0),
        "TT-401": ("t_lean_in_degC", 1.0, 0.0),
        "TT-402": ("t_rich_degC", 1.0, 0.0),
        "TT-403": ("t_rich_hx_degC", 1.0, 0.0),
        "TT-404": ("t_bottoms_degC", 1.0, 0.0),
        "TT-405": ("t_lean_hx_degC", 1.0, 0.0),
        "TT-451": ("t_tank_degC", 1.0, 0.0),
        "PT-501": ("p_stripper_kPa", 1.0, 0.0),
        "TT-521": ("t_reboiler_degC", 1.0, 0.0),
        "TT-521B": ("t_reboiler_degC", 1.0, 0.0),
        "TT-524": ("t_reboiler_degC", 1.0, 6.0),
        "LT-741A": ("m_lco2_kg", full, 0.0),
        "LT-741B": ("m_lco2_kg", full, 0.0),
        "AY-401": ("lean_loading", 1.0, 0.0),
        "AY-402": ("rich_loading", 1.0, 0.0),
        "AY-403": ("mea_wt_frac", 100.0, 0.0),
    }


_SHIP: Final = (
    *("PT-810", "FT-810", "TT-821", "JT-901", "JT-902", "FT-920", "JY-801", "SOG-921"),
    *("LAT-921", "LON-921", "IMU-931", "IMU-932", "WX-941", "WX-942", "WX-943", "VT-900"),
)
_STEADY: Final = {
    "PT-841": 7.0,
    "GT-801": 0.045,
    "GT-802": 0.045,
    "GT-811": 20.9,
    "XS-821": 1.0,
    "AT-621": 15.0,
    "AT-622": 8.0,
    "AT-623": 99.85,
}


_ENGINE: Final = ("PT-10{}", "TT-10{}", "JT-91{}", "FT-91{}", "XS-91{}", "ZSO-12{}", "ZSC-12{}")


def engine_tags(engines: int) -> list[str]:
    """Return the points of all engines, in the order of their values."""
    return [c.format(i + 1) for i in range(engines) for c in _ENGINE]


def point_tags(engines: int) -> list[str]:
    """Return every tag that gets a true value."""
    outputs = _outputs(1.0, dict.fromkeys(_VESSELS, 1.0))
    return [*outputs, *MACHINE_TAGS, *_SHIP, *engine_tags(engines), *_STEADY]


class Points:
    """Knows where every true value goes; `fill` writes them in table order.

    The read-only numbers of the PLC (handshake, read-backs) and the written set-points are
    not its business: the rig adds them.
    """

    def __init__(self, table: TagTable, truth: Truth, ship: Ship) -> None:
        p = dict(zip(truth.model.p_names, truth.p.tolist(), strict=True))
        nominal = {n: p[f"{n}_kg_nominal"] for n in _VESSELS}
        names = truth.model.y_names
        mapped = _outputs(truth.spec.product.tank_capacity_t, nominal)
        self._tag = np.array([table.index[t] for t in mapped])
        self._y = np.array([names.index(o) for o, _, _ in mapped.values()])
        self._factor = np.array([f for _, f, _ in mapped.values()])
        self._offset = np.array([o for _, _, o in mapped.values()])
        self._machines = np.array([table.index[t] for t in MACHINE_TAGS])
        self._ship = np.array([table.index[t] for t in _SHIP])
        n = ship.spec.engines
        self._engines = np.array([table.index[t] for t in engine_tags(n)])
        self._fixed = np.array([table.index[t] for t in _STEADY])
        self._fixed_values = np.array(list(_STEADY.values()))
        self._at = {name: i for i, name in enumerate(names)}
        self._engine_t = [20.0] * n

    def fill(
        self,
        true: F64,
        truth: Truth,
        ship: Ship,
        climate: Climate,
        motion: Motion,
        voyage_s: float,
        t_s: float,
        dt_s: float,
    ) -> None:
        """Write what is true now, `dt_s` after the last, into `true` (float64[n], table order)."""
        true[:] = 0.0  # what nobody writes: a fault that forced it leaves nothing behind
        true[self._fixed] = self._fixed_values
        true[self._tag] = truth.y[self._y] * self._factor + self._offset
        true[self._machines] = machine_values(
            truth, ship, self._at, climate.sea(ship.state.sea_water_degC)
        )
        true[self._ship] = self._ship_values(ship, climate, motion, voyage_s, t_s)
        true[self._engines] = self._engine_values(truth, ship, dt_s)

    def _engine_values(self, truth: Truth, ship: Ship, dt_s: float) -> list[float]:
        values: list[float] = []
        share = truth.treated_kg_h / truth.spec.gas.max_flow_kg_h
        t_degC = self._engine_t
        for i, engine in enumerate(ship.engines(share)):
            goal = ship.gas.t_degC if engine.running else 25.0
            tau_s = _HEATING_S if engine.running else _COOLING_S
            t_degC[i] += (goal - t_degC[i]) * (dt_s / (tau_s + dt_s))
            loaded = engine.running and not engine.stopping
            values += (
                engine.back_pressure_mbar,
                t_degC[i],
                ship.power_kW[i],
                ship.gas.fuel_kg_h if loaded else 60.0 if engine.running else 0.0,
                float(engine.running),
                float(engine.damper_open),
                float(engine.damper_shut),
            )
        return values

    def _ship_values(
        self, ship: Ship, climate: Climate, motion: Motion, voyage_s: float, t_s: float
    ) -> tuple[float, ...]:
        state = ship.state
        roll, pitch = motion.at(t_s) if any(ship.running) else (0.0, 0.0)
        phase = voyage_s / 86400.0 * math.tau
        speed = 21.0 * (state.propulsion_kW / 20000.0) ** (1.0 / 3.0)
        return (
            ship.header_barg,
            ship.steam_kg_h,
            climate.sea(state.sea_water_degC),
            state.total_kW,
            ship.auxiliary_power_kW,
            ship.auxiliary_fuel_kg_h,
            state.ship_heat_kW,
            speed,
            59.8 + 0.4 * math.cos(phase),  # between Stockholm and Mariehamn, more or less
            19.0 + 0.9 * math.sin(phase),
            roll,
            pitch,
            climate.air(state.air_degC),
            climate.humidity_pct,
            climate.baro_kPa,
            voyage_s,
        )
