"""A server that takes nobody just now is not one that refuses us for good."""

from pathlib import Path

import pytest
from asyncua.client.client import Client
from asyncua.ua.uaerrors import BadSecurityChecksFailed, BadTooManySessions, UaStatusCodeError

from sensors.errors import LinkLost, LinkRefused
from sensors.linkspec import LinkSpec
from sensors.opcua import OpcuaDriver
from sensors.pki import ensure_demo_pki


@pytest.mark.parametrize(
    ("error", "verdict", "word"),
    [
        (BadTooManySessions, LinkLost, "takes nobody now"),
        (BadSecurityChecksFailed, LinkRefused, "refuses our certificate"),
    ],
)
async def test_a_full_server_is_lost_a_mistrusting_one_refuses(
    error: type[UaStatusCodeError],
    verdict: type[Exception],
    word: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def turned_away(_client: Client) -> None:
        raise error

    monkeypatch.setattr(Client, "connect", turned_away)
    spec = LinkSpec(
        name="analysers",
        protocol="opcua",
        host="127.0.0.1",
        port=4840,
        security="Basic256Sha256",
        login="password",
        user="seastack",
    )
    driver = OpcuaDriver(spec, (), ensure_demo_pki(tmp_path / "pki"))
    with pytest.raises(verdict, match=word):
        await driver.connect()
