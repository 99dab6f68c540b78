"""Judge a raw image: range, NaN, rate, flatline, stale, heartbeat.

Pure and vectorised: (image, state) in, (image, state) out, nothing changed in
place.  A check only judges values the driver itself believes; what the driver
calls BAD stays BAD for the driver's reason.  Time is the cycle time of the
images, clipped per step, so that a clock step cannot fake a flatline.  A
meter at the end of its range is at rest, not stuck.

Word order: a 32-bit float with swapped words is mostly absurd, but now and
then lands inside its range by chance.  So tiny non-zero values of instruments
count as out of range (what a device holds as a set-point may be any number), and
when more than `SWAPPED_SHARE` of a link's multi-word values are absurd at once,
none of them is believed.  What would be written to such a link (`garbled`)
would be understood as wrongly as what is read from it.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sensors.image import F64, Image
from sensors.quality import BAD_MASK, Reason
from sensors.tag import ModbusSource, TagTable

Mask = NDArray[np.bool_]
Indices = NDArray[np.intp]

RANGE_MARGIN: Final = 0.0125  # of span: NE 43 lets a healthy instrument go 1.25 % below its range
TINY: Final = 1e-9  # of span: no instrument resolves this; swapped words often look so
SWAPPED_SHARE: Final = 0.25
HEARTBEAT_S: Final = 3.0
STALE_MIN_S: Final = 3.0
STALE_SCANS: Final = 3.0
LONGEST_STEP_S: Final = 10.0

_RANGE: Final = np.uint32(Reason.RANGE)
_NAN: Final = np.uint32(Reason.NAN)
_RATE: Final = np.uint32(Reason.RATE)
_FLATLINE: Final = np.uint32(Reason.FLATLINE)
_STALE: Final = np.uint32(Reason.STALE)
_HEARTBEAT: Final = np.uint32(Reason.HEARTBEAT)
_BAD: Final = np.uint32(BAD_MASK)


@dataclass(frozen=True, slots=True, eq=False)
class CheckState:
    """What the checks remember; plain arrays, all replaced every step.

    t_ns int64[1]: time of the last image (0: none yet);
    rate_value, rate_s f64[r]: last credible value of tags with a rate limit
    and seconds since; flat_value, flat_s f64[f]: last value of tags with a
    flatline limit and seconds unchanged; beat_value, beat_s f64[h]: the same
    for the heartbeats.
    """

    t_ns: NDArray[np.int64]
    rate_value: F64
    rate_s: F64
    flat_value: F64
    flat_s: F64
    beat_value: F64
    beat_s: F64

    @classmethod
    def initial(cls, table: TagTable) -> "CheckState":
        """Return the state before the first image."""
        plan = plan_of(table)

        def unknown(n: int) -> F64:
            return np.full(n, np.nan)

        r, f, h = len(plan.rate_at), len(plan.flat_at), len(plan.beat_at)
        return cls(
            np.zeros(1, dtype=np.int64),
            unknown(r),
            np.zeros(r),
            unknown(f),
            np.zeros(f),
            unknown(h),
            np.zeros(h),
        )

    def arrays(self) -> dict[str, NDArray[np.int64] | F64]:
        """Return the state as named arrays, for a snapshot."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def of(cls, arrays: dict[str, NDArray[np.int64] | F64]) -> "CheckState":
        """Return the state that `arrays()` described."""
        floats = {k: np.asarray(v, dtype=np.float64) for k, v in arrays.items() if k != "t_ns"}
        return cls(t_ns=np.asarray(arrays["t_ns"], dtype=np.int64), **floats)


@dataclass(frozen=True, slots=True, eq=False)
class CheckPlan:
    """Limits of a table as arrays, made once."""

    low: F64
    high: F64
    tiny: F64  # 0 where the kind is not float and for set-points' read-backs: never tiny
    stale_ms: NDArray[np.int32]
    rate_at: Indices
    rate_max: F64
    rate_floor_s: F64
    flat_at: Indices
    flat_limit_s: F64
    flat_low: F64  # at or below it, and at or above `flat_high`, a meter is at rest
    flat_high: F64
    beat_at: Indices
    beat_link: tuple[Indices, ...]  # channels of the link of each heartbeat
    wide: tuple[tuple[str, Indices], ...]  # per Modbus link: channels of multi-word floats


@lru_cache(maxsize=16)
def plan_of(table: TagTable) -> CheckPlan:
    """Return the limits of a table; tables are compared by identity."""
    tags = table.tags
    span = np.array([t.hi - t.lo for t in tags])
    is_float = np.array([t.kind == "float" for t in tags])
    measured = is_float & np.array([t.direction != "readback" for t in tags])
    margin = np.where(is_float, RANGE_MARGIN * span, 0.0)
    links = np.array([t.source.link for t in tags])
    is_wide = np.array(
        [isinstance(t.source, ModbusSource) and t.source.type.startswith("float") for t in tags]
    )
    rated = [i for i, t in enumerate(tags) if t.rate_max is not None]
    flat = [i for i, t in enumerate(tags) if t.flatline_s is not None]
    beats = [i for i, t in enumerate(tags) if t.role == "plc_heartbeat"]
    stale_s = np.array([max(STALE_SCANS * t.scan_s, STALE_MIN_S) for t in tags])
    return CheckPlan(
        low=np.array([t.lo for t in tags]) - margin,
        high=np.array([t.hi for t in tags]) + margin,
        tiny=np.where(measured, TINY * span, 0.0),
        stale_ms=(stale_s * 1e3).astype(np.int32),
        rate_at=np.array(rated, dtype=np.intp),
        rate_max=np.array([tags[i].rate_max for i in rated], dtype=np.float64),
        rate_floor_s=np.array([tags[i].scan_s for i in rated], dtype=np.float64),
        flat_at=np.array(flat, dtype=np.intp),
        flat_limit_s=np.array([tags[i].flatline_s for i in flat], dtype=np.float64),
        flat_low=np.array([tags[i].lo for i in flat]) + margin[flat],
        flat_high=np.array([tags[i].hi for i in flat]) - margin[flat],
        beat_at=np.array(beats, dtype=np.intp),
        beat_link=tuple(np.flatnonzero(links == links[i]) for i in beats),
        wide=tuple(
            (name, np.flatnonzero(is_wide & (links == name)))
            for name in dict.fromkeys(t.source.link for t in tags)
            if (is_wide & (links == name)).any()
        ),
    )


def check(raw: Image, state: CheckState) -> tuple[Image, CheckState]:
    """Return the image with the reasons the checks add, and the new state.

    Values and ages are those of `raw`; only reasons grow (and quality with
    them).  `state` must come from `CheckState.initial` of the same table.
    """
    plan = plan_of(raw.table)
    before = int(state.t_ns[0])
    dt_s = min(max((raw.t_ns - before) * 1e-9, 0.0), LONGEST_STEP_S) if before else 0.0
    value = raw.value
    believed = (raw.reason & _BAD) == 0
    reason = raw.reason | _implausible(plan, value, believed)
    reason |= (believed & (raw.age_ms > plan.stale_ms)) * _STALE
    rate_value, rate_s = _rate(plan, value, reason, state, dt_s)
    flat_value, flat_s = _flatline(plan, value, reason, state, dt_s)
    beat_value, beat_s = _heartbeat(plan, value, believed, reason, state, dt_s)
    now = np.array([raw.t_ns], dtype=np.int64)
    after = CheckState(now, rate_value, rate_s, flat_value, flat_s, beat_value, beat_s)
    return Image.of(raw.table, raw.t_ns, value, reason, raw.age_ms), after


def garbled(checked: Image) -> frozenset[str]:
    """Return the links whose multi-word values cannot be believed, several for what they say."""
    absurd = (checked.reason & (_RANGE | _NAN)) != 0
    if not absurd.any():
        return frozenset()
    good = (checked.reason & _BAD) == 0
    return frozenset(
        link
        for link, channels in plan_of(checked.table).wide
        if np.count_nonzero(absurd[channels]) > 1 and not good[channels].any()
    )


def _implausible(plan: CheckPlan, value: F64, believed: Mask) -> NDArray[np.uint32]:
    finite = np.isfinite(value)
    inside = (value >= plan.low) & (value <= plan.high)  # False for NaN
    inside &= (np.abs(value) >= plan.tiny) | (value == 0.0)
    absurd = believed & ~inside
    if absurd.any():
        for _, channels in plan.wide:
            telling = believed[channels] & (value[channels] != 0.0)
            told = int(np.count_nonzero(telling))
            if np.count_nonzero(absurd[channels]) > max(SWAPPED_SHARE * told, 1.0):
                absurd[channels] |= believed[channels]
    added: NDArray[np.uint32] = (absurd & finite) * _RANGE + (absurd & ~finite) * _NAN
    return added


def _rate(
    plan: CheckPlan, value: F64, reason: NDArray[np.uint32], state: CheckState, dt_s: float
) -> tuple[F64, F64]:
    """Mark jumps in place; a value is credible again once it had time to get there."""
    at = plan.rate_at
    now, elapsed = value[at], state.rate_s + dt_s
    usable = (reason[at] & _BAD) == 0
    step = np.abs(now - state.rate_value)
    jumped = usable & (step > plan.rate_max * np.maximum(elapsed, plan.rate_floor_s))
    reason[at] |= jumped * _RATE
    accepted = usable & ~jumped
    return np.where(accepted, now, state.rate_value), np.where(accepted, 0.0, elapsed)


def _flatline(
    plan: CheckPlan, value: F64, reason: NDArray[np.uint32], state: CheckState, dt_s: float
) -> tuple[F64, F64]:
    at = plan.flat_at
    now = value[at]
    # At the end of its range a meter stands still: no flow, a stopped machine, an open valve.
    lively = (now > plan.flat_low) & (now < plan.flat_high)
    same = lively & (now == state.flat_value)  # NaN is never the same
    flat_s = np.where(same, state.flat_s + dt_s, 0.0)
    reason[at] |= ((flat_s > plan.flat_limit_s) & ((reason[at] & _BAD) == 0)) * _FLATLINE
    return now, flat_s


def _heartbeat(
    plan: CheckPlan,
    value: F64,
    believed: Mask,
    reason: NDArray[np.uint32],
    state: CheckState,
    dt_s: float,
) -> tuple[F64, F64]:
    at = plan.beat_at
    now = value[at]
    beats = believed[at] & (now != state.beat_value)
    beat_s = np.where(beats, 0.0, state.beat_s + dt_s)
    for silent, channels in zip(beat_s > HEARTBEAT_S, plan.beat_link, strict=True):
        if silent:
            reason[channels] |= believed[channels] * _HEARTBEAT
    return np.where(beats, now, state.beat_value), beat_s
