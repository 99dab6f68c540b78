"""Names of runs: distinct, and in the order begun, whatever the wall clock says.

A name shows the wall time for people, and rests on two other parts: a number that only
grows in one state directory, and a random part that tells copies of a directory apart.  A
ship PC without a battery begins each life in 1970, in a container each with the same
process id: names of time and process alone would be the same again and again.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from controller.historian.record import Run, RunKind

NAME: Final = "runs"  # how many runs were begun in a state directory
MOST: Final = 999_999_999  # nobody begins so many: what is more is damage
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBERED: Final = re.compile(r"\d{8}T\d{6}-[a-z]+-(\d{6,9})-[0-9a-f]{8}")
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


def new_run_id(kind: RunKind, wall_ns: int, state_dir: Path) -> str:
    """Name a run of a state directory; raises nothing, whatever the disk says."""
    when = _EPOCH + timedelta(seconds=wall_ns // 1_000_000_000)
    number = min(MOST, 1 + max(_runs_begun(state_dir), default=0))
    with suppress(OSError):  # a full disk: the journal's own names tell the number, too
        _note(state_dir / NAME, number)
    return f"{when:%Y%m%dT%H%M%S}-{kind}-{number:06d}-{secrets.token_hex(4)}"


def number_of(run_id: str) -> int:
    """Return which run of its state directory a name says it is, 0 where it says nothing."""
    found = _NUMBERED.fullmatch(run_id)
    return int(found.group(1)) if found else 0


def order_of(run: Run) -> int:
    """Return a number by which the runs of a state directory are in the order begun.

    0 for what has none: runs of earlier versions, benches, and what came from elsewhere.
    """
    return 0 if run.kind == "import" else number_of(run.id)


def _runs_begun(state_dir: Path) -> Iterator[int]:
    with suppress(OSError, ValueError):
        number = int((state_dir / NAME).read_bytes()[:16])
        yield number if 0 <= number < MOST else 0
    with suppress(OSError):
        yield from (number_of(path.name) % MOST for path in (state_dir / "journal").iterdir())


def _note(path: Path, number: int) -> None:
    """Overwrite the number and have it on the disk. Raises OSError."""
    fd = os.open(path, _FLAGS, 0o600)
    try:
        os.pwrite(fd, f"{number:09d}\n".encode(), 0)
        os.fsync(fd)
    finally:
        os.close(fd)
