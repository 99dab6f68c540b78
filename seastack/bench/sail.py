"""Rig and controller in one process on a manual clock: no socket, no waiting.

The only place where simulator and controller meet.  The controller gets an
image of what the instruments say and the rig gets the block that was sent,
exactly as over the wires, one cycle later.
"""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from controller.config import PlantConfig
from controller.cycle import step
from controller.historian.record import Event, Record
from controller.recording import record_of, sent_values
from controller.snapshot import state_to_bytes
from controller.types import Command, Inputs, Outputs, State
from sensors.image import F64, Image
from sim.rig import Rig

SNAPSHOT_EVERY = 3600  # cycles
OWNER = 1  # there is one controller on this rig
_MAX_AGE_MS = 2**31 - 1


class Records(Protocol):
    """What takes the records of a sailing: a journal, or who only looks at the newest."""

    def append(
        self, record: Record, events: Sequence[Event] = (), snapshot: bytes | None = None
    ) -> None:
        """Take the record of a cycle."""
        ...


class Sailing:
    """One rig under one controller; `cycle` advances both by `dt_s` plant seconds."""

    def __init__(
        self, rig: Rig, config: PlantConfig, store: Records | None = None, dt_s: float = 1.0
    ) -> None:
        self.rig, self.config, self.dt_s = rig, config, dt_s
        self.state = State.initial(config.table, config.control.target.capture_pct)
        self.store, self._dt_ns = store, int(dt_s * 1e9)
        self._seq, self._ids = 0, count(1)
        self._waiting: list[Command] = []

    def ask(self, kind: str, args: Mapping[str, float | str] | None = None, by: str = "b") -> None:
        """Put a request into the next cycle, as the inbox would."""
        self._waiting.append(Command(next(self._ids), kind, by, self.rig.t_ns, args or {}))

    def cycle(self) -> Outputs:
        """Advance the rig, run one control cycle on what it says, send the block."""
        self.rig.step(self.dt_s)
        return self.decide()

    def decide(self) -> Outputs:
        """Run one control cycle on what the rig says now and send the block."""
        inputs = self._inputs(self._waiting)
        self._waiting = []
        self.state, outputs = step(self.state, inputs, self.config)
        sent = sent_values(self.config, outputs)
        if sent:
            self.rig.write(sent)
        if self.store is not None:
            mono_ns = self._seq * self._dt_ns
            record = record_of(self.config, inputs, outputs, sent, mono_ns, True)
            snapshot = state_to_bytes(self.state) if self._seq % SNAPSHOT_EVERY == 0 else None
            self.store.append(record, outputs.events, snapshot)
        self._seq += 1
        return outputs

    def _inputs(self, commands: Sequence[Command]) -> Inputs:
        rig = self.rig
        age_ms = np.clip((rig.t_ns - rig.source_ns) // 1_000_000, 0, _MAX_AGE_MS)
        value, reason = self.seen()
        raw = Image.of(rig.table, rig.t_ns, value, reason, age_ms.astype(np.int32))
        return Inputs(
            self._seq, rig.t_ns, self._dt_ns, raw, tuple(commands), owner_id=OWNER, nonce=OWNER
        )

    def seen(self) -> tuple[F64, NDArray[np.uint32]]:
        """Return copies of the rig's values and of the reasons not to believe them."""
        return self.rig.value.copy(), self.rig.reason.copy()
