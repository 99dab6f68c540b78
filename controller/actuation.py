"""From wanted set-points to one block on the wire, and whether it was followed.

Every block carries heartbeat and sequence.  While the lease is being asked
for, set-points and unit request repeat what the PLC itself reports in force:
it judges whole blocks, so the one that wins the lease must change nothing.
In MONITOR no such block is written, except the owner id 0 that hands the rig
back.  Common alarm, healthy and engineer call need no lease: in MONITOR they
go out alone, unless another owner has the rig.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from controller.authority import WORD, Authority, AuthorityState, next_word
from controller.points import SetpointPoints

NOT_ASTRAY: Final = (0, 0, 0, 0, 0)
ON_ITS_WAY: Final = 2e-4  # of the range, in a cycle: the PLC moves what is in force at its own rate


@dataclass(frozen=True, slots=True)
class ActuationState:
    """Counters of the handshake and the set-points last sent.

    `lean` .. `pressure`: the set-points in force from this side, tag units,
    NaN before the first lease; `astray_ns` since when each differs from its
    read-back, which does not move towards it (0: no), `in_force` what the
    read-backs said last; `limited`: a momentary limit holds down what is held in MAN, OOS or IMAN.
    `ending`: this controller is about to end.
    """

    beat: int = 0
    sequence: int = 0
    lean: float = float("nan")
    steam: float = float("nan")
    treated: float = float("nan")
    lean_t: float = float("nan")
    pressure: float = float("nan")
    astray_ns: tuple[int, ...] = NOT_ASTRAY
    in_force: tuple[float, ...] = (float("nan"),) * 5
    limited: tuple[bool, ...] = (False, False, False, False, False)
    ending: bool = False

    def setpoints(self) -> tuple[float, ...]:
        """Return all set-points in force, in the order of `Points.setpoints`."""
        return (self.lean, self.steam, self.treated, self.lean_t, self.pressure)


@dataclass(frozen=True, slots=True)
class HandshakeTags:
    """Names of the handshake words this side writes; "" where the plant has none."""

    beat: str
    sequence: str
    owner: str
    lease: str
    unit: str
    alarm: str = ""
    healthy: str = ""
    call: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """What the handshake words and the three outputs say this cycle."""

    owner_id: int
    unit: int
    common_alarm: bool
    engineer_call: bool
    healthy: bool = True


def next_counters(state: ActuationState) -> ActuationState:
    """Return the state with heartbeat and sequence one further (16 bit)."""
    return replace(state, beat=(state.beat + 1) & WORD, sequence=next_word(state.sequence))


def block(
    state: ActuationState,
    authority: AuthorityState,
    tags: HandshakeTags,
    words: Words,
    setpoints: Mapping[str, float],
) -> dict[str, float]:
    """Return the one block to write by tag name; empty means no such block."""
    if authority.authority is Authority.MONITOR:
        return _hand_back(state, authority, tags)
    values = {
        tags.beat: float(state.beat),
        tags.sequence: float(state.sequence),
        tags.owner: float(words.owner_id),
        tags.lease: float(authority.lease_counter),
    }
    values[tags.unit] = float(words.unit)
    values.update(outputs(tags, words))
    values.update(setpoints)
    return values


def outputs(tags: HandshakeTags, words: Words) -> dict[str, float]:
    """Return common alarm, healthy and engineer call by tag name, as far as there are any."""
    said = (
        (tags.alarm, words.common_alarm),
        (tags.healthy, words.healthy),
        (tags.call, words.engineer_call),
    )
    return {name: 1.0 if on else 0.0 for name, on in said if name}


def _hand_back(
    state: ActuationState, authority: AuthorityState, tags: HandshakeTags
) -> dict[str, float]:
    if not authority.hand_back:
        return {}
    return {
        tags.beat: float(state.beat),
        tags.sequence: float(state.sequence),
        tags.owner: 0.0,
    }


def astray(
    since_ns: int,
    point: SetpointPoints,
    sent: float,
    active: float,
    tolerance: float,
    t_ns: int,
    before: float = float("nan"),
) -> int:
    """Return since when a set-point in force differs from the one sent, 0 if it does not.

    `tolerance` is a share of the tag's range.  A read-back on its way, nearer now
    than `before`, is being followed; an unknown one is not held against the PLC: it
    has its own alarm.
    """
    span = point.high - point.low
    if sent != sent or active != active or abs(sent - active) <= tolerance * span:
        return 0
    moved = active - before if sent > active else before - active
    return 0 if moved > ON_ITS_WAY * span else since_ns or t_ns
