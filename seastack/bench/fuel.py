"""Bench fuel: daily fuel of the simulated MS Birka against the crew's meters.

`seastack bench fuel` takes the log the package carries; `--log FILE.csv` gives another
one, `--voyage FILE.csv` another power series.  `seastack.fuelcheck` says what is
compared and why.
"""

from collections.abc import Sequence

from seastack.bench.figure import BenchOptions, Figure
from seastack.fuelcheck import check_fuel, fuel_figures


def run(options: BenchOptions) -> Sequence[Figure]:
    """Return the figures of the comparison."""
    return fuel_figures(check_fuel(options.log, options.voyage))
