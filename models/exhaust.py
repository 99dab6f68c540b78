"""Engine exhaust by load, heat in it, and how many engines run.

The table is a measured factory test; flow and composition in it are computed
from charge air and fuel (see NOTICE).  Below 25 % load the table has no point:
look-ups are clamped to its ends and say so; gas, heat and fuel are then too high, by
about what `EngineTable.clamp_excess` tells.
"""

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Generic

import numpy as np

from models.errors import UnknownTable
from models.numbers import F64, N, shaped

ENGINE_MCR_KW = 5850.0
STOPPED_BELOW_KW = 600.0
SPLIT_LOAD = 0.85
CP_EXHAUST_KJ_KG_K = 1.08
AUXILIARY_KG_KWH = 0.215
"""Fuel of an auxiliary engine at any load, kg per kWh of electricity."""
BOILER_EXIT_DEGC = 165.0
# 3 barg steam, latent heat down to saturated liquid
STEAM_HEAT_KJ_KG = 2133.0
_PREFIX = "exhaust_"
_COLUMNS = {
    "flow_kg_s": "exhaust_kg_s_CALC",
    "t_degC": "T_after_turbine_degC_MEAS",
    "fuel_kg_h": "fuel_kg_h_MEAS",
    "y_co2_dry": "CO2_dry_volpct_CALC",
    "y_co2_wet": "CO2_wet_volpct_CALC",
    "y_h2o_wet": "H2O_volpct_CALC",
    "y_o2_dry": "O2_dry_volpct_CALC",
    "back_pressure_mbar": "backpressure_mbar_MEAS",
}


@dataclass(frozen=True, slots=True)
class Exhaust(Generic[N]):
    """Exhaust of ONE engine: kg/s wet, degC after turbine, fuel kg/h, mole fractions.

    `clamped` is 1 where the load lay outside the table (and the nearest end
    was used), else 0.  A stopped engine (load <= 0) has zero flow and fuel.
    """

    flow_kg_s: N
    t_degC: N
    fuel_kg_h: N
    y_co2_dry: N
    y_co2_wet: N
    y_h2o_wet: N
    y_o2_dry: N
    back_pressure_mbar: N
    clamped: N


@dataclass(frozen=True, slots=True)
class EngineTable:
    """Measured exhaust of one engine type against load fraction."""

    name: str
    load_frac: F64
    columns: dict[str, F64]

    @classmethod
    def load(cls, name: str) -> "EngineTable":
        """Read a table carried by the package, e.g. ``4stroke_6L46B``; UnknownTable if none."""
        return _load(name)

    def at(self, load_frac: N) -> Exhaust[N]:
        """Return the exhaust at a load fraction of MCR (scalar or array), linear between points.

        An unknown load (nan) gives nan, not a stopped engine.
        """
        load = np.asarray(load_frac, dtype=np.float64)
        stopped = load <= 0.0
        low, high = float(self.load_frac[0]), float(self.load_frac[-1])
        got = {k: np.interp(load, self.load_frac, column) for k, column in self.columns.items()}
        for name in ("flow_kg_s", "fuel_kg_h", "back_pressure_mbar"):
            got[name] = np.where(stopped, 0.0, got[name])
        got["t_degC"] = np.where(stopped, np.nan, got["t_degC"])
        got["clamped"] = np.where(~stopped & ((load < low) | (load > high)), 1.0, 0.0)
        return Exhaust(**{k: shaped(load_frac, v) for k, v in got.items()})

    def clamp_excess(self, load_frac: N) -> N:
        """Return by which share a clamped fuel look-up may read high; 0 from the lowest load up.

        The fuel line (Willans) through the two lowest points, prolonged, burns this much
        less than the clamp.  A bound for gas and steam too: their mass follows the fuel or,
        where the turbocharger hardly turns, falls less.  There is no measurement below.
        """
        load = np.asarray(load_frac, dtype=np.float64)
        fuel, at = self.columns["fuel_kg_h"], self.load_frac
        slope = (fuel[1] - fuel[0]) / (at[1] - at[0])
        less = slope * np.maximum(at[0] - load, 0.0) / fuel[0]
        excess = np.where(load <= 0.0, 0.0, less)
        return shaped(load_frac, excess)


@lru_cache(maxsize=8)
def _load(name: str) -> EngineTable:
    folder = files("models") / "data"
    file = folder / f"{_PREFIX}{name}.csv"
    if not file.is_file():
        known = [f.name for f in folder.iterdir() if f.name.startswith(_PREFIX)]
        names = sorted(f.removeprefix(_PREFIX).removesuffix(".csv") for f in known)
        raise UnknownTable(name, names)
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    columns = {
        name: np.array([float(row[column]) for row in rows]) * (0.01 if name[0] == "y" else 1.0)
        for name, column in _COLUMNS.items()
    }
    load = np.array([float(row["load_frac"]) for row in rows])
    for array in (load, *columns.values()):
        array.flags.writeable = False
    return EngineTable(name, load, columns)


def boiler_heat_kW(flow_kg_s: N, t_degC: N, t_exit_degC: float = BOILER_EXIT_DEGC) -> N:
    """Return the heat an exhaust boiler draws, kW: flow * cp * (T - exit), never negative."""
    heat: N = flow_kg_s * CP_EXHAUST_KJ_KG_K * np.maximum(t_degC - t_exit_degC, 0.0)
    return heat


def steam_kg_h(heat_kW: N) -> N:
    """Return saturated 3 barg steam that gives this heat when condensed, kg/h."""
    steam: N = heat_kW * 3600.0 / STEAM_HEAT_KJ_KG
    return steam


def steam_heat_kW(steam_kg_h: N) -> N:
    """Return the heat of condensing 3 barg steam, kW; the inverse of `steam_kg_h`."""
    heat: N = steam_kg_h * STEAM_HEAT_KJ_KG / 3600.0
    return heat


def engines_on_line(propulsion_kW: N, mcr_kW: float = ENGINE_MCR_KW, fitted: int = 4) -> N:
    """Return how many main engines run for a propulsion power (0, or 2..fitted).

    Below 600 kW all are stopped; else one per shaft first (two), more when
    they would pass 85 % of MCR: the rule that reproduces the measured ship's
    running hours and fuel.
    """
    power = np.asarray(propulsion_kW, dtype=np.float64)
    n = np.clip(np.ceil(power / (SPLIT_LOAD * mcr_kW)), 2.0, float(fitted))
    n = np.where(power < STOPPED_BELOW_KW, 0.0, n)
    return shaped(propulsion_kW, n)
