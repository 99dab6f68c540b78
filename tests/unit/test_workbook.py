"""Tables kept as .xlsx: read as their CSV would be, or refused in one line."""

import datetime as dt
import random
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from seastack.cli import app
from seastack.problems import UserError
from sensors.errors import ConfigError
from sensors.tablefile import read_table
from sim.voyages import load

DAY = dt.datetime(2026, 3, 1)


def book(path: Path, rows: list[list[object]], *others: str) -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for name in others:
        made.create_sheet(name)
    made.save(path)
    return path


def hours(n: int) -> dt.datetime:
    return DAY + dt.timedelta(hours=n)


ROWS: list[list[object]] = [
    ["timestamp", "total_power_demand_kW", "sea_water_degC", None],
    [hours(0), 7334.5, 4, None],
    [hours(1), 9120, 4.5, None],
    [hours(2), 8870.25, 5, None],
    [None, None, None, None],
]


def test_a_voyage_kept_as_a_workbook_is_the_same_voyage(tmp_path: Path) -> None:
    sailed = load(book(tmp_path / "v.xlsx", ROWS))
    assert sailed.series["total_power_demand_kW"] == (7334.5, 9120.0, 8870.25)
    assert sailed.end_s - sailed.start_s == 7200.0
    assert sailed.at(sailed.start_s).sea_water_degC == 4.0


def test_units_in_a_row_are_converted_and_said(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ROWS[0],
        [None, "MW", "°F"],
        [hours(0), 7.3, 40],
        [hours(1), 8.1, 50],
    ]
    sailed = load(book(tmp_path / "v.xlsx", rows))
    assert sailed.series["total_power_demand_kW"] == pytest.approx((7300.0, 8100.0))
    assert sailed.series["sea_water_degC"] == pytest.approx((40 / 1.8 - 32 / 1.8, 10.0))
    assert any("total_power_demand_kW is in MW by the row of units" in n for n in sailed.notes)
    bad: list[list[object]] = [
        ROWS[0],
        [None, "hp", "°C"],
        [hours(0), 7.3, 40],
        [hours(1), 8.1, 50],
    ]
    with pytest.raises(ConfigError, match="is in hp, by the row of units"):
        load(book(tmp_path / "b.xlsx", bad))


def test_of_several_sheets_the_first_with_anything_is_read_and_said(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.create_sheet("log")
    for row in ROWS:
        sheet.append(row)
    made.save(tmp_path / "v.xlsx")
    assert "sheet 'log' of 2 is read" in read_table(tmp_path / "v.xlsx").notes


def test_what_excel_computed_or_could_not_is_no_number(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ROWS[0][:2],
        [hours(0), 7000],
        [hours(1), "#DIV/0!"],
        [hours(2), True],
    ]
    with pytest.raises(ConfigError, match=r"2 of 3 cells are no kW from 0: line 3 #DIV/0!"):
        load(book(tmp_path / "v.xlsx", rows))


@pytest.mark.parametrize("name", ["v.xls", "v.ods", "v.xlsb"])
def test_other_workbooks_name_what_to_save_as(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(ConfigError, match=r"save it as \.xlsx or \.csv"):
        read_table(tmp_path / name)


def test_a_workbook_is_measured_before_it_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 60_000_000)
    with pytest.raises(ConfigError, match="longer than 50 MB"):
        read_table(path)


def outcome(path: Path) -> tuple[str, str]:
    """Return what refuses a workbook, and the first power it holds."""
    try:
        found = read_table(path)
    except ConfigError as problem:
        return str(problem), ""
    return "", found.rows[0][1][1] if found.rows else ""


def test_a_damaged_workbook_is_one_line_whatever_is_damaged(tmp_path: Path) -> None:
    whole = book(tmp_path / "v.xlsx", ROWS).read_bytes()
    draw = random.Random(5)
    path = tmp_path / "d.xlsx"
    refused = 0
    for _ in range(150):
        data = bytearray(whole)
        if draw.random() < 0.3:
            data = data[: draw.randrange(len(data))]
        for _ in range(draw.randrange(1, 4)):
            if data:
                data[draw.randrange(len(data))] = draw.randrange(256)
        path.write_bytes(bytes(data))
        told, power = outcome(path)
        assert "\n" not in told
        refused += bool(told)
        # what a flip may leave whole: names and times of the archive
        assert power in ("7334.5", "")
    assert refused > 75


def run(*words: str) -> str:
    result = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["validate", "voyage", *words])
    if isinstance(result.exception, ConfigError | UserError):
        return str(result.exception)
    return result.output


GAPPED = (
    "timestamp,total_power_demand_kW,sea_water_degC\n"
    "2026-03-01T00:00:00Z,7000,4\n2026-03-01T01:00:00Z,,\n"
    "2026-03-01T02:00:00Z,9000,6\n2026-03-01T03:00:00Z,9100,6\n"
)


def test_gaps_are_refused_or_let_through_as_asked(tmp_path: Path) -> None:
    path, out = tmp_path / "v.csv", tmp_path / "whole.csv"
    path.write_text(GAPPED)
    told = run(str(path))
    assert "1 of 4 cells are no kW from 0" in told
    assert "--gaps line (or hold) --out whole.csv" in told
    lined = run(str(path), "--gaps", "line", "--out", str(out))
    assert "2 empty cells: on the line between their neighbours" in lined
    assert load(out).series["total_power_demand_kW"] == (7000.0, 8000.0, 9000.0, 9100.0)
    run(str(path), "--gaps", "hold", "--out", str(out))
    assert load(out).series["sea_water_degC"] == (4.0, 4.0, 6.0, 6.0)
    assert "must be one of refuse, line, hold" in run(str(path), "--gaps", "skip")


def test_a_wrong_number_is_no_gap(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text(GAPPED.replace("9000", "-999"))
    assert "1 of 4 cells are no kW from 0: line 4 -999" in run(str(path), "--gaps", "hold")


def test_the_voyage_is_drawn(tmp_path: Path) -> None:
    path, plot = tmp_path / "v.csv", tmp_path / "v.svg"
    path.write_text(GAPPED)
    told = run(str(path), "--gaps", "line", "--plot", str(plot))
    assert "mean power" in told
    assert "main engines on line" in plot.read_text()


def test_a_line_over_a_gap_does_not_lead_to_a_zero(tmp_path: Path) -> None:
    path, out = tmp_path / "v.csv", tmp_path / "whole.csv"
    path.write_text(GAPPED.replace("9000", "0"))
    told = run(str(path), "--gaps", "line", "--out", str(out))
    assert "1 rows of zero power are gaps" in told
    power = load(out).series["total_power_demand_kW"]
    assert power[0] == 7000.0
    assert power[1] == pytest.approx(7700.0)  # between 7000 and 9100, a third of the way
    assert power[2] == power[1]
    assert power[3] == 9100.0


def test_what_a_file_says_of_its_size_is_not_believed(tmp_path: Path) -> None:
    whole, other = book(tmp_path / "v.xlsx", ROWS), tmp_path / "w.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(other, "w") as new:
        for part in old.namelist():
            data = old.read(part)
            if part.endswith("sheet1.xml"):
                assert b'<dimension ref="A1:' in data
                data = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', data)
            new.writestr(part, data)
    assert load(other).series == load(whole).series
