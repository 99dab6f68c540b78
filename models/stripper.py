"""The stripper at steady state: flashing feed, packed beds, kettle reboiler, condenser."""

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from models import coefficients as ix
from models.absorber import Column
from models.errors import ConvergenceError, require
from models.feed import Flashed, flash, heat_to_boil
from models.galerkin import REBOILER
from models.numbers import F64
from models.packed import Problem, grid, profile, solve
from models.solution import M_CO2
from models.streams import Solvent
from models.vle import h_liquid

SCARCE = (4.0, 2.8, 2.0, 1.5, 1.2, 1.08, 1.0)
"""Multiples of the duty on the way down to a stripper that hardly boils."""
Solution: TypeAlias = tuple[F64, F64, int, F64]
"""Heights, profile, steps and unknowns of a solved column."""


@dataclass(frozen=True)
class Stripper(Column):
    """Geometry of a stripper; `t_reflux_degC` None: condensate does not come back."""

    t_reflux_degC: float | None = 40.0
    reboiler_loss_kW: float = 0.0


@dataclass(frozen=True)
class Stripped:
    """A solved stripper; profiles bottom up over `z_m`; the reboiler is below."""

    z_m: F64
    gas_co2: F64
    gas_water: F64
    t_gas_degC: F64
    liquid_co2: F64
    liquid_water: F64
    t_liquid_degC: F64
    amine: float
    duty_kW: float
    product_co2: float
    steps: int
    x: F64 = field(repr=False)

    @property
    def lean_loading(self) -> float:
        """Loading of the liquid that leaves the reboiler, mol/mol."""
        return float((self.liquid_co2[0] - self.gas_co2[0]) / self.amine)

    @property
    def t_reboiler_degC(self) -> float:
        """Temperature of the boiling lean solution."""
        return float(self.t_gas_degC[0])

    @property
    def srd_GJ_t(self) -> float:
        """Specific reboiler duty: heat per CO2 that leaves as product, GJ/t."""
        return float(self.duty_kW / (self.product_co2 * M_CO2))

    def t_at(self, from_top: float) -> float:
        """Return the liquid temperature at a relative position, 0 top to 1 reboiler."""
        if from_top >= 1.0:
            return self.t_reboiler_degC
        z = (1.0 - from_top) * self.z_m[-1]
        return float(np.interp(z, self.z_m + 1e-9 * np.arange(len(self.z_m)), self.t_liquid_degC))


def _guess(feed: Flashed, amine: float, duty_W: float, p_Pa: float) -> tuple[F64, F64]:
    """Return a cold start over heights 0..1 from a rough heat balance."""
    s = np.linspace(0.0, 1.0, 11)
    t_top, t_low = feed.t_degC, 118.0 + 12.0 * (p_Pa / 1.8e5 - 1.0)
    need = amine * (
        float(h_liquid(t_low, feed.co2 / amine, feed.water / amine))
        - float(h_liquid(t_top, feed.co2 / amine, feed.water / amine))
    )
    steam = max(duty_W - need, 0.3 * duty_W) / 43e3
    co2 = min(0.6 * feed.co2, 0.5 * steam)
    y = np.empty((len(s), 6))
    y[:, 0] = 0.1 * co2 + 0.9 * co2 * s
    y[:, 1] = steam * (0.9 - 0.4 * s)
    y[:, 2] = t_low + (t_top - t_low) * s
    y[:, 3] = feed.co2 - co2 + y[:, 0]
    y[:, 4] = feed.water + 0.3 * steam
    y[:, 5] = y[:, 2] - 1.0
    return s, y


def _problem(column: Stripper, feed: Flashed, rich: Solvent, p: float, duty: float) -> Problem:
    """Return the balances of a stripper at a duty, W."""
    m, gas = rich.amine, duty / 43e3
    loss = column.heat_loss_W_m2_K * np.pi * column.diameter_m
    cp = 240.0 * m + 80.0 * rich.water
    case = np.array([m, 0.0, p, 0.0, loss, column.t_ambient_degC, 1.0, 36.0 * gas, cp])
    reflux = -1e3 if column.t_reflux_degC is None else column.t_reflux_degC
    high = np.array([feed.co2, feed.water, feed.t_degC, feed.gas_co2, feed.gas_water, reflux, p])
    return Problem(
        "stripper",
        column.coefficients(),
        case,
        grid(column.height_m, (*column.coolers, None), column.elements),
        REBOILER,
        np.array([duty]),
        high,
        ix.FILM,
        np.array([gas, gas, 10.0, gas, gas, 10.0]),
        column.degree,
    )


def _solve(column: Stripper, feed: Flashed, rich: Solvent, p: float, duty: float) -> Solution:
    """Return the profile at a duty; where steam is scarce, come down from more of it."""
    s, y = _guess(feed, rich.amine, duty, p)
    z, total = s * column.height_m, 0
    ways: tuple[tuple[float, ...], ...] = ((1.0,), (1.6, 1.25, 1.0), tuple(SCARCE))
    for way in ways:
        at, guess = z, y
        try:
            for more in way:
                problem = _problem(column, feed, rich, p, more * duty)
                x, steps = solve(problem, at, guess)
                at, guess = profile(problem, x)
                total += steps
        except ConvergenceError as problem_left:
            failed = problem_left
            continue
        return at, guess, total, x
    raise failed


def strip(column: Stripper, rich: Solvent, p_kPa: float, duty_kW: float) -> Stripped:
    """Return the steady stripper; raise ConvergenceError if none is found.

    rich is the feed before its valve, p the pressure of the column, the duty what
    the steam gives.  Raises OutOfRange for what is in another unit.
    """
    require("p_kPa", p_kPa, 10.0, 1000.0, "kPa absolute from 10 to 1000, no bar, no Pa")
    require("duty_kW", duty_kW, 0.0, 1e6, "kW above zero, no W")
    require("rich.t_degC", rich.t_degC, 0.0, 160.0, "degC from 0 to 160, no K")
    p, duty = 1e3 * p_kPa, 1e3 * (duty_kW - column.reboiler_loss_kW)
    need = heat_to_boil(rich, p)
    if duty <= need:
        raise ConvergenceError(
            f"stripper: no heat to boil, {1e-3 * need:.0f} kW only warm the feed", np.inf
        )
    feed = flash(rich, p)
    z, y, steps, x = _solve(column, feed, rich, p, duty)
    product = float(y[-1, 0]) + feed.gas_co2
    return Stripped(
        z, y[:, 0], y[:, 1], y[:, 2], y[:, 3], y[:, 4], y[:, 5],
        rich.amine, duty_kW, product, steps, x,
    )  # fmt: skip
