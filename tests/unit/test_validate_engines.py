"""`seastack validate fuel` and `validate exhaust`: any log, any load table, plain errors."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seastack.cli import app
from seastack.problems import UserError
from seastack.validation import exhaust, fuel
from seastack.validation.chart import Panel, chart, ticks
from seastack.validation.report import draw
from seastack.validation.result import summary

TWO = (
    "formula_set,load_frac,exhaust_kg_s,exhaust_degC\n"
    "S80ME-C7,0.8,31.09,214.4\nME-C8.2/B9.3-TII,0.8,31.52,207.3\n"
)


def run(*args: str) -> dict[str, object]:
    result = CliRunner().invoke(app, ["validate", *args, "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def write(folder: Path, text: str) -> Path:
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_daily_fuel_has_two_quantities_a_day_and_the_bench_s_figures(tmp_path: Path) -> None:
    plot = tmp_path / "fuel.svg"
    found = run("fuel", "--plot", str(plot))
    cases = found["cases"]
    assert isinstance(cases, list)
    assert [c["quantity"] for c in cases].count(fuel.METERED) == 120
    assert [c["quantity"] for c in cases].count(fuel.ALL) == 120
    figures = found["figures"]
    assert isinstance(figures, list)
    by_name = {f["name"]: f["value"] for f in figures}
    assert by_name["daily scatter (standard deviation)"] == pytest.approx(3.18, abs=0.01)
    assert by_name["mean ratio with the fuel line prolonged instead"] == pytest.approx(
        0.980, abs=0.001
    )
    assert plot.read_text().count("<circle") == 480


def test_a_log_of_two_days_one_without_a_reading(tmp_path: Path) -> None:
    log = write(tmp_path, "date,Total_day_FO_meters\n2014-02-01,24.857\n2014-02-02,\n")
    result = CliRunner().invoke(app, ["validate", "fuel", str(log)])
    assert result.exit_code == 0
    assert "2014-02-02 left out: no meter reading" in result.output
    assert "2014-02-01" in result.output


def test_a_day_outside_the_voyage_leaves_nothing_and_draws_nothing(tmp_path: Path) -> None:
    log = write(tmp_path, "date,Total_day_FO_meters\n2015-02-01,24.857\n")
    plot = tmp_path / "none.svg"
    found = run("fuel", str(log), "--plot", str(plot))
    assert found["cases"] == []
    assert not plot.exists()


def test_the_shop_test_is_met_where_measured_and_told_in_between() -> None:
    total = summary(exhaust.validate(None).finding.found)
    assert total["fuel_kg_h"]["max"] == 0.0
    assert total["t_exhaust_degC"]["max"] < 1e-9
    assert total["fuel_kg_h_left_out"]["n"] == 4
    assert total["t_exhaust_degC_left_out"]["max"] == pytest.approx(82.5)


def test_part_load_sets_of_the_two_stroke_are_told_apart(tmp_path: Path) -> None:
    finding = exhaust.validate(write(tmp_path, TWO)).finding
    assert [c.case for c in finding.found][::2] == ["S80ME-C7 80 %", "ME-C8.2/B9.3-TII 80 %"]
    assert all(abs(c.error or 0.0) < 0.06 for c in finding.found)


@pytest.mark.parametrize(
    "row", ["load_pct,t_exhaust_degC\n75,336\n", "power_kW,t_exhaust_degC\n4387.5,336\n"]
)
def test_load_may_be_a_percentage_or_a_power(tmp_path: Path, row: str) -> None:
    (one,) = exhaust.validate(write(tmp_path, row)).finding.found
    assert one.predicted == pytest.approx(336.0, abs=0.1)
    assert one.case == "75 %"


def test_surroundings_and_fuel_of_a_row_are_used(tmp_path: Path) -> None:
    text = "load_frac,air_degC,fuel,exhaust_kg_s,fuel_kg_h\n0.75,45,methanol,8.0,1700\n"
    burnt, flow = (
        c.predicted or 0.0 for c in exhaust.validate(write(tmp_path, text)).finding.found
    )
    assert burnt == pytest.approx(844.7 * 40200.0 / 19900.0)
    # hot air is thin: less gas than the test's 8.29 kg/s, but for the heavier fuel
    assert flow - burnt / 3600.0 < 8.287 - 844.7 / 3600.0


def test_another_engine_gets_only_the_check_of_its_inner_points(tmp_path: Path) -> None:
    text = "engine,load_frac,fuel_kg_h\n9X,0.5,100\n9X,0.75,160\n9X,1.0,200\n"
    finding = exhaust.validate(write(tmp_path, text)).finding
    (one,) = finding.found
    assert (one.quantity, one.predicted) == ("fuel_kg_h_left_out", 150.0)
    assert "the file is of 9X" in finding.notes[0]
    assert exhaust.validate(write(tmp_path, text), "6L46B").finding.found[0].predicted == 586.9


def test_below_the_data_the_clamp_is_told(tmp_path: Path) -> None:
    finding = exhaust.validate(write(tmp_path, "load_frac,fuel_kg_h\n0.1,208\n")).finding
    assert finding.notes[-1] == "case 10 %: outside the engine's data, nearest end taken"


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("a,b\n1,2\n", {}, "needs a column load_frac"),
        ("load_frac,b\n1,2\n", {}, "needs at least one column of fuel_kg_h, t_exhaust"),
        ("load_frac,fuel_kg_h\n80,2\n", {}, "row 1: no load"),
        ("load_frac,fuel_kg_h\n,2\n", {}, "row 1: no load"),
        ("load_frac,fuel_kg_h\n1,2\n", {"engine": "6L46"}, "did you mean 6L46B"),
        ("load_frac,fuel_kg_h\n1,2\n", {"fuel": "HFOO"}, "did you mean HFO"),
        ("", {}, "no cases"),
    ],
)
def test_what_cannot_be_compared_is_told_plainly(
    tmp_path: Path, text: str, options: dict[str, str], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        exhaust.validate(write(tmp_path, text), **options)


def test_a_picture_that_cannot_be_written_is_a_user_s_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written"):
        draw("<svg/>", tmp_path / "missing" / "a.svg")
    draw("<svg/>", None)


def test_exhaust_is_drawn_over_load(tmp_path: Path) -> None:
    svg = exhaust.picture(exhaust.validate(None))
    assert svg.count("<rect") == 3  # paper, fuel, temperature
    assert svg.count("<circle") == 2 * (6 + 4)
    assert svg.count("<polyline") == 2
    text = "engine,load_frac,fuel_kg_h\n9X,0.5,100\n9X,0.75,160\n9X,1.0,200\n"
    unknown = exhaust.picture(exhaust.validate(write(tmp_path, text)))
    assert "<polyline" not in unknown
    assert unknown.count("<circle") == 4


def test_a_chart_of_one_point_has_an_axis() -> None:
    svg = chart([Panel("a < b", "x", "y", points=[("one", [2.0], [3.0])], tips=["here"])])
    assert "a &lt; b" in svg
    assert "nan" not in svg
    assert ticks(0.0, 10.0) == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
