"""One Modbus wire: TCP, RTU on a serial line, RTU over TCP. The only client of pymodbus.

Time-outs are wall time and there are no retries: after any time-out the socket or
line is closed, so that a late reply has nowhere to arrive.  A TCP device that closes
in order after a whole answer did answer: the next question opens a new connection.

The library carries the bytes; whether an answer belongs to the question, and
what it says, is read from the bytes themselves (`sensors.modbus_dialogue`).

An RTU reply does not say which question it answers, nor does the reply of a
TCP device that numbers nothing.  A line (or a gateway that forwards it) may
still deliver yesterday's answer to today's connection, so such a wire first
listens until it is silent; `sensors.modbus_driver` then proves that question
and answer are in step.
"""

import asyncio
import logging
import struct
import termios
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerType

from sensors.errors import LinkLost
from sensors.linkspec import LinkSpec
from sensors.modbus_dialogue import Dialogue, objects_of
from sensors.tag import Table

# The library dumps frames at ERROR level on every lost reply; the link logs
# one line per change of state instead.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)

_READ: Final[dict[Table, str]] = {
    "coil": "read_coils",  # FC 1
    "discrete": "read_discrete_inputs",  # FC 2
    "holding": "read_holding_registers",  # FC 3
    "input": "read_input_registers",  # FC 4
}
_HARMLESS: Final = frozenset({*_READ.values(), "read_device_information"})  # to ask twice
_HANG_UPS: Final = 1  # in a row after one answer each: that is its manner, until it connects anew
_Client = AsyncModbusTcpClient | AsyncModbusSerialClient
_PARITY: Final = {"none": "N", "even": "E", "odd": "O"}
_FRAME_GAP_BITS: Final = 3.5 * 11.0  # Modbus over serial line 1.02, 2.5.1.1
_FRAME_GAP_LEAST_S: Final = 0.00175
_UNNUMBERED_GAP_S: Final = 0.02  # wall; silence before a question where no number tells answers
_NOISY_TIMES: Final = 6  # this many time-outs without silence: somebody else talks there


class _HungUp(LinkLost):
    """The peer closed the connection while it was asked."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device said: registers, bits or texts; `code` is not 0 when it refused."""

    code: int = 0
    registers: tuple[int, ...] = ()
    bits: tuple[bool, ...] = ()
    texts: Sequence[str] = ()


class ModbusWire:
    """A connection to one unit; every method raises LinkLost when it is gone."""

    def __init__(self, spec: LinkSpec, timeout_s: float) -> None:
        self._spec, self._timeout_s = spec, timeout_s
        self.asked = 0  # questions so far
        self._line = object()  # this connection
        self._patience: asyncio.Timeout | None = None
        self._answers = 0  # on this connection
        self._hang_ups = 0  # in a row, each after one answer
        self._client: _Client | None = None
        self._gap_s = spec.gap_s
        if spec.protocol == "modbus-rtu":
            quiet_s = max(_FRAME_GAP_BITS / spec.baud, _FRAME_GAP_LEAST_S)
            self._gap_s = max(spec.gap_s, quiet_s)
        self._free_at = self._heard_at = 0.0
        self._unit = {"device_id": spec.unit_id}
        self._dialogue = Dialogue(rtu=spec.is_rtu)

    async def open(self, timeout_s: float | None = None) -> None:
        """Connect anew, with another time-out from now on; an RTU wire also waits for silence."""
        self._timeout_s = self._timeout_s if timeout_s is None else timeout_s
        self._dialogue, self._hang_ups = Dialogue(rtu=self._spec.is_rtu), 0
        await self._connect()
        if self._spec.is_rtu:
            await self.wait_for_silence()

    async def _connect(self) -> _Client:
        self.close()
        self._answers = 0
        client = self._client = self._make(self._trace)
        try:
            connected = await client.connect()
        except (OSError, termios.error, ValueError):  # no such line, or not with these settings
            connected = False
        if not connected:
            self.close()
            raise LinkLost(f"no connection to {self._spec.url}")
        return client

    @property
    def closes_after_answers(self) -> bool:
        """Return True for a device that gives one answer a connection."""
        return self._hang_ups >= _HANG_UPS

    @property
    def is_numbered(self) -> bool:
        """Return False where an answer does not name its question: in step must be proven."""
        return self._dialogue.numbered is not False

    def _make(self, listen: Callable[[bool, bytes], bytes]) -> _Client:
        spec, self._line = self._spec, object()
        watch = partial(self._connection, self._line)
        if spec.protocol == "modbus-rtu":
            return AsyncModbusSerialClient(
                spec.device,
                baudrate=spec.baud,
                parity=_PARITY[spec.parity],
                stopbits=spec.stop_bits,
                timeout=self._timeout_s,
                retries=0,
                reconnect_delay=0,
                trace_packet=listen,
                trace_connect=watch,
            )
        return AsyncModbusTcpClient(
            spec.host,
            port=spec.port,
            framer=FramerType.RTU if spec.is_rtu else FramerType.SOCKET,
            timeout=self._timeout_s,
            retries=0,
            reconnect_delay=0,
            trace_packet=listen,
            trace_connect=watch,
        )

    def _connection(self, line: object, up: bool) -> None:
        """End the wait for an answer at once when the peer closes the connection."""
        if not up and line is self._line and self._patience is not None:
            with suppress(RuntimeError):  # nobody waits
                self._patience.reschedule(asyncio.get_running_loop().time())

    def _trace(self, sending: bool, data: bytes) -> bytes:
        if sending:
            self._dialogue.asked(data)
            return data
        self._heard_at = asyncio.get_running_loop().time()
        return self._dialogue.heard(data)

    async def wait_for_silence(self) -> None:
        """Listen until nothing was heard for long enough; raise LinkLost if that never comes.

        That is a time-out, for which an answer may be late; on a TCP connection, which
        begins empty, a second at most.
        """
        quiet_s = self._timeout_s if self._spec.is_rtu else min(self._timeout_s, 1.0)
        loop = asyncio.get_running_loop()
        began = self._heard_at = loop.time()
        while (left := self._heard_at + quiet_s - loop.time()) > 0.0:
            if loop.time() - began > _NOISY_TIMES * self._timeout_s:
                self.close()
                raise LinkLost(f"{self._spec.url} never falls silent: another master talks there")
            await asyncio.sleep(left)
        self._dialogue.left_over = False

    async def listen(self) -> None:
        """Wait for the gap between two questions; raise LinkLost when something comes in it."""
        await asyncio.sleep(max(self._gap_s, _UNNUMBERED_GAP_S))
        self._require_nothing_left_over()

    def _require_nothing_left_over(self) -> None:
        if self._dialogue.numbered is False and self._dialogue.left_over:
            raise self._lost("said something nobody asked for")

    def close(self) -> None:
        """Close the socket or line; idempotent."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def read(self, table: Table, start: int, count: int) -> Answer:
        """Read bits (FC 1, 2) or registers (FC 3, 4)."""
        return await self._ask(_READ[table], start, count=count, **self._unit)

    async def write_bits(self, start: int, bits: list[bool], multiple: bool) -> Answer:
        """Write one coil (FC 5) or several (FC 15)."""
        if not multiple:
            return await self._ask("write_coil", start, bits[0], **self._unit)
        return await self._ask("write_coils", start, bits, **self._unit)

    async def write_registers(self, start: int, words: list[int], multiple: bool) -> Answer:
        """Write one register (FC 6) or several (FC 16)."""
        if not multiple:
            return await self._ask("write_register", start, words[0], **self._unit)
        return await self._ask("write_registers", start, words, **self._unit)

    async def identify(self) -> Answer:
        """Ask for vendor, product and version (FC 43/14); devices may not know the question."""
        return await self._ask("read_device_information", read_code=1, **self._unit)

    async def _ask(self, method: str, *args: object, **kwargs: object) -> Answer:
        talk, loop = self._dialogue, asyncio.get_running_loop()
        try:
            if (wait_s := self._free_at - loop.time()) > 0.0:
                await asyncio.sleep(wait_s)
            client = await self._listening()
            self._require_nothing_left_over()
            try:
                await self._put(client, method, *args, **kwargs)
            except _HungUp:
                if not self._answers or method not in _HARMLESS or self._spec.is_rtu:
                    raise
                self._count_hang_up()
                await self._put(await self._connect(), method, *args, **kwargs)
        except asyncio.CancelledError:
            self.close()  # the reply to what was cancelled must not meet the next request
            raise
        if talk.fault:
            raise self._lost(talk.fault)
        self._answers += 1
        shortest_s = 0.0 if self.is_numbered or self._spec.device else _UNNUMBERED_GAP_S
        self._free_at = loop.time() + max(self._gap_s, shortest_s)
        return _answer(talk.reply)

    async def _listening(self) -> _Client:
        """Return the client, connected anew where the peer closed after a whole answer."""
        client = self._client
        if client is None:
            raise LinkLost(f"not connected to {self._spec.url}")
        if client.connected and not (self._answers and self.closes_after_answers):
            return client
        if self._spec.is_rtu or not self._answers:
            after = " after every answer" if self._answers == 1 else ""
            raise self._lost(f"closes the connection{after}")
        self._count_hang_up()
        return await self._connect()

    def _count_hang_up(self) -> None:
        self._hang_ups = self._hang_ups + 1 if self._answers == 1 else 0

    async def _put(
        self,
        client: _Client,
        method: str,
        *args: object,
        **kwargs: object,
    ) -> None:
        self.asked += 1
        try:
            async with asyncio.timeout(None) as self._patience:
                await getattr(client, method)(*args, **kwargs)
        except (ModbusException, OSError, TimeoutError) as error:
            if isinstance(error, TimeoutError) and self._dialogue.reply:
                return  # its answer came, and the end of the connection with it
            hung_up = not client.connected
            self.close()
            if hung_up:
                raise _HungUp(f"{self._spec.url} closed the connection, no answer") from error
            note = f": {self._dialogue.note}" if self._dialogue.note else ""
            raise LinkLost(f"no answer from {self._spec.url}{note}") from error

    def _lost(self, why: str) -> LinkLost:
        self.close()
        return LinkLost(f"{self._spec.url} {why}")


def _answer(said: bytes) -> Answer:
    """Return what an answer that fits its question says."""
    function = said[0]
    if function & 0x80:
        return Answer(said[1] or 4)
    if function in (1, 2):
        return Answer(bits=tuple(bool(byte >> i & 1) for byte in said[2:] for i in range(8)))
    if function in (3, 4):
        return Answer(registers=struct.unpack(f">{said[1] // 2}H", said[2:]))
    return Answer(texts=_texts(objects_of(said) or {}) if function == 43 else ())


def _texts(objects: dict[int, bytes]) -> Sequence[str]:
    return tuple(objects.get(i, b"").decode("ascii", "replace") for i in (0, 1, 2))
