"""Changed tables through every reader, a few thousand of the million of `bench torture`."""

from pathlib import Path
from random import Random

import pytest

from seastack.bench.tortures.tables import tables
from seastack.bench.tortures.tally import Tally, hangs_are_seen
from seastack.fuellog import read_log
from seastack.problems import UserError
from seastack.validation import table
from seastack.validation.absorber import Settings, validate
from sensors.errors import ConfigError
from sensors.tablefile import read_table
from sim.voyagefile import read_series


def test_no_changed_table_is_misread_without_a_word() -> None:
    tally = Tally()
    with hangs_are_seen():
        tables(Random(3), 4000, tally, lambda _: None)
    assert tally.told == []
    assert sum(tally.faults.values()) == 0
    assert tally.met["read"] > 200
    assert tally.met["read with a word"] > 200


def write(folder: Path, text: str) -> Path:
    path = folder / "t.csv"
    path.write_text(text)
    return path


def test_a_decimal_comma_hidden_by_an_empty_last_column_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b,remark\n1.5,2.5,calm\n1,5,2.5,\n")
    with pytest.raises(ConfigError, match=r"line 3: has more separators than the header"):
        read_table(path)
    even = write(tmp_path, "a,b\n1.5,2.5,\n3.5,4.5,\n")
    assert read_table(even).rows == [(2, ["1.5", "2.5"]), (3, ["3.5", "4.5"])]


def test_a_row_with_too_few_cells_is_said(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "timestamp,total_power_demand_kW,sea_water_degC\n2026-03-01,7000,4\n2026-03-02,7100\n",
    )
    with pytest.raises(ConfigError, match="column sea_water_degC"):
        read_series(path)
    found = read_table(write(tmp_path, "a,b,c\n1,2,3\n1,2\n1\n"))
    assert found.notes == (
        "line 3 and 1 more rows have fewer cells than the header: the last are taken as empty",
    )


PLANT = (
    "case,lean_flow_kg_h,lean_T_C,lean_loading_mol_mol,lean_mea_wtfrac_co2free,gas_flow_kg_h,"
    "gas_T_C,gas_in_co2_molfrac_wet,column_diameter_m\n"
)


def test_a_row_of_units_that_contradicts_a_name_is_refused(tmp_path: Path) -> None:
    path = write(
        tmp_path, PLANT + ",kg/s,°C,mol/mol,,kg/h,°C,-,m\nA,4,40,0.2,0.3,1200,42,0.1,0.4\n"
    )
    with pytest.raises(
        UserError, match=r"lean_flow_kg_h: is in kg/s .*name the column by its unit"
    ):
        table.read(path)


def test_a_cell_that_is_no_number_is_never_a_default(tmp_path: Path) -> None:
    path = write(tmp_path, PLANT + "A,4000,41 C,0.2,0.3,1200,42,0.1,0.4\n")
    found = validate(path, Settings())
    assert any("lean_T_C: '41 C' is no number" in note for note in found.notes)
    assert found.found[0].predicted is None


def test_a_case_that_stands_twice_is_said(tmp_path: Path) -> None:
    notes: list[str] = []
    row = "A,4000,41,0.2,0.3,1200,42,0.1,0.4\n"
    table.read(write(tmp_path, PLANT + row + row), notes)
    assert notes == ["line 3 is line 2 again: counted each time"]
    table.read(write(tmp_path, PLANT + row + row.replace("41,", "42,")), notes := [])
    assert notes == ["case A stands 2 times: counted each time"]


def test_columns_not_used_are_named_also_one_without_a_name(tmp_path: Path) -> None:
    head = "timestamp,total_power_demand_kW,#N/A,sea_watter_degC\n"
    path = write(tmp_path, head + "2026-03-01,7000,4,1\n2026-03-02,7100,4,1\n")
    assert read_series(path).notes == ("columns not used: one without a name, sea_watter_degC",)


def test_a_fuel_log_in_another_unit_is_refused(tmp_path: Path) -> None:
    rows = "2026-03-01,38.9,12\n"
    head = "date,Total_day_FO_meters,AE1_hours_day\n"
    assert read_log(write(tmp_path, head + ",t/d,h\n" + rows))[0].meter == 38.9
    with pytest.raises(ConfigError, match=r"column Total_day_FO_meters: is in kg .*give t"):
        read_log(write(tmp_path, head + ",kg,h\n" + rows))


@pytest.mark.parametrize("column", ["rich_loading_mol_mol", "capture_pct_sd", "ambient_P_kPa"])
def test_text_in_any_column_of_numbers_refuses_its_row(tmp_path: Path, column: str) -> None:
    text = PLANT.rstrip() + f",{column}\nA,4000,41,0.2,0.3,1200,42,0.1,0.4,about 1\n"
    found = validate(write(tmp_path, text), Settings())
    assert f"case A: {column}: 'about 1' is no number" in found.notes
