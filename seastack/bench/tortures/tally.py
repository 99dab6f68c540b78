"""What a torture counts: inputs, what they met, and what must never happen."""

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePath
from random import Random
from traceback import extract_tb
from typing import Final, Protocol

HANG_S: Final = 5.0  # wall; what takes longer than a PLC waits for its owner is a hang
TOLD: Final = 20  # faults told with their place

TRACEBACK, HANG, WRONG, OUTSIDE, LATE, WORDS, MISREAD = (
    "tracebacks",
    "hangs",
    "wrong values called GOOD",
    "outputs outside limits or rules",
    "bypass later than 2 cycles",
    "messages that are no clean line",
    "tables misread without a word",
)
NEVER: Final = (TRACEBACK, HANG, WRONG, OUTSIDE, LATE, WORDS, MISREAD)
MOST_WORDS: Final = 1000  # characters of one message


class Hang(BaseException):
    """Raised in the middle of what takes too long; no `except Exception` may swallow it."""


@dataclass(slots=True)
class Tally:
    """Inputs given, what came of them, and faults by kind; `told`: the first ones."""

    inputs: int = 0
    met: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)

    def fault(self, kind: str, where: str) -> None:
        """Count what must never happen; the first ones are told."""
        self.faults[kind] += 1
        if len(self.told) < TOLD:
            self.told.append(f"{kind}: {where}"[:600])

    @contextmanager
    def judged(self, what: str, *told: type[Exception]) -> Iterator[None]:
        """Run one trial: errors of these kinds are words, any other is a fault, so is a hang."""
        before = signal.setitimer(signal.ITIMER_REAL, HANG_S)
        try:
            yield
        except told as error:
            self.met[f"refused in words: {type(error).__name__}"] += 1
            self.words(str(error), what)
        except Hang:
            self.fault(HANG, what)
        except Exception as error:  # noqa: BLE001 - whatever it is, it would end a process
            self.fault(TRACEBACK, f"{what}: {type(error).__name__}: {error} at {_place(error)}")
        finally:
            signal.setitimer(signal.ITIMER_REAL, *before)

    def words(self, text: str, where: str) -> None:
        """Judge a message for people: one line, printable, bounded, UTF-8."""
        if not text.isprintable() or not 0 < len(text) <= MOST_WORDS:
            self.fault(WORDS, f"{where}: {text[:200]!r} ({len(text)} characters)")


def _place(error: BaseException) -> str:
    """Return file and line where an error was raised, the innermost three calls."""
    frames = extract_tb(error.__traceback__)[-3:]
    return " < ".join(f"{PurePath(f.filename).name}:{f.lineno}" for f in reversed(frames))


@contextmanager
def hangs_are_seen() -> Iterator[None]:
    """Let what outlives its time be interrupted. Only in a process's main thread."""

    def too_long(_number: int, _frame: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, too_long)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


class Torture(Protocol):
    """Gives `inputs` inputs drawn by `rng`, and calls `shown` with how many so far."""

    def __call__(
        self, rng: Random, inputs: int, tally: Tally, shown: Callable[[int], None]
    ) -> None: ...
