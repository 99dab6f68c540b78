"""Streams as a plant states them, and as the columns count them."""

from dataclasses import dataclass

from models.solution import M_CO2, M_H2O, M_MEA
from models.vle import p_water

M_N2, M_O2 = 28.013, 31.999


@dataclass(frozen=True)
class Solvent:
    """Loaded solution: kg/h, degC, mol CO2 per mol MEA, MEA mass fraction CO2-free."""

    flow_kg_h: float
    t_degC: float
    loading: float
    mea: float

    @property
    def amine(self) -> float:
        """MEA, mol/s."""
        per_mol = M_MEA / self.mea + self.loading * M_CO2
        return self.flow_kg_h / 3.6 / per_mol

    @property
    def co2(self) -> float:
        """CO2, mol/s."""
        return self.loading * self.amine

    @property
    def water(self) -> float:
        """Water, mol/s."""
        return self.amine * (1.0 / self.mea - 1.0) * M_MEA / M_H2O


@dataclass(frozen=True)
class Gas:
    """Gas as mol/s of CO2, water and inert, with degC and Pa."""

    co2: float
    water: float
    inert: float
    t_degC: float
    p_Pa: float


def flue_gas(
    flow_kg_h: float,
    t_degC: float,
    p_kPa: float,
    y_co2: float,
    dry: bool = True,
    y_o2: float = 0.08,
) -> Gas:
    """Return flue gas saturated with water; y_co2, y_o2 (dry) as mole fractions, flow wet."""
    p = 1e3 * p_kPa
    y_w = min(float(p_water(t_degC)) / p, 0.9)
    y_c = y_co2 * (1.0 - y_w) if dry else y_co2
    y_i = 1.0 - y_w - y_c
    share = min(max(y_o2 / (1.0 - y_co2), 0.0), 1.0)
    m_i = M_N2 + share * (M_O2 - M_N2)
    n = flow_kg_h / 3.6 / (y_c * M_CO2 + y_w * M_H2O + y_i * m_i)
    return Gas(n * y_c, n * y_w, n * y_i, t_degC, p)
