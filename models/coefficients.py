"""The numbers a flux needs besides the two streams: one flat vector with named places.

A vector (not an object) because the same text runs compiled and symbolic; any
place may hold a CasADi symbol, so area and kinetics factors can be estimated.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from models.numbers import F64

(
    SECTION,  # m2, column cross-section
    AREA,  # m2/m3, packing surface
    VOID,
    E0,  # effective area: a_e/a = E0 uL^E1 (rho/sigma)^E2 nu^E3
    E1,
    E2,
    E3,
    H0,  # holdup: H0 uL^H1 nu^H2 (H2 is the last place)
    H1,
    L0,  # liquid film: kL = L0 uL^L1 nu^L2 D^0.5
    L1,
    L2,
    CV,  # Billet-Schultes constant of the gas film
    CP,  # dry pressure drop
    LIMIT,  # flooding
    KM,  # rate constant through MEA: m6/mol2/s, K
    EM,
    KW,  # and through water
    EW,
    AREA_FACTOR,  # plant-wide factor on the effective area
    KINETICS_FACTOR,
    H2,
) = range(22)
N_COEFFICIENTS = 22

FILM: Final = 0
"""Mode of the flux: film balances, VLE and heat of this package."""
IDAES: Final = 1
"""Mode of the flux: explicit enhancement, activity-free speciation, constant heat (Akula 2021)."""


@dataclass(frozen=True)
class Kinetics:
    """Rate constants in m6/(mol2 s) and K, with their source."""

    km: float
    em: float
    kw: float
    ew: float
    source: str


LUO = Kinetics(2.003e4, 4742.0, 4.147, 3110.0, "Luo et al., Chem. Eng. Sci. 2015, 123, 57")
LUO_AMINE = Kinetics(
    LUO.km, LUO.em, 0.0, LUO.ew, "Luo et al. 2015 without its path through water: our choice"
)
"""The shipped set: what Luo et al. measured, less a term they measured too.

A choice of this model, made on the develop cases (docs/physics.md has the splits of all
three sets): with the path through water capture there is 0.25 points worse.
"""
PUTTA = Kinetics(
    3.1732e3, 4936.6, 1.0882e2, 3900.0, "Putta, Svendsen, Knuutila, Chem. Eng. J. 2017, 327, 868"
)


def place_kinetics(c: F64, kinetics: Kinetics) -> None:
    """Write rate constants into a coefficient vector, in place."""
    c[KM], c[EM], c[KW], c[EW] = kinetics.km, kinetics.em, kinetics.kw, kinetics.ew


def blank() -> F64:
    """Return an empty vector with factors at one; packing and section are still to be placed."""
    c = np.zeros(N_COEFFICIENTS)
    c[AREA_FACTOR] = c[KINETICS_FACTOR] = 1.0
    place_kinetics(c, LUO_AMINE)
    return c
