"""The truth: the plant that really is, with parameters nobody was told.

It differs from the plant a controller may know in parameters, drawn by seed, and in structure:
a finer mesh and other kinetics.
It turns actuator positions and the ship's exhaust into the plant model's inputs, advances
the model and keeps the books: every flow over the boundary is integrated with the same
weights as the states, and what is left over is an error, not a feature.
"""

from typing import Final

import numpy as np

from models.combustion import Y_CO2_AIR
from models.exhaust import STEAM_HEAT_KJ_KG
from models.flowsheet import FlowsheetPlant
from models.flowsheet_names import FINE
from models.flowsheet_sets import DEMO_TRUTH
from models.numbers import F64
from models.properties import M_CO2, M_H2O, M_INERT, saturated_fraction
from sensors.plantfile import PlantSpec
from sim import plc_io as io
from sim.actuators import Actuator
from sim.plc_io import Commands
from sim.plc_limits import Counters
from sim.ship import Climate, Ship

_STEP_S: Final = 1.0  # longest step of the integrator; it halves its steps where it must
_OFFLOAD_KG_H: Final = 30000.0
_OFFLOAD_FROM_PCT: Final = 30.0
_OFFLOAD_TO_PCT: Final = 10.0
_T_QUENCH_degC: Final = 40.0
SO2_REMOVED: Final = 0.9
"""Share of the SO2 that the caustic quench takes out at its pH; an engineering guess."""
# How far the truth may lie from the textbook, as one standard deviation of a factor.
_SPREAD: Final = {
    "area_factor": 0.03,
    "kinetics_factor": 0.03,
    "stripper_factor": 0.03,
    "hx_ua_kW_K": 0.05,
    "heat_loss_factor": 0.15,
    "mea_slip_ppm": 0.2,
}


# actuator -> the model input it moves and its nominal size, kg/h
_SIZES: Final = {
    "lean": ("lean_flow_kg_s", io.LEAN_KG_H),
    "rich": ("rich_flow_kg_s", io.RICH_KG_H),
    "bottoms": ("bottoms_flow_kg_s", io.BOTTOMS_KG_H),
    "compressor": ("product_flow_kg_s", io.COMPRESSOR_KG_H),
    "reflux": ("reflux_flow_kg_s", io.REFLUX_KG_H),
    "makeup": ("makeup_water_kg_s", io.MAKEUP_KG_H),
}


def _actuators(random: np.random.Generator) -> dict[str, Actuator]:
    def size() -> float:
        return float(np.clip(random.normal(1.0, 0.015), 0.95, 1.05))

    return {
        "blower": Actuator(5.0, 5.0, 3.0, 0.0, size()),
        "inlet": Actuator(10.0, 10.0, 0.5),
        "lean": Actuator(5.0, 5.0, 2.0, 0.0, size()),
        "rich": Actuator(5.0, 5.0, 2.0, 0.1, size()),
        "bottoms": Actuator(5.0, 5.0, 2.0, 0.2, size()),
        "steam": Actuator(2.0, 2.0, 3.0, 0.2, size()),
        "compressor": Actuator(5.0, 10.0, 3.0, 0.0, size()),
        "vent": Actuator(20.0, 20.0, 1.0, 0.0, size()),
        "reflux": Actuator(5.0, 5.0, 2.0, 0.2, size()),
        "makeup": Actuator(5.0, 5.0, 2.0, 0.2, size()),
    }


class Truth:
    """States, inputs, disturbances and parameters of the real plant, and its books.

    x, u, d, p, y are the model's vectors (`model.x_names` ...); flows in kg/s.  `offloads`
    lists (plant time s, kg) of finished liquid CO2 deliveries.
    """

    def __init__(self, spec: PlantSpec, seed: int) -> None:
        self.spec, self.model = spec, FlowsheetPlant(FINE, DEMO_TRUTH)
        random = np.random.default_rng([seed, 2])
        self.p = _parameters(random, self.model)
        self.actuators = _actuators(random)
        self.counters = Counters()
        self.x = np.zeros(len(self.model.x_names))
        self.u = np.zeros(len(self.model.u_names))
        self.d = np.array([0.065, _T_QUENCH_degC, 102.5, 25.0, 25.0, 0.0])
        self.acc = np.zeros(len(self.model.boundary_names))
        self._before = np.zeros(len(self.model.inventory_names))
        self.y = np.zeros(len(self.model.y_names))
        self._in = self.model.y_names.index("co2_in_kg_s")
        self._out = self.model.y_names.index("co2_out_kg_s")
        self._lco2 = self.model.y_names.index("m_lco2_kg")
        self.treated_kg_h = 0.0
        self.steam_kg_h = 0.0
        self.so2_removed = SO2_REMOVED
        self.t_lean, self.t_wash = spec.solvent.lean_temperature_degC, 41.0
        self.offloads: list[tuple[float, float]] = []
        self._offloading = False
        self._parcel_kg = 0.0
        self._saturated_at, self._humidity = (0.0, 0.0), 0.0

    def start(self, x: F64) -> None:
        """Begin the books at a state."""
        self.x = x
        self.model.forget()
        self.acc[:] = 0.0
        self._before = self.model.inventory(x, self.p)

    def fresh(self) -> F64:
        """Return a hot state that is not steady, reflux drum and LCO2 tank at their levels."""
        x = self.model.guess(self.p)
        names, p_names = self.model.x_names, self.model.p_names
        water, energy = names.index("reflux_water_kmol"), names.index("reflux_energy_kJ")
        nominal = self.p[p_names.index("reflux_kg_nominal")] / M_H2O
        x[energy] *= nominal / x[water]
        x[water] = nominal
        return self.fill_tank(x)

    def fill_tank(self, x: F64) -> F64:
        """Put the LCO2 tank of a state at its starting level; return the state."""
        product = self.spec.product
        kg = 10.0 * product.tank_start_pct * product.tank_capacity_t
        x[self.model.x_names.index("lco2_tank_co2_kmol")] = kg / M_CO2
        return x

    @property
    def co2_in_kg_s(self) -> float:
        """Return the CO2 in the treated gas now, kg/s."""
        return float(self.y[self._in])

    @property
    def co2_out_kg_s(self) -> float:
        """Return the CO2 that leaves with the treated gas now, kg/s."""
        return float(self.y[self._out])

    @property
    def capture_pct(self) -> float:
        """Return the share of the treated gas' CO2 taken out now, %; 0 without gas."""
        came = self.co2_in_kg_s
        return 100.0 * (1.0 - self.co2_out_kg_s / came) if came > 1e-3 else 0.0

    @property
    def tank_pct(self) -> float:
        """Return the LCO2 tank's level, %."""
        return float(self.y[self._lco2]) / (10.0 * self.spec.product.tank_capacity_t)

    def balance_errors(self) -> dict[str, float]:
        """Return |in - out - change of inventory| / in since the start, per balance."""
        change = self.model.inventory(self.x, self.p) - self._before
        left = np.abs(self.model.net_in(self.acc) - change)
        came = self.model.gross_in(self.acc)
        # No amine comes in: there the inventory is the measure.
        error = left / np.where(came > 0.0, came, np.abs(self._before) + 1e-12)
        return dict(zip(self.model.inventory_names, error.tolist(), strict=True))

    def step(self, out: Commands, ship: Ship, climate: Climate, t_s: float, dt_s: float) -> None:
        """Move actuators, then the plant, by `dt_s`."""
        self._move(out, ship, dt_s)
        sea = climate.sea(ship.state.sea_water_degC)
        self._cooling(out, sea, dt_s)
        offload = self._offload(ship, t_s, dt_s)
        self._inputs(ship, sea, climate.air(ship.state.air_degC), offload)
        n = max(1, round(dt_s / _STEP_S))
        self.model.advance(self.x, self.u, self.d, self.p, dt_s / n, n, self.acc)
        self.y = self.model.outputs(self.x, self.u, self.d, self.p)

    def _move(self, out: Commands, ship: Ship, dt_s: float) -> None:
        act, fast = self.actuators, out.fast_shut
        inlet = act["inlet"].step(100.0 if out.inlet_open else 0.0, dt_s)
        act["blower"].step(out.blower, dt_s, fast)
        act["lean"].step(out.lean, dt_s)
        act["rich"].step(out.rich, dt_s)
        act["bottoms"].step(out.bottoms, dt_s)
        act["steam"].step(out.steam, dt_s, fast)
        act["compressor"].step(out.compressor, dt_s)
        act["vent"].step(out.vent, dt_s)
        act["reflux"].step(out.reflux, dt_s)
        act["makeup"].step(out.makeup, dt_s)
        open_ = min(1.0, inlet / 60.0)  # a butterfly: most of its effect below 60 %
        self.treated_kg_h = act["blower"].flow_share * io.BLOWER_KG_H * open_
        pressure = max(0.0, ship.header_barg) / 3.5
        self.steam_kg_h = act["steam"].flow_share * io.STEAM_KG_H * pressure**0.5

    def _cooling(self, out: Commands, sea: float, dt_s: float) -> None:
        """Follow the lean cooler and the wash cooler: never colder than sea water allows."""
        share = self.actuators["lean"].flow_share
        goal = max(out.t_lean, sea + 6.0 + 8.0 * share)
        self.t_lean += (goal - self.t_lean) * dt_s / (20.0 + dt_s)
        goal = max(out.t_wash, sea + 12.0)
        self.t_wash += (goal - self.t_wash) * dt_s / (60.0 + dt_s)

    def _offload(self, ship: Ship, t_s: float, dt_s: float) -> float:
        """Return what the shore takes, kg/s: in port, from 30 % down to 10 %."""
        level = self.tank_pct
        in_port = not any(ship.running)
        if in_port and level > _OFFLOAD_FROM_PCT:
            self._offloading = True
        if self._offloading and (not in_port or level < _OFFLOAD_TO_PCT):
            self._offloading = False
            self.offloads.append((t_s, self._parcel_kg))
            self._parcel_kg = 0.0
        if not self._offloading:
            return 0.0
        self._parcel_kg += _OFFLOAD_KG_H / 3600.0 * dt_s
        return _OFFLOAD_KG_H / 3600.0

    def _inputs(self, ship: Ship, sea: float, air: float, offload_kg_s: float) -> None:
        act, spec, gas = self.actuators, self.spec, ship.gas
        raw = self.treated_kg_h / 3600.0
        # More than the funnel gives is air drawn down it.
        exhaust = min(1.0, ship.exhaust_kg_s / raw) if raw > 1e-6 else 1.0
        y = exhaust * gas.y_co2_dry + (1.0 - exhaust) * Y_CO2_AIR
        t_gas = max(_T_QUENCH_degC, sea + 14.0)
        full = self.treated_kg_h / spec.gas.design_flow_kg_h
        p_abs = 101.3 + 1.5 * full * full
        dry_kg = y * M_CO2 + (1.0 - y) * M_INERT
        wet = exhaust * gas.y_h2o_wet / (1.0 - gas.y_h2o_wet)
        saturated = self._saturated(t_gas, p_abs)
        quenched = raw * (dry_kg + M_H2O * saturated) / (dry_kg + M_H2O * wet)
        self.u[:] = (
            quenched,
            act["lean"].flow_share * io.LEAN_KG_H / 3600.0,
            act["rich"].flow_share * io.RICH_KG_H / 3600.0,
            act["bottoms"].flow_share * io.BOTTOMS_KG_H / 3600.0,
            self.steam_kg_h * STEAM_HEAT_KJ_KG / 3600.0,
            self.t_lean,
            act["compressor"].flow_share * io.COMPRESSOR_KG_H / 3600.0,
            act["vent"].flow_share * io.VENT_KG_H / 3600.0,
            act["reflux"].flow_share * io.REFLUX_KG_H / 3600.0,
            self.t_wash,
            act["makeup"].flow_share * io.MAKEUP_KG_H / 3600.0,
            offload_kg_s,
        )
        self.d[:5] = (y, t_gas, p_abs, max(15.0, sea + 12.0), air + 12.0)

    def _saturated(self, t_degC: float, p_kPa: float) -> float:
        """Return mol water per mol dry gas at saturation; the last answer is kept."""
        key = round(t_degC, 2), round(p_kPa, 1)
        if key != self._saturated_at:
            y = float(saturated_fraction(*key))
            self._saturated_at, self._humidity = key, y / (1.0 - y)
        return self._humidity

    def dose(self, so2_removed: float = SO2_REMOVED) -> None:
        """Let the quench take out this share of the SO2; without an argument, as designed."""
        self.so2_removed = so2_removed

    def place(self, flows: dict[str, float]) -> None:
        """Put the flow actuators where they give these flows (kg/s by input name)."""
        for name, (key, full_kg_h) in _SIZES.items():
            actuator = self.actuators[name]
            share = flows[key] * 3600.0 / full_kg_h / actuator.size
            actuator.place(min(100.0, 100.0 * share))


def _parameters(random: np.random.Generator, model: FlowsheetPlant) -> F64:
    """Draw the hidden parameters around the model's own."""
    p = model.default_p()
    for name, spread in _SPREAD.items():
        z = float(np.clip(random.standard_normal(), -2.0, 2.0))
        p[model.p_names.index(name)] *= 1.0 + spread * z
    return p
