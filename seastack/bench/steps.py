"""Bench steps: signs, fades and inverse responses of the rate-based plant.

From rest, one input of the demo plant and of the pilot changes while levels and
pressure are held; `seastack steps` prints the whole table and draws it.
"""

from collections.abc import Sequence

from seastack.bench.figure import BenchOptions, Figure
from seastack.steps.experiment import BASES
from seastack.steps.study import figures, study


def run(options: BenchOptions) -> Sequence[Figure]:
    """Return the figures of both plants; no option changes them."""
    return [figure for name in BASES for figure in figures(study(name))]
