"""What a validation finds: per case and quantity, predicted beside measured."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

PENALTY: Final = (
    ("_pct", 100.0),
    ("_mol_mol", 0.5),
    ("_GJ_t", 4.0),
    ("_degC", 100.0),
)
"""What a case counts that the model failed on, by the unit that its quantity's name ends with:
about all there is to be wrong.  A quantity of another unit only counts as failed."""
REFUSED: Final = "input"
FAILED: Final = "model"


@dataclass(frozen=True)
class Comparison:
    """One quantity of one case; predicted None: see `why`; reference: another model's.

    `why` is REFUSED (the case's input cannot be meant: it is in no mean) or FAILED (the model
    found no solution).  `sd` is the measured value's standard deviation, `spread` what the
    uncertainty of the loading bias moves the prediction; both in the quantity's unit.
    """

    case: str
    quantity: str
    predicted: float | None
    measured: float | None
    reference: float | None = None
    band: str = ""
    why: str = FAILED
    sd: float | None = None
    spread: float | None = None

    @property
    def error(self) -> float | None:
        """Predicted minus measured; a penalty where the model failed, None where it cannot be."""
        if self.measured is None:
            return None
        if self.predicted is not None:
            return self.predicted - self.measured
        if self.why == REFUSED:
            return None
        unit = self.quantity.split("@")[0]
        return next((worst for end, worst in PENALTY if unit.endswith(end)), None)

    @property
    def within(self) -> bool | None:
        """Whether the error is at most two standard deviations of both; None if sd is not known."""
        if self.sd is None or self.error is None:
            return None
        return abs(self.error) <= 2.0 * math.hypot(self.sd, self.spread or 0.0)


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


def uncomputed(found: Sequence[Comparison]) -> list[str]:
    """Return a line for the cases refused for their input, and one for those that failed."""
    lines = []
    for why, what in (
        (REFUSED, "refused for their input, in no mean"),
        (FAILED, "not solved by the model, in the means as all there is to be wrong"),
    ):
        cases = dict.fromkeys(c.case for c in found if c.predicted is None and c.why == why)
        if cases:
            of = len({c.case for c in found})
            lines.append(f"{len(cases)} of {of} cases {what}: {', '.join(list(cases)[:8])}")
    return lines


def as_json(found: Sequence[Comparison]) -> dict[str, object]:
    """Return the document that `--json` prints."""
    cases = [
        {
            "case": one.case,
            "quantity": one.quantity,
            "predicted": one.predicted,
            "measured": one.measured,
            "error": one.error,
            **({"why": one.why} if one.predicted is None else {}),
            **({"sd": one.sd} if one.sd is not None else {}),
            **({"spread": one.spread} if one.spread is not None else {}),
        }
        for one in found
    ]
    return {"cases": cases, "summary": summary(found)}
