"""Streams as a plant states them, and as the columns count them."""

from dataclasses import dataclass

from models.errors import OutOfRange, require
from models.solution import M_CO2, M_H2O, M_MEA
from models.vle import p_water

M_N2, M_O2 = 28.013, 31.999
MOST_SATURATED = 0.8
"""Mole fraction of water beyond which no gas is taken as saturated without being told."""


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


def saturation(t_degC: float, p_kPa: float) -> float:
    """Return the mole fraction of water in gas saturated with it at degC and kPa."""
    return float(p_water(t_degC)) / (1e3 * p_kPa)


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
    y_water: float | None = None,
) -> Gas:
    """Return flue gas; y_co2, y_o2 (dry), y_water as mole fractions, flow wet, kg/h.

    `y_water` None: saturated with water at its temperature, which is what a quench leaves and
    nothing else.  Raises OutOfRange, also for a gas so hot that it cannot be saturated.
    """
    p = 1e3 * p_kPa
    require("flow_kg_h", flow_kg_h, 0.0, 1e8, "kg/h above zero")
    require("t_degC", t_degC, -20.0, 400.0, "degC from -20 to 400, no K")
    require("p_kPa", p_kPa, 20.0, 2000.0, "kPa absolute from 20 to 2000")
    for name, share in (("y_co2", y_co2), ("y_o2", y_o2), ("y_water", y_water or 0.0)):
        require(name, share, 0.0, 0.95, "a mole fraction up to 0.95, no per cent")
    y_w = saturation(t_degC, p_kPa) if y_water is None else y_water
    if y_water is None and y_w > MOST_SATURATED:
        meant = f"below boiling at {p_kPa:g} kPa for a saturated gas: give its water"
        raise OutOfRange("t_degC", t_degC, meant)
    y_c = y_co2 * (1.0 - y_w) if dry else y_co2
    y_i = 1.0 - y_w - y_c
    if y_i <= 0.0:
        raise OutOfRange("y_co2", y_co2, f"below {1.0 - y_w:.3g}, the share that is not water")
    share = min(max(y_o2 / (1.0 - y_co2), 0.0), 1.0)
    m_i = M_N2 + share * (M_O2 - M_N2)
    n = flow_kg_h / 3.6 / (y_c * M_CO2 + y_w * M_H2O + y_i * m_i)
    return Gas(n * y_c, n * y_w, n * y_i, t_degC, p)
