"""How far a bypass is: what the PLC says beside what the rig shows.

Proven is a bypass only when the PLC has latched it, its own word agrees, the inlet
damper is proven shut, the blower is stopped and no gas is treated, all of it GOOD.
A witness that is not GOOD is unknown and proves nothing.  This is decided here and
nowhere else: interlocks, alarms and page read the result.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, IntFlag
from typing import Final

from controller.points import NAN, View

REACH_S: Final = 2.0  # a press is with the PLC, and its answer here, within this
_DAY_S: Final = 86400.0
SURE_S: Final = 10.0  # what was proven, or is contradicted, may blink this long


class BypassState(IntEnum):
    """How far a bypass got."""

    NONE = 0
    ASKED = 1
    LATCHED = 2
    PROVEN = 3
    CONTRADICTED = 4


class Witness(IntFlag):
    """What it takes to prove a bypass; bits of the channels that name witnesses."""

    LATCH = 1 << 0
    INLET = 1 << 1
    BLOWER = 1 << 2
    FLOW = 1 << 3
    WORD = 1 << 4


# A bypass pressed at the panel and one pressed here end in the same witnesses: roles.
ROLES: Final = {
    Witness.LATCH: "permissive_word",
    Witness.INLET: "inlet_shut",
    Witness.BLOWER: "blower_running",
    Witness.FLOW: "treated_flow",
    Witness.WORD: "bypass_active",
}
# What must be read to see a bypass proven by a PLC that lives.
PROOF_ROLES: Final = frozenset({*ROLES.values(), "unit_state", "plc_heartbeat"})
_LYING: Final = int(Witness.INLET | Witness.BLOWER | Witness.FLOW | Witness.WORD)


@dataclass(frozen=True, slots=True)
class Proof:
    """What the plant's bypass is judged by.

    `run_down_s`: longest from a press to a stopped blower; `no_flow_kg_h`: below this
    the treated flow meter reads nothing; `has_word`: the PLC has a word of its own.
    """

    run_down_s: float
    no_flow_kg_h: float
    latch_bit: int
    has_word: bool


@dataclass(frozen=True, slots=True)
class Says:
    """What the witnesses say; NaN where they do not say it GOOD. `latch`: 0 or 1."""

    latch: float
    inlet_shut: float
    blower: float
    treated_kg_h: float
    word: float


@dataclass(frozen=True, slots=True)
class BypassWatch:
    """The bypass as far as it is known.

    `latched`: by the PLC, as last known; `against`, `unknown`: `Witness` bits that deny
    it or cannot be asked; `since_ns`: asked or latched and not proven since;
    `lying_ns`: said by the PLC and denied since; `proved`: was proven since it latched;
    `overdue`: not proven although the blower has had its time.
    """

    state: BypassState = BypassState.NONE
    latched: bool = False
    against: int = 0
    unknown: int = 0
    since_ns: int = 0
    lying_ns: int = 0
    proved: bool = False
    overdue: bool = False
    left_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Unheard:
    """The last bypass that was asked for while no controller ran: when it was told, and of whom."""

    told_ns: int = 0
    text: str = ""

    def is_news(self, t_ns: int) -> bool:
        """Return whether it was told a moment ago: an alarm that only a person ends."""
        return self.told_ns != 0 and (t_ns - self.told_ns) * 1e-9 < SURE_S


def unheard(asked_ns: int, waited_s: float, by: str, t_ns: int) -> Unheard:
    """Return in words what became of a bypass nobody heard; `asked_ns` UTC, `t_ns` now."""
    day = "%Y-%m-%d " if waited_s > _DAY_S / 2 else ""
    asked = datetime.fromtimestamp(asked_ns * 1e-9, UTC).strftime(f"{day}%H:%M:%S UTC")
    return Unheard(t_ns, f"asked at {asked} by {by} while no controller ran; not done")


def says_of(view: View, proof: Proof) -> Says:
    """Return what the witnesses say in this cycle."""
    permit = view.of("permissive_word")
    return Says(
        latch=NAN if permit != permit else float(int(permit) >> proof.latch_bit & 1),
        inlet_shut=view.of("inlet_shut"),
        blower=view.of("blower_running"),
        treated_kg_h=view.of("treated_flow"),
        word=view.of("bypass_active"),
    )


def evidence(says: Says, proof: Proof) -> tuple[int, int]:
    """Return which witnesses deny a bypass and which cannot be asked, `Witness` bits."""
    heard = [
        (Witness.LATCH, says.latch, says.latch == 1.0),
        (Witness.INLET, says.inlet_shut, says.inlet_shut == 1.0),
        (Witness.BLOWER, says.blower, says.blower == 0.0),
        (Witness.FLOW, says.treated_kg_h, says.treated_kg_h < proof.no_flow_kg_h),
    ]
    if proof.has_word:
        heard.append((Witness.WORD, says.word, says.word == 1.0))
    unknown = sum(int(w) for w, value, _ in heard if value != value)
    against = sum(int(w) for w, value, agrees in heard if value == value and not agrees)
    return against, unknown


def advance(before: BypassWatch, asked: bool, says: Says, proof: Proof, t_ns: int) -> BypassWatch:
    """Return the bypass one cycle later; `asked`: a request for one is being written."""
    latched = before.latched if says.latch != says.latch else says.latch == 1.0
    wanted = asked or latched
    against, unknown = evidence(says, proof)
    proven = wanted and not against and not unknown
    proved = proven or (before.proved and latched)
    lies = (says.latch == 1.0 or says.word == 1.0) and against & _LYING != 0
    since = (before.since_ns or t_ns) if wanted and not proven else 0
    lying = (before.lying_ns or t_ns) if lies else 0
    run_down_s = proof.run_down_s + REACH_S
    waited_s = (t_ns - since) * 1e-9 if since else 0.0
    over = proved or waited_s >= run_down_s
    denied_s = (t_ns - lying) * 1e-9 if lying else 0.0
    # A rig that goes to HOLD by itself says "bypassed" too, and its blower runs down as well.
    contradicted = lying != 0 and denied_s >= SURE_S and (over if wanted else denied_s > run_down_s)
    if contradicted:
        state = BypassState.CONTRADICTED
    elif proven:
        state = BypassState.PROVEN
    elif wanted:
        state = BypassState.LATCHED if latched else BypassState.ASKED
    else:
        state = BypassState.NONE
    return BypassWatch(
        state,
        latched,
        against if wanted or lies else 0,
        unknown if wanted else 0,
        since,
        lying,
        proved,
        overdue=since != 0 and waited_s >= (SURE_S if proved else run_down_s),
        left_s=max(0.0, run_down_s - waited_s) if since and not proved else 0.0,
    )


def contradiction(says: Says, proof: Proof) -> str:
    """Return in words what the PLC says and who says otherwise."""
    against, _ = evidence(says, proof)
    return f"the PLC says bypassed, but {_joined(_denials(says, against & _LYING))}"


def shortfall(says: Says, proof: Proof) -> str:
    """Return in words what keeps a bypass from being proven."""
    against, unknown = evidence(says, proof)
    missing = [_UNKNOWN[Witness(1 << i)] for i in range(5) if unknown >> i & 1]
    return _joined([*_denials(says, against), *missing]) or "proven just now"


_UNKNOWN: Final = {
    Witness.LATCH: "whether the PLC has it is unknown",
    Witness.INLET: "the inlet damper is unknown",
    Witness.BLOWER: "the blower is unknown",
    Witness.FLOW: "treated flow is unknown",
    Witness.WORD: "the PLC's word is unknown",
}


def _denials(says: Says, against: int) -> list[str]:
    words = {
        Witness.LATCH: "the PLC has not latched it",
        Witness.FLOW: f"treated flow is {1e-3 * says.treated_kg_h:.1f} t/h",
        Witness.BLOWER: "the blower runs",
        Witness.INLET: "the inlet damper is not shut",
        Witness.WORD: "the PLC's own word says not bypassed",
    }
    return [text for witness, text in words.items() if against & witness]


def _joined(parts: list[str]) -> str:
    return " and ".join(parts) if len(parts) < 3 else f"{', '.join(parts[:-1])} and {parts[-1]}"
