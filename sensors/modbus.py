"""Modbus TCP driver: block reads, one block write, no patience.

Time-outs are wall time, there are no retries and no automatic reconnects in
here: after any time-out the socket is closed for good, so that a late reply
has nowhere to arrive.  `connect` makes a new client.  Reconnecting is the
business of `sensors.link`.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.constants import ExcCodes
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from sensors.blocks import MAX_WRITE_REGISTERS, Block, plan
from sensors.clock import Clock, SystemClock
from sensors.codec import BlockCodec
from sensors.driver import Identity, WriteResult
from sensors.errors import LinkLost
from sensors.plantspec import LinkSpec
from sensors.quality import Reason, quality_of
from sensors.reading import Reading
from sensors.tag import Tag

# The library dumps frames at ERROR level on every lost reply; the link logs
# one line per change of state instead.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)

_POINT_FAULTS: Final = {ExcCodes.ILLEGAL_ADDRESS, ExcCodes.ILLEGAL_VALUE, ExcCodes.ILLEGAL_FUNCTION}
_PLAN_CACHE: Final = 32

Value = tuple[float, Reason]


class ModbusDriver:
    """One Modbus TCP device; see `sensors.driver.Driver` for the contract."""

    def __init__(
        self,
        spec: LinkSpec,
        tags: Sequence[Tag],
        timeout_s: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._spec, self._tags = spec, tuple(tags)
        self._timeout_s = spec.timeout_s if timeout_s is None else timeout_s
        self._clock = clock or SystemClock()
        self._client: AsyncModbusTcpClient | None = None
        self._refused: set[Tag] = set()
        self._plans: dict[tuple[tuple[Tag, ...], int], tuple[Block, ...]] = {}
        self._codecs: dict[Block, BlockCodec] = {}

    async def connect(self) -> Identity:
        """Open a new connection and ask who is there; raise LinkLost."""
        await self.close()
        self._refused.clear()
        self._plans.clear()
        self._codecs.clear()
        client = AsyncModbusTcpClient(
            self._spec.host,
            port=self._spec.port,
            timeout=self._timeout_s,
            retries=0,
            reconnect_delay=0,
        )
        self._client = client
        if not await client.connect():
            await self.close()
            raise LinkLost(f"no connection to {self._spec.url}")
        return await self._identify()

    async def _identify(self) -> Identity:
        by_role = {tag.role: tag for tag in self._tags}
        known = [by_role[role] for role in ("identity", "plc_version") if role in by_role]
        values = {t.role: r.value for t, r in zip(known, await self.read(known), strict=True)}
        reply = await self._ask("read_device_information", read_code=1)
        texts = {} if reply.isError() else getattr(reply, "information", {})
        vendor, product, version = (texts.get(i, b"").decode("ascii", "replace") for i in (0, 1, 2))
        number = values.get("plc_version", 0.0)
        if not version and number == number and number > 0:
            version = f"{int(number) // 100}.{int(number) % 100:02d}"
        return Identity(vendor, product, version, simulator=values.get("identity") == 1.0)

    async def read(self, tags: Sequence[Tag]) -> Sequence[Reading]:
        """Return one reading a tag, same order; raise LinkLost for the link."""
        values: dict[Tag, Value] = {}
        for block in self._plan(tuple(tags)):
            values.update(await self._read_block(block))
        now = self._clock.now_ns()
        refused: Value = (float("nan"), Reason.DEVICE)
        return [_reading(*values.get(tag, refused), now) for tag in tags]

    async def _read_block(self, block: Block) -> Mapping[Tag, Value]:
        reply = await self._ask(
            _READ[block.table],
            block.start,
            count=block.count,
            device_id=self._spec.unit_id,
        )
        if not reply.isError():
            return self._decode(block, reply)
        if getattr(reply, "exception_code", 0) not in _POINT_FAULTS:
            return {}  # busy or failed device: this block is BAD now, asked again next time
        if len(block.tags) == 1:
            self._refused.add(block.tags[0])
            self._plans.clear()
            return {}
        # One undefined register fails the block: halve it, so that only that tag is lost.
        middle = len(block.tags) // 2
        values: dict[Tag, Value] = {}
        for half in (block.tags[:middle], block.tags[middle:]):
            for part in plan(half):
                values.update(await self._read_block(part))
        return values

    def _decode(self, block: Block, reply: ModbusPDU) -> Mapping[Tag, Value]:
        if block.is_bits:
            return {t: (float(reply.bits[i]), Reason.NONE) for i, t in enumerate(block.tags)}
        if len(reply.registers) != block.count:
            raise LinkLost(f"{self._spec.url} answered with another block than asked")
        value, reason = self._codec(block).decode(reply.registers)
        return {
            t: (v, Reason(r))
            for t, v, r in zip(block.tags, value.tolist(), reason.tolist(), strict=True)
        }

    async def write(self, values: Mapping[Tag, float]) -> Sequence[WriteResult]:
        """Write all values, touching registers in one request, and read back.

        A value that is not a number or outside its tag's range refuses the
        whole write before anything is sent.  Raises LinkLost.
        """
        bad = [t for t, v in values.items() if not t.lo <= v <= t.hi]
        if bad:
            why = f"not sent: {', '.join(t.name for t in bad)} outside the range"
            return [WriteResult(t, v, float("nan"), False, why) for t, v in values.items()]
        done: dict[Tag, WriteResult] = {}
        for block in self._plan(tuple(values), MAX_WRITE_REGISTERS):
            write = self._write_bits if block.is_bits else self._write_registers
            for result in await write(block, [float(values[t]) for t in block.tags]):
                done[result.tag] = result
        return [done[tag] for tag in values]

    async def _write_bits(self, block: Block, sent: Sequence[float]) -> list[WriteResult]:
        bits = [v != 0.0 for v in sent]
        if len(bits) == 1:  # FC 5: what every PLC knows for a momentary coil
            reply = await self._ask(
                "write_coil", block.start, bits[0], device_id=self._spec.unit_id
            )
        else:
            reply = await self._ask("write_coils", block.start, bits, device_id=self._spec.unit_id)
        # No read-back: a momentary coil may be reset by the PLC within its scan.
        problem = _problem(reply)
        return [
            WriteResult(t, v, float("nan") if problem else v, not problem, problem)
            for t, v in zip(block.tags, sent, strict=True)
        ]

    async def _write_registers(self, block: Block, sent: Sequence[float]) -> list[WriteResult]:
        codec = self._codec(block)
        words = codec.encode(np.array(sent))
        unit = self._spec.unit_id
        reply = await self._ask("write_registers", block.start, words.tolist(), device_id=unit)
        problem = _problem(reply)
        back = np.full(len(sent), np.nan)
        if not problem:
            reply = await self._ask(
                _READ[block.table], block.start, count=block.count, device_id=unit
            )
            problem = _problem(reply)
            if not problem:
                back, _ = codec.decode(reply.registers)
        wanted, _ = codec.decode(words)  # as the wire carries it
        results = []
        for tag, value, read, want in zip(
            block.tags, sent, back.tolist(), wanted.tolist(), strict=True
        ):
            ok = not problem and read == want
            text = problem or ("" if ok else f"read back {read:g}")
            results.append(WriteResult(tag, value, read, ok, text))
        return results

    async def close(self) -> None:
        """Close the socket; idempotent."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _plan(self, tags: tuple[Tag, ...], limit: int = 125) -> tuple[Block, ...]:
        key = tags, limit
        if key not in self._plans:
            if len(self._plans) >= _PLAN_CACHE:
                self._plans.clear()
            self._plans[key] = plan([t for t in tags if t not in self._refused], limit)
        return self._plans[key]

    def _codec(self, block: Block) -> BlockCodec:
        if block not in self._codecs:
            if len(self._codecs) >= _PLAN_CACHE:
                self._codecs.clear()
            self._codecs[block] = BlockCodec(block.tags, block.start, block.count)
        return self._codecs[block]

    async def _ask(self, method: str, *args: object, **kwargs: object) -> ModbusPDU:
        client = self._client
        if client is None:
            raise LinkLost(f"not connected to {self._spec.url}")
        try:
            reply: ModbusPDU = await getattr(client, method)(*args, **kwargs)
        except (ModbusException, OSError) as error:
            await self.close()
            raise LinkLost(f"no answer from {self._spec.url}") from error
        except asyncio.CancelledError:
            await self.close()  # the reply to what was cancelled must not meet the next request
            raise
        return reply


_READ: Final = {
    "coil": "read_coils",
    "discrete": "read_discrete_inputs",
    "holding": "read_holding_registers",
    "input": "read_input_registers",
}


def _reading(value: float, reason: Reason, now_ns: int) -> Reading:
    return Reading(value, quality_of(reason), reason, now_ns, now_ns)


def _problem(reply: ModbusPDU) -> str:
    if not reply.isError():
        return ""
    code = int(getattr(reply, "exception_code", 0))
    names = {int(c): c.name.lower().replace("_", " ") for c in ExcCodes}
    return f"refused by the device: {names.get(code, f'code {code}')}"
