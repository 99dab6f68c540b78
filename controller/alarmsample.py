"""What an alarm rule makes of an instrument: a value, not known, or doubtful and beyond.

Control uses GOOD values only.  An alarm must not wait for that: a value beyond
the limit raises it though it is UNCERTAIN, and so does an instrument driven
past the end of its range on the alarm's side.  Neither clears one.
"""

from dataclasses import dataclass
from typing import Final

from controller.alarms import trips
from controller.alarmspec import Rule
from sensors.image import Image
from sensors.quality import BAD_MASK, Quality, Reason

# A person has a hand on it (span gas, a test, a forced value): the process is not seen.
_IN_HAND: Final = int(Reason.CALIBRATING | Reason.MAINTENANCE | Reason.FORCED)
_PAST_END: Final = int(Reason.RANGE | Reason.NE43_HIGH)
OVER_RANGE: Final = 0.15  # of span: 22.4 mA; what lies further out is garbage, not a measurement
_NAN: Final = float("nan")


@dataclass(frozen=True, slots=True)
class Sample:
    """A value for an alarm rule, NaN when nothing is known; `doubt`: why it is not GOOD."""

    value: float
    doubt: str = ""


_UNKNOWN: Final = Sample(_NAN)


def sample(rule: Rule, image: Image, garbled: bool) -> Sample:
    """Return what a rule is to judge of its channel.

    `garbled`: so much of the link's data is absurd that none of it may pass for over-range.
    """
    channel = rule.channel
    quality, value = int(image.quality[channel]), float(image.value[channel])
    if quality == Quality.GOOD:
        return Sample(value)
    reason = int(image.reason[channel])
    if reason & _IN_HAND:
        return _UNKNOWN
    if quality == Quality.BAD:
        value = _NAN if garbled else _past_end(rule, image, value, reason)
    return Sample(value, _words(reason)) if trips(rule, value) else _UNKNOWN


def _past_end(rule: Rule, image: Image, value: float, reason: int) -> float:
    """Return a value past the end of its range on the alarm's side, NaN for any other.

    A loop current of 21 mA or more has no value any more: it counts as the end of the
    range.  One of 3.6 mA or less is a broken wire, whichever side the alarm is on.
    """
    if reason & BAD_MASK & ~_PAST_END:
        return _NAN
    tag = image.table.tags[rule.channel]
    if reason & Reason.NE43_HIGH and value != value:
        return tag.hi if rule.high else _NAN
    beyond = value - tag.hi if rule.high else tag.lo - value
    return value if 0.0 < beyond <= OVER_RANGE * (tag.hi - tag.lo) else _NAN


def _words(reason: int) -> str:
    return ", ".join(str(r.name) for r in Reason if r and reason & r)
