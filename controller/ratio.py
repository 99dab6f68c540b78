"""Feed-forward by ratio: solvent to CO2, steam to solvent, with lead and lag.

This takes most of a load change before any feedback sees it, and it is the
fallback when feedback is lost.  Pure functions; NaN in means NaN out.
"""


def smoothed(before: float, value: float, tau_s: float, dt_s: float) -> float:
    """Return a first-order filter one step later; NaN input holds, NaN state starts."""
    if value != value:
        return before
    if before != before:
        return value
    return before + (value - before) * dt_s / (tau_s + dt_s)


def lead_lag(lagged: float, value: float, lead_s: float, lag_s: float) -> float:
    """Return the output of a lead-lag whose lag state is `lagged`.

    Transfer function (lead s + 1) / (lag s + 1): `lagged` is the first-order
    filter of `value` with `lag_s`.
    """
    return lagged + (value - lagged) * lead_s / lag_s


def lean_base(target_pct: float, co2_in_kg_h: float, kg_per_kg_co2: float) -> float:
    """Return the lean flow (kg/h) that catches the target at the design loading change."""
    return 0.01 * target_pct * co2_in_kg_h * kg_per_kg_co2


def trim_of(applied: float, base: float) -> float:
    """Return the relative trim that `applied` means on top of `base`, 0 without a base."""
    return applied / base - 1.0 if base > 0.0 else 0.0


def toward(now: float, goal: float, rate_per_s: float, dt_s: float) -> float:
    """Return `now` moved towards `goal`, at most `rate_per_s`; NaN goal holds."""
    if goal != goal:
        return now
    if now != now:
        return goal
    step = rate_per_s * dt_s
    return min(max(goal, now - step), now + step)
