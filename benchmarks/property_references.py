"""Print where properties differ from independent references by more than 1 % (CoolProp's).

    pip install coolprop
    python benchmarks/property_references.py

Water, steam, CO2 and nitrogen of CoolProp are the IAPWS, Span and Wagner and other reference
equations; it is not needed to run or to test anything.
"""

from collections.abc import Callable

from CoolProp.CoolProp import PropsSI

from models import gasphase, liquidco2, solution, vle

ATM = 101325.0
STEAM = 0.018015


def water(what: str, t: float) -> float:
    """Return a property of liquid water at 5 bar or more, SI."""
    return float(PropsSI(what, "T", t + 273.15, "P", 1e6, "Water"))


def saturated(what: str, t: float, q: float, fluid: str = "Water") -> float:
    """Return a property on the saturation line, SI."""
    return float(PropsSI(what, "T", t + 273.15, "Q", q, fluid))


def co2_enthalpy(t: float) -> float:
    """Return J/mol of CO2 gas above 0 degC at low pressure."""
    h = [float(PropsSI("Hmolar", "T", x + 273.15, "P", 1000.0, "CO2")) for x in (t, 0.0)]
    return h[0] - h[1]


def heat(t: float) -> float:
    """Return J/mol of vaporisation of water."""
    return saturated("Hmolar", t, 1.0) - saturated("Hmolar", t, 0.0)


def gas(what: str, t: float, fluid: str) -> float:
    """Return a property of a gas at 1 kPa, SI."""
    return float(PropsSI(what, "T", t + 273.15, "P", 1000.0, fluid))


Row = tuple[str, Callable[[float], float], Callable[[float], float], tuple[float, ...]]
ROWS: tuple[Row, ...] = (
    ("water viscosity", lambda t: float(solution.water_viscosity(t)), lambda t: water("V", t),
     (1, 20, 40, 60, 80, 100, 120, 140)),
    ("surface tension of water", lambda t: float(solution.surface_tension(t, 1e-9, 1e-6)),
     lambda t: saturated("I", t, 0.0), (5, 20, 40, 60, 80, 100)),
    ("heat of vaporisation", lambda t: float(vle.vaporisation(t)), heat, (20, 40, 80, 120, 140)),
    ("saturation pressure of water", lambda t: float(vle.p_water(t)),
     lambda t: saturated("P", t, 0.0), (1, 20, 40, 80, 120, 140)),
    ("enthalpy of CO2 gas above 0 degC", lambda t: float(gasphase.h_co2(t)), co2_enthalpy,
     (25, 50, 100, 200)),
    ("viscosity of CO2 gas", lambda t: float(gasphase.gas_viscosity(t, 1.0, 0.0)),
     lambda t: gas("V", t, "CO2"), (25, 100, 300, 500)),
    ("viscosity of inert gas, beside N2", lambda t: float(gasphase.gas_viscosity(t, 0.0, 0.0)),
     lambda t: gas("V", t, "N2"), (25, 100, 300, 500)),
    ("density of liquid CO2", lambda t: float(liquidco2.liquid_density(t)),
     lambda t: saturated("D", t, 0.0, "CO2"), (-50, -30, -20, 0, 20)),
    ("vapour pressure of CO2", lambda t: float(liquidco2.saturation_kPa(t)) * 1e3,
     lambda t: saturated("P", t, 0.0, "CO2"), (-50, -30, -20, 0, 20)),
)  # fmt: skip


def main() -> None:
    """Print one line a property: deviations at its temperatures."""
    for name, ours, theirs, temperatures in ROWS:
        off = [100.0 * (ours(t) / theirs(t) - 1.0) for t in temperatures]
        text = ", ".join(f"{o:+.1f} % {t:g}" for o, t in zip(off, temperatures, strict=True))
        print(f"{name}: {text} degC")


if __name__ == "__main__":
    main()
