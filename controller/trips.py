"""What the rig tripped on, for how long it is latched, and what became of a reset.

The PLC owns the latch.  Any word of it that tells of a trip is believed; that there is none
is believed only when all of them say so: data that is lost neither raises nor clears.  The
trip word shows what stands now, so what has stood since the latch is remembered here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from controller.controlspec import UnitSpec
from controller.eventlog import EventLog
from controller.points import View
from controller.states import Unit, unit_of

RESET_S: Final = 8.0  # a fresh READY has reached the PLC and been judged well within this


class Kind(IntEnum):
    """How the rig is stopped: numbers of the channel `trip_state`."""

    NONE = 0
    TRIP = 1
    ESD = 2


@dataclass(frozen=True, slots=True)
class Trip:
    """What is latched; while the PLC does not tell (`known` false), what was last known.

    `first_out` is the number of the first cause, 0 for none told.  In the two words bit 0 is
    cause number 1: `standing` holds what stands now (-1: not told), `causes` all that stood
    since the latch.  `beneath`: a trip is latched, be it under an ESD.  `joined`: a further
    cause came in this cycle.  `since_ns`: when it was latched, 0 when nobody saw it come.
    `reset_ns`: when a person asked for a reset that waits for its effect, 0 for none.
    """

    kind: Kind = Kind.NONE
    known: bool = False
    first_out: int = 0
    standing: int = -1
    causes: int = 0
    beneath: bool = False
    joined: bool = False
    since_ns: int = 0
    reset_ns: int = 0
    reset_by: str = ""

    @property
    def latched(self) -> bool:
        """Return whether the rig is stopped, as far as was told."""
        return self.kind is not Kind.NONE


def advance(
    before: Trip, view: View, spec: UnitSpec, texts: Mapping[int, str], log: EventLog
) -> Trip:
    """Return the trip one cycle later; tell what became of a reset."""
    standing = _standing(view, spec)
    kind = _kind(before, view, standing, spec)
    if kind is None:
        after = replace(before, known=False, standing=standing, joined=False)
    elif kind is Kind.NONE:
        asked = before.reset_ns, before.reset_by
        after = Trip(known=True, standing=standing, reset_ns=asked[0], reset_by=asked[1])
    else:
        after = _latched(before, kind, view.of("first_out"), standing, spec, log.t_ns)
    return _answered(after, unit_of(view.of("unit_state")), texts, log)


def _standing(view: View, spec: UnitSpec) -> int:
    word = view.of("trip_word")
    return int(word) << (spec.trip_word_bit_0 - 1) if word == word else -1


def _kind(before: Trip, view: View, standing: int, spec: UnitSpec) -> Kind | None:
    """Return how the rig is stopped, None while what the PLC tells does not say."""
    unit, permit = unit_of(view.of("unit_state")), view.of("permissive_word")
    if unit is Unit.ESD:
        return Kind.ESD
    stopped = permit == permit and bool(int(permit) >> spec.trip_permissive_bit & 1)
    if unit is Unit.TRIP or standing > 0 or stopped:
        return Kind.ESD if unit is None and before.kind is Kind.ESD else Kind.TRIP
    told = (
        unit is not None,
        standing == 0 or not view.has("trip_word"),
        permit == permit or not view.has("permissive_word"),
    )
    return Kind.NONE if all(told) else None


def _latched(
    before: Trip, kind: Kind, first_out: float, standing: int, spec: UnitSpec, t_ns: int
) -> Trip:
    first = int(first_out) if first_out == first_out else before.first_out
    causes = before.causes | max(standing, 0) | (1 << first - 1 if first > 0 else 0)
    # An ESD that was pressed on a latched trip hides neither it nor its first-out.
    under = before.beneath or (first > 0 and first != spec.esd_cause)
    return Trip(
        kind=kind,
        known=True,
        first_out=first,
        standing=standing,
        causes=causes,
        beneath=kind is Kind.TRIP or under,
        joined=before.latched and causes != before.causes,
        since_ns=before.since_ns if before.latched else t_ns if before.known else 0,
        reset_ns=before.reset_ns,
        reset_by=before.reset_by,
    )


def _answered(trip: Trip, unit: Unit | None, texts: Mapping[int, str], log: EventLog) -> Trip:
    """Say once that a reset had its effect, or after a while why it had none."""
    if not trip.reset_ns:
        return trip
    done = trip.known and not trip.latched
    if not done and (log.t_ns - trip.reset_ns) * 1e-9 < RESET_S:
        return trip
    if done:
        state = unit.name if unit is not None else "READY"
        text = f"The trip is reset: the rig is in {state}. Ask for CAPTURE when it may run."
    else:
        text = f"Not reset: {_why_not(trip, texts)}."
    log.add("command", "unit", "DONE" if done else "NOT DONE", text, by=trip.reset_by)
    return replace(trip, reset_ns=0, reset_by="")


def _why_not(trip: Trip, texts: Mapping[int, str]) -> str:
    standing = names(trip.standing, texts)
    if standing:
        return f"{listed(standing)} still stands; remove the cause, then reset with READY again"
    if trip.standing < 0:
        return "the PLC does not tell what stands; look at the panel"
    return "the PLC keeps its latch and tells no cause; look at the panel"


def names(word: int, texts: Mapping[int, str]) -> list[str]:
    """Return the causes of a word in the plant's words, lowest number first."""
    numbers = [n + 1 for n in range(max(word, 0).bit_length()) if word >> n & 1]
    return [texts.get(n, f"cause number {n}") for n in numbers]


def listed(words: list[str]) -> str:
    """Return causes as a list to read; their own commas and colons stay."""
    return "; ".join(words)


def first(trip: Trip, texts: Mapping[int, str]) -> str:
    """Return the first-out in words, as far as it was told."""
    if not trip.first_out:
        told = names(trip.causes, texts)
        return told[0] if told else "cause not told by the PLC"
    return texts.get(trip.first_out, f"first-out number {trip.first_out}")


def others(trip: Trip, texts: Mapping[int, str]) -> list[str]:
    """Return what stood since the latch beside the first-out."""
    rest = trip.causes & ~(1 << trip.first_out - 1) if trip.first_out else trip.causes
    found = names(rest, texts)
    return found if trip.first_out else found[1:]


def refusal(trip: Trip, wanted: Unit, texts: Mapping[int, str]) -> str:
    """Return why a unit state cannot be asked for now, "" when it can."""
    if not trip.latched or wanted in (Unit.READY, Unit.HOLD):
        return ""
    standing = names(trip.standing, texts)
    stands = f" Still standing: {listed(standing)}." if standing else ""
    remove = "reset with" if trip.standing == 0 else "remove the cause, reset with"
    return (
        f"The rig is in {trip.kind.name}: {first(trip, texts)}.{stands} "
        f"First {remove} READY, then ask for {wanted.name}."
    )
