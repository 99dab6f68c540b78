"""What the strippers' own instruments say about each other: the figures behind docs/physics.md.

    python benchmarks/stripper_doubts.py FOLDER

FOLDER holds the nccc2014 and nccc2017 files.  Prints how far the rich loadings of 2017 by
flash thermometer and by analysis lie from the gas side's CO2 balance, what loading the
reboiler's temperature of 2014 stands for beside the analysed one, and the error of the lean
loadings of 2014 with other heat losses and biases.  Nothing is fitted.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.optimize import brentq

from models.feed import loading_of_flash
from models.fitted import fitted
from models.solution import amine_fraction
from models.streams import Solvent, flue_gas
from models.vle import p_co2, p_water_over
from seastack.validation import stripper
from seastack.validation.absorber import CAPTURE, Settings, pressure_of
from seastack.validation.table import Row, must, read


def balance(row: Row) -> float:
    """Return the rich loading of an absorber case by its gas side: lean as read, plus caught."""
    gas = flue_gas(
        must(row, "gas_flow_kg_h"),
        must(row, "gas_T_C"),
        pressure_of(row),
        must(row, "gas_in_co2_molfrac_dry"),
    )
    lean = Solvent(
        must(row, "lean_flow_kg_h"),
        40.0,
        must(row, "lean_loading_mol_mol"),
        must(row, "lean_mea_wtfrac_co2free"),
    )
    return lean.loading + 0.01 * must(row, *CAPTURE) * gas.co2 / lean.amine


def rich_2017(folder: Path) -> None:
    """Print flash, analysis and balance of every case of 2017, then mean and scatter."""
    gas = {r["case"]: balance(r) for r in read(folder / "nccc2017_absorber.csv")}
    warm = {r["case"]: r for r in read(folder / "nccc2017_lean_rich_heat_exchanger.csv")}
    off: dict[str, list[float]] = {"flash": [], "analysis": []}
    print(f"{'case':6s}{'before':>8s}{'behind':>8s}{'balance':>9s}{'flash':>8s}{'analysis':>10s}")
    for row in read(folder / "nccc2017_stripper.csv"):
        case = row["case"]
        before, behind = must(warm[case], "hx_rich_out_T_C"), must(row, "stripper_in_T_C")
        p, mea = 1e3 * must(row, *stripper.PRESSURE), must(row, "lean_mea_wtfrac_co2free")
        flashed = loading_of_flash(before, behind, p, mea)
        analysed = must(row, "rich_loading_mol_mol")
        text = "-" if flashed is None else f"{flashed:.3f}"
        print(f"{case:6s}{before:8.1f}{behind:8.1f}{gas[case]:9.3f}{text:>8s}{analysed:10.3f}")
        off["analysis"].append(analysed - gas[case])
        if flashed is not None:
            off["flash"].append(flashed - gas[case])
    for name, found in off.items():
        print(
            f"{name} less balance: n {len(found)}, mean {np.mean(found):+.3f}, "
            f"scatter {np.std(found):.3f} mol/mol"
        )


def boiled(row: Row, above_kPa: float) -> float:
    """Return the loading at which the reboiler boils at its temperature and pressure."""
    t, mea = must(row, "stripper_out_T_C"), must(row, "rich_mea_wtfrac_co2free")
    wet = Solvent(1.0, t, 0.0, mea).water / Solvent(1.0, t, 0.0, mea).amine
    p = 1e3 * (must(row, *stripper.PRESSURE) + above_kPa)

    def excess(a: float) -> float:
        return float(p_co2(t, a, amine_fraction(wet))) + float(p_water_over(t, wet)) - p

    if excess(0.001) > 0.0:
        return 0.0
    return float(brentq(excess, 0.001, 0.55))


def reboilers_2014(folder: Path) -> None:
    """Print the loading each reboiler's temperature stands for, less the analysed one."""
    bias = fitted().campaigns["nccc2014"].lean_loading_bias
    print("reboiler's temperature less analysis (with its bias), mol/mol:")
    for row in read(folder / "nccc2014_stripper.csv"):
        print(f"{row['case']} {boiled(row, 2.5) - must(row, 'lean_loading_data') - bias:+.3f}")


def lean_2014(folder: Path) -> None:
    """Print the error of the lean loadings of 2014 with other losses and biases."""
    fit = fitted()
    bias, loss = fit.campaigns["nccc2014"].lean_loading_bias, fit.heat_loss_W_m2_K
    for title, heat, shift in (
        ("as shipped", loss, bias),
        ("no heat loss", 0.0, bias),
        ("20 W/m2/K gained, half the bias", -20.0, 0.5 * bias),
    ):
        settings = Settings(heat_loss_W_m2_K=heat, lean_bias=shift)
        found = stripper.validate(folder / "nccc2014_stripper.csv", settings).found
        errors = np.array([c.error for c in found if c.error is not None])
        print(
            f"{title}: mean error {np.abs(errors).mean():.4f}, bias {errors.mean():+.4f}, "
            f"scatter {errors.std():.4f}"
        )


def main() -> None:
    """Print all three."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    rich_2017(folder)
    reboilers_2014(folder)
    lean_2014(folder)


if __name__ == "__main__":
    main()
