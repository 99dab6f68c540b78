"""The ship around the rig: engines and their exhaust, boilers, steam header, inlets.

Engines that run share the load equally, so one look-up serves all: `sim.engine_gas`, the
shop test of the engine with the plant's fuel in the air and water of the hour; below 25 %
load it is clamped there and `Gas.clamped` says so.  The boilers of running engines make
steam, the ship takes its heat first, and the drum smooths what is left.
"""

import math
from dataclasses import dataclass
from typing import Final

from models.combustion import HFO
from models.exhaust import AUXILIARY_KG_KWH, steam_kg_h
from sensors.plantspec import Ship as ShipSpec
from sim.engine_gas import MAX_LOAD, EngineGasTable, Weather
from sim.plc_io import Engine
from sim.voyages import ShipState

STOP_NOTICE_S: Final = 30.0  # an engine is unloaded this long before it stops
_GAS_LAG_S: Final = 8.0
_DRUM_LAG_S: Final = 90.0
_HEADER_KG_BAR: Final = 30.0  # steam that changes the header pressure by one bar
_SETPOINT_barg: Final = 3.5
_DAMPER_TRAVEL_S: Final = 8.0
_RISER_mbar: Final = 3.0  # what the rig's tie-in adds at full treated flow


@dataclass(slots=True)
class Gas:
    """Exhaust of one running engine now, filtered by funnel and boiler; SO2, NOx in ppm dry.

    `clamped`: the load lies outside the shop test; gas, heat and fuel are its nearest end's.
    """

    flow_kg_s: float = 0.0
    t_degC: float = 20.0
    fuel_kg_h: float = 0.0
    y_co2_dry: float = 0.065
    y_h2o_wet: float = 0.056
    y_o2_dry: float = 0.12
    so2_ppm: float = 0.0
    nox_ppm: float = 0.0
    back_pressure_mbar: float = 0.0
    clamped: bool = False


class Ship:
    """Engines, boilers and inlet dampers; `step` moves them one step.

    `failed` holds the numbers (1..n) of engines that may not run; `steam_factor` scales
    what the boilers give (faults set both).
    """

    def __init__(self, spec: ShipSpec, climate: "Climate | None" = None) -> None:
        self.spec, self.climate = spec, climate or Climate()
        n = spec.engines
        self.state = ShipState(0.0, 0.0, 0.0, 0, 0.0, spec.ship_heat_kW, math.nan, math.nan)
        self.table = EngineGasTable(spec, self.climate.weather(self.state))
        self.gas = Gas()
        self.running = [False] * n
        self.stopping_s = [0.0] * n
        self.damper = [0.0] * n
        self.load_frac = 0.0
        self.power_kW = [0.0] * n
        self.heat_kW = 0.0
        self.steam_kg_h = 0.0  # available to the rig
        self.header_barg = _SETPOINT_barg
        self.failed: set[int] = set()
        self.steam_factor = 1.0
        self.extra_back_pressure_mbar = 0.0

    def step(self, state: ShipState, dampers: list[bool], steam_kg_h: float, dt_s: float) -> None:
        """Move to `state`; `dampers` are the PLC's commands, `steam_kg_h` what the rig takes."""
        self.state = state
        self.table.follow(self.climate.weather(state))
        self._engines(state, dt_s)
        self._exhaust(dt_s)
        self._steam(state, steam_kg_h, dt_s)
        travel = dt_s / _DAMPER_TRAVEL_S
        for i, command in enumerate(dampers):
            at = self.damper[i]
            self.damper[i] = min(1.0, at + travel) if command else max(0.0, at - travel)

    def settle(self, state: ShipState, dampers: list[bool]) -> None:
        """Jump to the steady condition of `state`, boilers hot, dampers where commanded."""
        for _ in range(3):
            self.step(state, dampers, 0.0, 1e6)
        self.header_barg = _SETPOINT_barg

    def _engines(self, state: ShipState, dt_s: float) -> None:
        wanted = state.n_engines
        for i in range(self.spec.engines):
            if i + 1 in self.failed:
                self.running[i], self.stopping_s[i] = False, 0.0
            elif wanted > 0:
                wanted -= 1
                self.running[i], self.stopping_s[i] = True, 0.0
            elif self.running[i]:
                self.stopping_s[i] += dt_s
                if self.stopping_s[i] > STOP_NOTICE_S:
                    self.running[i], self.stopping_s[i] = False, 0.0
        loaded = sum(r and s == 0.0 for r, s in zip(self.running, self.stopping_s, strict=True))
        share = state.propulsion_kW / loaded if loaded else 0.0
        self.load_frac = min(share / self.spec.engine_mcr_kW, MAX_LOAD)
        for i, runs in enumerate(self.running):
            self.power_kW[i] = share if runs and self.stopping_s[i] == 0.0 else 0.0

    def _exhaust(self, dt_s: float) -> None:
        a = dt_s / (_GAS_LAG_S + dt_s)
        gas, now = self.gas, self.table.at(self.load_frac)
        gas.flow_kg_s += a * (now.flow_kg_s - gas.flow_kg_s)
        gas.t_degC += a * (now.t_degC - gas.t_degC)
        gas.fuel_kg_h = now.fuel_kg_h
        gas.y_co2_dry += a * (now.y_co2_dry - gas.y_co2_dry)
        gas.y_h2o_wet += a * (now.y_h2o_wet - gas.y_h2o_wet)
        gas.y_o2_dry += a * (now.y_o2_dry - gas.y_o2_dry)
        gas.so2_ppm += a * (now.so2_ppm - gas.so2_ppm)
        gas.nox_ppm += a * (now.nox_ppm - gas.nox_ppm)
        gas.back_pressure_mbar += a * (now.back_pressure_mbar - gas.back_pressure_mbar)
        gas.clamped = self.table.clamped(self.load_frac)
        gross = now.heat_kW * self.steam_factor * sum(self.running)
        drum = dt_s / (_DRUM_LAG_S + dt_s)
        self.heat_kW += drum * (gross - self.heat_kW)

    def _steam(self, state: ShipState, taken_kg_h: float, dt_s: float) -> None:
        # The ship first: the rig gets what the boilers give beyond the ship's heat.
        self.steam_kg_h = float(steam_kg_h(max(0.0, self.heat_kW - state.ship_heat_kW)))
        surplus = (self.steam_kg_h - taken_kg_h) / 3600.0
        if any(self.running) or surplus < 0.0:
            p = self.header_barg + surplus / _HEADER_KG_BAR * dt_s
        else:  # in port the ship's own boiler holds the header
            p = self.header_barg + 0.005 * dt_s
        self.header_barg = min(_SETPOINT_barg, max(0.0, p))

    @property
    def exhaust_kg_s(self) -> float:
        """Return the wet exhaust of engines whose damper is open, kg/s."""
        flow = sum(d for r, d in zip(self.running, self.damper, strict=True) if r)
        return flow * self.gas.flow_kg_s

    def engines(self, treated_share: float) -> list[Engine]:
        """Return the hard-wired signals; `treated_share` is treated flow over its maximum."""
        base = self.gas.back_pressure_mbar + self.extra_back_pressure_mbar
        tie_in = _RISER_mbar * treated_share * treated_share
        return [
            Engine(runs, stopping > 0.0, base + tie_in * at if runs else 0.0, at > 0.97, at < 0.03)
            for runs, stopping, at in zip(self.running, self.stopping_s, self.damper, strict=True)
        ]

    @property
    def auxiliary_power_kW(self) -> float:
        """Return the power of the auxiliary engines: the ship's electric load."""
        return self.state.hotel_kW

    @property
    def auxiliary_fuel_kg_h(self) -> float:
        """Return the fuel of the auxiliary engines: 215 g/kWh of heavy fuel, or its heat."""
        heat = HFO.heat_kJ_kg / self.table.fuel.heat_kJ_kg
        return AUXILIARY_KG_KWH * heat * self.state.hotel_kW


@dataclass(slots=True)
class Climate:
    """Sea and air where the voyage file says nothing: a day of a northern spring.

    `sea_offset_K` is added by faults.
    """

    sea_degC: float = 12.0
    air_degC: float = 10.0
    humidity_pct: float = 75.0
    baro_kPa: float = 101.3
    sea_offset_K: float = 0.0

    def sea(self, given: float) -> float:
        """Return sea water temperature; `given` NaN means the voyage does not know."""
        return (self.sea_degC if given != given else given) + self.sea_offset_K

    def air(self, given: float) -> float:
        """Return air temperature; `given` NaN means the voyage does not know."""
        return self.air_degC if given != given else given

    def weather(self, state: ShipState) -> Weather:
        """Return the air and sea of a ship's state, filled up by this climate."""
        sea, air = self.sea(state.sea_water_degC), self.air(state.air_degC)
        return Weather(air, sea, self.humidity_pct, self.baro_kPa)
