"""A PI controller by external reset: it follows what was really done.

    output    u  = Kc * (SP - PV) + I
    integral  I' = I + (dt / Ti) * (u_applied - I)

With u_applied = u this is the PI law exactly.  When a limit, selector, rate or
a refused write holds the output elsewhere, I follows the value in force, so it
cannot wind up and the return is bumpless (Astrom & Hagglund, PID Controllers,
section 3.5; reset feedback after Shinskey).  Pure functions, time is an argument.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tuning:
    """Gain in output units per unit of error, reset time in s, output limits."""

    kc: float
    ti_s: float
    low: float
    high: float


def proportional(tuning: Tuning, setpoint: float, measured: float) -> float:
    """Return the proportional part Kc * (SP - PV)."""
    return tuning.kc * (setpoint - measured)


def output(tuning: Tuning, integral: float, setpoint: float, measured: float) -> float:
    """Return the controller output within its limits.

    NaN in `measured` freezes the controller: the integral alone is returned.
    """
    error_part = proportional(tuning, setpoint, measured)
    if error_part != error_part:
        error_part = 0.0
    return min(max(error_part + integral, tuning.low), tuning.high)


def track(tuning: Tuning, integral: float, applied: float, dt_s: float) -> float:
    """Return the integral after `applied` was really put out for `dt_s`."""
    if applied != applied:
        return integral
    share = min(dt_s / tuning.ti_s, 1.0)
    return min(max(integral + share * (applied - integral), tuning.low), tuning.high)


def initialised(tuning: Tuning, applied: float, setpoint: float, measured: float) -> float:
    """Return the integral that makes the next output equal `applied`: no bump."""
    error_part = proportional(tuning, setpoint, measured)
    if error_part != error_part:
        error_part = 0.0
    return min(max(applied - error_part, tuning.low), tuning.high)
