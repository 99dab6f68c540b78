"""The rich feed of a stripper case: as read, and reconciled with what else the plant measured.

As read: flow, loading and strength of the rich line.  That is what the lean loading is
predicted from.  Reconciled, for the specific reboiler duty only: amine and water of the
lean line (its meters scatter six times less, and amine is conserved), and the best
of three loadings that have nothing to do with the CO2 the duty is divided by:

  absorber  what the absorber model gives for the same case, from its inlets alone
            (so, to judge by its numbers, the published model's duties were obtained)
  flash     the feed cools when it flashes behind its valve, and the drop tells its loading
  read      the analysis of the rich line
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.absorber import Absorbed
from models.errors import ModelError
from models.feed import loading_of_flash
from models.fitted import Campaign
from models.solution import M_CO2
from models.streams import Solvent
from seastack.problems import UserError
from seastack.validation import absorber, cases
from seastack.validation.absorber import Settings
from seastack.validation.basis import basis_of
from seastack.validation.campaign import Origin
from seastack.validation.doubts import listed
from seastack.validation.gasflow import FLOWS
from seastack.validation.table import Row, may, must, number

HOT = "hx_rich_out_T_C"
"""The rich liquid behind its exchanger, before its valve."""
READ_SD, FLASH_SD = 0.045, 0.02
"""mol/mol: how far 2017's analyses and flash temperatures lie from its gas-side balance."""


@dataclass(frozen=True)
class Neighbours:
    """Rows of the same campaign that lie beside a stripper file, by case."""

    absorbers: dict[str, Row]
    coolers: dict[str, Row]
    exchangers: dict[str, Row]
    where: Origin


def neighbours(path: Path, where: Origin, notes: list[str]) -> Neighbours:
    """Return what lies beside a stripper file; nothing is needed, what cannot be read is noted."""
    beside = cases.beside(path, "absorber", notes=notes)
    gas = [r for r in beside if number(r, *FLOWS) is not None]
    return Neighbours(
        {r.get("case", ""): r for r in gas},
        {r.get("case", ""): r for r in cases.beside(path, "intercooler", notes=notes)},
        {r.get("case", ""): r for r in cases.beside(path, "exchanger", notes=notes)},
        where,
    )


def t_front(row: Row, exchanger: Row, campaign: Campaign | None) -> float:
    """Return the feed's temperature in front of its valve, degC.

    Behind the exchanger if that was read; in a plant whose exchanger we know, the
    reboiler's less its hot-end difference; never below what was read at the stripper.
    """
    at_column = must(row, "stripper_in_T_C")
    behind = may(row, HOT)
    if behind is None:
        behind = number(exchanger, HOT)
    boiling = may(row, "reboiler_T_C", "stripper_out_T_C")
    if behind is None and campaign is not None and boiling is not None:
        behind = boiling - campaign.hot_end_K
    return at_column if behind is None else max(at_column, behind)


def as_read(row: Row, t: float, bias: float) -> Solvent:
    """Return the rich line as its meters and its analyser (corrected by bias) say."""
    return Solvent(
        must(row, "rich_flow_kg_h"),
        t,
        must(row, "rich_loading_mol_mol") + bias,
        must(row, "rich_mea_wtfrac_co2free"),
    )


def lean_line(row: Row, bias: float) -> Solvent | None:
    """Return the lean line of a row, if it is there."""
    values = [
        may(row, n) for n in ("lean_flow_kg_h", "lean_loading_mol_mol", "lean_mea_wtfrac_co2free")
    ]
    if any(v is None for v in values):
        return None
    flow, loading, mea = (float(v) for v in values if v is not None)
    return Solvent(flow, 40.0, loading + bias, mea)


def through_absorber(
    case: str, near: Neighbours, settings: Settings, bias: float
) -> Absorbed | None:
    """Return the absorber of the same case, solved from its inlets; None if it is not there."""
    row = near.absorbers.get(case)
    if row is None:
        return None
    dry = basis_of(row, near.where, "")[0] == "dry"
    try:
        return absorber.predict(row, near.coolers.get(case, {}), settings, dry, bias)
    except (ModelError, UserError, ValueError, ArithmeticError):
        return None


def reconciled(
    row: Row, read: Solvent, lean: Solvent, pressure_kPa: float, caught: Absorbed | None
) -> tuple[Solvent, str]:
    """Return the rich feed and where its loading comes from: absorber, flash or read."""
    how, loading = "read", read.loading
    flashed = loading_of_flash(
        read.t_degC, must(row, "stripper_in_T_C"), 1e3 * pressure_kPa, lean.mea
    )
    if caught is not None:
        how, loading = "absorber", caught.rich_loading
    elif flashed is not None:
        trust = READ_SD**2 / (READ_SD**2 + FLASH_SD**2)
        how, loading = "flash", read.loading + trust * (flashed - read.loading)
    gained = (loading - lean.loading) * lean.amine * M_CO2 * 3.6
    return Solvent(lean.flow_kg_h + gained, read.t_degC, loading, lean.mea), how


def missing(
    rows: Sequence[Row], cases: Sequence[str], near: Neighbours, where: Origin, *, duty: bool
) -> list[str]:
    """Return what a file goes without, for which cases, and what to expect of the duty then."""
    found = []
    if duty and (lack := [case for case in cases if case not in near.absorbers]):
        found.append(
            f"no absorber row beside (same first word, 'absorber' in the file's name) for "
            f"{listed(lack, len(cases))}: the specific duty rests on thermometers or the rich "
            f"analysis; expect 10 % off, 15-19 % by analysis alone, 7 % with it (2017 plant)"
        )
    lack = [
        case
        for case, row in zip(cases, rows, strict=True)
        if number(row, HOT) is None and number(near.exchangers.get(case, {}), HOT) is None
    ]
    if lack:
        taken = (
            f"{where.campaign.hot_end_K:g} K below the reboiler"
            if where.campaign
            else "as read at the stripper (one that flashed behind its valve counts as too cold)"
        )
        found.append(
            f"no {HOT}, here or in an exchanger file beside, for {listed(lack, len(cases))}: "
            f"the feed's temperature is taken {taken}"
        )
    return found
