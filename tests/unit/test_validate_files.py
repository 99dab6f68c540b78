"""`seastack validate`: odd files, odd numbers and doubtful columns are told, and stop nothing."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.errors import UnknownPacking
from models.packing import packing
from seastack.cli import app
from seastack.problems import UserError
from seastack.validation import absorber, stripper
from seastack.validation.absorber import Run, Settings
from seastack.validation.stripper import StripperRun
from seastack.validation.table import SURPLUS, read

DATA = Path(__file__).parents[1] / "data"
HEAD = (
    "case,lean_flow_kg_h,lean_loading_mol_mol,lean_mea_wtfrac_co2free,gas_flow_kg_h,gas_T_C,"
    "gas_in_co2_molfrac_dry,column_diameter_m,column_P_kPa,packing_height_m,packing"
)
GOOD = "A,4000,0.2,0.3,1500,42,0.08,0.5,105,12,Mellapak 250Y"
STRIP = (
    "case,rich_flow_kg_h,rich_loading_mol_mol,rich_mea_wtfrac_co2free,stripper_in_T_C,"
    "stripper_P_kPa,reboiler_duty_kW,stripper_diameter_m,lean_flow_kg_h,lean_loading_mol_mol,"
    "lean_mea_wtfrac_co2free,srd_data_GJ_t,packing"
)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def absorbed(folder: Path, *lines: str) -> Run:
    return absorber.validate(write(folder / "plant.csv", *lines), Settings())


def stripped(folder: Path, *lines: str) -> StripperRun:
    return stripper.validate(write(folder / "plant.csv", STRIP, *lines), Settings())


def test_short_first_rows_empty_lines_and_commas_too_many(tmp_path: Path) -> None:
    run = absorbed(
        tmp_path, HEAD, "B,4000", ",,,,,,,,,,", "", GOOD, f"{GOOD},7".replace("A,", "C,", 1),
        f"{GOOD},".replace("A,", "D,", 1),
    )  # fmt: skip
    own = {c.case: c.predicted for c in run.found if c.quantity == "capture_pct"}
    assert list(own) == ["B", "A", "C", "D"]
    assert own["B"] is None
    assert own["A"] is not None
    assert own["C"] is None
    assert "case B: no value for gas_in_co2_molfrac_dry" in run.notes
    assert any(n.startswith(f"case C: {SURPLUS}: '7'") for n in run.notes)
    assert any(n.startswith(f"case D: {SURPLUS}: 'an empty cell'") for n in run.notes)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((HEAD, ",,,"), "no cases"),
        (("a,b,a", "1,2,3"), "the column a twice"),
        ((), "no cases"),
    ],
)
def test_what_is_no_table_is_one_plain_line(
    tmp_path: Path, lines: tuple[str, ...], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        read(write(tmp_path / "plant.csv", *lines))


@pytest.mark.parametrize("first", ["chain mail", "Mellapak 250Y"])
def test_an_unknown_packing_fails_its_row_only(tmp_path: Path, first: str) -> None:
    other = "chain mail" if first == "Mellapak 250Y" else "Mellapak 250Y"
    lines = [GOOD.replace("Mellapak 250Y", name) for name in (first, other)]
    run = absorbed(tmp_path, HEAD, *lines)
    got = [c.predicted is None for c in run.found if c.quantity == "capture_pct"]
    assert got == [first == "chain mail", other == "chain mail"]
    with pytest.raises(UserError, match="nearest: mellapak"):
        absorber.validate(tmp_path / "plant.csv", Settings(packing="Mellapak 255Y"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",105,", ",8,", "column_P_kPa 8: must be kPa absolute, 80 to 400"),
        (",105,", ",105000,", "column_P_kPa 105000: must be kPa absolute"),
        (",105,", ",0,", "column_P_kPa 0: must be kPa absolute"),
        (",12,", ",0,", "packing_height_m 0: must be m above zero"),
        (",12,", ",-3,", "packing_height_m -3: must be m above zero"),
        (",0.5,", ",0,", "column_diameter_m 0: must be m above zero"),
        (",0.5,", ",-0.5,", "column_diameter_m -0.5: must be m above zero"),
    ],
)
def test_sizes_and_pressures_that_cannot_be_meant(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    run = absorbed(tmp_path, HEAD, GOOD.replace(old, new, 1), GOOD.replace("A,", "B,", 1))
    assert any(n.startswith(f"case A: {said}") for n in run.notes)
    assert [c.predicted is None for c in run.found] == [True, False]


def test_defaults_are_said_once_with_their_cases(tmp_path: Path) -> None:
    run = absorbed(tmp_path, HEAD, GOOD, GOOD.replace("A,", "B,", 1).replace(",105,", ",,"))
    (line,) = [n for n in run.notes if n.startswith("not given, so taken")]
    assert "lean_T_C 45 degC (all cases)" in line
    assert "column_P_kPa 101.3 (B)" in line
    assert "packing_height_m" not in line


def test_a_column_near_flooding_is_named_with_its_pressure_drop(tmp_path: Path) -> None:
    wide, narrow = (
        GOOD.replace(",0.5,", ",0.6,"),
        GOOD.replace("A,", "B,", 1).replace(",0.5,", ",0.4,"),
    )
    run = absorbed(tmp_path, HEAD, wide, narrow)
    told = [n for n in run.notes if "flooding" in n]
    assert len(told) == 1
    assert told[0].startswith("case B: beyond flooding: ")
    assert " kPa over the bed" in told[0]


def test_a_bad_file_beside_is_noted_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "nccc2017_stripper.csv"
    path.write_text("\n".join((DATA / path.name).read_text().splitlines()[:3]))
    write(tmp_path / "nccc2017_absorber.csv", "case,gas_flow_kg_h", '1A,"3')
    write(tmp_path / "nccc2017_lean_rich_heat_exchanger.csv", "case")
    (tmp_path / "nccc2017_stripper_temperature_profiles.csv").write_bytes(b"\xff\xfe\x00,")
    run = stripper.validate(path, Settings())
    assert all(c.predicted is not None for c in run.found)
    assert sum(n.startswith("a file beside is left out") for n in run.notes) == 3


def test_what_is_not_beside_is_said_with_what_to_expect(tmp_path: Path) -> None:
    path = tmp_path / "nccc2017_stripper.csv"
    path.write_text("\n".join((DATA / path.name).read_text().splitlines()[:2]))
    notes = stripper.validate(path, Settings()).notes
    assert any("no absorber row beside" in n and "all cases: " in n for n in notes)
    assert any("no hx_rich_out_T_C" in n and "10.3 K below the reboiler" in n for n in notes)
    beside = stripper.validate(DATA / path.name, Settings()).notes
    assert not any("no absorber row beside" in n for n in beside)
    header, first = (DATA / path.name).read_text().splitlines()[:2]
    path.write_text(f"{header},hx_rich_out_T_C\n{first},108\n{first.replace('1A', '2A', 1)},\n")
    write(tmp_path / "nccc2017_absorber.csv", "case,gas_flow_kg_h", "1A,3000")
    some = stripper.validate(path, Settings()).notes
    assert any("no absorber row beside" in n and "for 2A: " in n for n in some)
    assert any("no hx_rich_out_T_C" in n and "for 2A: " in n for n in some)


@pytest.fixture(scope="module")
def odd_strippers(tmp_path_factory: pytest.TempPathFactory) -> StripperRun:
    return stripped(
        tmp_path_factory.mktemp("odd"),
        "cold,8000,0.45,0.3,40,180,250,0.6,,,,,Mellapak 250Y",
        "hot,3000,0.45,0.3,100,420,900,0.6,,,,,Mellapak 250Y",
        "warm,8000,0.45,0.3,80,180,218,0.6,,,,,Mellapak 250Y",
    )


def test_a_feed_that_only_warms_says_what_it_needs(odd_strippers: StripperRun) -> None:
    (line,) = [n for n in odd_strippers.notes if n.startswith("case cold:")]
    assert "reboiler_duty_kW 250: nothing boils; the feed of 40.0 degC needs" in line


def test_a_stripper_beyond_the_data_says_so(odd_strippers: StripperRun) -> None:
    told = [n for n in odd_strippers.notes if "extrapolated" in n]
    assert any(n.startswith("case hot: temperature") for n in told)
    assert any(n.startswith("case hot: loading 0.0142") for n in told)
    assert not any(n.startswith("case warm") for n in told)


def test_a_duty_that_mostly_warms_the_feed_says_so(odd_strippers: StripperRun) -> None:
    (line,) = [n for n in odd_strippers.notes if n.startswith("case warm:")]
    assert "kW only warm the feed to its boiling point" in line


def test_no_analyser_reads_below_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "plant.csv", STRIP, "1,2000,0.2,0.3,105,180,900,0.6,,,,,")
    (one,) = stripper.validate(path, Settings(lean_bias=0.1)).found
    assert one.predicted == 0.0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("stripper", "--rich", "reed"), "--rich reed: must be best or read; did you mean read"),
        (("stripper", "--plot", "a.png"), "a.png: pictures are drawn as SVG; name it a.svg"),
        (("absorber", "--plot", "a"), "a: pictures are drawn as SVG; name it a.svg"),
        (("fuel", "--plot", "a.pdf"), "name it a.svg"),
        (("exhaust", "--plot", "a.png"), "name it a.svg"),
    ],
)
def test_options_that_cannot_be_served_are_refused(args: tuple[str, ...], said: str) -> None:
    kind, *options = args
    file = [str(DATA / f"nccc2014_{kind}.csv")] if kind in ("absorber", "stripper") else []
    result = CliRunner().invoke(app, ["validate", kind, *file, *options])
    assert isinstance(result.exception, UserError)
    assert said in str(result.exception)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Sulzer BX", "sulzer-bx"),
        ("BX 500", "sulzer-bx"),
        ("Mellapak M250.Y", "mellapak-250y"),
        ("250X", "mellapak-250x"),
        ("Mellapak 252Y", "mellapakplus-252y"),
        ("Pall rings, 25 mm, metal", "pall-ring-25"),
    ],
)
def test_more_spellings_of_packings(name: str, key: str) -> None:
    assert packing(name).key == key


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("70 mm Pall rings", "nearest: pall-ring-"),
        ("Raschig rings 25 mm", "nearest: pall-ring-25"),
        ("Flexipac 3Y", "nearest: flexipac-"),
    ],
)
def test_an_unknown_packing_names_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(UnknownPacking, match=nearest):
        packing(name)


def test_an_intercooler_without_flow_cools_nothing(tmp_path: Path) -> None:
    head = f"{HEAD},n_intercoolers,intercooler1_return_T_C,intercooler1_flow_kg_h"
    none, idle, cold = (
        absorbed(tmp_path, head, f"{GOOD},{tail}").found[0].predicted
        for tail in ("0,,", "1,20,0", "1,20,4000")
    )
    assert none is not None
    assert none == pytest.approx(idle, abs=0.01)
    assert none != pytest.approx(cold, abs=0.01)


def test_a_bad_lean_line_costs_the_duty_not_the_lean_loading(tmp_path: Path) -> None:
    run = stripped(tmp_path, "1,7000,0.45,0.3,100,180,400,0.6,6500,2.4,0.3,4.1,252Y")
    assert [(c.quantity, c.predicted is None) for c in run.found] == [
        ("lean_loading_mol_mol", False),
        ("srd_GJ_t", True),
    ]
    assert any("no specific duty: lean_loading_mol_mol 2.4: must be" in n for n in run.notes)


def test_a_word_for_a_number_is_quoted(tmp_path: Path) -> None:
    run = absorbed(tmp_path, HEAD, GOOD.replace(",4000,", ",much,"))
    assert "case A: lean_flow_kg_h: 'much' is no number" in run.notes
