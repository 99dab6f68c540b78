"""Modbus driver: block reads, one block write, no patience; any wire of `sensors.modbus`.

What a device refuses is kept apart: a point it does not know (codes 1-3) is
one BAD point, asked again seldom, for a PLC may answer before its map is
loaded; a device that refuses every point is a lost link.  A failing device (4)
makes the block BAD now; a busy one (5, 6) is left alone for a while and its
last values grow old; a gateway whose unit is silent (10, 11) is a lost link.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

import numpy as np

from sensors.blocks import MAX_WRITE_REGISTERS, Block, plan, source_of
from sensors.clock import Clock, SystemClock
from sensors.codec import WIDTH, BlockCodec
from sensors.driver import Identity, WriteResult
from sensors.errors import LinkLost
from sensors.linkmemory import LinkMemory
from sensors.linkspec import LinkSpec
from sensors.modbus import Answer, ModbusWire
from sensors.modbus_codes import BUSY, GONE, POINT_FAULTS, words_of
from sensors.modbus_refused import RefusedPoints
from sensors.quality import Reason, quality_of
from sensors.reading import Reading
from sensors.tag import Tag

_PLAN_CACHE: Final = 32
SLOW_S: Final = 2.0  # plant; points with a scan_s of at least this are not read every time
PORTION_S: Final = 0.4  # wall; of a slow line no more is read in one go: a write may wait
SLACK_REQUESTS: Final = 16  # beside two a point: a silent line, its proof, identity, one more
BUSY_S: Final = (0.25, 0.5, 1.0, 2.0)  # wall; how long a busy device is left alone

ONE_ANSWER: Final = "{} closes after every answer: each question opens a new connection"

Sample = tuple[float, Reason, int]  # value, reason, plant time


class ModbusDriver:
    """One Modbus device; see `sensors.driver.Driver` for the contract.

    `complaints` says in plain words why a point could not be read last time.
    """

    def __init__(
        self,
        spec: LinkSpec,
        tags: Sequence[Tag],
        timeout_s: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._spec, self._tags = spec, tuple(tags)
        self._polled = [t for t in tags if t.direction != "setpoint"]
        self._timeout_s = spec.timeout_s if timeout_s is None else timeout_s
        self._wire = ModbusWire(spec, self._timeout_s)
        self._clock = clock or SystemClock()
        self._memory = LinkMemory()
        self.complaints: dict[Tag, str] = {}
        self._refused = RefusedPoints()
        self._held: dict[Tag, Sample] = {}
        self._busy_times, self._busy_until = 0, 0.0
        self._in_step = False
        self._request_s = 0.0  # wall, of one request in the last read
        self._read_at: dict[Block, float] = {}  # plant seconds
        self._last: Block | None = None
        self._plans: dict[tuple[tuple[Tag, ...], int], tuple[Block, ...]] = {}
        self._codecs: dict[Block, BlockCodec] = {}

    def recall(self, memory: LinkMemory) -> None:
        """Let the link remember who answers at this address."""
        memory.at(self._spec.url)
        self._memory = memory

    def limit_s(self, points: int) -> float:
        """Return how long a call about `points` may take while no answer is late, wall."""
        return (SLACK_REQUESTS + 2 * points) * (self._timeout_s + self._spec.gap_s)

    def portions(self, tags: Sequence[Tag]) -> Sequence[Sequence[Tag]]:
        """Return `tags` in portions of about PORTION_S, by how fast the device answered last."""
        blocks = self._plan(tuple(tags))
        each = int(PORTION_S / self._request_s) if self._request_s else len(blocks)
        if each >= len(blocks):
            return [tags]
        parts = [blocks[i : i + max(1, each)] for i in range(0, len(blocks), max(1, each))]
        portions = [[t for block in part for t in block.tags] for part in parts]
        portions[-1] += [t for t in tags if t in self._refused]
        return portions

    async def connect(self) -> Identity:
        """Open a new connection and ask who is there; raise LinkLost."""
        await self._begin()
        by_role = {tag.role: tag for tag in self._tags}
        known = [by_role[role] for role in ("identity", "plc_version") if role in by_role]
        values = {t.role: r.value for t, r in zip(known, await self.read(known), strict=True)}
        vendor, product, version = await self._name_plate()
        number = values.get("plc_version", 0.0)
        if not version and number == number and number > 0:
            version = f"{int(number) // 100}.{int(number) % 100:02d}"
        manner = (ONE_ANSWER.format(self._spec.url),) if self._wire.closes_after_answers else ()
        return Identity(vendor, product, version, values.get("identity") == 1.0, manner)

    async def attach(self, timeout_s: float) -> None:
        """Open a new connection, and no more than that; raise LinkLost."""
        await self._begin(timeout_s)

    async def _begin(self, timeout_s: float | None = None) -> None:
        for forgotten in (self.complaints, self._refused, self._held, self._plans, self._codecs):
            forgotten.clear()
        self._read_at.clear()
        self._request_s, self._timeout_s = 0.0, timeout_s or self._timeout_s
        self._busy_times, self._busy_until = 0, 0.0
        await self._open(timeout_s)

    async def _open(self, timeout_s: float | None = None) -> None:
        await self._wire.open(timeout_s)
        self._in_step = False
        if self._spec.is_rtu:
            await self._prove_in_step()

    async def _prove_in_step(self) -> None:
        """Ask for one register, then for two: an old answer has another size than asked."""
        block = self._spare()
        if block is not None:
            for count in (1, 2):
                await self._wire.read(block.table, block.start, count)
        self._in_step = True

    def _spare(self) -> Block | None:
        """Return a block of which one or two registers can be asked for."""
        return next((b for b in self._plan(self._tags) if not b.is_bits and b.count > 1), None)

    async def _prove_still_in_step(self, last: Block) -> None:
        """Ask once more, for another size than last: what slipped by an answer shows now."""
        block = self._spare()
        if block is None:
            await self._wire.listen()
        else:
            count = 2 if (last.table, last.count) == (block.table, 1) else 1
            await self._wire.read(block.table, block.start, count)

    async def _name_plate(self) -> tuple[str, str, str]:
        """Ask for the name, unless the device was silent to that before: some then lock up."""
        asks = self._spec.identify
        if asks is False or (asks is None and self._memory.nameless):
            return "", "", ""
        try:
            answer = await self._wire.identify()
        except LinkLost:  # many a device is just silent; that must not keep us from its values
            known = self._memory.identity
            self._memory.learn(nameless=not (known and (known.vendor or known.product)))
            await self._open()
            return "", "", ""
        vendor, product, version = answer.texts or ("", "", "")
        return vendor, product, version

    async def read(self, tags: Sequence[Tag]) -> Sequence[Reading]:
        """Return one reading a tag, same order; raise LinkLost for the link."""
        samples = await self._samples(tags)
        await self._ask_refused_again(tags, samples)
        if not self._wire.is_numbered:
            if not self._in_step:  # a TCP device that numbers nothing: only now is that known
                await self._wire.wait_for_silence()
                await self._prove_in_step()
                samples = await self._samples(tags)
            if samples and self._last is not None:
                await self._prove_still_in_step(self._last)
        if self._refused.are_all(self._polled) and len(tags) >= len(self._polled):
            await self.close()
            why = next(iter(self.complaints.values()), "")
            raise LinkLost(f"{self._spec.url} refuses every point: {why}")
        now = self._clock.now_ns()
        refused: Sample = (float("nan"), Reason.DEVICE, now)
        return [_reading(*samples.get(tag, refused), now) for tag in tags]

    async def _samples(self, tags: Sequence[Tag]) -> dict[Tag, Sample]:
        samples: dict[Tag, Sample] = {}
        wanted = set(tags)
        self.complaints = {
            t: why for t, why in self.complaints.items() if t in self._refused or t not in wanted
        }
        self._last, began, asked = None, asyncio.get_running_loop().time(), self._wire.asked
        for block in self._plan(tuple(tags)):
            if self._is_busy() or not self._is_due(block):
                samples.update({t: self._held[t] for t in block.tags if t in self._held})
            else:
                came = await self._read_block(block)
                if len(came) == len(block.tags):
                    self._read_at[block] = self._clock.monotonic_ns() * 1e-9
                else:
                    self._read_at.pop(block, None)  # what failed is asked again next time
                samples.update(came)
                self._last = block
        if asked := self._wire.asked - asked:
            self._request_s = (asyncio.get_running_loop().time() - began) / asked
        return samples

    def _is_due(self, block: Block) -> bool:
        """Return False for a block of slow points read within half of their shortest scan."""
        scan_s = min(t.scan_s for t in block.tags)
        now_s = self._clock.monotonic_ns() * 1e-9
        fresh = now_s < self._read_at.get(block, -math.inf) + 0.5 * scan_s
        return not (fresh and scan_s >= SLOW_S)

    async def _ask_refused_again(self, tags: Sequence[Tag], samples: dict[Tag, Sample]) -> None:
        """Put one question a scan, seldom, for points that were refused; take what is there."""
        wanted = self._refused.due(asyncio.get_running_loop().time(), self._spec.max_registers)
        if wanted is None or self._is_busy():
            return
        answer = await self._wire.read(wanted.table, wanted.start, wanted.count)
        if answer.code:
            if answer.code in GONE:
                await self._gone(answer.code)
            self._refused.still(wanted, self._spec.max_registers)
            return
        self._refused.back(wanted)
        self._plans.clear()
        asked = set(tags)
        for tag, sample in self._decode(wanted, answer).items():
            self.complaints.pop(tag, None)
            self._held[tag] = sample
            if tag in asked:
                samples[tag] = sample

    async def _gone(self, code: int) -> NoReturn:
        await self.close()
        raise LinkLost(f"{self._spec.url}: {words_of(code)}")

    def _is_busy(self) -> bool:
        return asyncio.get_running_loop().time() < self._busy_until

    async def _read_block(self, block: Block) -> Mapping[Tag, Sample]:
        answer = await self._wire.read(block.table, block.start, block.count)
        if not answer.code:
            self._busy_times = 0
            samples = self._decode(block, answer)
            self._held.update(samples)
            return samples
        self._complain(block.tags, answer.code)
        if answer.code in GONE:
            await self._gone(answer.code)
        if answer.code in BUSY:
            rest_s = BUSY_S[min(self._busy_times, len(BUSY_S) - 1)]
            self._busy_times += 1
            self._busy_until = asyncio.get_running_loop().time() + rest_s
            return {t: self._held[t] for t in block.tags if t in self._held}
        if answer.code not in POINT_FAULTS:
            return {}  # a failing device: this block is BAD now, asked again next time
        if len(block.tags) == 1:
            self._refused.add(block.tags[0], asyncio.get_running_loop().time())
            self._plans.clear()
            return {}
        return await self._read_halves(block)

    async def _read_halves(self, block: Block) -> Mapping[Tag, Sample]:
        """One undefined register fails the block: halve it, so that only that tag is lost."""
        middle = len(block.tags) // 2
        samples: dict[Tag, Sample] = {}
        for half in (block.tags[:middle], block.tags[middle:]):
            for part in plan(half, self._spec.max_registers):
                samples.update(await self._read_block(part))
        for tag in samples:
            self.complaints.pop(tag, None)
        return samples

    def _decode(self, block: Block, answer: Answer) -> Mapping[Tag, Sample]:
        now = self._clock.now_ns()
        if block.is_bits:
            return {t: (float(answer.bits[i]), Reason.NONE, now) for i, t in enumerate(block.tags)}
        value, reason = self._codec(block).decode(answer.registers)
        return {
            t: (v, Reason(r), now)
            for t, v, r in zip(block.tags, value.tolist(), reason.tolist(), strict=True)
        }

    def _complain(self, tags: Sequence[Tag], code: int) -> None:
        for tag in tags:
            source = source_of(tag)
            where = f"{source.table} {source.address}"
            self.complaints[tag] = f"{where}: {words_of(code)}"

    async def write(self, values: Mapping[Tag, float]) -> Sequence[WriteResult]:
        """Write all values, touching registers in one request, and read back.

        A value that is not a number or outside its tag's range refuses the
        whole write before anything is sent.  A device known for single writes
        gets the sequence number last: only then the others count.  Raises
        LinkLost.
        """
        bad = [t for t, v in values.items() if not t.lo <= v <= t.hi]
        if bad:
            why = f"not sent: {', '.join(t.name for t in bad)} outside the range"
            return [WriteResult(t, v, float("nan"), False, why) for t, v in values.items()]
        done: dict[Tag, WriteResult] = {}
        for block in self._write_plan(tuple(values)):
            write = self._write_bits if block.is_bits else self._write_registers
            for result in await write(block, [float(values[t]) for t in block.tags]):
                done[result.tag] = result
        return [done[tag] for tag in values]

    def _write_plan(self, tags: tuple[Tag, ...]) -> Sequence[Block]:
        if self._spec.writes != "single":
            # Also what could not be read: a coil that only takes writes may be the bypass.
            return plan(tags, min(MAX_WRITE_REGISTERS, self._spec.max_registers))
        last_of_all = sorted(tags, key=lambda t: t.role == "write_sequence")
        sources = [(source_of(t), t) for t in last_of_all]
        return [Block(s.table, s.address, WIDTH[s.type], (t,)) for s, t in sources]

    async def _write_bits(self, block: Block, sent: Sequence[float]) -> list[WriteResult]:
        bits = [v != 0.0 for v in sent]
        # FC 5 for one bit: what every PLC knows for a momentary coil.
        multiple = len(bits) > 1 or self._spec.writes == "multiple"
        answer = await self._wire.write_bits(block.start, bits, multiple)
        # No read-back: a momentary coil may be reset by the PLC within its scan.
        problem = _problem(answer)
        return [
            WriteResult(t, v, float("nan") if problem else v, not problem, problem)
            for t, v in zip(block.tags, sent, strict=True)
        ]

    async def _write_registers(self, block: Block, sent: Sequence[float]) -> list[WriteResult]:
        codec = self._codec(block)
        words = codec.encode(np.array(sent))
        multiple = self._spec.writes != "single"
        answer = await self._wire.write_registers(block.start, words.tolist(), multiple)
        problem = _problem(answer)
        back = np.full(len(sent), np.nan)
        if not problem:
            answer = await self._wire.read(block.table, block.start, block.count)
            problem = _problem(answer)
            if not problem:
                back, _ = codec.decode(answer.registers)
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
        """Close the socket or line; idempotent."""
        self._wire.close()

    def _plan(self, tags: tuple[Tag, ...], limit: int = 125) -> tuple[Block, ...]:
        limit = min(limit, self._spec.max_registers)
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


def _reading(value: float, reason: Reason, source_ns: int, now_ns: int) -> Reading:
    return Reading(value, quality_of(reason), reason, source_ns, now_ns)


def _problem(answer: Answer) -> str:
    return f"refused by the device: {words_of(answer.code)}" if answer.code else ""
