"""What the fitted numbers and the packing's area are worth in columns they were not fitted to.

    python benchmarks/fitted_elsewhere.py

Prints capture of five made-up but ordinary columns as shipped, with the gas film factor at
one, without heat loss, and with a fifth less or more of effective area.
"""

from dataclasses import replace

from models.absorber import Absorber, absorb
from models.fitted import fitted
from models.streams import Solvent, flue_gas

# what, diameter m, height m, packing, lean kg/h, gas kg/h, dry CO2, lean loading
COLUMNS = (
    ("0.125 m, 250Y", 0.125, 4.2, "mellapak-250y", 200.0, 72.0, 0.10, 0.25),
    ("0.30 m, Pall 25", 0.30, 6.0, "pall-ring-25", 1200.0, 300.0, 0.12, 0.20),
    ("0.43 m, IMTP 40", 0.427, 6.1, "imtp-40", 3000.0, 700.0, 0.16, 0.22),
    ("0.64 m, 252Y", 0.64, 6.0, "mellapakplus-252y", 6800.0, 2250.0, 0.10, 0.20),
    ("1.1 m, IMTP 50", 1.1, 17.0, "imtp-50", 20000.0, 5000.0, 0.13, 0.23),
)


def main() -> None:
    """Print one line per column."""
    fit = fitted()
    print(
        f"{'column':18s}{'shipped':>9s}{'film 1':>9s}{'no loss':>9s}{'area -20%':>11s}{'+20%':>7s}"
    )
    for what, diameter, height, packing, liquid, flow, y, loading in COLUMNS:
        gas, lean = flue_gas(flow, 42.0, 105.0, y), Solvent(liquid, 42.0, loading, 0.30)
        own = Absorber(
            diameter,
            height,
            packing,
            heat_loss_W_m2_K=fit.heat_loss_W_m2_K,
            gas_film_factor=fit.gas_film_factor,
        )
        others = (
            own,
            replace(own, gas_film_factor=1.0),
            replace(own, heat_loss_W_m2_K=0.0),
            replace(own, area_factor=0.8),
            replace(own, area_factor=1.2),
        )
        a, b, c, d, e = (absorb(one, gas, lean).capture_pct for one in others)
        print(f"{what:18s}{a:9.1f}{b:9.1f}{c:9.1f}{d:11.1f}{e:7.1f}")


if __name__ == "__main__":
    main()
