"""Tables as spreadsheets, loggers and other countries write them: read right, or refused."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from seastack.cli import app
from seastack.fuelcheck import check_fuel
from seastack.fuellog import read_log
from seastack.problems import UserError
from seastack.validation import absorber, exhaust
from sensors.errors import ConfigError
from sensors.tablefile import read_table
from sim import voyages

OUTSIDE = Path(__file__).parents[1] / "data" / "outside"
POINTS = "time,power,remark\n1,7334.5,a\n2,7000,b c\n"
COMMAS = POINTS.replace(",", ";").replace(".", ",")

# Bytes, and what is taken for granted of them; all mean what POINTS means.
READ = {
    "plain": (POINTS.encode(), ()),
    "mark": (b"\xef\xbb\xbf" + POINTS.encode(), ()),
    "windows lines": (POINTS.replace("\n", "\r\n").encode(), ()),
    "old mac lines": (POINTS.replace("\n", "\r").encode(), ()),
    "no last line end": (POINTS.rstrip().encode(), ()),
    "all quoted": (b'"time","power","remark"\n"1","7334.5","a"\n"2","7000","b c"\n', ()),
    "spaces": (POINTS.replace(",", " , ").encode(), ()),
    "excel columns": (POINTS.replace("\n", ",,,\n").encode(), ()),
    "excel rows": (POINTS.encode() + b",,\n,,\n\n", ()),
    "lines before": (b"\n,,\n" + POINTS.encode(), ()),
    "units": (
        POINTS.replace("remark\n", "remark\nh,[kW],-\n").encode(),
        ("line 2 is a row of units",),
    ),
    "semicolons": (POINTS.replace(",", ";").encode(), ("semicolons",)),
    "sep": (b"sep=;\r\n" + POINTS.replace(",", ";").encode(), ("semicolons",)),
    "tabs": (POINTS.replace(",", "\t").encode(), ("tabs",)),
    "decimal commas": (COMMAS.encode(), ("semicolons", "decimal commas")),
    "thousands": (
        COMMAS.replace("7334,5", "7.334,5").replace("7000", "7.000").encode(),
        ("semicolons", "decimal commas"),
    ),
    "utf-16": (POINTS.encode("utf-16"), ()),
}


@pytest.mark.parametrize("case", READ)
def test_what_can_be_read_in_one_way_is_read(tmp_path: Path, case: str) -> None:
    data, notes = READ[case]
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    table = read_table(path)
    assert table.header == ["time", "power", "remark"]
    told = [(float(a), float(b), c) for _, (a, b, c) in table.rows]
    assert told == [(1.0, 7334.5, "a"), (2.0, 7000.0, "b c")]
    assert len(table.notes) == len(notes)
    assert all(word in note for word, note in zip(notes, table.notes, strict=True))


REFUSED = {
    "a decimal comma": (POINTS.replace("7334.5", "7334,5"), "line 2: has 4 cells, the header 3"),
    "a column twice": ("a,b,a\n1,2,3\n", "line 1: has the column a twice"),
    "an open quote": (POINTS.replace("a\n", '"a\n'), "line 2: is no line of a CSV file"),
    "a line break in quotes": (POINTS.replace("b c", '"b\nc"'), "line 3: is no line"),
    "points and commas": (COMMAS.replace("7000", "70.5"), "line 3: has '70.5', line 2 has a dec"),
    "thousands or decimals": (
        "time;power;remark\n1;7,334;a\n2;7,000;b\n",
        "line 2: has '7,334': thousands, or three",
    ),
    "no text": ("\x00\x01\xff\xfe", "is not text"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_be_read_in_two_ways_is_refused(tmp_path: Path, case: str) -> None:
    text, said = REFUSED[case]
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError) as told:
        read_table(path)
    assert said in str(told.value)
    assert str(path) in str(told.value)


def test_windows_text_is_read_and_said(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("Öl,Temperatur °C\n1,2\n".encode("cp1252"))
    table = read_table(path)
    assert table.header == ["Öl", "Temperatur °C"]
    assert table.notes == ("the text is no UTF-8: taken as Windows-1252",)


@pytest.mark.parametrize("nothing", ["", "NaN", "N/A", "#N/A", "null", "-", "NULL", " "])
def test_nothing_is_an_empty_cell(tmp_path: Path, nothing: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"a,b,c\n1,{nothing},3\n4\n")
    assert [row for _, row in read_table(path).rows] == [["1", "", "3"], ["4", "", ""]]


# The inputs of public voyages and logs that were read wrongly, or not at all.
VOYAGES = {
    "alongside_zero": "18 rows of zero power are gaps: the last value is held, 18.0 h at most",
    "gap_three_weeks": "1 hole bridged by straight lines, the longest 503.0 h from 2024-05-01",
    "megawatt": "power stays below 7.355 kW, a tenth of one engine of 5850 kW: is it in MW?",
    "thousands_point": "is it in MW?",
    "three_minutes": "it is 3 min long: beyond its end the last value is held",
    "hourly_jitter": "",
    "big_ship": "! 31 % of its energy is beyond the ship: 4 engines of 5850 kW give 27540 kW",
    "clock_back": "! line 10, column timestamp: time does not rise; a clock that was set back?",
    "column_twice": "! has the column total_power_demand_kW twice",
    "decimal_comma_before": "! line 2: has 4 cells, the header 3, and 11 more lines",
    "thousands_unquoted": "! line 2: has 3 cells, the header 2, and 11 more lines",
    "stray_quote": "! line 5: is no line of a CSV file",
    "empty_cell": "! 1 of 12 cells are no kW from 0: line 7 empty; leave those rows out",
    "small_negative": "! 1 of 12 cells are no kW from 0: line 7 -0.02",
    "weather_gap": "! line 7, column air_degC: 1 of 12 cells",
    "fahrenheit": "! 12 of 12 cells are no degC from -3 to 40, no degF, no K: line 2 81",
    "kelvin": "! 12 of 12 cells are no degC from -3 to 40, no degF, no K: line 2 300",
}


@pytest.mark.parametrize("case", VOYAGES)
def test_a_voyage_is_read_with_its_doubts_or_refused(case: str) -> None:
    said, path = VOYAGES[case], OUTSIDE / f"v_{case}.csv"
    if said.startswith("! "):
        with pytest.raises(ConfigError) as told:
            voyages.load(path)
        assert said[2:] in str(told.value)
    else:
        assert said in "; ".join(voyages.load(path).notes)


def test_a_voyage_in_other_spellings_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text(
        "timestamp;air_degC;total_power_demand_kW\n;[°C];[kW]\n"
        "2024-05-01 00:00;20,5;7.334,5\n2024-05-01 01:00;21,5;7.434,5\n"
    )
    voyage = voyages.load(path)
    state = voyage.at(voyage.start_s + 1800.0)
    assert (state.total_kW, state.air_degC) == (7384.5, 21.0)
    path.write_text(path.read_text().replace("[kW]", "[hp]"))
    with pytest.raises(ConfigError, match=r"column total_power_demand_kW: is in hp.*give kW"):
        voyages.load(path)


def test_what_was_taken_for_granted_of_a_voyage_is_printed() -> None:
    path = str(OUTSIDE / "v_alongside_zero.csv")
    told = CliRunner().invoke(app, ["bench", "loop", "--days", "0.001", "--voyage", path])
    assert "voyage v_alongside_zero: 18 rows of zero power are gaps" in told.output


@pytest.mark.parametrize(
    "cell", ["7_300", "inf", "1e400", "0x10", "７３００", "7 300", "7300kW", "+"]
)
def test_what_python_takes_for_a_number_and_nobody_writes_is_none(
    tmp_path: Path, cell: str
) -> None:
    path = tmp_path / "v.csv"
    path.write_text(
        "timestamp,total_power_demand_kW\n2024-05-01 00:00,7000\n"
        f"2024-05-01 01:00,{cell}\n2024-05-01 02:00,7000\n"
    )
    with pytest.raises(ConfigError, match="line 3, column total_power_demand_kW"):
        voyages.load(path)


LOGS = {
    "decimal_comma": "line 2: has 5 cells, the header 3",
    "infinite": "line 2, column Total_day_FO_meters: 'inf' is not a number",
    "negative_hours": "line 2, column AE1_hours_day: -24 is no hours of a day",
    "kilograms": "38900 is no t a day from 0 to 1000, no kg",
    "same_day_twice": "line 3, column date: 2024-05-01 begins before the row above it ends",
}


@pytest.mark.parametrize("case", LOGS)
def test_a_fuel_log_that_cannot_be_meant_is_refused(case: str) -> None:
    with pytest.raises(ConfigError) as told:
        read_log(OUTSIDE / f"f_log_{case}.csv")
    assert LOGS[case] in str(told.value)


def test_a_noon_report_is_the_day_that_ended_then() -> None:
    check = check_fuel(OUTSIDE / "f_log_noon.csv", OUTSIDE / "f_port_then_sea.csv")
    assert check.days[0].all_t == pytest.approx(9.3, abs=0.1)
    assert any("3 rows have a time of day: each is what ended then" in a for a in check.assumed)


def test_a_noon_day_is_as_long_as_the_clock_says(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(
        "date,Total_day_FO_meters\n2024-05-02T12:00+00:00,30\n2024-05-03T12:00-01:00,31\n"
        "2024-05-09T12:00-01:00,30\n"
    )
    assert [day.length_s / 3600.0 for day in read_log(path)] == [24.0, 25.0, 24.0]


def test_another_ships_auxiliary_is_left_out_only_when_asked() -> None:
    power, log = OUTSIDE / "f_steady.csv", OUTSIDE / "f_log_ae3_only.csv"
    day = check_fuel(log, power).days[0]
    assert day.metered_t == day.all_t == pytest.approx(38.94, abs=0.05)
    assert check_fuel(log, power, ae3_unmetered=True).days[0].metered_t < 30.0
    assert "4 engines of 5850 kW and 1800 kW for its hotel" in check_fuel(log, power).assumed[0]


EXHAUST = {
    "decimal_comma": "row 1: cells beyond the header: '8, 357, 0'; a comma too many?",
    "kelvin": "row 1: air_degC 298 is no degC from -50 to 60, no degF, no K",
    "pressure_kPa": "row 1: pressure_mbar 101.3 is no mbar from 800 to 1100, no kPa, no Pa",
    "other_engine_kW": "the rated power of maker X 6-cyl is not known: give load_pct",
}


@pytest.mark.parametrize("case", EXHAUST)
def test_an_exhaust_table_that_cannot_be_meant_is_refused(case: str) -> None:
    with pytest.raises(UserError) as told:
        exhaust.validate(OUTSIDE / f"e_{case}.csv")
    assert EXHAUST[case] in str(told.value)


def test_each_row_of_an_exhaust_table_is_of_its_own_engine_and_climate() -> None:
    finding = exhaust.validate(OUTSIDE / "e_two_engines.csv").finding
    both = finding.found
    assert [n for n in finding.notes if n.startswith("engine ")] == [
        "engine 6L46B (by the column engine: 6L46B)",
        "engine 6S65ME-C8.2-GI (by the column engine: 6S65ME-C8.2-GI)",
    ]
    assert "6S65ME-C8.2-GI 75 %" in {c.case for c in both}
    fuel = {c.measured: c.predicted for c in both if c.quantity == "fuel_kg_h"}
    assert fuel[1160.0] == pytest.approx(1154, abs=1)
    assert fuel[2650.0] == pytest.approx(2650, abs=1), "the two-stroke's own row"
    climates = exhaust.validate(OUTSIDE / "e_two_climates.csv").finding.found
    left = {c.case: c.predicted for c in climates}
    assert left == {"cool 75": 335.0, "hot 75": 370.0}


def absorbed(name: str, *lines: str, folder: Path | None = None) -> absorber.Run:
    path = OUTSIDE / f"a_{name}.csv"
    if folder is not None:
        path = folder / "plant.csv"
        path.write_text("\n".join(lines))
    return absorber.validate(path, absorber.Settings())


def test_a_plastic_ring_is_no_metal_one() -> None:
    run = absorbed("plastic_rings")
    said = next(note for note in run.notes if note.startswith("packing"))
    assert "pall-ring-plastic-25 (Pall rings plastic 25 mm)" in said
    assert "pall-ring-25" in said
    metal, plastic = (c.predicted or 0.0 for c in run.found if c.quantity == "capture_pct")
    assert -3.0 < plastic - metal < -0.3


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("all_co2", "case pure CO2: y_co2 1: must be a mole fraction up to 0.95, no per cent"),
        ("capture_fraction", "case fraction: capture_pct 0.9: must be % from 1 to 100"),
        ("capture_fraction", "case above 100: capture_pct 110: must be % from 1 to 100"),
        ("hot_gas", "case 80 degC: its gas is taken as saturated: 45 % steam at 80 degC"),
        ("hot_gas", "case 120 degC: t_degC 120: must be below boiling at 105 kPa"),
        ("hot_gas", "not given, so taken: gas saturated with water at its temperature"),
    ],
)
def test_an_absorber_case_that_cannot_be_meant_is_named(name: str, said: str) -> None:
    assert any(note.startswith(said) for note in absorbed(name).notes)


def test_a_hot_gas_with_its_water_is_the_same_gas(tmp_path: Path) -> None:
    """6 % water from 43 to 120 degC: capture hardly depends on the gas's temperature."""
    head, *rows = (OUTSIDE / "a_hot_gas.csv").read_text().splitlines()
    lines = [f"{head},gas_in_h2o_molfrac", *(f"{row},0.06" for row in rows)]
    run = absorbed("", *lines, folder=tmp_path)
    got = [c.predicted for c in run.found if c.quantity == "capture_pct"]
    assert got == pytest.approx([97.3, 97.2, 97.1, 97.1, 97.0], abs=0.1)
    assert not any("saturated" in note for note in run.notes)
    dry = [f"{head},gas_in_humidity_pct", f"{rows[0]},0", f"{rows[0]},100", rows[0] + ","]
    run = absorbed("", *dry, folder=tmp_path)
    zero, full, none = (c.predicted for c in run.found if c.quantity == "capture_pct")
    assert full == none
    assert zero != full
