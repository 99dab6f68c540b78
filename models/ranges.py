"""Where the properties are backed by data: what lies outside is computed, and said."""

TEMPERATURE_DEGC = (20.0, 125.0)
LOADING = (0.02, 0.55)
AMINE = (0.15, 0.45)


def outside(t_degC: float, loading: float, mea: float) -> list[str]:
    """Return one plain line for each quantity outside the range of the data, else nothing."""
    found = []
    for name, value, (low, high), unit in (
        ("temperature", t_degC, TEMPERATURE_DEGC, "degC"),
        ("loading", loading, LOADING, "mol/mol"),
        ("MEA mass fraction", mea, AMINE, "CO2-free"),
    ):
        if not low <= value <= high:
            found.append(f"{name} {value:.3g} {unit} is outside {low:g}-{high:g}: extrapolated")
    return found
