"""What every engine model returns, and the part that is the same for all of them."""

from dataclasses import dataclass
from typing import Generic

import numpy as np

from models.ambient import Ambient
from models.combustion import Fuel
from models.fluegas import FlueGas, burn
from models.nox import humidity_factor, nox_ppm
from models.numbers import F64, N, shaped


@dataclass(frozen=True, slots=True)
class EngineGas(Generic[N]):
    """Exhaust of one engine: kg/s wet, degC after turbine, kg/h fuel, wet composition.

    `nox_ppm` is on wet gas; `clamped` is 1 where the load lay outside the engine's data
    and the exhaust of the nearest end was used.  A stopped engine (load <= 0) has zero
    flow and fuel, and the composition of its lowest load; an unknown load (nan) gives nan.
    """

    power_kW: N
    flow_kg_s: N
    t_degC: N
    fuel_kg_h: N
    gas: FlueGas[N]
    nox_ppm: N
    back_pressure_mbar: N
    clamped: N


def gas_of(
    flow_kg_s: F64,
    fuel_kg_h: F64,
    power_kW: F64,
    fuel: Fuel,
    ambient: Ambient,
    nox_g_kWh: float,
    humidity_g_kg: F64 | float,
) -> tuple[FlueGas[F64], F64]:
    """Return composition and NOx (ppm wet) of an engine's wet flow by its fuel.

    Exhaust less fuel is moist air; humidity_g_kg is the water in the air that reaches the
    cylinders.  NOx is a limit at reference conditions, turned back to this humidity.
    """
    moist = flow_kg_s - fuel_kg_h / 3600.0
    dry_per_fuel = 3600.0 * moist / (1.0 + 1e-3 * humidity_g_kg) / fuel_kg_h
    gas = burn(dry_per_fuel, fuel, humidity_g_kg)
    humidity = np.asarray(humidity_g_kg, dtype=np.float64)
    as_emitted = nox_g_kWh / humidity_factor(humidity, ambient.air_degC)
    return gas, nox_ppm(as_emitted, power_kW, flow_kg_s, gas.molar_mass)


def like(asked: N, exhaust: EngineGas[F64]) -> EngineGas[N]:
    """Return the exhaust in floats if a float was asked for, else in arrays as it is."""

    def back(x: F64) -> N:
        return shaped(asked, x)

    gas = exhaust.gas
    mixture = FlueGas(
        back(gas.co2),
        back(gas.h2o),
        back(gas.o2),
        back(gas.n2),
        back(gas.so2),
        back(gas.ch4),
        back(gas.molar_mass),
    )
    return EngineGas(
        back(exhaust.power_kW),
        back(exhaust.flow_kg_s),
        back(exhaust.t_degC),
        back(exhaust.fuel_kg_h),
        mixture,
        back(exhaust.nox_ppm),
        back(exhaust.back_pressure_mbar),
        back(exhaust.clamped),
    )
