"""A third-party OPC UA server: arrays, enums, texts, stale stamps, subscribed points."""

import asyncio
import datetime as dt

import pytest

from sensors.driver import WriteResult
from sensors.errors import LinkLost
from sensors.opcua import OpcuaDriver
from sensors.quality import Quality, Reason
from sensors.tag import Tag
from tests.opcuapeer import Peer, tag
from tests.patience import until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_arrays_enums_and_texts_become_numbers(peer: Peer) -> None:
    tags = [
        tag("BED-1", node="BEDS", element=0),
        tag("BED-3", node="BEDS", element=2),
        tag("MODE", "enum"),
        tag("STATE", "enum"),
        tag("PLACE", "enum"),
    ]
    driver = peer.driver(tags)
    await driver.connect()
    readings = await driver.read(tags)
    assert [r.value for r in readings] == [41.0, 63.0, 2.0, 2.0, 0.0]
    assert {r.quality for r in readings} == {Quality.GOOD}
    await driver.close()


async def test_what_is_no_number_is_bad_and_says_why(peer: Peer) -> None:
    wrong = {
        tag("BEDS"): "is an array of 3: the source needs 'element'",
        tag("BED-9", node="BEDS", element=8): "has 3 elements, there is no element 8",
        tag("MODE", "enum", element=0): "is no array: the source must not have 'element'",
        tag("ODD", "enum"): "is the text 'never heard', not a number",
        tag("GHOST"): "BadNodeIdUnknown",
    }
    driver = peer.driver(list(wrong))
    await driver.connect()
    readings = await driver.read(list(wrong))
    assert {(r.quality, r.reason) for r in readings} == {(Quality.BAD, Reason.DEVICE)}
    for point, why in wrong.items():
        assert driver.complaints[point].endswith(why)
    await driver.close()


async def test_a_write_takes_the_servers_own_type(peer: Peer) -> None:
    point, fixed = tag("SET", "int", direction="setpoint"), tag("FAST", direction="setpoint")
    driver = peer.driver([point, fixed])
    await driver.connect()
    done, refused = await driver.write({point: 7.0, fixed: 7.0})
    assert done == WriteResult(point, 7.0, 7.0, True)
    assert "BadUserAccessDenied" in refused.problem
    await driver.close()


async def test_a_server_that_stamps_only_changes_can_be_read(peer: Peer) -> None:
    old = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    await peer.show("FAST", 1.0, old)
    for time, is_old in (("source", True), ("received", False)):
        driver = peer.driver([tag("FAST")], time=time)
        await driver.connect()
        reading = (await driver.read([tag_of(driver)]))[0]
        assert (reading.t_source_ns == int(old.timestamp()) * 10**9) is is_old
        await driver.close()


def tag_of(driver: OpcuaDriver) -> Tag:
    return next(iter(driver._nodes))


async def test_slow_points_are_subscribed_and_keep_their_times(peer: Peer) -> None:
    slow, fast = tag("SLOW", scan_s=10.0), tag("FAST")
    slack = tag("SLACK", scan_s=10.0, deadband=2.0)
    ghost = tag("GHOST", scan_s=10.0)
    tags = [slow, slack, fast, ghost]
    stamp = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=20)
    await peer.show("SLOW", 10.0, stamp)
    await peer.show("SLACK", 10.0, stamp)
    driver = peer.driver(tags, subscribe_s=5.0)
    await driver.connect()
    watch = driver._watch
    assert watch is not None
    await until(lambda: set(watch.told) == {slow, slack})

    await peer.show("FAST", 3.0)
    await peer.show("SLACK", 11.0)  # inside its deadband: no news
    later = stamp + dt.timedelta(seconds=10)
    await peer.show("SLOW", 10.0, later)  # a new sample of the same value is news
    await until(lambda: watch.told[slow].SourceTimestamp == later)
    readings = dict(zip(tags, await driver.read(tags), strict=True))
    assert [readings[t].value for t in (slow, slack, fast)] == [10.0, 10.0, 3.0]
    assert abs(readings[slow].t_source_ns - later.timestamp() * 1e9) < 1e6
    age_s = (readings[slack].t_received_ns - readings[slack].t_source_ns) * 1e-9
    assert age_s < 15.0, "as old as the last sign of life, not as the last change"
    assert readings[ghost].quality == Quality.BAD

    watch._swept_s -= 31.0  # the sweep reads what a deadband hid
    assert dict(zip(tags, await driver.read(tags), strict=True))[slack].value == 11.0
    assert dict(zip(tags, await driver.read(tags), strict=True))[slack].value == 11.0
    await driver.close()


async def test_a_subscription_that_falls_silent_is_a_lost_link(peer: Peer) -> None:
    point = tag("SLOW", scan_s=10.0)
    driver = peer.driver([point], subscribe_s=5.0)
    await driver.connect()
    await asyncio.sleep(0.1)
    await driver.read([point])
    watch = driver._watch
    assert watch is not None
    watch._heard_s -= 60.0
    with pytest.raises(LinkLost, match="stopped telling news"):
        await driver.read([point])
    await driver.close()
