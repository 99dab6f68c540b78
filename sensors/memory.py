"""A driver without wires: the same contract over a mapping in this process.

For tests, and for running controller and simulator in one process.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from sensors.clock import Clock, SystemClock
from sensors.driver import Identity, WriteResult
from sensors.errors import LinkLost
from sensors.quality import Reason, quality_of
from sensors.reading import Reading
from sensors.tag import Tag


class Backend(Protocol):
    """What stands behind a memory driver.

    `get` returns (value, reason, source time in ns) or None for a point that
    does not exist; `put` takes one write as a whole; `alive` False is a dead
    device.
    """

    alive: bool
    identity: Identity

    def get(self, name: str) -> tuple[float, Reason, int] | None: ...

    def put(self, values: Mapping[str, float]) -> None: ...


class MemoryDriver:
    """One device in memory; see `sensors.driver.Driver` for the contract."""

    def __init__(self, backend: Backend, clock: Clock | None = None) -> None:
        self._backend, self._clock = backend, clock or SystemClock()
        self._open = False

    async def connect(self) -> Identity:
        """Return who is there; raise LinkLost when the backend is not alive."""
        self._open = self._backend.alive
        self._require()
        return self._backend.identity

    async def attach(self, timeout_s: float) -> None:
        """Open the connection; raise LinkLost when the backend is not alive."""
        del timeout_s  # memory answers at once
        await self.connect()

    async def read(self, tags: Sequence[Tag]) -> Sequence[Reading]:
        """Return one reading a tag, same order; raise LinkLost for the link."""
        self._require()
        now = self._clock.now_ns()
        return [self._reading(tag, now) for tag in tags]

    def _reading(self, tag: Tag, now_ns: int) -> Reading:
        found = self._backend.get(tag.name)
        value, reason, source = found or (float("nan"), Reason.DEVICE, now_ns)
        return Reading(value, quality_of(reason), reason, source, now_ns)

    async def write(self, values: Mapping[Tag, float]) -> Sequence[WriteResult]:
        """Write all values at once; one outside its range refuses them all."""
        self._require()
        bad = [t.name for t, v in values.items() if not t.lo <= v <= t.hi]
        if bad:
            why = f"not sent: {', '.join(bad)} outside the range"
            return [WriteResult(t, v, float("nan"), False, why) for t, v in values.items()]
        known = {t.name: v for t, v in values.items() if self._backend.get(t.name) is not None}
        if known:
            self._backend.put(known)
        return [self._written(tag, sent) for tag, sent in values.items()]

    def _written(self, tag: Tag, sent: float) -> WriteResult:
        found = self._backend.get(tag.name)
        if found is None:
            return WriteResult(
                tag, sent, float("nan"), False, "refused by the device: no such point"
            )
        ok = found[0] == sent
        return WriteResult(tag, sent, found[0], ok, "" if ok else f"read back {found[0]:g}")

    async def close(self) -> None:
        """Forget the connection; idempotent."""
        self._open = False

    def _require(self) -> None:
        if not self._backend.alive:
            self._open = False
        if not self._open:
            raise LinkLost("no device in memory")
