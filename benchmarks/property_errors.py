"""Print the mean errors of the MEA properties on the published data in tests/data."""

from pathlib import Path

import numpy as np

from models import solution, vle
from seastack.validation.table import number, read

DATA = Path(__file__).parents[1] / "tests" / "data"


def main() -> None:
    """Print one line per property."""
    rows = read(DATA / "vle_mea_co2_h2o.csv")
    ln = []
    for r in rows:
        t, w = number(r, "T_reported_C") or 0.0, number(r, "mea_wtfrac_co2free") or 0.0
        a, p = number(r, "loading_mol_mol") or 0.0, number(r, "pCO2_kPa") or 0.0
        if t <= 125.5 and 0.02 <= a <= 0.55:
            ln.append((r["source"], w, abs(np.log(vle.p_co2(t, a, w) / (1e3 * p)))))
    print(f"CO2 pressure, mean |ln error|, n = {len(ln)}: {np.mean([e for *_, e in ln]):.3f}")
    thirty = [e for _, w, e in ln if abs(w - 0.3) < 1e-9]
    print(f"  at 30 wt%, n = {len(thirty)}: {np.mean(thirty):.3f}")
    for source in sorted({s for s, *_ in ln}):
        own = [e for s, _, e in ln if s == source]
        print(f"  {source}, n = {len(own)}: {np.mean(own):.3f}")
    heats = [
        (number(r, "T_C") or 0.0, number(r, "loading_mol_mol") or 0.0, list(r.values())[-1])
        for r in read(DATA / "heat_of_absorption_kim2007.csv")
    ]
    for top in (0.5, 0.55):
        own = [
            abs(vle.heat_of_absorption(t, a) / (1e3 * float(q)) - 1.0)
            for t, a, q in heats
            if a <= top
        ]
        print(f"heat of absorption, a <= {top}, n = {len(own)}: {100 * np.mean(own):.1f} %")
    for kind in ("density", "dynamic_viscosity"):
        off = []
        for r in read(DATA / "density_viscosity_amundsen2009.csv"):
            if r["property"] != kind:
                continue
            t, w = number(r, "T_C") or 0.0, number(r, "mea_wtfrac_co2free") or 0.0
            a, value = number(r, "loading_mol_mol") or 0.0, number(r, "value") or 0.0
            if kind == "density":
                found = 1e-3 * solution.liquid_density(t, a, w)
            else:
                found = 1e3 * solution.liquid_viscosity(t, a, w)
            off.append(abs(found / value - 1.0))
        print(f"{kind}, n = {len(off)}: {100 * np.mean(off):.2f} %")


if __name__ == "__main__":
    main()
