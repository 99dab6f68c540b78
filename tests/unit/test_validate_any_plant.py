"""Any plant: other units, a packing of one's own, empty cells, uncertainties, penalties."""

from pathlib import Path

import pytest

from models.packing import packing
from models.streams import flue_gas
from seastack.problems import UserError
from seastack.validation import absorber, stripper
from seastack.validation.absorber import Run, Settings
from seastack.validation.completed import completed
from seastack.validation.picture import parity
from seastack.validation.result import FAILED, REFUSED, Comparison, summary, uncomputed
from seastack.validation.units import in_our_units

PLAIN = {
    "case": "A",
    "lean_flow_kg_h": "4000",
    "lean_T_C": "40",
    "lean_loading_mol_mol": "0.20",
    "lean_mea_wtfrac_co2free": "0.30",
    "gas_flow_kg_h": "1200",
    "gas_T_C": "42",
    "gas_in_co2_molfrac_wet": "0.10",
    "column_P_kPa": "106",
    "column_diameter_m": "0.43",
    "packing_height_m": "6.1",
    "packing": "IMTP 40",
    "capture_pct": "85",
}


def run(folder: Path, row: dict[str, str], settings: Settings | None = None) -> Run:
    file = folder / "mine_absorber.csv"
    file.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    return absorber.validate(file, settings or Settings())


def capture(found: Run) -> float:
    one = next(c for c in found.found if c.quantity == "capture_pct")
    assert one.predicted is not None, found.notes
    return one.predicted


def changed(*drop: str, **new: str) -> dict[str, str]:
    return {k: v for k, v in PLAIN.items() if k not in drop} | new


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> float:
    return capture(run(tmp_path_factory.mktemp("plain"), PLAIN))


def gas_moles() -> float:
    gas = flue_gas(1200.0, 42.0, 106.0, 0.10, dry=False)
    return gas.co2 + gas.water + gas.inert


@pytest.mark.parametrize(
    ("drop", "new"),
    [
        (("column_P_kPa",), {"column_P_kPag": "4.675"}),
        (("column_P_kPa",), {"column_P_mbarg": "46.75"}),
        (("column_P_kPa",), {"column_P_bar": "1.06"}),
        (("column_P_kPa",), {"column_P_barg": "0.06", "ambient_P_kPa": "100"}),
        (("gas_T_C",), {"gas_T_K": "315.15"}),
        (("gas_T_C", "lean_T_C"), {"gas_T_F": "107.6", "lean_T_F": "104"}),
        (("lean_flow_kg_h",), {"lean_flow_kg_s": repr(4000 / 3600)}),
        (("lean_flow_kg_h",), {"lean_flow_m3_h": "3.7383178", "lean_density_kg_m3": "1070"}),
        (("lean_flow_kg_h",), {"lean_flow_l_min": "62.305296", "lean_density_kg_m3": "1070"}),
        (("gas_flow_kg_h",), {"gas_flow_mol_s": repr(gas_moles())}),
        (("gas_flow_kg_h",), {"gas_flow_kmol_h": repr(gas_moles() * 3.6)}),
        (
            ("gas_flow_kg_h",),
            {"gas_flow_m3_h": repr(gas_moles() * 3600 * 8.314462 * 315.15 / 106e3)},
        ),
        (
            ("gas_flow_kg_h",),
            {"gas_flow_Nm3_h": repr(gas_moles() * 3600 * 8.314462 * 273.15 / 101325.0)},
        ),
    ],
)
def test_the_same_plant_in_other_units_is_the_same_plant(
    tmp_path: Path, plain: float, drop: tuple[str, ...], new: dict[str, str]
) -> None:
    assert capture(run(tmp_path, changed(*drop, **new))) == pytest.approx(plain, abs=2e-3)


def test_a_volume_without_density_takes_ours_and_says_so(tmp_path: Path, plain: float) -> None:
    found = run(tmp_path, changed("lean_flow_kg_h", lean_flow_m3_h="3.74"))
    assert capture(found) == pytest.approx(plain, abs=1.0)
    assert any("by the density of MEA solution at 40 degC" in note for note in found.notes)


def test_a_volume_that_cannot_be_weighed_is_refused_by_name(tmp_path: Path) -> None:
    found = run(
        tmp_path, changed("lean_flow_kg_h", lean_flow_m3_h="3.7", lean_density_kg_m3="1.07")
    )
    assert any("lean_density_kg_m3 1.07: must be kg/m3" in note for note in found.notes)


def test_our_own_column_wins_over_another_unit() -> None:
    row, told = in_our_units({"column_P_kPa": "106", "column_P_barg": "3"})
    assert row["column_P_kPa"] == "106"
    assert told == []


def test_co2_absorbed_is_a_measured_quantity_with_its_band(tmp_path: Path) -> None:
    row = changed(co2_absorbed_kg_h="150", co2_absorbed_kg_h_sd="3", capture_pct_sd="4")
    found = run(tmp_path, row)
    one = next(c for c in found.found if c.quantity == "co2_absorbed_kg_h")
    assert one.predicted is not None
    assert 100.0 < one.predicted < 200.0
    assert one.sd == 3.0
    assert one.within == (abs(one.predicted - 150.0) <= 6.0)
    assert 'class="b"' in parity(found.found)


def test_ones_own_bias_moves_the_prediction_by_what_it_is_unsure(tmp_path: Path) -> None:
    sure = run(tmp_path, PLAIN, Settings(lean_bias=0.02))
    unsure = run(tmp_path, PLAIN, Settings(lean_bias=0.02, lean_bias_sd=0.01))
    own = run(tmp_path, changed(loading_bias_mol_mol="0.02", loading_bias_sd_mol_mol="0.01"))
    assert sure.found[0].spread is None
    assert unsure.found[0].spread == pytest.approx(own.found[0].spread)
    assert 0.05 < (own.found[0].spread or 0.0) < 5.0
    bad = run(tmp_path, changed(loading_bias_mol_mol="2"))
    assert any("loading_bias_mol_mol 2: must be mol/mol" in note for note in bad.notes)


def test_heat_loss_of_the_row_is_its_own(tmp_path: Path, plain: float) -> None:
    assert capture(run(tmp_path, changed(heat_loss_W_m2_K="0"))) != pytest.approx(plain, abs=1e-3)


def test_a_packing_by_surface_and_void_in_the_row(tmp_path: Path, plain: float) -> None:
    like = {"packing_area_m2_m3": "151", "packing_void": "0.974", "packing_kind": "random"}
    found = run(tmp_path, changed("packing", **like))
    assert capture(found) == pytest.approx(plain, abs=1e-6)
    assert any("151 m2/m3, void 0.974, of the row" in note for note in found.notes)
    half = run(tmp_path, changed("packing", packing_area_m2_m3="151"))
    assert any("no value for packing_void" in note for note in half.notes)


def test_a_packing_of_ones_own_in_a_file(tmp_path: Path, plain: float) -> None:
    text = "[ours]\nnames = ['House ring 40']\nkind = 'random'\narea = 151.0\nvoid = 0.974\n"
    file = tmp_path / "rings.toml"
    file.write_text(text)
    asked = run(tmp_path, changed("packing"), Settings(packing=str(file)))
    assert capture(asked) == pytest.approx(plain, abs=1e-6)
    (tmp_path / "mine_packings.toml").write_text(text)
    beside = run(tmp_path, changed(packing="house-ring 40 mm"))
    assert capture(beside) == pytest.approx(plain, abs=1e-6)
    assert any("of your own file" in note for note in beside.notes)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[x]\narea = 151\n", "[x] needs area (m2/m3) and void"),
        ("[x]\narea = 1.5\nvoid = 0.9\n", "[x] area: must be a number, 20 to 2000"),
        ("[x]\narea = 151\nvoid = 0.9\nsurface = 3\n", "[x] surface: not known"),
        ("[x]\narea = 151\nvoid = 0.9\nkind = 'dumped'\n", "must be structured or random"),
        ("[x]\narea = 151\nvoid = 0.9\ntsai = 'much'\n", "[x]"),
        ("area = 151\n", "area: must be a table"),
        ("[x\n", "cannot be read"),
        ("", "no packing in it"),
    ],
)
def test_a_wrong_file_of_packings_is_one_plain_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "p.toml"
    file.write_text(text)
    with pytest.raises(UserError) as problem:
        run(tmp_path, PLAIN, Settings(packing=str(file)))
    assert told in str(problem.value)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Pall rings 16 mm metal", "pall-ring-16"),
        ('Pall ring 5/8"', "pall-ring-16"),
        ("16 mm metal Pall rings", "pall-ring-16"),
        ("Pall rings plastic 25 mm", "pall-ring-plastic-25"),
        ("plastic pall-ring 2 inch", "pall-ring-plastic-50"),
        ("Pall ring 25", "pall-ring-25"),
    ],
)
def test_small_and_plastic_rings_are_found_by_usual_names(name: str, key: str) -> None:
    assert packing(name).key == key


ROW = {
    "lean_flow_kg_h": "6800", "lean_loading_mol_mol": "0.20", "lean_mea_wtfrac_co2free": "0.30",
    "rich_flow_kg_h": "", "rich_loading_mol_mol": "0.45", "rich_mea_wtfrac_co2free": "",
    "stripper_in_T_C": "",
}  # fmt: skip


def test_an_empty_cell_of_a_stripper_row_is_filled_from_its_neighbours() -> None:
    row, told = completed(ROW, {}, {"hx_rich_out_T_C": "108"})
    assert float(row["rich_mea_wtfrac_co2free"]) == 0.30
    assert float(row["stripper_in_T_C"]) == 108.0
    # amine is conserved: 61.08/0.3 + 0.45 44.01 over 61.08/0.3 + 0.20 44.01
    assert float(row["rich_flow_kg_h"]) == pytest.approx(6800 * 223.4 / 212.4, rel=1e-3)
    assert len(told) == 3
    again, nothing = completed({**row}, {}, {})
    assert (again, nothing) == (row, [])


def test_a_stripper_row_with_empty_cells_and_a_preheater_is_solved(tmp_path: Path) -> None:
    row = {
        **ROW, "stripper_P_kPa": "180", "reboiler_duty_kW": "430", "stripper_diameter_m": "0.59",
        "preheater_in_T_C": "95", "preheater_duty_kW": "70", "srd_data_GJ_t": "4.2",
    }  # fmt: skip
    file = tmp_path / "mine_stripper.csv"
    file.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    found = stripper.validate(file, Settings())
    one = next(c for c in found.found if c.quantity == "srd_GJ_t")
    assert one.predicted is not None, found.notes
    assert 3.0 < one.predicted < 6.0
    assert any("rich_flow_kg_h empty" in note for note in found.notes)


def test_penalties_are_in_the_unit_of_their_quantity() -> None:
    failed = [
        Comparison("1", "capture_pct", None, 90.0),
        Comparison("1", "rich_loading_mol_mol", None, 0.45),
        Comparison("1", "srd_GJ_t", None, 3.9),
        Comparison("1", "co2_absorbed_kg_h", None, 150.0),
        Comparison("2", "capture_pct", None, 90.0, why=REFUSED),
        Comparison("3", "capture_pct", None, None, why=FAILED),
    ]
    assert [c.error for c in failed] == [100.0, 0.5, 4.0, None, None, None]
    assert summary(failed)["capture_pct"]["n"] == 1
    assert uncomputed(failed) == [
        "1 of 3 cases refused for their input, in no mean: 2",
        "2 of 3 cases not solved by the model, in the means as all there is to be wrong: 1, 3",
    ]


def test_files_beside_are_in_any_unit_too(tmp_path: Path) -> None:
    (tmp_path / "mine_exchanger.csv").write_text("case,hx_rich_out_T_K\nA,381.15\n")
    row = {
        "case": "A", **ROW, "stripper_P_barg": "0.8", "reboiler_duty_MW": "0.43",
        "stripper_diameter_m": "0.59",
    }  # fmt: skip
    file = tmp_path / "mine_stripper.csv"
    file.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    found = stripper.validate(file, Settings())
    assert any("stripper_in_T_C empty: 108 taken from hx_rich_out" in n for n in found.notes)
    assert found.found[0].predicted is not None


def test_a_preheater_wins_over_the_exchanger_beside() -> None:
    row, _ = completed({**ROW, "preheater_in_T_C": "95"}, {}, {"hx_rich_out_T_C": "108"})
    assert row["stripper_in_T_C"] == ""
