"""What a Modbus device may answer, and what we make of it; a late answer is never another's."""

import random
from itertools import pairwise

import pytest

from sensors import modbus_driver
from sensors.errors import LinkError, LinkLost
from sensors.linkspec import LinkSpec
from sensors.modbus_codes import words_of
from sensors.modbus_driver import ModbusDriver
from sensors.quality import Quality, Reason
from sensors.tag import ModbusSource, Table, Tag, WireType
from tests.scripteddevice import Request, ScriptedDevice, device


def tag(address: int, table: Table = "input", wire: WireType = "uint16", role: str = "") -> Tag:
    bits = table in ("coil", "discrete")
    source = ModbusSource("dev", table, address, "bool" if bits else wire)
    direction = "setpoint" if table in ("holding", "coil") else "in"
    kind, high = ("bool", 1.0) if bits else ("int", 65535.0)
    name = f"{table}-{address}"
    return Tag(name, "", "", kind, 0.0, high, source, direction, role=role or None)  # type: ignore[arg-type]


LOW = [tag(a) for a in range(4)]
HIGH = [tag(a) for a in range(100, 103)]
BITS = [tag(a, "discrete") for a in range(9)]
TAGS = [*LOW, *HIGH, *BITS]


def driver_of(there: ScriptedDevice, tags: list[Tag] = TAGS, **keys: object) -> ModbusDriver:
    protocol = "modbus-rtu-tcp" if there.rtu else "modbus-tcp"
    link = {"name": "dev", "protocol": protocol, "port": there.port, "timeout_s": 0.4, **keys}
    return ModbusDriver(LinkSpec.model_validate(link), tags)


def right(tag: Tag) -> float:
    assert isinstance(tag.source, ModbusSource)
    address = tag.source.address
    return float(address % 2) if tag.source.type == "bool" else address + 1000.0


ALIKE = [*LOW, *(tag(a) for a in range(100, 104))]  # two questions of one size


async def wrong_in(driver: ModbusDriver, tags: list[Tag] = TAGS) -> list[str]:
    readings = await driver.read(tags)
    return [
        t.name
        for t, r in zip(tags, readings, strict=True)
        if r.quality == Quality.GOOD and r.value != right(t)
    ]


@pytest.mark.parametrize("rtu", [False, True])
async def test_all_four_read_functions_and_a_clean_hand_over(rtu: bool) -> None:
    async with device(rtu=rtu) as there:
        tags = [*TAGS, tag(7, "holding"), tag(3, "coil")]
        driver = driver_of(there, tags)
        await driver.connect()
        readings = await driver.read(tags)
        assert [r.value for r in readings] == [right(t) for t in tags]
        assert {f for _, (f, *_) in there.seen} == {1, 2, 3, 4, 43}
        await driver.close()


@pytest.mark.parametrize("gateway", [False, True])
async def test_a_late_rtu_answer_is_never_taken_for_another(gateway: bool) -> None:
    """RTU answers name no question; a gateway even forwards them to the next connection."""
    rng = random.Random(7)
    async with device(rtu=True, gateway=gateway) as there:
        driver, reads, lost, connected = driver_of(there, ALIKE, timeout_s=0.1), 0, 0, False
        for _ in range(240):
            if reads > 2 and lost > 5:
                break
            there.late_s = rng.choice([0.0, 0.0, 0.0, 0.04, 0.12, 0.16, 0.24])
            try:
                if not connected:
                    await driver.connect()
                connected = True
                assert await wrong_in(driver, ALIKE) == []
                reads += 1
            except LinkError:
                connected, lost = False, lost + 1
        assert reads > 2
        assert lost > 5
        await driver.close()


async def test_a_failing_device_is_bad_points_not_a_lost_link() -> None:
    async with device() as there:
        driver = driver_of(there)
        await driver.connect()
        there.script = lambda request: 4 if request[1] >= 100 else 0
        readings = dict(zip(TAGS, await driver.read(TAGS), strict=True))
        assert all(readings[t].reason == Reason.DEVICE for t in HIGH)
        assert all(readings[t].quality == Quality.GOOD for t in [*LOW, *BITS])
        assert driver.complaints[HIGH[0]] == (
            "input 100: device failure: it cannot do this now (code 4)"
        )
        there.script = lambda request: 0
        assert all(r.quality == Quality.GOOD for r in await driver.read(TAGS))
        assert driver.complaints == {}
        await driver.close()


async def test_a_busy_device_is_left_alone_and_its_values_grow_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(modbus_driver, "BUSY_S", (3600.0,))
    async with device() as there:
        driver = driver_of(there)
        await driver.connect()
        first = await driver.read(TAGS)
        there.script = lambda request: 6
        asked = len(there.seen)
        again = await driver.read(TAGS)
        assert len(there.seen) == asked + 1, "one question told it all"
        assert [(r.value, r.t_source_ns) for r in again] == [
            (r.value, r.t_source_ns) for r in first
        ]
        assert again[0].t_received_ns > again[0].t_source_ns
        await driver.read(TAGS)
        assert len(there.seen) == asked + 1, "left alone for a while"
        there.script = lambda request: 0
        driver._busy_until = 0.0  # the hour is over
        later = await driver.read(TAGS)
        assert all(new.t_source_ns > old.t_source_ns for new, old in zip(later, first, strict=True))
        await driver.close()


async def test_a_device_busy_from_the_start_has_no_values() -> None:
    async with device() as there:
        there.script = lambda request: 6
        driver = driver_of(there)
        await driver.connect()
        assert {r.quality for r in await driver.read(TAGS)} == {Quality.BAD}
        await driver.close()


@pytest.mark.parametrize("code", [10, 11])
async def test_a_gateway_without_its_unit_is_a_lost_link(code: int) -> None:
    async with device() as there:
        driver = driver_of(there)
        await driver.connect()
        there.script = lambda request: code
        with pytest.raises(LinkLost, match="gateway"):
            await driver.read(TAGS)
        with pytest.raises(LinkLost, match="not connected"):
            await driver.read(TAGS)


async def test_a_device_silent_about_itself_can_still_be_read() -> None:
    async with device() as there:
        there.silent_for = {43}
        driver = driver_of(there)
        assert (await driver.connect()).product == ""
        assert await wrong_in(driver) == []
        await driver.close()


SETPOINTS = [
    tag(0, "holding", role="write_sequence"),
    tag(1, "holding"),
    tag(2, "holding"),
    tag(5, "coil"),
]


@pytest.mark.parametrize(
    ("writes", "expected"),
    [
        ("auto", [(16, 0), (5, 5)]),
        ("multiple", [(16, 0), (15, 5)]),
        ("single", [(6, 1), (6, 2), (5, 5), (6, 0)]),
    ],
)
async def test_writes_use_the_functions_the_device_knows(
    writes: str, expected: list[tuple[int, int]]
) -> None:
    async with device() as there:
        driver = driver_of(there, SETPOINTS, writes=writes)
        await driver.connect()
        await driver.write(dict.fromkeys(SETPOINTS, 1.0))
        told = [(f, a) for _, (f, a, *_) in there.seen if f in (5, 6, 15, 16)]
        assert sorted(told) == sorted(expected)
        if writes == "single":
            assert told[-1] == (6, 0), "the sequence number goes last"
        await driver.close()


async def test_a_refused_write_says_why() -> None:
    async with device() as there:

        def script(request: Request) -> int:
            return 6 if request[0] == 16 else 0

        there.script = script
        driver = driver_of(there, SETPOINTS)
        await driver.connect()
        result = (await driver.write({SETPOINTS[1]: 5.0}))[0]
        assert not result.ok
        assert result.problem == f"refused by the device: {words_of(6)}"
        await driver.close()


async def test_requests_keep_their_distance() -> None:
    async with device() as there:
        driver = driver_of(there, gap_s=0.03)
        await driver.connect()
        await driver.read(TAGS)
        times = [t for t, _ in there.seen]
        assert len(times) >= 4
        assert min(b - a for a, b in pairwise(times)) >= 0.029
        await driver.close()


async def test_no_block_is_longer_than_the_device_takes() -> None:
    async with device() as there:
        tags = [tag(a) for a in range(20)]
        driver = driver_of(there, tags, max_registers=8)
        await driver.connect()
        await driver.read(tags)
        assert [r[2] for _, r in there.seen if r[0] == 4] == [8, 8, 4]
        await driver.close()


async def test_a_point_that_was_away_for_a_moment_comes_back() -> None:
    async with device() as there:
        driver = driver_of(there)
        await driver.connect()
        there.script = lambda request: 2 if request[1] <= 101 < request[1] + request[2] else 0
        before = dict(zip(TAGS, await driver.read(TAGS), strict=True))
        assert before[HIGH[1]].reason == Reason.DEVICE
        assert before[HIGH[0]].quality == Quality.GOOD
        there.script = lambda request: 0
        asked = len(there.seen)
        again = dict(zip(TAGS, await driver.read(TAGS), strict=True))
        assert again[HIGH[1]].quality == Quality.BAD, "not asked again at once"
        assert (4, 101) not in [r[:2] for _, r in there.seen[asked:]]
        driver._refused._due_s = 0.0  # the ten seconds are over
        later = await driver.read(TAGS)
        assert [r.value for r in later] == [right(t) for t in TAGS]
        assert driver.complaints == {}
        asked = len(there.seen)
        await driver.read(TAGS)
        assert len(there.seen) == asked + 3, "one question a block, as before"
        await driver.close()


async def test_a_device_that_refuses_every_point_is_a_lost_link_and_back_when_it_is() -> None:
    async with device() as there:
        driver = driver_of(there)
        there.script = lambda request: 2
        await driver.connect()
        with pytest.raises(LinkLost, match="refuses every point: discrete 0: illegal address"):
            await driver.read(TAGS)
        there.script = lambda request: 0
        await driver.connect()
        assert [r.value for r in await driver.read(TAGS)] == [right(t) for t in TAGS]
        await driver.close()


async def test_a_point_that_cannot_be_read_can_be_written() -> None:
    """A coil that only takes writes may be the bypass: a refused read must not cost it."""
    coil = tag(5, "coil")
    async with device() as there:
        there.script = lambda request: 2 if request[0] == 1 else 0
        driver = driver_of(there, [*LOW, coil])
        await driver.connect()
        readings = await driver.read([*LOW, coil])
        assert readings[-1].reason == Reason.DEVICE
        (done,) = await driver.write({coil: 1.0})
        assert done.ok
        assert (5, 5) in [(f, a) for _, (f, a, *_) in there.seen]
        await driver.close()
