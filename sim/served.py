"""What the servers need of a rig, and what can go wrong between rig and wire."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from sensors.errors import SensorsError
from sensors.image import F64
from sensors.tag import TagTable

_LOOK_S: Final = 0.02  # a held answer looks this often whether it may go


class ServeError(SensorsError):
    """A server of the rig could not start; the message names the remedy."""

    @classmethod
    def busy(cls, what: str, host: str, port: int) -> "ServeError":
        """Return the error for a port that cannot be bound."""
        return cls(
            f"{what}: port {port} on {host} cannot be opened; "
            f"stop the program that uses it or choose another port"
        )


@dataclass(slots=True)
class Transport:
    """Faults of the wire, obeyed by both servers.

    late_s: every answer comes this many wall seconds late; hung: connections
    are accepted, nothing is ever answered; swapped_words: 32 and 64 bit values
    go out in the wrong word order; frozen_heartbeat: the PLC's counter stands
    still while everything else goes on.
    """

    late_s: float = 0.0
    hung: bool = False
    swapped_words: bool = False
    frozen_heartbeat: bool = False

    @property
    def held(self) -> bool:
        """Whether an answer has to wait at all."""
        return self.hung or self.late_s > 0.0

    async def hold(self, over: Callable[[], bool]) -> None:
        """Wait (wall time) as long as the wire holds an answer back, or until `over` is true."""
        late_s = self.late_s
        while (self.hung or late_s > 0.0) and not over():
            step_s = min(_LOOK_S, late_s) if late_s > 0.0 else _LOOK_S
            await asyncio.sleep(step_s)
            late_s -= step_s


class Served(Protocol):
    """The part of a rig that a server shows; see sim.rig.Rig."""

    @property
    def table(self) -> TagTable: ...

    @property
    def t_ns(self) -> int: ...

    @property
    def value(self) -> F64: ...

    @property
    def reason(self) -> NDArray[np.uint32]: ...

    @property
    def source_ns(self) -> NDArray[np.int64]: ...

    @property
    def transport(self) -> Transport: ...

    def write(self, values: Mapping[str, float]) -> None: ...
