"""A real OPC UA server whose stamps are nonsense, and one that answers less than asked."""

import datetime as dt

import pytest
from asyncua import ua
from asyncua.server.internal_session import InternalSession

from sensors.errors import LinkLost
from sensors.quality import Quality, Reason
from tests.opcuapeer import Peer, tag

pytestmark = pytest.mark.asyncio(loop_scope="module")
FAST = tag("FAST")


async def stamp(peer: Peer, source: ua.DateTime, server: ua.DateTime) -> None:
    data = ua.DataValue(
        ua.Variant(5.0, ua.VariantType.Double), SourceTimestamp=source, ServerTimestamp=server
    )
    await peer.server.write_attribute_value(ua.NodeId.from_string("ns=2;s=FAST"), data)


@pytest.mark.parametrize("year", [1601, 1650, 1969, 2250, 2300, 9999])
@pytest.mark.parametrize("time", ["source", "server"])
async def test_a_stamp_that_cannot_be_is_doubt_and_said(peer: Peer, year: int, time: str) -> None:
    absurd, now = ua.DateTime(year, 1, 2, tzinfo=dt.UTC), ua.DateTime.now(dt.UTC)
    await stamp(peer, absurd, absurd if time == "server" else now)
    driver = peer.driver([FAST], time=time, timeout_s=5.0)
    await driver.connect()
    (reading,) = await driver.read([FAST])
    assert (reading.value, reading.quality) == (5.0, Quality.UNCERTAIN)
    assert reading.reason == Reason.DOUBTFUL
    assert abs(reading.t_source_ns - reading.t_received_ns) < 60e9
    assert f"its time stamp {year}-01-02 is none" in driver.complaints[FAST]
    await driver.close()


async def test_received_times_ask_for_no_stamp(peer: Peer) -> None:
    absurd = ua.DateTime(1601, 1, 1, tzinfo=dt.UTC)
    await stamp(peer, absurd, absurd)
    driver = peer.driver([FAST], time="received", timeout_s=5.0)
    await driver.connect()
    assert [r.quality for r in await driver.read([FAST])] == [Quality.GOOD]
    await driver.close()


@pytest.mark.parametrize("left", [0, 2])
async def test_fewer_results_than_points_is_a_lost_link_in_words(
    peer: Peer, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = InternalSession.read

    async def cut(self: InternalSession, params: ua.ReadParameters) -> list[ua.DataValue]:
        found = await whole(self, params)
        ours = params.NodesToRead[0].NodeId.NamespaceIndex == 2  # and what they are called
        return found[:left] if ours else found

    tags = [FAST, tag("SLOW"), tag("SET")]
    driver = peer.driver(tags, timeout_s=5.0)
    await driver.connect()
    monkeypatch.setattr(InternalSession, "read", cut)
    with pytest.raises(LinkLost, match=f"answered {left} of 4 points"):
        await driver.read(tags)
    await driver.close()
