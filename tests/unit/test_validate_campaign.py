"""Which campaign a file is taken for: ours under any name, no stranger."""

import csv
import random
from pathlib import Path

import pytest

from seastack.problems import UserError
from seastack.validation.basis import basis_note
from seastack.validation.campaign import SIGNATURES, Origin, origin
from seastack.validation.table import Row, read

DATA = Path(__file__).parents[1] / "data"
OURS = [
    (f"{campaign}_{part}", campaign)
    for campaign in ("nccc2014", "nccc2017")
    for part in ("absorber", "stripper")
]
OWN = (
    "case,lean_flow_kg_h,lean_T_C,lean_loading_mol_mol,lean_mea_wtfrac_co2free,gas_flow_kg_h,"
    "gas_T_C,gas_in_co2_molfrac_wet,column_P_kPa,column_diameter_m,packing,srd_data_MJ_kgCO2\n"
    "A,4000,40,0.2,0.3,1500,42,0.08,105,0.60,,4.1\n"
)


def measured(name: str) -> bool:
    """Whether a column is a result of the plant, or another model's."""
    return any(
        part in name
        for part in ("capture", "ccsi", "srd", "_out_", "_data", "rich_T", "rich_P", "reboiler_T")
    )


def rewrite(stem: str, path: Path, dropped: frozenset[str], seed: int) -> Path:
    """Write one of our files under another name: rows and columns shuffled, columns dropped."""
    rng = random.Random(seed)
    with (DATA / f"{stem}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    names = [n for n in rows[0] if n not in dropped and not measured(n)]
    rng.shuffle(rows)
    rng.shuffle(names)
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows[: len(rows) // 2])
    return path


def of(path: Path) -> Origin:
    return origin(path, read(path))


@pytest.mark.parametrize(("stem", "campaign"), OURS)
@pytest.mark.parametrize("seed", range(3))
def test_our_files_are_known_under_any_name(
    tmp_path: Path, stem: str, campaign: str, seed: int
) -> None:
    rich = ("rich_flow_kg_h", "rich_loading_mol_mol", "rich_mea_wtfrac_co2free")
    lean = ("lean_flow_kg_h", "lean_loading_mol_mol", "lean_mea_wtfrac_co2free")
    dropped = frozenset(rich if "absorber" in stem else lean)
    path = rewrite(stem, tmp_path / "kept aside.csv", dropped, seed)
    found = of(path).campaign
    assert found is not None
    assert found.name == campaign


@pytest.mark.parametrize(
    "change",
    [
        {"column_diameter_m": "0.60"},
        {"column_diameter_m": ""},
        {"packing": ""},
        {"packing": "Mellapak 250Y"},
        {"packing": "chain mail"},
    ],
)
@pytest.mark.parametrize("stem", ["nccc2014_absorber", "nccc2017_absorber"])
def test_one_row_of_another_plant_makes_the_file_a_stranger(
    stem: str, change: dict[str, str]
) -> None:
    rows = read(DATA / f"{stem}.csv")
    rows[-1] = {**rows[-1], **change}
    assert origin(Path("plant.csv"), rows).campaign is None


@pytest.mark.parametrize(("stem", "campaign"), OURS)
def test_a_file_without_one_of_the_inputs_is_a_stranger(stem: str, campaign: str) -> None:
    rows = read(DATA / f"{stem}.csv")
    (columns,) = (c for c in SIGNATURES[campaign] if c <= rows[0].keys())
    assert not any(measured(c) for c in columns)
    for gone in columns:
        fewer: list[Row] = [{k: v for k, v in row.items() if k != gone} for row in rows]
        assert origin(Path("plant.csv"), fewer).campaign is None, gone


def test_an_own_plant_gets_no_bias_and_its_column_is_believed(tmp_path: Path) -> None:
    path = tmp_path / "plant.csv"
    path.write_text(OWN)
    rows, where = read(path), of(path)
    assert where.bias == 0.0
    assert basis_note(rows, where, "").endswith("wet (by the column gas_in_co2_molfrac_wet)")


def test_of_2014_only_its_own_misnamed_column_is_dry() -> None:
    rows = read(DATA / "nccc2014_absorber.csv")
    where = origin(Path("plant.csv"), rows)
    assert "dry (the 2014 carbon balance" in basis_note(rows, where, "")
    assert "wet (asked for)" in basis_note(rows, where, "wet")
    plain: list[Row] = [
        {k.replace("molpct_wet", "molfrac_wet"): v for k, v in row.items()} for row in rows
    ]
    asked = origin(Path("plant.csv"), plain, "nccc2014")
    assert "wet (by the column gas_in_co2_molfrac_wet)" in basis_note(plain, asked, "")
    stranger = origin(Path("plant.csv"), rows, "none")
    assert "wet (by the column gas_in_co2_molpct_wet)" in basis_note(rows, stranger, "")


def test_a_file_like_both_campaigns_is_of_neither() -> None:
    old, new = read(DATA / "nccc2014_absorber.csv"), read(DATA / "nccc2017_absorber.csv")
    both = [{**old[0], **new[0]}]
    assert origin(Path("plant.csv"), both).campaign is None


def test_the_file_s_name_and_the_option_decide_first() -> None:
    row: Row = {"case": "1"}
    assert origin(Path("NCCC2017_more.csv"), [row]).bias > 0.0
    assert origin(Path("nccc2017_more.csv"), [row], "none").bias == 0.0
    with pytest.raises(UserError, match="no campaign"):
        origin(Path("nccc2017_more.csv"), [row], "nccc2015")
