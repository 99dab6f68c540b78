"""Who may write: authority of this controller and the lease on the rig.

Authority MONITOR | ARMED is given and taken by people.  The lease is given and
taken by the PLC: it is asked for by a change of the lease counter together
with the own owner id, lives while the heartbeat changes, and after a loss is
asked for anew.  Nothing here writes; `actuation` puts the words on the wire.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from controller.eventlog import EventLog

REMOTE: Final = 1  # HS-KEY
WORD: Final = 0xFFFF
HAND_BACK_CYCLES: Final = 3  # write owner 0 this often: one lost block must not matter


def next_word(counter: int) -> int:
    """Return the next value of a 16-bit counter that goes from 65535 to 1, never to 0."""
    return (counter % WORD) + 1


class Authority(IntEnum):
    """What this controller may do."""

    MONITOR = 0
    ARMED = 1


class Lease(IntEnum):
    """What the PLC granted."""

    NONE = 0
    ASKED = 1
    HELD = 2
    LOST = 3


@dataclass(frozen=True, slots=True)
class AuthorityState:
    """Authority, lease and the counters of the handshake (16 bit, wrapping)."""

    authority: Authority = Authority.MONITOR
    lease: Lease = Lease.NONE
    lease_counter: int = 0
    asked_ns: int = 0
    waiting_ns: int = 0  # without the lease since, 0 while held or not wanted
    silent_since_ns: int = 0
    hand_back: int = 0
    by: str = ""


@dataclass(frozen=True, slots=True)
class Handshake:
    """What the PLC says now; NaN where it does not say it with quality GOOD."""

    owner: float
    key: float
    own_id: int


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """Times of the lease in s: ask again after, silence that means lost."""

    ask_again_s: float
    lost_after_s: float


def others(owner: float, own_id: int) -> bool:
    """Return whether the PLC says that another controller has the rig (False for NaN)."""
    return owner == owner and owner not in (0, own_id)


def refuse_arming(state: AuthorityState, shake: Handshake) -> str:
    """Return why arming is refused, "" when it is not."""
    if state.authority is Authority.ARMED:
        return "already armed"
    if shake.key != shake.key or shake.owner != shake.owner:
        return "the PLC's handshake cannot be read: check the link to the PLC"
    if shake.key != REMOTE:
        return "the key switch is in LOCAL: the panel has the rig"
    if others(shake.owner, shake.own_id):
        return f"owner {shake.owner:.0f} holds the lease"
    return ""


def arm(state: AuthorityState, by: str, t_ns: int) -> AuthorityState:
    """Return the state armed and asking for the lease."""
    # The PLC may remember any counter of an earlier life: start from the time,
    # so that the first request is a change.
    counter = state.lease_counter or (t_ns // 1_000_000_000) & WORD
    return replace(
        state,
        authority=Authority.ARMED,
        lease=Lease.ASKED,
        lease_counter=next_word(counter),
        asked_ns=t_ns,
        waiting_ns=t_ns,
        silent_since_ns=0,
        hand_back=0,
        by=by,
    )


def disarm(state: AuthorityState) -> AuthorityState:
    """Return the state in MONITOR; the lease is handed back at once."""
    if state.authority is Authority.MONITOR:
        return state
    return replace(
        state,
        authority=Authority.MONITOR,
        lease=Lease.NONE,
        waiting_ns=0,
        hand_back=HAND_BACK_CYCLES,
        by="",
    )


def advance(
    state: AuthorityState, shake: Handshake, times: LeaseTimes, t_ns: int, log: EventLog
) -> AuthorityState:
    """Return the state one cycle later, after looking at what the PLC says."""
    if state.authority is Authority.MONITOR:
        return replace(state, hand_back=state.hand_back - 1) if state.hand_back else state
    if shake.key == shake.key and shake.key != REMOTE:
        text = "Key switch turned to LOCAL: the panel took the rig; controller is in MONITOR."
        log.add("mode", "authority", "MONITOR", text, priority=2, old="ARMED", new="MONITOR")
        return disarm(state)
    if shake.owner == shake.own_id:
        return _held(state, log)
    if shake.owner == shake.owner:
        return _not_ours(state, shake, times, t_ns, log)
    return _silent(state, times, t_ns, log)


def _held(state: AuthorityState, log: EventLog) -> AuthorityState:
    if state.lease is Lease.HELD and not state.silent_since_ns:
        return state
    if state.lease is not Lease.HELD:
        text = "The PLC granted the lease: set-points follow this controller."
        log.add("mode", "lease", "HELD", text, old=state.lease.name, new="HELD")
    return replace(state, lease=Lease.HELD, waiting_ns=0, silent_since_ns=0)


def _not_ours(
    state: AuthorityState, shake: Handshake, times: LeaseTimes, t_ns: int, log: EventLog
) -> AuthorityState:
    if state.lease is Lease.HELD:
        who = "local control" if shake.owner == 0 else f"owner {shake.owner:.0f}"
        return _lost(state, t_ns, log, f"Lease lost: {who} has the rig.")
    waited_s = (t_ns - state.asked_ns) * 1e-9
    if waited_s < times.ask_again_s or shake.owner != 0:
        return state
    counter = next_word(state.lease_counter)
    return replace(
        state, lease=Lease.ASKED, lease_counter=counter, asked_ns=t_ns, silent_since_ns=0
    )


def _silent(state: AuthorityState, times: LeaseTimes, t_ns: int, log: EventLog) -> AuthorityState:
    since = state.silent_since_ns or t_ns
    if state.lease is Lease.HELD and (t_ns - since) * 1e-9 >= times.lost_after_s:
        return _lost(state, t_ns, log, "Lease lost: no word from the PLC, it has the rig by now.")
    return replace(state, silent_since_ns=since)


def _lost(state: AuthorityState, t_ns: int, log: EventLog, text: str) -> AuthorityState:
    log.add("mode", "lease", "LOST", text, priority=2, old="HELD", new="LOST")
    return replace(state, lease=Lease.LOST, asked_ns=t_ns, waiting_ns=t_ns, silent_since_ns=0)
