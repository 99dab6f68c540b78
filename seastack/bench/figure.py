"""One measured figure with its bar, and the options every bench gets."""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Op = Literal["<=", ">=", "==", "<", ">", ""]
COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, its unit and the bar it must meet; `op` "" is for information."""

    name: str
    value: float
    unit: str = ""
    op: Op = ""
    bar: float | None = None

    @property
    def ok(self) -> bool:
        """Tell whether the bar is met; NaN never meets one."""
        return self.bar is None or not self.op or bool(COMPARE[self.op](self.value, self.bar))


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """What the command line asked of a bench; None and "" mean the bench's own default.

    `state` is where to keep the state directory; without it a temporary one.  `log` is
    the crew's daily fuel of `bench fuel`; `faults` is how many `bench storm` injects,
    `cycles` how many `bench cycles` runs,
    `inputs` how many `bench torture` gives,
    `only` of which kind, and of `bench watch` which point; `quick` leaves out what takes
    long, `named` asks for the named faults instead.
    """

    seed: int = 1
    minutes: float | None = None
    days: float | None = None
    voyage: str = "birka"
    start: str = ""
    kills: int | None = None
    state: Path | None = None
    log: Path | None = None
    faults: int | None = None
    only: str = ""
    cycles: int | None = None
    quick: bool = False
    named: bool = False
    inputs: int | None = None


class MissingProgram(Exception):
    """A program of the system that the bench needs is not installed; its name."""
