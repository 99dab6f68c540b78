"""The cycle's writes: never a wait for a device that hangs, never a queue behind it."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

import pytest

from controller.writing import Writer
from sensors.driver import WriteResult
from sensors.tag import ModbusSource, Tag, TagTable


def _tag(name: str, link: str, address: int, role: str = "") -> Tag:
    source = ModbusSource(link, "holding", address, "uint16")
    return Tag(name, "", "", "float", 0, 100, source, direction="setpoint", role=role)


TABLE = TagTable(
    [_tag("BYPASS", "plc", 0, "bypass_request"), _tag("A", "plc", 1), _tag("Z", "other", 2)]
)


class Wire:
    """A link that answers at once, when let go, or with a bug."""

    def __init__(self) -> None:
        self.open, self.bug = asyncio.Event(), False
        self.open.set()
        self.heard: list[dict[str, float]] = []

    async def write(self, values: Mapping[Tag, float]) -> Sequence[WriteResult]:
        self.heard.append({tag.name: value for tag, value in values.items()})
        await self.open.wait()
        if self.bug:
            raise ZeroDivisionError("a bug")
        return [WriteResult(tag, value, value, value < 90, "odd") for tag, value in values.items()]


class Bench:
    def __init__(self) -> None:
        self.wires = {"plc": Wire(), "other": Wire()}
        self.writer = Writer(self.wires, TABLE)

    async def write(self, **sent: float) -> dict[str, str]:
        """Write, let the links work, return what did not arrive and why."""
        self.writer.send(sent)
        for _ in range(5):
            await asyncio.sleep(0)
        written = self.writer.written()
        assert written.ok == (not written.refused)
        return dict(written.refused)


async def test_all_that_arrives_is_told_and_the_bypass_goes_first_and_alone() -> None:
    bench = Bench()
    assert await bench.write(A=1.0, Z=2.0, BYPASS=1.0) == {}
    assert bench.wires["plc"].heard == [{"BYPASS": 1.0}, {"A": 1.0}]
    assert bench.wires["other"].heard == [{"Z": 2.0}]
    assert await bench.write(A=95.0, Z=2.0) == {"A": "odd"}
    assert await bench.write() == {}


async def test_before_anything_was_sent_nothing_is_refused() -> None:
    assert Bench().writer.written().ok


async def test_a_link_that_hangs_does_not_hold_the_other() -> None:
    bench = Bench()
    bench.wires["plc"].open.clear()
    assert await bench.write(A=1.0, Z=2.0) == {"A": "no answer yet"}
    assert bench.wires["other"].heard == [{"Z": 2.0}]
    bench.wires["plc"].open.set()
    await bench.writer.finish()
    assert bench.writer.written().ok, "it arrived in time after all"


async def test_nothing_is_queued_behind_a_write_under_way() -> None:
    bench = Bench()
    plc = bench.wires["plc"]
    plc.open.clear()
    await bench.write(A=1.0)
    for value in (2.0, 3.0):
        refused = await bench.write(A=value, BYPASS=1.0, Z=value)
        assert set(refused) == {"A", "BYPASS"}
        assert "still under way" in refused["A"]
    plc.open.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not bench.writer.written().ok, "what arrived was not what was sent last"
    assert await bench.write(A=4.0) == {}
    assert [w["A"] for w in plc.heard] == [1.0, 4.0]
    assert [w["Z"] for w in bench.wires["other"].heard] == [2.0, 3.0]


@pytest.mark.parametrize("then", ["written", "send"])
async def test_a_bug_in_a_write_is_heard(then: str) -> None:
    bench = Bench()
    bench.wires["plc"].bug = True
    bench.writer.send({"A": 1.0})
    for _ in range(5):
        await asyncio.sleep(0)
    hear = bench.writer.written if then == "written" else partial(bench.writer.send, {"A": 2.0})
    with pytest.raises(ZeroDivisionError):
        hear()


async def test_at_the_end_it_waits_for_what_is_under_way() -> None:
    bench = Bench()
    bench.wires["plc"].open.clear()
    await bench.write(A=1.0)
    end = asyncio.create_task(bench.writer.finish())
    await asyncio.sleep(0)
    assert not end.done()
    bench.wires["plc"].open.set()
    await end
