"""Rich feed of a stripper: what boils off where it is let down to the column's pressure.

A cold rich liquid under its pump's pressure flashes behind the valve.  Plants report its
temperature in front of the valve (`flash`) or behind it (`flashed_at`); knowing both, the
drop tells the loading (`loading_of_flash`): CO2 that boils off takes its heat along.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq

from models.errors import ConvergenceError
from models.gasphase import h_co2, h_steam
from models.solution import amine_fraction
from models.streams import Solvent
from models.vle import h_liquid, p_co2, p_water_over

STEP_K = 40.0
HOTTEST_DEGC = 180.0


@dataclass(frozen=True)
class Flashed:
    """Feed after its valve: what is left liquid and what is vapour, mol/s and degC."""

    co2: float
    water: float
    t_degC: float
    gas_co2: float
    gas_water: float


def _pressures(t: float, co2: float, water: float, amine: float) -> tuple[float, float]:
    wet = water / amine
    p_c = float(p_co2(t, max(co2 / amine, 1e-4), amine_fraction(wet)))
    return p_c, float(p_water_over(t, wet))


def _boiled(rich: Solvent, t: float, p_Pa: float) -> tuple[float, float]:
    """Return CO2 and steam, mol/s, that have left the feed at t: CO2 by bisection."""
    m, co2, water = rich.amine, rich.co2, rich.water

    def steam(v: float) -> float:
        p_c, p_w = _pressures(t, co2 - v, water, m)
        return min(v * p_w / p_c, 0.5 * water)

    def excess(v: float) -> float:
        return sum(_pressures(t, co2 - v, water - steam(v), m)) - p_Pa

    if excess(0.0) <= 0.0:
        return 0.0, 0.0
    most = 0.95 * co2
    # hotter than any liquid can be at this pressure: the heat balance looks lower
    v = most if excess(most) >= 0.0 else float(brentq(excess, 0.0, most))
    return v, steam(v)


def flashed_at(rich: Solvent, p_Pa: float) -> Flashed:
    """Return the feed whose temperature was read behind the valve: in equilibrium at t and p."""
    v, s = _boiled(rich, rich.t_degC, p_Pa)
    return Flashed(rich.co2 - v, rich.water - s, rich.t_degC, v, s)


def _enthalpy(feed: Flashed, m: float) -> float:
    """Return W of liquid and vapour together."""
    t = feed.t_degC
    gas = feed.gas_co2 * float(h_co2(t)) + feed.gas_water * float(h_steam(t))
    return m * float(h_liquid(t, feed.co2 / m, feed.water / m)) + gas


def flash(rich: Solvent, p_Pa: float) -> Flashed:
    """Return the feed let down to p without heat: what boils off is in equilibrium, 1e-6 in p.

    Walks down in temperature; at each the vapour in equilibrium is found, and the
    heat balance picks the temperature.  Raises ConvergenceError where none above 0 degC fits.
    """
    m, co2, water, t = rich.amine, rich.co2, rich.water, rich.t_degC
    before = Flashed(co2, water, t, 0.0, 0.0)
    if sum(_pressures(t, co2, water, m)) <= p_Pa:
        return before
    h_feed = _enthalpy(before, m)

    def left(t_now: float) -> float:
        return _enthalpy(flashed_at(replace(rich, t_degC=t_now), p_Pa), m) - h_feed

    low = t - STEP_K
    while left(low) > 0.0:  # a vacuum takes the feed further down
        low -= STEP_K
        if low < 0.0:
            raise ConvergenceError(f"feed at {t:g} degC let down to {1e-3 * p_Pa:g} kPa", np.inf)
    return flashed_at(replace(rich, t_degC=float(brentq(left, low, t))), p_Pa)


def heat_to_boil(rich: Solvent, p_Pa: float) -> float:
    """Return W that bring the feed as liquid to its boiling point at p; 0 if it boils already.

    Raises ConvergenceError where it does not boil below 180 degC.
    """
    m, a, wet = rich.amine, rich.loading, rich.water / rich.amine

    def excess(t: float) -> float:
        return sum(_pressures(t, rich.co2, rich.water, m)) - p_Pa

    if excess(rich.t_degC) >= 0.0:
        return 0.0
    if excess(HOTTEST_DEGC) < 0.0:
        what = f"feed does not boil at {1e-3 * p_Pa:g} kPa below {HOTTEST_DEGC:g} degC"
        raise ConvergenceError(what, np.inf)
    hot = float(brentq(excess, rich.t_degC, HOTTEST_DEGC))
    return m * float(h_liquid(hot, a, wet) - h_liquid(rich.t_degC, a, wet))


def heated(rich: Solvent, duty_W: float) -> float:
    """Return the temperature of the feed, still liquid, after W of heat, degC.

    Raises ConvergenceError beyond 180 degC.
    """
    m, a, wet = rich.amine, rich.loading, rich.water / rich.amine
    whole = float(h_liquid(rich.t_degC, a, wet)) + duty_W / m

    def lack(t: float) -> float:
        return float(h_liquid(t, a, wet)) - whole

    if lack(HOTTEST_DEGC) < 0.0:
        what = f"preheater: {1e-3 * duty_W:g} kW heat the feed beyond {HOTTEST_DEGC:g} degC"
        raise ConvergenceError(what, np.inf)
    return rich.t_degC if duty_W <= 0.0 else float(brentq(lack, rich.t_degC, HOTTEST_DEGC))


def loading_of_flash(t_before: float, t_behind: float, p_Pa: float, mea: float) -> float | None:
    """Return the loading whose flash from t_before ends at t_behind; None if nothing flashed.

    0.01 mol/mol per kelvin and half, so both thermometers have to be good.
    """
    if t_before - t_behind < 0.5:
        return None

    def ends(loading: float) -> float:
        return flash(Solvent(3600.0, t_before, loading, mea), p_Pa).t_degC - t_behind

    low, high = 0.15, 0.56
    if ends(low) <= 0.0 or ends(high) >= 0.0:
        return None
    return float(brentq(ends, low, high, xtol=1e-5))
