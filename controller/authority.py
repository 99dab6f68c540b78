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
    """Authority, lease and the counters of the handshake (16 bit, wrapping).

    `unsteered`: why nobody steers though somebody had armed it, "" where that is a
    person's will (disarmed, key in LOCAL).
    """

    authority: Authority = Authority.MONITOR
    lease: Lease = Lease.NONE
    lease_counter: int = 0
    asked_ns: int = 0
    waiting_ns: int = 0  # without the lease since, 0 while held or not wanted
    silent_since_ns: int = 0
    hand_back: int = 0
    by: str = ""
    unsteered: str = ""


@dataclass(frozen=True, slots=True)
class Handshake:
    """What the PLC says now; NaN where it does not say it with quality GOOD.

    `twin`: there are signs of another controller with our own number; `nonce`: of
    this start of ours.
    """

    owner: float
    key: float
    own_id: int
    twin: bool = False
    nonce: int = 0


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """Times of the lease in s: ask again, silence that means lost, MONITOR without it."""

    ask_again_s: float
    lost_after_s: float
    disarm_after_s: float = 900.0


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
    if shake.twin:
        return f"another controller uses our own number {shake.own_id}: find and stop it"
    if shake.owner and not state.hand_back:
        return (
            f"our number {shake.own_id} still holds a lease that is not ours: wait some "
            "seconds until it runs out; if it does not, another controller has our number"
        )
    return ""


def arm(state: AuthorityState, by: str, t_ns: int, nonce: int = 0) -> AuthorityState:
    """Return the state armed and asking for the lease.

    The PLC may remember any counter of an earlier life, and a copy of us may count too:
    the first one comes from the time and a `nonce` of this start.
    """
    counter = state.lease_counter or (t_ns // 1_000_000_000 + nonce) & WORD
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
        unsteered="",
    )


def disarm(state: AuthorityState, unsteered: str = "", ours: bool = True) -> AuthorityState:
    """Return the state in MONITOR; a lease that is `ours` is handed back at once.

    `unsteered` says why, unless a person wants it so.
    """
    if state.authority is Authority.MONITOR:
        return state
    return replace(
        state,
        authority=Authority.MONITOR,
        lease=Lease.NONE,
        waiting_ns=0,
        silent_since_ns=0,
        hand_back=HAND_BACK_CYCLES if ours else 0,
        by="",
        unsteered=unsteered,
    )


def accept_monitor(state: AuthorityState) -> AuthorityState:
    """Return the state once a person, or the panel, knows that nobody steers from here."""
    return replace(state, unsteered="") if state.unsteered else state


def advance(
    state: AuthorityState, shake: Handshake, times: LeaseTimes, t_ns: int, log: EventLog
) -> AuthorityState:
    """Return the state one cycle later, after looking at what the PLC says."""
    if state.authority is Authority.MONITOR:
        return _watching(state, shake)
    if shake.key == shake.key and shake.key != REMOTE:
        text = "Key switch turned to LOCAL: the panel took the rig; controller is in MONITOR."
        _tell_monitor(log, text)
        return disarm(state, ours=not others(shake.owner, shake.own_id))
    if shake.twin or others(shake.owner, shake.own_id):
        return _second(state, shake, log)
    if shake.owner == shake.own_id:
        return _held(state, log)
    if shake.owner == shake.owner:
        state = _not_ours(state, times, t_ns, log)
    else:
        state = _silent(state, times, t_ns, log)
    return _forgotten(state, times, t_ns, log)


def _watching(state: AuthorityState, shake: Handshake) -> AuthorityState:
    """Return the state in MONITOR: a lease is handed back until the PLC has taken it.

    Owner 0 written once more would take it from whoever was granted it meanwhile.
    """
    if shake.key == shake.key and shake.key != REMOTE:
        state = accept_monitor(state)
    if not state.hand_back:
        return state
    written = state.hand_back < HAND_BACK_CYCLES
    done = written and shake.owner == 0
    gone = done or others(shake.owner, shake.own_id)
    return replace(state, hand_back=0 if gone else state.hand_back - 1)


def _tell_monitor(log: EventLog, text: str, priority: int = 2) -> None:
    log.add("mode", "authority", "MONITOR", text, priority=priority, old="ARMED", new="MONITOR")


def _second(state: AuthorityState, shake: Handshake, log: EventLog) -> AuthorityState:
    """Return the state after another controller was seen: never two of them on one rig."""
    who = f"Owner {shake.owner:.0f} has the rig"
    if shake.twin:
        who = f"Another controller steers the rig under our own number {shake.own_id}"
    left = "controller is in MONITOR and hands nothing back, for it is not ours"
    _tell_monitor(log, f"{who}: {left}; a person arms again.", priority=1)
    return disarm(state, "another controller had the rig", ours=False)


def _forgotten(
    state: AuthorityState, times: LeaseTimes, t_ns: int, log: EventLog
) -> AuthorityState:
    """Return the state, in MONITOR once it has been armed without the lease for too long."""
    if not state.waiting_ns or (t_ns - state.waiting_ns) * 1e-9 < times.disarm_after_s:
        return state
    span = _span(times.disarm_after_s)
    _tell_monitor(log, f"No lease for {span}: controller is in MONITOR; a person arms again.")
    return disarm(state, f"its lease had been gone for {span}", ours=False)


def _span(seconds: float) -> str:
    return f"{seconds / 60:g} min" if seconds >= 120.0 else f"{seconds:g} s"


def _held(state: AuthorityState, log: EventLog) -> AuthorityState:
    if state.lease is Lease.HELD and not state.silent_since_ns:
        return state
    if state.lease is not Lease.HELD:
        text = "The PLC granted the lease: set-points follow this controller."
        log.add("mode", "lease", "HELD", text, old=state.lease.name, new="HELD")
    return replace(state, lease=Lease.HELD, waiting_ns=0, silent_since_ns=0)


def _not_ours(state: AuthorityState, times: LeaseTimes, t_ns: int, log: EventLog) -> AuthorityState:
    if state.lease is Lease.HELD:
        return _lost(state, t_ns, log, "Lease lost: local control has the rig.")
    if (t_ns - state.asked_ns) * 1e-9 < times.ask_again_s:
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
