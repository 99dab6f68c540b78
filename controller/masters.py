"""Signs of another master: a controller on this rig that is not this one.

Two controllers on one rig saw its set-points between them, so the first sign disarms.
Another installation has another owner number and is named by it.  A copy of this one
(a cloned PC, a copied state directory) has the same number: it is known by the write
sequences the PLC acknowledges, which we never sent, and by a lease under our number
that we do not hold.  Owner 0, a PLC that restarted, is nobody.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from controller.authority import WORD, others

RECENT: Final = 60  # cycles: an acknowledgement of a write of ours is never older
STRANGE: Final = 2  # acknowledgements of writes that are not ours: one may be a relic
STAYS_S: Final = 10.0  # both must be seen within this; and so long a sign is shown
NAN: Final = float("nan")


class Sign(IntEnum):
    """Who else there is."""

    NONE = 0
    OTHER = 1  # a controller with another number
    TWIN = 2  # one with our own number


@dataclass(frozen=True, slots=True)
class Masters:
    """The sign there is, of which owner number and when last, and what leads to one.

    `ack` is the sequence the PLC acknowledged last, `strange` how many lately were not
    ours, `unheld_ns` since when our number has held a lease that we did not want;
    `first` is the sequence with which we began to write (-1: never), `armed` as last heard.
    """

    sign: Sign = Sign.NONE
    number: int = 0
    seen_ns: int = 0
    ack: float = NAN
    strange: int = 0
    strange_ns: int = 0
    unheld_ns: int = 0
    first: int = -1
    armed: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """What the PLC says (NaN: not GOOD), beside what we are and sent last."""

    owner: float
    ack: float
    own_id: int
    sequence: int
    armed: bool
    patience_s: float  # so long the PLC may keep a lease that nobody uses


def behind(sequence: int, ack: float) -> float:
    """Return how many writes after the acknowledged one our last was; NaN when not known.

    A word that is no whole number from 1 to 65535 acknowledges nothing.
    """
    return (sequence - ack) % WORD if ack == ack and 1 <= ack <= WORD and ack % 1 == 0 else NAN


def advance(before: Masters, heard: Heard, t_ns: int) -> Masters:
    """Return the signs one cycle later."""
    if heard.armed is not before.armed:
        first = heard.sequence if heard.armed else before.first
        before = replace(before, armed=heard.armed, first=first)
    after = _acknowledged(before, heard, t_ns)
    mine = heard.owner == heard.own_id
    since = (after.unheld_ns or t_ns) if mine and not heard.armed else 0
    if since != after.unheld_ns:
        after = replace(after, unheld_ns=since)
    if mine and (after.strange >= STRANGE or _overdue(after, heard, t_ns)):
        return replace(after, sign=Sign.TWIN, number=heard.own_id, seen_ns=t_ns)
    stays = before.sign is Sign.OTHER and heard.owner == before.number
    if others(heard.owner, heard.own_id) and (heard.armed or stays):
        return replace(after, sign=Sign.OTHER, number=int(heard.owner), seen_ns=t_ns)
    if after.sign is Sign.NONE or (t_ns - after.seen_ns) * 1e-9 < STAYS_S:
        return after
    return replace(after, sign=Sign.NONE, number=0, seen_ns=0)


def accepted(masters: Masters) -> Masters:
    """Return the signs once a person knows that another controller has the rig."""
    if masters.sign is not Sign.OTHER:
        return masters
    return replace(masters, sign=Sign.NONE, number=0, seen_ns=0)


def words(masters: Masters) -> str:
    """Return who the other one is, "" for nobody."""
    if masters.sign is Sign.NONE:
        return ""
    own = "our own number " if masters.sign is Sign.TWIN else "owner "
    return f"{own}{masters.number}"


def _acknowledged(before: Masters, heard: Heard, t_ns: int) -> Masters:
    ack, strange, strange_ns = heard.ack, before.strange, before.strange_ns
    if strange and (t_ns - strange_ns) * 1e-9 >= STAYS_S:
        strange = 0
    if ack != ack:
        return before if strange == before.strange else replace(before, strange=strange)
    changed = before.ack == before.ack and ack != before.ack
    if changed and heard.owner == heard.own_id and _not_ours(before, heard):
        strange, strange_ns = strange + 1, t_ns
    if (ack, strange) == (before.ack, before.strange) and strange_ns == before.strange_ns:
        return before
    return replace(before, ack=ack, strange=strange, strange_ns=strange_ns)


def _not_ours(before: Masters, heard: Heard) -> bool:
    """Return whether the sequence acknowledged anew is none we sent lately, or a step back."""
    distance = behind(heard.sequence, heard.ack)
    written = (heard.sequence - before.first) % WORD if before.first >= 0 else -1
    back = before.ack >= 1 and (heard.ack - before.ack) % WORD > WORD // 2
    return distance > min(RECENT, written) or (back and distance == distance)


def _overdue(masters: Masters, heard: Heard, t_ns: int) -> bool:
    since = masters.unheld_ns
    return bool(since) and (t_ns - since) * 1e-9 >= heard.patience_s
