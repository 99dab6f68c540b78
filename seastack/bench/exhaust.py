"""Bench exhaust: the engine models against shop test, maker's examples and rules."""

from collections.abc import Sequence

from seastack.bench.figure import BenchOptions, Figure
from seastack.exhaustcheck import exhaust_figures


def run(options: BenchOptions) -> Sequence[Figure]:
    """Return the accuracy figures; no option changes them."""
    return exhaust_figures()
