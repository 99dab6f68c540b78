"""What a model can refuse to do.

ModelError
  ConvergenceError   no steady state was found; the message says what was left over
  UnknownTable       no table of that name is carried by the package
  UnknownPacking     no packing of that name is carried by the package
  OutOfRange         an argument that cannot be meant; the message names it, its unit and range
"""


class ModelError(Exception):
    """Base of every error raised in this package."""


class ConvergenceError(ModelError):
    """A steady state was not reached; carries the largest relative rate left, 1/s."""

    def __init__(self, what: str, residual: float) -> None:
        self.what, self.residual = what, residual
        super().__init__(f"{what}: not steady, largest relative rate {residual:.3g} 1/s")


class OutOfRange(ModelError, ValueError):
    """An argument that cannot be meant: it has another unit, or is no number."""

    def __init__(self, name: str, value: float, meant: str) -> None:
        self.name, self.value = name, value
        super().__init__(f"{name} {value:g}: must be {meant}")


def require(name: str, value: float, low: float, high: float, meant: str) -> None:
    """Raise OutOfRange for a value that is not from low to high; `meant` says unit and range."""
    if not low <= value <= high:
        raise OutOfRange(name, value, meant)


class UnknownTable(ModelError):
    """A data table was asked for that does not exist; names those that do."""

    def __init__(self, name: str, known: list[str]) -> None:
        self.name = name
        super().__init__(f"no engine table {name!r}; known: {', '.join(known)}")


class UnknownPacking(ModelError):
    """A packing was asked for that is not carried; names the nearest, and those that are."""

    def __init__(self, name: str, known: list[str], nearest: list[str] | None = None) -> None:
        self.name = name
        near = f"; nearest: {', '.join(nearest)}" if nearest else ""
        super().__init__(f"no packing {name!r}{near}; known: {', '.join(known)}")
