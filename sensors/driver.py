"""The seam between tags and wires: one Protocol, one file per protocol."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from sensors.errors import MOST_CHARS
from sensors.foreigntext import clean
from sensors.reading import Reading
from sensors.tag import Tag

TEXT_CHARS: Final = 100  # of a vendor, product or version
MOST_REMARKS: Final = 20


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answered: free text for people, `simulator` for the rules.

    `remarks` are sentences on what a person should look at, none of them a loss of the link.
    """

    vendor: str
    product: str
    version: str
    simulator: bool
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Make fit to be shown what a device says of itself."""
        for name in ("vendor", "product", "version"):
            object.__setattr__(self, name, clean(getattr(self, name), TEXT_CHARS))
        remarks = tuple(clean(r, MOST_CHARS) for r in self.remarks[:MOST_REMARKS])
        object.__setattr__(self, "remarks", remarks)


def changed_identity(was: Identity | None, now: Identity) -> str:
    """Return in words how another device answers than before, "" when it may be the same.

    A text that either does not say is no difference: many answer it only now and then.
    """
    if was is None:
        return ""
    texts = [(getattr(was, k), getattr(now, k)) for k in ("vendor", "product", "version")]
    said = [f"{a}, now {b}" for a, b in texts if a and b and a != b]
    if was.simulator != now.simulator:
        kinds = ("a real plant", "a simulator")
        said.append(f"{kinds[was.simulator]}, now {kinds[now.simulator]}")
    return "; ".join(said)


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of one written tag: the value sent and the value read back.

    `ok` is False when the device refused it or the read-back differs by more
    than the wire type can explain; `problem` says which in plain words.
    """

    tag: Tag
    sent: float
    readback: float
    ok: bool
    problem: str = ""

    def __post_init__(self) -> None:
        """Make fit to be shown what a device says of a write."""
        if self.problem:
            object.__setattr__(self, "problem", clean(self.problem, MOST_CHARS))


class Driver(Protocol):
    """Talks to one device. Built with its tags, so block plans are made once.

    `read` returns readings in the order asked; one bad tag is a BAD reading.
    `attach` connects without asking who is there, with a time-out of its own:
    a connection for one request must not wait for a name plate.
    Both raise LinkLost only when the whole link is gone, LinkRefused when the
    peer refuses us.  `write` sends set-points, sequence and heartbeat in one
    block and returns one result a tag.  No method retries or waits longer
    than its time-out: that is the link's business.
    """

    async def connect(self) -> Identity: ...

    async def attach(self, timeout_s: float) -> None: ...

    async def read(self, tags: Sequence[Tag]) -> Sequence[Reading]: ...

    async def write(self, values: Mapping[Tag, float]) -> Sequence[WriteResult]: ...

    async def close(self) -> None: ...


@runtime_checkable
class TakesTime(Protocol):
    """A driver that knows how long its device may take when no single answer is late.

    `limit_s` is that time, wall, for a call about `points`, 0 to connect; `portions` are what
    to read in one go each, so that a write need not wait for the whole of a slow line.
    """

    def limit_s(self, points: int) -> float: ...

    def portions(self, tags: Sequence[Tag]) -> Sequence[Sequence[Tag]]: ...


@runtime_checkable
class KnowsRanges(Protocol):
    """A driver whose device tells what it takes; asked when commissioning only."""

    async def ranges_beyond(self) -> list[str]: ...
