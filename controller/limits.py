"""What the plant allows now: treated flow, steam, solvent, and what binds.

Constraint selectors, pure functions of numbers with units in their names.
NaN means "not known with quality GOOD"; each function says what it does then.
"""

from dataclasses import dataclass
from enum import IntEnum

NAN = float("nan")
REACHED_PCT = 0.5  # a target in force this close to the one asked counts as reached
FREE = 0.01  # of the range: so far above what is held, a ceiling no longer holds it down
NEAR_PCT = 2.0  # points from the target that count as on it: analyser noise and bias


class Constraint(IntEnum):
    """What limits capture now; the words are in `channels.CONSTRAINTS`."""

    ON_TARGET = 0
    HEAT = 1
    GAS = 2
    SOLVENT = 3
    TEMPERATURE = 4
    TANK = 5
    NOT_CAPTURING = 6
    UNKNOWN = 7
    APPROACHING = 8
    NOT_CONTROLLED = 9
    ABOVE_TARGET = 10
    GAS_SIDE_LOST = 11


@dataclass(frozen=True, slots=True)
class Cap:
    """An upper limit and what it comes from."""

    value: float
    by: Constraint


def clamp(value: float, low: float, high: float) -> float:
    """Return `value` inside [low, high]."""
    return min(max(value, low), high)


def treated_cap(
    available_kg_h: float,
    fraction: float,
    design_kg_h: float,
    max_kg_h: float,
    counted: bool = True,
) -> Cap:
    """Return the most exhaust that may be treated, kg/h wet.

    More than `fraction` of what the engines give would draw air down the
    funnel.  NaN when the exhaust is not known; where not all engines could be
    `counted` it is a lower bound, and no limit to be named.
    """
    most = min(design_kg_h, max_kg_h)
    share = fraction * available_kg_h
    if share != share:
        return Cap(NAN, Constraint.UNKNOWN)
    if share >= most:
        return Cap(most, Constraint.ON_TARGET)
    return Cap(share, Constraint.GAS if counted else Constraint.UNKNOWN)


def header_share(pressure_barg: float, none_barg: float, full_barg: float) -> float:
    """Return the share (0..1) of steam the header pressure allows; NaN pressure gives 1.

    The PLC trips on a low header by itself; this only backs off before.
    """
    if pressure_barg != pressure_barg:
        return 1.0
    return clamp((pressure_barg - none_barg) / max(full_barg - none_barg, 1e-6), 0.0, 1.0)


def temperature_cap(t_degC: float, max_degC: float, band_K: float, max_kg_h: float) -> float:
    """Return the steam (kg/h) the reboiler temperature allows: a proportional override.

    All of it up to half a band below the maximum, none half a band above, so
    that at the maximum half of it is left and heat cannot run away.  A
    temperature that is not known allows everything: the PLC's own override
    stands behind this one, and the loop is in IMAN then.
    """
    if t_degC != t_degC:
        return max_kg_h
    return max_kg_h * clamp((max_degC + 0.5 * band_K - t_degC) / band_K, 0.0, 1.0)


def steam_cap(available_kg_h: float, share: float, temperature_kg_h: float, max_kg_h: float) -> Cap:
    """Return the low-select of steam available, reboiler temperature and valve, kg/h.

    NaN availability gives NaN: steam is not promised on a guess.
    """
    heat = share * available_kg_h
    if heat != heat:
        return Cap(NAN, Constraint.HEAT)
    low = min(heat, temperature_kg_h, max_kg_h)
    if low == temperature_kg_h and temperature_kg_h < max_kg_h:
        return Cap(max(low, 0.0), Constraint.TEMPERATURE)
    return Cap(max(low, 0.0), Constraint.HEAT)


def steam_ceiling(
    available_kg_h: float,
    share: float,
    header: float,
    temperature_kg_h: float,
    max_kg_h: float,
) -> float:
    """Return what no steam set-point may exceed now, kg/h, whatever its loop's mode.

    Each part that is known binds by itself: what is not known must not hide what
    is.  `header` is the share (0..1) its pressure allows, of the valve's maximum
    where the steam available is not known.
    """
    heat = share * header * available_kg_h
    known = min(temperature_kg_h, header * max_kg_h if heat != heat else max_kg_h)
    return max(known if heat != heat else min(heat, known), 0.0)


def treated_ceiling(available_kg_h: float, fraction: float) -> float:
    """Return what no treated flow set-point may exceed now, kg/h; NaN: exhaust not known."""
    return fraction * available_kg_h


def below(value: float, ceiling: float, low: float) -> float:
    """Return `value`, lowered to `ceiling` but not under `low`, the end of its range.

    A ceiling that is not known (NaN) lowers nothing.
    """
    return max(ceiling, low) if value > ceiling and value > low else value


def held_down(before: bool, held: float, ceiling: float, span: float) -> bool:
    """Return whether a ceiling lies under what is held, or hardly above it as it did before."""
    return held > ceiling - (FREE * span if before else 0.0)


def possible(
    steam_kg_h: Cap,
    latent_kJ_kg: float,
    duty_GJ_t: float,
    co2_in_kg_h: float,
    lean_max_kg_h: float,
    lean_per_co2: float,
    liquefier_kg_h: float,
    max_pct: float,
) -> Cap:
    """Return the capture (%) that heat, solvent and liquefier allow, and which binds.

    Heat: steam x latent heat / (specific duty x CO2 in); kJ/kg over GJ/t are
    1e-3.  NaN when steam or CO2 is not known.
    """
    if not co2_in_kg_h > 1.0 or steam_kg_h.value != steam_kg_h.value:
        return Cap(NAN, Constraint.UNKNOWN)
    heat = 0.1 * steam_kg_h.value * latent_kJ_kg / (duty_GJ_t * co2_in_kg_h)
    solvent = 100.0 * lean_max_kg_h / (lean_per_co2 * co2_in_kg_h)
    tank = 100.0 * liquefier_kg_h / co2_in_kg_h
    caps = (
        Cap(heat, steam_kg_h.by),
        Cap(solvent, Constraint.SOLVENT),
        Cap(tank, Constraint.TANK),
        Cap(max_pct, Constraint.SOLVENT),
    )
    return min(caps, key=lambda cap: cap.value)


def lean_heat_cap(steam_kg_h: float, kg_per_kg_lean: float, rise: float) -> float:
    """Return the most lean solvent (kg/h) this steam can regenerate, NaN if not known.

    Above it the solvent comes back richer and catches less per kg: heat per kg
    of solvent is kept above a floor.
    """
    return rise * steam_kg_h / kg_per_kg_lean


@dataclass(frozen=True, slots=True)
class Pace:
    """Where the target stands, %: asked by a person, in force, and feasible (NaN: not known).

    `ceiling`: the one it may not exceed while the gas side is lost, NaN: none.
    """

    asked: float
    in_force: float
    feasible: float
    ceiling: float = NAN

    @property
    def goal(self) -> float:
        """Return where the target in force goes to."""
        known = [x for x in (self.feasible, self.ceiling) if x == x]
        return min(self.asked, *known) if known else self.asked

    @property
    def held(self) -> bool:
        """Whether the target is not raised because the gas side is lost."""
        return self.goal == self.ceiling and self.ceiling < self.asked - REACHED_PCT

    @property
    def limited(self) -> bool:
        """Whether heat or limits, and not the ramp, keep the target below the one asked."""
        return self.feasible < self.asked - REACHED_PCT and not self.held


def binding(capturing: bool, controlled: bool, pace: Pace, cap: Cap, gas: Cap) -> Constraint:
    """Return the one constraint to name on the screen.

    `controlled`: the set-points are moved by this controller.  A target that
    still ramps is limited by nothing.  Less exhaust than design is only named
    when nothing else binds.
    """
    if not capturing:
        return Constraint.NOT_CAPTURING
    if pace.limited:
        return cap.by
    if pace.in_force < pace.goal - REACHED_PCT:
        return Constraint.APPROACHING
    if pace.held:
        return Constraint.GAS_SIDE_LOST
    if pace.in_force > pace.asked + REACHED_PCT:
        return Constraint.ABOVE_TARGET
    if gas.by is not Constraint.ON_TARGET:
        return gas.by
    return Constraint.ON_TARGET if controlled else Constraint.NOT_CONTROLLED


def arrived(constraint: Constraint, measured_pct: float, target_pct: float) -> Constraint:
    """Return the constraint, with "on target" only where the measurement is there."""
    if constraint is not Constraint.ON_TARGET:
        return constraint
    if measured_pct != measured_pct:
        return Constraint.UNKNOWN
    if measured_pct > target_pct + NEAR_PCT:
        return Constraint.ABOVE_TARGET
    return constraint if measured_pct >= target_pct - NEAR_PCT else Constraint.APPROACHING
