"""Limits a server tells, numbers that fit its types, and what a plant folder must say of it."""

from typing import Any

import pytest
from asyncua import ua

from seastack.plants.locate import locate
from sensors.errors import ConfigError
from sensors.linkspec import LinkSpec
from sensors.opcua_limits import NO_LIMIT, limit_in
from sensors.opcua_types import misfit
from sensors.plantfile import load_plant


@pytest.mark.parametrize(
    ("held", "limit"),
    [(25, 25), (0, NO_LIMIT), (-1, NO_LIMIT), (None, NO_LIMIT), ("25", NO_LIMIT), (True, NO_LIMIT),
     (2.5, NO_LIMIT), (2**31, NO_LIMIT), ([1], NO_LIMIT)],
)  # fmt: skip
def test_a_limit_is_what_a_server_can_mean(held: Any, limit: int) -> None:
    class Answer:
        Value = None if held is None else type("V", (), {"Value": held})

    assert limit_in(Answer()) == limit  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "kind", "fits"),
    [(300, "Byte", False), (255, "Byte", True), (-1, "UInt16", False), (1e39, "Float", False),
     (1e39, "Double", True), (2.0**63, "Int64", False), (1, "String", False), (3, "Boolean", True),
     (1, "DateTime", False), (-129, "SByte", False)],
)  # fmt: skip
def test_which_numbers_fit(value: float, kind: str, fits: bool) -> None:
    assert (misfit(value, ua.VariantType[kind]) == "") is fits


def test_a_plant_says_whether_its_server_has_security(tmp_path: Any) -> None:
    for file in locate("demo").glob("*.toml"):
        text = file.read_text().replace('security = "Basic256Sha256"\n', "")
        (tmp_path / file.name).write_text(text)
    with pytest.raises(ConfigError, match=r"link\.analysers\.security: is missing; write"):
        load_plant(tmp_path)


def test_an_opcua_server_has_a_second_to_answer() -> None:
    link = {"name": "x", "protocol": "opcua", "port": 4840}
    assert LinkSpec.model_validate(link).timeout_s == 1.0
    assert LinkSpec.model_validate({**link, "timeout_s": 0.3}).timeout_s == 0.3
    modbus = {"name": "x", "protocol": "modbus-tcp", "port": 502}
    assert LinkSpec.model_validate(modbus).timeout_s == 0.5
