"""Golden error messages: each names file, key and remedy."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sensors.errors import ConfigError
from sensors.plantfile import load_plant
from sensors.roles import UNIT_OF_ROLE
from sensors.tag import ModbusSource

KNOWN_UNITS = (
    "%, 1, GJ/t, MW, bar, barg, deg, degC, kPa, kW, kg/h, kg/m3, kg/s, kn, m3/h, mS/cm, mbar, "
    "mol/mol, pH, points, ppm, rpm, s, vol%, wt%"
)


def test_the_demo_plant_loads(demo_folder: Path) -> None:
    plant = load_plant(demo_folder)
    assert plant.name == "demo"
    assert len(plant.tags) == 180
    assert plant.spec.gas.design_flow_kg_h == 20000.0
    assert {t.source.link for t in plant.tags.tags} == set(plant.links)
    assert all(UNIT_OF_ROLE[t.role] == t.unit for t in plant.tags.tags if t.role)
    assert len(plant.tags_of("plc")) + len(plant.tags_of("analysers")) == 180
    little = [t.name for t in plant.tags.tags if getattr(t.source, "words", "") == "little"]
    assert little == ["FT-601"]
    assert isinstance(plant.tags["FT-601"].source, ModbusSource)


def test_the_hash_covers_every_file(demo_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(demo_folder, folder)
    before = load_plant(folder).config_hash
    assert before == load_plant(demo_folder).config_hash
    (folder / "alarms.toml").write_text("# other\n")
    assert load_plant(folder).config_hash != before


def test_a_link_can_be_moved(demo_folder: Path) -> None:
    plant = load_plant(demo_folder).with_link("plc", "10.0.3.7", 502)
    assert plant.links["plc"].url == "modbus-tcp://10.0.3.7:502/1"
    with pytest.raises(ConfigError, match=r"link\.plx: no such link; did you mean 'plc'\?"):
        plant.with_link("plx", "10.0.3.7", 502)


Edit = Callable[[str], str]


def swap(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


def drop_tag(name: str) -> Edit:
    def edit(text: str) -> str:
        pattern = rf'\[\[tag\]\]\nname = "{re.escape(name)}"\n(?:.+\n)+'
        shorter, n = re.subn(pattern, "", text)
        assert n == 1
        return shorter

    return edit


GOLDEN = [
    pytest.param(
        "tags.toml",
        swap('rate_max = 2\nnormal = [3, 8]\nrole = "co2_in"', 'rate_mx = 2\nrole = "co2_in"'),
        "tags.toml: tag AT-101.rate_mx: unknown key; did you mean 'rate_max'?",
        id="unknown key of a tag",
    ),
    pytest.param(
        "tags.toml",
        swap("accuracy = { rel = 0.02, abs = 0 }", "accuracy = { rel = 0.02, asb = 0 }"),
        "did you mean 'abs'?",
        id="unknown key inside a table",
    ),
    pytest.param(
        "plant.toml",
        swap("design_flow_kg_h = 20000.0", "design_flow_kgh = 20000.0"),
        "plant.toml: gas.design_flow_kgh: unknown key; did you mean 'design_flow_kg_h'?",
        id="unknown key of the plant",
    ),
    pytest.param(
        "plant.toml",
        swap('engine = "6L46B"', 'engine_table = "4stroke_6L46B"'),
        'plant.toml: ship: engine_table is gone: write engine = "6L46B" (the shop test',
        id="key of an earlier version",
    ),
    pytest.param(
        "plant.toml",
        swap("[gas]", "[gaz]"),
        "plant.toml: gaz: unknown key; did you mean 'gas'?",
        id="unknown table",
    ),
    pytest.param(
        "tags.toml",
        swap("[link.plc]", "[lnk.plc]"),
        "tags.toml: lnk: unknown key; did you mean 'link'?",
        id="unknown section",
    ),
    pytest.param(
        "tags.toml",
        swap(
            'name = "AT-211"\ntext = "SO2 after quench"\nunit = "ppm"',
            'name = "AT-211"\ntext = "SO2 after quench"\nunit = "PPM"',
        ),
        "tags.toml: tag AT-211.unit: unknown unit 'PPM'; did you mean 'ppm'?",
        id="unknown unit",
    ),
    pytest.param(
        "tags.toml",
        swap(
            'name = "AT-211"\ntext = "SO2 after quench"\nunit = "ppm"',
            'name = "AT-211"\ntext = "SO2 after quench"\nunit = "degF"',
        ),
        f"tags.toml: tag AT-211.unit: unknown unit 'degF'; known units: {KNOWN_UNITS}",
        id="unknown unit that looks like another",
    ),
    pytest.param(
        "tags.toml",
        swap(
            'name = "FT-810"\ntext = "Steam available to the rig"\nunit = "kg/h"',
            'name = "FT-810"\ntext = "Steam available to the rig"\nunit = "kg/s"',
        ),
        "tags.toml: tag FT-810.unit: 'kg/s' is not the unit of role steam_available; use 'kg/h'",
        id="wrong unit for the role",
    ),
    pytest.param(
        "tags.toml",
        swap('table = "input", address = 1, type', 'table = "input", address = 0, type'),
        "tags.toml: tag HS-IDENT.source.address: input register 0 already belongs to HS-PLC-BEAT",
        id="overlapping register",
    ),
    pytest.param(
        "tags.toml",
        swap('"ns=2;s=AT-102"', '"ns=2;s=AT-101"'),
        "tags.toml: tag AT-102.source.node: 'ns=2;s=AT-101' already belongs to AT-101",
        id="node used twice",
    ),
    pytest.param(
        "tags.toml",
        swap("range = [8000, 32000]", "range = [7000, 32000]"),
        "tags.toml: tag FIC-401.SP.range: [7000, 32000] is outside the limits [8000, 32000] "
        "of plant.toml",
        id="limit outside range",
    ),
    pytest.param(
        "tags.toml",
        swap("normal = [3, 8]", "normal = [3, 18]"),
        "tags.toml: tag AT-101.normal: [3, 18] is outside the range [0, 10]",
        id="normal band outside range",
    ),
    pytest.param(
        "plant.toml",
        swap("max_pressure_kPa = 200.0", "max_pressure_kPa = 150.0"),
        "plant.toml: stripper: pressure_kPa 190 is above max_pressure_kPa 150: "
        "the order must be min_pressure_kPa <= pressure_kPa <= max_pressure_kPa",
        id="limits in the wrong order",
    ),
    pytest.param(
        "plant.toml",
        swap("high_high_mbar = 30.0", "high_high_mbar = 31.0"),
        "plant.toml: back_pressure: high_high_mbar 31 is above maker_limit_mbar 30: "
        "the order must be high_mbar <= high_high_mbar <= maker_limit_mbar",
        id="trip above the maker's limit",
    ),
    *(
        pytest.param(
            "plant.toml",
            swap(f"[{table}]", f"[{table}]\n{key} = 1.0"),
            f"plant.toml: {table}.{key}: is gone: nothing ever read it; remove it",
            id=f"{key} is gone",
        )
        for table, key in (
            ("reboiler", "steam_pressure_barg"),
            ("product", "tank_pressure_barg"),
            ("ship", "auxiliary_mcr_kW"),
            ("ship", "drum_pressure_barg"),
            ("back_pressure", "provisional"),
        )
    ),
    pytest.param(
        "tags.toml",
        swap('role = "o2_out"', 'role = "o2_in"'),
        "tags.toml: tag AT-302.role: 'o2_in' is already bound to AT-102; "
        "give one of them another index or a witness",
        id="role bound twice",
    ),
    pytest.param(
        "tags.toml",
        swap('role = "co2_out"', 'role = "co2_oot"'),
        "tags.toml: tag AT-301.role: unknown role 'co2_oot'; did you mean 'co2_out'?",
        id="unknown role",
    ),
    pytest.param(
        "tags.toml",
        drop_tag("AT-301"),
        "tags.toml: role: no tag is bound to role 'co2_out'; bind one",
        id="missing role",
    ),
    pytest.param(
        "tags.toml",
        drop_tag("JT-912"),
        "tags.toml: role: no tag is bound to role 'engine_power' of engine 2",
        id="missing role of an engine",
    ),
    pytest.param(
        "tags.toml",
        swap(
            'source = { link = "plc", table = "input", address = 0,',
            'source = { link = "plk", table = "input", address = 0,',
        ),
        "tags.toml: tag HS-PLC-BEAT.source.link: no such link 'plk'; did you mean 'plc'?",
        id="unknown link",
    ),
    pytest.param(
        "tags.toml",
        swap('protocol = "modbus-tcp"', 'protocol = "modbus-tpc"'),
        "tags.toml: link.plc.protocol: 'modbus-tpc' is not valid; did you mean 'modbus-tcp'?",
        id="unknown protocol",
    ),
    pytest.param(
        "tags.toml",
        swap('security = "Basic256Sha256"', 'security = "Basic256Sha256"\npassword = "x"'),
        "tags.toml: link.analysers.password: unknown key",
        id="a secret in the file",
    ),
    pytest.param(
        "tags.toml",
        swap('readback_of = "FIC-401.SP"', 'readback_of = "FIC-401.PS"'),
        "tags.toml: tag FIC-401.SPR.readback_of: 'FIC-401.PS' is not a set-point; "
        "did you mean 'FIC-401.SP'?",
        id="read-back of nothing",
    ),
    pytest.param(
        "tags.toml",
        swap("range = [8000, 32000]", 'range = ["8000", 32000]'),
        "tags.toml: tag FIC-401.SP.range.0: input should be a valid number (got '8000')",
        id="text for a number",
    ),
    pytest.param(
        "tags.toml",
        swap('1 = "SIMULATOR"', '1 = "Ship"'),
        "tags.toml: tag HS-IDENT.labels: two labels have the text 'ship'; give each its own",
        id="two labels with one text",
    ),
    pytest.param(
        "tags.toml",
        swap('1 = "SIMULATOR"', '00 = "SIMULATOR"'),
        "tags.toml: tag HS-IDENT.labels: two labels have the number '0'; give each its own",
        id="two labels with one number",
    ),
    pytest.param(
        "plant.toml",
        swap("[gas]", "[gas"),
        "plant.toml: syntax: not valid TOML:",
        id="not TOML",
    ),
]


@pytest.mark.parametrize(("file", "edit", "message"), GOLDEN)
def test_a_wrong_file_is_one_clear_error(
    demo_folder: Path, tmp_path: Path, file: str, edit: Edit, message: str
) -> None:
    for name in ("plant.toml", "tags.toml"):
        text = (demo_folder / name).read_text()
        (tmp_path / name).write_text(edit(text) if name == file else text)
    with pytest.raises(ConfigError) as caught:
        load_plant(tmp_path)
    assert message in str(caught.value)
    assert caught.value.file == file


def test_a_missing_folder_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such plant folder"):
        load_plant(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match=r"plant\.toml: file: not found"):
        load_plant(tmp_path)


@pytest.mark.parametrize("key", ["scan_s", "dead_time_s", "flatline_s", "rate_max"])
@pytest.mark.parametrize("value", ["1e308", "1e13"])
def test_a_number_that_no_plant_has_is_refused(
    demo_folder: Path, tmp_path: Path, key: str, value: str
) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(demo_folder, folder)
    tags = (folder / "tags.toml").read_text()
    tags = re.sub(rf"^{key} = .*\n", "", tags, flags=re.M)
    mark = 'name = "AT-101"\n'
    assert mark in tags
    (folder / "tags.toml").write_text(tags.replace(mark, f"{mark}{key} = {value}\n"))
    with pytest.raises(ConfigError, match=rf"AT-101\.{key}: .*less than or equal"):
        load_plant(folder)


@pytest.mark.parametrize("width", ["uint64", "int64", "int8", "uint8", "bcd", "string"])
def test_a_type_that_is_not_there_is_no_other_width(
    demo_folder: Path, tmp_path: Path, width: str
) -> None:
    """The top word of a 64-bit counter would read GOOD and mostly 0."""
    folder = tmp_path / "demo"
    shutil.copytree(demo_folder, folder)
    tags = (folder / "tags.toml").read_text().replace('type = "uint16"', f'type = "{width}"', 1)
    (folder / "tags.toml").write_text(tags)
    with pytest.raises(ConfigError, match=f"{width} is not supported; there are bool, int16"):
        load_plant(folder)
