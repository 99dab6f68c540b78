"""`seastack validate`: any file of the format, missing columns, failed cases, JSON."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.coefficients import LUO, LUO_AMINE
from seastack.cli import app
from seastack.problems import UserError
from seastack.validation import absorber, stripper
from seastack.validation.absorber import Settings
from seastack.validation.picture import parity, profiles
from seastack.validation.result import Comparison, as_json, summary

DATA = Path(__file__).parents[1] / "data"
PLAIN = (
    "case,lean_flow_kg_h,lean_loading_mol_mol,lean_mea_wtfrac_co2free,gas_flow_kg_h,gas_T_C,"
    "gas_in_co2_molfrac_wet,column_diameter_m,packing,capture_pct\n"
    "A,4000,0.2,0.3,1500,42,0.08,0.5,Mellapak 250Y,80\n"
    "B,4000,,0.3,1500,42,0.08,0.5,,85\n"
    "C,4000,0.25,0.3,1500,42,0.08,0.5,,\n"
)


def run(*args: str) -> dict[str, object]:
    result = CliRunner().invoke(app, ["validate", *args, "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def test_json_has_one_capture_per_row_with_the_files_case_ids() -> None:
    found = run("absorber", str(DATA / "nccc2014_absorber.csv"))
    assert set(found) == {"cases", "summary"}
    cases = found["cases"]
    assert isinstance(cases, list)
    own = [c for c in cases if c["quantity"] == "capture_pct"]
    assert [c["case"] for c in own][:3] == ["K1", "K3", "K5"]
    assert len(own) == 15
    assert set(own[0]) == {"case", "quantity", "predicted", "measured", "error", "spread"}
    total = found["summary"]
    assert isinstance(total, dict)
    assert set(total["capture_pct"]) == {"n", "mae", "bias", "max"}


def test_develop_cases_keep_their_accuracy() -> None:
    """In-sample guards; the scored numbers come from benchmarks/score_columns.py."""
    of_2014 = absorber.validate(DATA / "nccc2014_absorber.csv", Settings())
    of_2017 = absorber.validate(DATA / "nccc2017_absorber.csv", Settings())
    first, second = summary(of_2014.found), summary(of_2017.found)
    assert first["capture_pct"]["mae"] <= 1.62
    assert first["rich_loading_mol_mol"]["mae"] <= 0.010
    assert second["capture_pct"]["mae"] <= 2.30
    taps = [abs(c.error or 0.0) for c in of_2017.found if c.quantity.startswith("t_absorber")]
    assert len(taps) > 100
    assert sum(taps) / len(taps) <= 2.6


def test_stripper_file_gives_lean_loading_and_duty() -> None:
    old = summary(stripper.validate(DATA / "nccc2014_stripper.csv", Settings()).found)
    new = summary(stripper.validate(DATA / "nccc2017_stripper.csv", Settings()).found)
    assert old["lean_loading_mol_mol"]["n"] == 15
    assert old["lean_loading_mol_mol"]["mae"] <= 0.0135
    assert new["srd_GJ_t"]["n"] == 12


def relative_duty(path: Path, rich: str = "best") -> tuple[float, str]:
    """Return the mean relative error of the specific duty and the line on its rich loading."""
    out = stripper.validate(path, Settings(rich=rich))
    own = [c for c in out.found if c.quantity == "srd_GJ_t"]
    off = [abs((c.error or 0.0) / (c.measured or 1.0)) for c in own]
    return sum(off) / len(off), out.notes[1]


def test_specific_duty_takes_the_best_rich_loading_there_is(tmp_path: Path) -> None:
    whole, how = relative_duty(DATA / "nccc2017_stripper.csv")
    assert whole <= 0.08
    assert "absorber 12" in how
    alone = tmp_path / "nccc2017_stripper.csv"
    alone.write_bytes((DATA / "nccc2017_stripper.csv").read_bytes())
    flashed, how = relative_duty(alone)
    assert whole < flashed <= 0.115
    assert "flash 11, read 1" in how
    read, how = relative_duty(alone, "read")
    assert read > flashed
    assert "read 12" in how


def test_a_case_refused_for_its_input_is_in_no_mean_and_stops_nothing(tmp_path: Path) -> None:
    file = tmp_path / "plant.csv"
    file.write_text(PLAIN)
    found = absorber.validate(file, Settings())
    own = {c.case: c for c in found.found if c.quantity == "capture_pct"}
    assert own["A"].predicted is not None
    assert own["B"].predicted is None
    assert own["B"].error is None
    assert own["B"].why == "input"
    assert any("1 of 3 cases refused for their input, in no mean: B" in n for n in found.notes)
    assert own["C"].predicted is not None
    assert own["C"].error is None
    assert any("case B: no value for lean_loading_mol_mol" in n for n in found.notes)
    assert any("campaign none" in n for n in found.notes)


@pytest.mark.parametrize(("basis", "expected"), [("", "wet"), ("dry", "dry")])
def test_basis_comes_from_the_column_unless_asked(
    tmp_path: Path, basis: str, expected: str
) -> None:
    file = tmp_path / "plant.csv"
    file.write_text(PLAIN)
    found = absorber.validate(file, Settings(basis=basis))
    assert f"taken as {expected}" in found.notes[0]


def test_2014_counts_as_dry_in_spite_of_its_column() -> None:
    notes = absorber.validate(DATA / "nccc2014_absorber.csv", Settings(bias=False)).notes
    assert "taken as dry" in notes[0]
    assert "bias +0.000" in notes[1]


def test_a_missing_column_is_one_plain_line(tmp_path: Path) -> None:
    file = tmp_path / "plant.csv"
    file.write_text(PLAIN.replace("gas_flow_kg_h", "gas_flow_kgh"))
    with pytest.raises(UserError, match=r"needs a column gas_flow_kg_h or .*; it has gas_flow_kgh"):
        absorber.validate(file, Settings())


def test_unknown_packing_campaign_and_file_are_one_plain_line(tmp_path: Path) -> None:
    path = DATA / "nccc2014_absorber.csv"
    with pytest.raises(UserError, match="choose one with --packing"):
        absorber.validate(path, Settings(packing="chain mail"))
    with pytest.raises(UserError, match="no campaign 'nccc2015'"):
        absorber.validate(path, Settings(campaign="nccc2015"))
    with pytest.raises(UserError, match="cannot be read"):
        absorber.validate(tmp_path / "nothing.csv", Settings())


def test_pictures_are_svg_with_a_mark_per_point(tmp_path: Path) -> None:
    found = [
        Comparison("K<1>", "capture_pct", 90.0, 91.0, 92.0),
        Comparison("2", "capture_pct", 80.0, 79.0),
        Comparison("3", "capture_pct", None, 70.0),
    ]
    text = parity(found)
    assert text.startswith("<svg")
    assert text.count("<circle") == 3
    assert "K&lt;1&gt;" in text
    picture = profiles({"1A": ([0.0, 1.0], [40.0, 50.0], [(0.5, 44.0)])}, "bed")
    assert picture.count("<circle") == 1


def test_errors_are_signed_and_failed_cases_kept() -> None:
    document = as_json([Comparison("1", "capture_pct", None, 90.0)])
    assert document["cases"] == [
        {
            "case": "1",
            "quantity": "capture_pct",
            "predicted": None,
            "measured": 90.0,
            "error": 100.0,
            "why": "model",
        }
    ]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("lean_flow_kg_h", "-4000", "lean_flow_kg_h -4000: must be a flow above zero"),
        ("lean_flow_kg_h", "0", "lean_flow_kg_h 0: must be above zero"),
        ("lean_mea_wtfrac_co2free", "30", "30: must be a mass fraction, not per cent"),
        ("lean_loading_mol_mol", "1.5", "1.5: must be mol CO2 per mol MEA"),
        ("gas_in_co2_molfrac_wet", "8", "8: must be a mole fraction, not per cent"),
        ("gas_T_C", "1042", "gas_T_C 1042: must be degC"),
        ("lean_flow_kg_h", "much", "lean_flow_kg_h: 'much' is no number"),
    ],
)
def test_a_number_that_cannot_be_meant_fails_its_case_with_a_reason(
    tmp_path: Path, column: str, value: str, said: str
) -> None:
    header, first, *_ = PLAIN.splitlines()
    cells = first.split(",")
    cells[header.split(",").index(column)] = value
    path = tmp_path / "odd.csv"
    path.write_text(f"{header}\n{','.join(cells)}\n")
    run_ = absorber.validate(path, Settings())
    assert any(said in note for note in run_.notes)
    assert run_.found[0].predicted is None


@pytest.mark.parametrize("sign", [";", "\t"])
def test_other_separators_and_decimal_commas_are_read(tmp_path: Path, sign: str) -> None:
    lines = (DATA / "nccc2017_absorber.csv").read_text().splitlines()[:3]
    (tmp_path / "points.csv").write_text("\n".join(lines))
    (tmp_path / "other.csv").write_text("\n".join(lines).replace(",", sign).replace(".", ","))
    points, other = (
        absorber.validate(tmp_path / name, Settings()) for name in ("points.csv", "other.csv")
    )
    assert [c.predicted for c in points.found] == [c.predicted for c in other.found]


@pytest.mark.parametrize("kind", ["absorber", "stripper"])
def test_a_picture_nowhere_is_refused_before_anything_is_solved(tmp_path: Path, kind: str) -> None:
    plot = tmp_path / "missing" / "a.svg"
    result = CliRunner().invoke(app, ["validate", kind, "nothing.csv", "--plot", str(plot)])
    assert isinstance(result.exception, UserError)
    assert "no folder" in str(result.exception)


def test_odd_columns_and_names_still_give_one_capture_per_row(tmp_path: Path) -> None:
    """Small and large columns, other packings by their street names, more coolers than beds."""
    file = tmp_path / "others.csv"
    file.write_text(
        "case,lean_flow_kg_h,lean_loading_mol_mol,lean_mea_wtfrac_co2free,gas_flow_kg_h,gas_T_C,"
        "gas_in_co2_molfrac_dry,n_beds,n_intercoolers,packing_height_m,column_diameter_m,packing\n"
        "1,200,0.0,0.3,70,40,0.1,,,4.36,0.125,Mellapak 250.Y\n"
        "1,22000,0.22,0.325,5000,47,0.14,4,,17,1.1,IMTP 50\n"
        '3,3000,0.45,0.3,720,45,0.01,2,3,4,0.427,"1"" Pall rings"\n'
        "4,3000,0.15,0.3,100,45,0.01,,,12,0.427,\n"
        "5,3000,0.15,0.3,100,45,0.01,,,12,0.427,chain mail\n"
    )
    out = absorber.validate(file, Settings())
    own = [c for c in out.found if c.quantity == "capture_pct"]
    assert [c.case for c in own] == ["1", "1", "3", "4", "5"]
    assert [c.predicted is None for c in own] == [False] * 4 + [True]
    assert all(0.0 < (c.predicted or 1.0) <= 100.0 for c in own)
    assert any(
        'pall-ring-25 (1" Pall rings)' in n and "unknown (chain mail)" in n for n in out.notes
    )
    assert any("case 5: no packing 'chain mail'" in n and "--packing" in n for n in out.notes)


def test_another_reaction_set_is_used_where_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "plant.csv"
    file.write_text("\n".join(PLAIN.splitlines()[:2]))
    shipped, whole = (
        absorber.validate(file, Settings(kinetics=one)).found[0].predicted
        for one in (LUO_AMINE, LUO)
    )
    assert shipped is not None
    assert whole is not None
    assert shipped + 0.2 < whole
