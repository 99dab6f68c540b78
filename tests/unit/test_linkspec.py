"""[link.NAME]: keys belong to their protocol, and points ask only what their link can do."""

import re
import shutil
from pathlib import Path

import pytest

from seastack.plantargs import plant_of
from seastack.problems import UserError
from seastack.rig import serial_lines
from sensors.errors import ConfigError
from sensors.linkspec import LinkSpec
from sensors.plantfile import load_plant
from sensors.strictfile import parse
from sensors.tag import OpcuaSource, node_problem

TCP: dict[str, object] = {"name": "x", "protocol": "modbus-tcp", "port": 502}
RTU: dict[str, object] = {"name": "x", "protocol": "modbus-rtu", "device": "/dev/ttyUSB0"}
OPCUA: dict[str, object] = {"name": "x", "protocol": "opcua", "port": 4840}
SECURED: dict[str, object] = {**OPCUA, "security": "Basic256Sha256"}


@pytest.mark.parametrize(
    ("keys", "url"),
    [
        ({**TCP, "unit_id": 255}, "modbus-tcp://127.0.0.1:502/255"),
        ({**TCP, "protocol": "modbus-rtu-tcp", "host": "gw"}, "modbus-rtu-tcp://gw:502/1"),
        ({**RTU, "baud": 9600, "unit_id": 7}, "modbus-rtu:/dev/ttyUSB0@9600/7"),
        ({**SECURED, "login": "certificate", "path": "/a"}, "opc.tcp://127.0.0.1:4840/a"),
    ],
)
def test_what_may_be_written(keys: dict[str, object], url: str) -> None:
    assert parse(LinkSpec, keys, "tags.toml", "link.x").url == url


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (TCP, "own"),
        (OPCUA, "own"),
        (RTU, "shared"),
        ({**TCP, "protocol": "modbus-rtu-tcp"}, "shared"),
        ({**TCP, "protocol": "modbus-rtu-tcp", "bypass": "own"}, "own"),
        ({**TCP, "bypass": "shared"}, "shared"),
    ],
)
def test_a_bypass_has_its_own_line_where_there_can_be_two(
    keys: dict[str, object], line: str
) -> None:
    assert parse(LinkSpec, keys, "tags.toml", "link.x").bypass_line == line


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({**TCP, "baud": 9600}, "baud is not a key of modbus-tcp links"),
        ({**OPCUA, "unit_id": 1}, "unit_id is not a key of opcua links"),
        ({**TCP, "security": "None"}, "security is not a key of modbus-tcp links"),
        ({**RTU, "port": 502}, "port is not a key of modbus-rtu links"),
        ({"name": "x", "protocol": "modbus-rtu"}, "device is missing on a modbus-rtu link"),
        ({"name": "x", "protocol": "modbus-tcp"}, "port is missing on a modbus-tcp link"),
        ({**RTU, "unit_id": 0}, "unit_id 0 is not between 1 and 247 on an RTU line"),
        ({**OPCUA, "login": "password"}, "login 'password' needs security"),
        ({**OPCUA, "login": "certificate"}, "login 'certificate' needs security"),
        ({**TCP, "writes": "singel"}, "did you mean 'single'?"),
        ({**RTU, "bypass": "own"}, "bypass 'own' is not possible on a serial line"),
        ({**TCP, "gap": 0.1}, "did you mean 'gap_s'?"),
        ({**TCP, "host": "me:pw@gw"}, "link.x.host: '@' cannot stand in a host's name"),
        ({**OPCUA, "host": "a\nb"}, "cannot stand in a host's name"),
        ({**SECURED, "user": ""}, "link.x.user: is empty: write the name the server knows"),
        ({**SECURED, "user": "  "}, "link.x.user: is empty: write the name the server knows"),
    ],
)
def test_what_is_refused_and_why(keys: dict[str, object], complaint: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(complaint)):
        parse(LinkSpec, keys, "tags.toml", "link.x")


@pytest.mark.parametrize(
    ("keys", "login"), [(OPCUA, "anonymous"), (SECURED, "password"),
                        ({**SECURED, "login": "anonymous"}, "anonymous")]
)  # fmt: skip
def test_the_login_follows_the_security(keys: dict[str, object], login: str) -> None:
    assert parse(LinkSpec, keys, "tags.toml").signs_in_with == login


def test_a_serial_link_can_be_moved(demo_folder: Path, tmp_path: Path) -> None:
    over = 'protocol = "modbus-tcp"\nhost = "127.0.0.1"\nport = 1502'
    line = 'protocol = "modbus-rtu"\ndevice = "/dev/ttyS0"'
    folder = edited(demo_folder, tmp_path / "demo", (over, line))
    plant = plant_of(str(folder), ["plc=/dev/ttyUSB1"])
    assert plant.links["plc"].url == "modbus-rtu:/dev/ttyUSB1@19200/1"
    with pytest.raises(ConfigError, match=r"link\.analysers: is not on a serial line"):
        plant_of(str(folder), ["analysers=/dev/ttyUSB1"])
    with pytest.raises(ConfigError, match=r"link\.plx: no such link; did you mean 'plc'"):
        plant_of(str(folder), ["plx=/dev/ttyUSB1"])


@pytest.mark.parametrize(
    "where", ["plc", "plc=h", "plc=h:x", "plc=h:\u00b2", "plc=h:65536", "=h:1"]
)
def test_a_link_that_cannot_be_read_says_how_to_write_it(where: str) -> None:
    with pytest.raises(UserError, match="write NAME=HOST:PORT, such as"):
        plant_of("demo", [where])


def test_a_link_is_not_moved_to_what_is_no_host() -> None:
    with pytest.raises(UserError, match="'@' cannot stand in a host's name") as wrong:
        plant_of("demo", ["plc=me:pw@10.0.3.7:502"])
    assert "pw" not in str(wrong.value)


def test_a_serial_link_is_served_where_told(demo_folder: Path, tmp_path: Path) -> None:
    over = 'protocol = "modbus-tcp"\nhost = "127.0.0.1"\nport = 1502'
    line = 'protocol = "modbus-rtu"\ndevice = "/dev/ttyS0"'
    plant = load_plant(edited(demo_folder, tmp_path / "demo", (over, line)))
    assert serial_lines(plant, ["plc=/dev/pts/4"]) == {"plc": "/dev/pts/4"}
    with pytest.raises(UserError, match="--serial plc=/dev/LINE"):
        serial_lines(plant, [])
    with pytest.raises(UserError, match="no serial link analysers"):
        serial_lines(plant, ["plc=/dev/pts/4", "analysers=/dev/pts/5"])


def edited(demo: Path, to: Path, *swaps: tuple[str, str]) -> Path:
    shutil.copytree(demo, to)
    text = (to / "tags.toml").read_text()
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new, 1)
    (to / "tags.toml").write_text(text)
    return to


@pytest.mark.parametrize(
    ("swaps", "complaint"),
    [
        (
            [('node = "ns=2;s=AT-101"', 'node = "ns=2;s=AT-101", deadband = 0.1')],
            "tag AT-101.source.deadband: only a subscribed point has one: scan_s 1 is polled; "
            "see subscribe_s of link analysers",
        ),
        (
            [("unit_id = 1\n", 'unit_id = 1\nwrites = "single"\n')],
            "float32 takes 2 registers, which single writes tear",
        ),
        (
            [('node = "ns=2;s=AT-101"', 'node = "ns=2;i=abc"')],
            "tags.toml: tag AT-101.source.node: i= takes a number, not 'abc'; a name is s=abc",
        ),
        (
            [('node = "ns=2;s=AT-101"', 'node = "ns=2;s=AT-101", address = 3')],
            "tag AT-101.source.address: not a key of opcua links",
        ),
        (
            [('table = "input", address = 0,', 'table = "input", address = 0, element = 1,')],
            "tag HS-PLC-BEAT.source.element: not a key of modbus-tcp links",
        ),
    ],
)
def test_a_point_asks_what_its_link_can_do(
    demo_folder: Path, tmp_path: Path, swaps: list[tuple[str, str]], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(complaint)):
        load_plant(edited(demo_folder, tmp_path / "demo", *swaps))


@pytest.mark.parametrize(
    ("node", "problem"),
    [
        ("s=AT-101", ""),
        ("ns=2;s=a b;c=d", ""),
        ("ns=65535;i=4294967295", ""),
        ("i=0", ""),
        ("ns=2;g=09087e75-8e5e-499b-954f-f2a9603db28a", ""),
        ("ns=2;b=QUJDRA==", ""),
        ("AT-101", "is no node id"),
        ("ns=2;s=", "is no node id"),
        ("ns=two;s=a", "is no node id"),
        ("ns=2;s=a\n", "is no node id"),
        ("ns=65536;i=1", "namespace 65536 is above 65535"),
        ("ns=2;i=abc", "i= takes a number, not 'abc'; a name is s=abc"),
        ("ns=2;i=-1", "i= takes a number"),
        ("ns=2;i=1_0", "i= takes a number"),
        ("i=4294967296", "is above 4294967295"),
        ("ns=2;g=xyz", "g= takes a GUID like"),
        ("ns=2;g={09087e75-8e5e-499b-954f-f2a9603db28a}", "g= takes a GUID like"),
        ("ns=2;b=QUJ", "b= takes base64"),
        ("ns=2;b=!!", "b= takes base64"),
        ("ns=2;b=ä", "b= takes base64"),
    ],
)
def test_a_node_id_is_judged_by_its_kind(node: str, problem: str) -> None:
    told = node_problem(node)
    assert bool(told) == bool(problem)
    assert problem in told


def test_elements_of_one_array_are_points_of_their_own(demo_folder: Path, tmp_path: Path) -> None:
    plant = load_plant(
        edited(
            demo_folder,
            tmp_path / "demo",
            ('"ns=2;s=AT-101"', '"ns=2;s=GAS", element = 0'),
            ('"ns=2;s=AT-102"', '"ns=2;s=GAS", element = 1'),
        )
    )
    assert plant.tags["AT-102"].source == OpcuaSource("analysers", "ns=2;s=GAS", 1)
    folder = edited(
        tmp_path / "demo",
        tmp_path / "twice",
        ('"ns=2;s=GAS", element = 1', '"ns=2;s=GAS", element = 0'),
    )
    with pytest.raises(ConfigError, match="already belongs to AT-101"):
        load_plant(folder)


def test_any_point_may_be_on_any_link(demo_folder: Path, tmp_path: Path) -> None:
    """The heartbeat over OPC UA, an analyser over Modbus: the folder is sound."""
    beat = 'source = { link = "plc", table = "input", address = 0, type = "uint16" }'
    analyser = 'source = { link = "analysers", node = "ns=2;s=AT-101" }'
    folder = edited(
        demo_folder,
        tmp_path / "demo",
        (beat, 'source = { link = "analysers", node = "ns=2;s=BEAT" }'),
        (analyser, 'source = { link = "plc", table = "input", address = 900, type = "float32" }'),
    )
    plant = load_plant(folder)
    assert plant.tags["HS-PLC-BEAT"] in plant.tags_of("analysers")
    assert plant.tags["AT-101"] in plant.tags_of("plc")
