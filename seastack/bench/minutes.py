"""The loop bench's score, from one row a minute. Pure arrays, no rig, no controller."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CAPTURE, HOLD = 3, 5  # unit states of the PLC
SETTLED_MIN = 30  # minutes in CAPTURE before a minute counts

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Minutes:
    """One row a minute; all arrays have shape (n,).

    `capture_pct` is the TRUE capture of the treated gas over the minute, from
    integrated boundary flows (NaN without gas); `target_pct` what was asked;
    `in_capture` the share of the minute in unit state CAPTURE; `in_hold` in
    HOLD; `engines` running at its end; `load_pct` the highest engine load;
    `strength_wt_pct` the true MEA in CO2-free solvent and `tank_kg` what the lean
    tank truly holds at its end.
    """

    capture_pct: F64
    target_pct: F64
    in_capture: F64
    in_hold: F64
    engines: F64
    load_pct: F64
    strength_wt_pct: F64
    tank_kg: F64


@dataclass(frozen=True, slots=True)
class PortCall:
    """Engines stopped from `start` to `end` (minute numbers, end exclusive)."""

    start: int
    end: int
    held: bool
    reentry_min: float


def settled(minutes: Minutes) -> NDArray[np.bool_]:
    """Return which minutes count: in CAPTURE now and for the 30 minutes before."""
    whole = minutes.in_capture >= 1.0
    run = np.zeros(len(whole), dtype=np.int64)
    for i in range(len(whole)):
        run[i] = run[i - 1] + 1 if whole[i] and i else int(whole[i])
    return run > SETTLED_MIN


def rmse_points(minutes: Minutes) -> float:
    """Return the root mean square of true capture minus target over settled minutes."""
    error = (minutes.capture_pct - minutes.target_pct)[settled(minutes)]
    return float(np.sqrt(np.mean(error**2))) if error.size else float("nan")


def availability(minutes: Minutes, load_pct: float = 30.0) -> float:
    """Return the share of minutes in CAPTURE among those with an engine at load."""
    loaded = minutes.load_pct >= load_pct
    return float(np.mean(minutes.in_capture[loaded])) if loaded.any() else float("nan")


def tank_drift_kg(minutes: Minutes) -> float:
    """Return how far the lean tank drifted, kg: last less first quarter of settled minutes.

    Only minutes that count are alike: outside them the columns drain into the tank.
    """
    held = minutes.tank_kg[settled(minutes)]
    quarter = len(held) // 4
    return float(held[-quarter:].mean() - held[:quarter].mean()) if quarter else float("nan")


def port_calls(minutes: Minutes, shortest: int = 5) -> list[PortCall]:
    """Return every stop of all engines of at least `shortest` minutes.

    `held`: the unit reached HOLD during the stop.  `reentry_min`: minutes from
    the first running engine to the next full minute in CAPTURE (inf when the
    record or the next stop comes first, NaN when the record ends in port).
    """
    stopped = np.concatenate(([False], minutes.engines < 0.5, [False]))
    edges = np.flatnonzero(stopped[1:] != stopped[:-1])
    calls = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if end - start < shortest:
            continue
        held = bool((minutes.in_hold[start:end] > 0).any())
        calls.append(PortCall(int(start), int(end), held, _reentry(minutes, int(end))))
    return calls


def _reentry(minutes: Minutes, end: int) -> float:
    if end >= len(minutes.engines):
        return float("nan")
    again = np.flatnonzero(minutes.in_capture[end:] >= 1.0)
    return float(again[0]) if again.size else float("inf")
