"""Where the properties are backed by data: what lies outside is computed, and said."""

import numpy as np

from models.numbers import N

TEMPERATURE_DEGC = (20.0, 125.0)
LOADING = (0.02, 0.55)
AMINE = (0.15, 0.45)


def outside(t_degC: N, loading: N, mea: N) -> list[str]:
    """Return one plain line for each quantity outside the range of the data, else nothing.

    Of lists and arrays the value that is furthest outside is named.
    """
    found = []
    for name, value, (low, high), unit in (
        ("temperature", t_degC, TEMPERATURE_DEGC, "degC"),
        ("loading", loading, LOADING, "mol/mol"),
        ("MEA mass fraction", mea, AMINE, "CO2-free"),
    ):
        here = np.atleast_1d(np.asarray(value, dtype=float))
        off = np.where(here == here, np.maximum(low - here, here - high), np.inf)
        if not (off <= 0.0).all():
            worst = float(here[int(np.argmax(off))])
            found.append(f"{name} {worst:.3g} {unit} is outside {low:g}-{high:g}: extrapolated")
    return found
