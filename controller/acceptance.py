"""What the PLC says of the set-points we sent: sequence, accepted bits, reject reason.

Judged only while the lease is held.  What cannot be read is not judged: the verdict of
before stands.  Which bit is which set-point is data of the plant (`[setpoint_ok]`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from controller import masters

LATE_S: Final = 5.0  # a PLC acknowledges a write within a scan or two


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The PLC's verdict: a bit per set-point in the order of `Points.setpoints`.

    `behind` is how many writes under this lease the PLC has not acknowledged, `sent` how many
    there were; `acked_ns` when it last acknowledged one anew; `unnamed`: something is
    refused, the PLC does not say which; `reason` its number for why, 0 none.
    """

    refused: int = 0
    unnamed: bool = False
    reason: int = 0
    behind: int = 0
    sent: int = 0
    ack: float = float("nan")
    acked_ns: int = 0

    @property
    def count(self) -> int:
        """Return how many set-points are refused, as far as the PLC says which."""
        return self.refused.bit_count() or int(self.unnamed)


AT_REST: Final = Acceptance()


@dataclass(frozen=True, slots=True)
class Said:
    """The three words now, NaN where not GOOD, and the sequence of our last write."""

    ack: float
    ok_word: float
    reject: float
    sequence: int


@dataclass(frozen=True, slots=True)
class Meaning:
    """How a plant's PLC says it: see `[setpoint_ok]` of control.toml.

    `bits`: for each bit of the word the number of the set-point; `bound`: a bit for
    each set-point there is; `clears`: the reason goes to 0 with the next accepted write.
    """

    bits: Sequence[int]
    bound: int
    clears: bool


def advance(before: Acceptance, said: Said, meaning: Meaning, t_ns: int) -> Acceptance:
    """Return the verdict one cycle later; `before` is `AT_REST` in the first of a lease."""
    sent, acked_ns = before.sent + 1, before.acked_ns or t_ns
    if not _whole(said.ack):
        return replace(before, sent=sent, acked_ns=acked_ns)
    distance = masters.behind(said.sequence, said.ack)
    ours = distance <= masters.RECENT  # not for 0, which acknowledges nothing
    if ours and (said.ack != before.ack or not distance):
        acked_ns = t_ns
    behind = int(min(distance, before.sent)) if ours else before.sent
    reason = int(said.reject) if _whole(said.reject) else before.reason
    after = Acceptance(before.refused, before.unnamed, reason, behind, sent, said.ack, acked_ns)
    if (t_ns - acked_ns) * 1e-9 >= LATE_S:
        return replace(after, refused=meaning.bound, unnamed=False)
    return _judged(after, said.ok_word, meaning) if ours else after


def _judged(state: Acceptance, ok_word: float, meaning: Meaning) -> Acceptance:
    """Return the verdict on a write that was acknowledged."""
    unnamed = meaning.clears and state.reason != 0
    if not meaning.bits:
        return replace(state, refused=0, unnamed=unnamed)
    if not _whole(ok_word):
        return replace(state, unnamed=unnamed)
    word = int(ok_word)
    refused = sum(1 << n for bit, n in enumerate(meaning.bits) if not word >> bit & 1)
    return replace(state, refused=refused & meaning.bound, unnamed=unnamed)


def not_taken(state: Acceptance) -> int:
    """Return a bit for each set-point that is refused, all of them where nobody says which."""
    return -1 if state.unnamed and not state.refused else state.refused


def late(state: Acceptance, t_ns: int) -> bool:
    """Return whether the PLC has acknowledged no write of ours for too long."""
    return bool(state.acked_ns) and (t_ns - state.acked_ns) * 1e-9 >= LATE_S


def _whole(value: float) -> bool:
    return value == value and value >= 0.0 and value % 1 == 0
