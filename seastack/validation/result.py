"""What a validation finds: per case and quantity, predicted beside measured."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

FAILED_POINTS = 100.0
"""What a case that fails counts as."""


@dataclass(frozen=True)
class Comparison:
    """One quantity of one case; predicted None: the model failed; reference: another model's."""

    case: str
    quantity: str
    predicted: float | None
    measured: float | None
    reference: float | None = None
    band: str = ""

    @property
    def error(self) -> float | None:
        """Predicted minus measured; 100 for a failed case, None where nothing was measured."""
        if self.predicted is None:
            return FAILED_POINTS
        return None if self.measured is None else self.predicted - self.measured


class Statistic(TypedDict):
    """Errors of one quantity over its cases."""

    n: int
    mae: float
    bias: float
    max: float


def statistic(errors: Sequence[float]) -> Statistic:
    """Return number, mean absolute, mean and largest absolute error."""
    size = [abs(e) for e in errors]
    return {
        "n": len(errors),
        "mae": math.fsum(size) / len(size),
        "bias": math.fsum(errors) / len(errors),
        "max": max(size),
    }


def summary(found: Sequence[Comparison]) -> dict[str, Statistic]:
    """Return the statistic of every quantity that has errors, in order of appearance."""
    errors: dict[str, list[float]] = {}
    for one in found:
        if (error := one.error) is not None:
            errors.setdefault(one.quantity, []).append(error)
    return {quantity: statistic(values) for quantity, values in errors.items()}


def as_json(found: Sequence[Comparison]) -> dict[str, object]:
    """Return the document that `--json` prints."""
    cases = [
        {
            "case": one.case,
            "quantity": one.quantity,
            "predicted": one.predicted,
            "measured": one.measured,
            "error": one.error,
        }
        for one in found
    ]
    return {"cases": cases, "summary": summary(found)}
