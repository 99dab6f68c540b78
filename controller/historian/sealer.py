"""Seals closed days beside the journal's writer: hashing a day must not keep a cycle waiting.

A run that was killed left its last day unsealed: that is looked at in full and, if nothing is
wrong, sealed when the next run begins.  What cannot be sealed is told in the log and by
`seastack verify`; it stops nothing.
"""

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from controller.historian.errors import UNSOUND, HistorianError

END_OF_DAY: Final = "at the end of the day"
END_OF_RUN: Final = "at the end of the run"
FOUND: Final = "found closed when a run began"
_WAIT_S: Final = 30.0

log = logging.getLogger("seastack.journal")


class Sealer:
    """One thread that seals what it is given, in order. `on_seal` is told each, in words."""

    def __init__(self, state_dir: Path, run: str, on_seal: Callable[[str], None]) -> None:
        self._state_dir, self._run, self._on_seal = state_dir, run, on_seal
        self._due: queue.SimpleQueue[tuple[Path, str] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="seal", daemon=True)
        self._thread.start()

    def seal(self, main: Path, how: str) -> None:
        """Have a day sealed that nobody writes any more."""
        self._due.put((main, how))

    def close(self) -> None:
        """Wait for what was given; what is not sealed by then is found at the next start."""
        self._due.put(None)
        self._thread.join(timeout=_WAIT_S)

    def _work(self) -> None:
        self._each(self._found_closed)
        while (due := self._due.get()) is not None:
            main, how = due
            self._each(self._put, main, how)

    def _each(self, do: Callable[..., None], *args: Path | str) -> None:
        try:
            do(*args)
        except UNSOUND as error:
            log.warning("journal: not sealed: %s", error)

    def _found_closed(self) -> None:
        from controller.historian.sealing import unsealed
        from controller.historian.verify import verify_day

        for main in unsealed(self._state_dir / "journal", self._run):
            found = verify_day(main)
            if found.problems:
                log.warning("journal: %s is not sealed: %s", main, found.problems[0])
                continue
            self._each(self._put, main, FOUND)
        self._tell_last()

    def _tell_last(self) -> None:
        """Tell the seal that a run which ended in order could not tell itself any more."""
        from controller.historian.sealing import read_seal

        others = (self._state_dir / "journal").glob("*/*.seal")
        seals = [path for path in others if path.parent.name != self._run]
        if seals:
            newest = read_seal(max(seals, key=lambda path: path.stat().st_mtime_ns))
            if newest["how"] == END_OF_RUN:
                self._on_seal(words_of(newest))

    def _put(self, main: Path, how: str) -> None:
        from controller.historian.sealing import seal_day, signer_of

        fold(main)
        statement = seal_day(main, signer_of(self._state_dir), how, time.time_ns())
        self._on_seal(words_of(statement))


def fold(main: Path) -> None:
    """Have a closed segment's log in its file. Raises HistorianError while a reader is in the way.

    A reader holds it for a few milliseconds at a time.
    """
    with closing(sqlite3.connect(main, isolation_level=None, timeout=5.0)) as db:
        (busy, *_) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise HistorianError(f"{main}: a reader keeps its log open; it is sealed at the next start")


def words_of(statement: dict[str, Any]) -> str:
    """Return a seal in one line, for the event that goes ashore with the others."""
    cycles, events = statement["cycles"], statement["events"]
    return (
        f"journal {statement['run']} {statement['day']} sealed {statement['how']}: "
        f"{cycles['count']} cycles to {cycles['link'][:16]}, {events['count']} events to "
        f"{events['link'][:16]}, key {statement['key'][:16]}"
    )
