"""Columns in other units than ours: converted where a file is read, each only where ours is empty.

A name is what a column holds and its unit: column_P_barg, lean_flow_m3_h, gas_T_K.  Liquids by
volume need a density: the row's own, else that of the solution (models.solution).
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from models.solution import liquid_density
from seastack.validation.table import UNREAD, Row, number

ATMOSPHERE_KPA: Final = 101.325
LINE_DEGC: Final = 45.0
"""Taken for a liquid measured by volume whose temperature nobody gave."""
AMBIENT: Final = "ambient_P_kPa"
_PRESSURES: Final[Mapping[str, tuple[float, bool]]] = {
    "Pa": (1e-3, False), "bar": (100.0, False), "mbar": (0.1, False), "MPa": (1e3, False),
    "psi": (6.894757, False), "kPag": (1.0, True), "barg": (100.0, True), "mbarg": (0.1, True),
    "psig": (6.894757, True),
}  # fmt: skip
"""kPa per unit, and whether it counts from the atmosphere."""
_TEMPERATURES: Final[Mapping[str, Callable[[float], float]]] = {
    "K": lambda v: v - 273.15,
    "F": lambda v: (v - 32.0) / 1.8,
}
_MASS: Final = {"kg_s": 3600.0, "kg_min": 60.0, "t_h": 1000.0, "lb_h": 0.45359237}
_VOLUME: Final = {"m3_h": 1.0, "m3_s": 3600.0, "l_h": 1e-3, "l_min": 0.06, "l_s": 3.6}
_DUTY: Final = {"MW": 1e3, "W": 1e-3, "MJ_h": 1.0 / 3.6, "GJ_h": 1e3 / 3.6}
_LINES: Final = ("lean", "rich")
_NAMED: Final = re.compile(r"(?P<base>.+_(?:P|T|flow|duty|absorbed))_(?P<unit>[A-Za-z0-9_]+)")


def in_our_units(row: Row) -> tuple[Row, list[str]]:
    """Return a row with our columns filled from those in other units, and what was done.

    What cannot be converted stands under UNREAD: the row is refused, not the file.
    """
    found, told = dict(row), []
    try:
        for name in row:
            value = number(row, name)
            match = _NAMED.fullmatch(name)
            if value is None or match is None:
                continue
            base, unit = match["base"], match["unit"]
            if (one := _converted(row, base, unit, value)) is None:
                continue
            ours, converted, how = one
            if number(row, ours) is None:
                found[ours] = repr(converted)
                told.append(f"{name} {how}".rstrip())
        for line in _LINES:
            told += _by_volume(found, line)
    except (ValueError, ArithmeticError) as problem:
        found[UNREAD] = str(problem)
        for line in _LINES:
            found.setdefault(f"{line}_flow_kg_h", "")  # there is one: it cannot be read
    return found, told


def _converted(row: Row, base: str, unit: str, value: float) -> tuple[str, float, str] | None:
    """Return (our column, value, how) of a number in another unit; None for ours and unknown."""
    if base.endswith("_P") and unit in _PRESSURES:
        per, gauge = _PRESSURES[unit]
        if not gauge:
            return f"{base}_kPa", value * per, ""
        air = number(row, AMBIENT) or ATMOSPHERE_KPA
        return f"{base}_kPa", value * per + air, f"above {air:g} kPa"
    if base.endswith("_T") and unit in _TEMPERATURES:
        return f"{base}_C", _TEMPERATURES[unit](value), ""
    if base.endswith(("_flow", "_absorbed")) and unit in _MASS:
        return f"{base}_kg_h", value * _MASS[unit], ""
    if base.endswith("_duty") and unit in _DUTY:
        return f"{base}_kW", value * _DUTY[unit], ""
    return None


def _by_volume(row: dict[str, str], line: str) -> list[str]:
    """Fill the mass flow of a solvent line that was measured by volume, return what was done."""
    ours = f"{line}_flow_kg_h"
    if number(row, ours) is not None:
        return []
    for unit, per in _VOLUME.items():
        name = f"{line}_flow_{unit}"
        value = number(row, name)
        if value is None:
            continue
        density = number(row, f"{line}_density_kg_m3")
        how = "at its density"
        if density is None:
            density, how = _density(row, line)
        if not 600.0 <= density <= 1500.0:
            raise ValueError(f"{line}_density_kg_m3 {density:g}: must be kg/m3, 600 to 1500")
        row[ours] = repr(value * per * density)
        return [f"{name} {how}"]
    return []


def _density(row: Row, line: str) -> tuple[float, str]:
    """Return the density of a line from its loading and strength, kg/m3, and how it was got."""
    loading = number(row, f"{line}_loading_mol_mol")
    mea = number(row, f"{line}_mea_wtfrac_co2free", "lean_mea_wtfrac_co2free")
    if loading is None or mea is None:
        raise ValueError(f"{line} flow by volume needs {line}_density_kg_m3, or loading and MEA")
    t = number(row, f"{line}_T_C")
    found = float(liquid_density(LINE_DEGC if t is None else t, loading, mea))
    return found, f"by the density of MEA solution at {LINE_DEGC if t is None else t:g} degC"
