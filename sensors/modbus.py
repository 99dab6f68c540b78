"""One Modbus wire: TCP, RTU on a serial line, RTU over TCP. The only client of pymodbus.

Time-outs are wall time, there are no retries and no automatic reconnects in
here: after any time-out the socket or line is closed, so that a late reply
has nowhere to arrive.

An RTU reply does not say which question it answers.  A line (or a gateway
that forwards it) may still deliver yesterday's answer to today's connection,
so an RTU wire first listens until it is silent; `sensors.modbus_driver` then
proves that question and answer are in step.
"""

import asyncio
import logging
import termios
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerType
from pymodbus.pdu import ModbusPDU

from sensors.errors import LinkLost
from sensors.linkspec import LinkSpec
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
_PARITY: Final = {"none": "N", "even": "E", "odd": "O"}
_FRAME_GAP_BITS: Final = 3.5 * 11.0  # Modbus over serial line 1.02, 2.5.1.1
_FRAME_GAP_LEAST_S: Final = 0.00175
_NOISY_TIMES: Final = 6  # this many time-outs without silence: somebody else talks there


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device said: registers, bits or texts; `code` is not 0 when it refused."""

    code: int = 0
    registers: tuple[int, ...] = ()
    bits: tuple[bool, ...] = ()
    texts: tuple[str, ...] = ()


class ModbusWire:
    """A connection to one unit; every method raises LinkLost when it is gone."""

    def __init__(self, spec: LinkSpec, timeout_s: float) -> None:
        self._spec, self._timeout_s = spec, timeout_s
        self._client: AsyncModbusTcpClient | AsyncModbusSerialClient | None = None
        self._gap_s = spec.gap_s
        if spec.protocol == "modbus-rtu":
            quiet_s = max(_FRAME_GAP_BITS / spec.baud, _FRAME_GAP_LEAST_S)
            self._gap_s = max(spec.gap_s, quiet_s)
        self._free_at = self._heard_at = 0.0
        self._unit = {"device_id": spec.unit_id}

    async def open(self) -> None:
        """Connect anew; an RTU wire also waits for silence."""
        self.close()
        client = self._client = self._make(self._note_bytes)
        try:
            connected = await client.connect()
        except (OSError, termios.error, ValueError):  # no such line, or not with these settings
            connected = False
        if not connected:
            self.close()
            raise LinkLost(f"no connection to {self._spec.url}")
        if self._spec.is_rtu:
            await self._wait_for_silence()

    def _make(
        self, listen: Callable[[bool, bytes], bytes]
    ) -> AsyncModbusTcpClient | AsyncModbusSerialClient:
        spec = self._spec
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
            )
        return AsyncModbusTcpClient(
            spec.host,
            port=spec.port,
            framer=FramerType.RTU if spec.is_rtu else FramerType.SOCKET,
            timeout=self._timeout_s,
            retries=0,
            reconnect_delay=0,
            trace_packet=listen,
        )

    def _note_bytes(self, sending: bool, data: bytes) -> bytes:
        if not sending:
            self._heard_at = asyncio.get_running_loop().time()
        return data

    async def _wait_for_silence(self) -> None:
        loop = asyncio.get_running_loop()
        began = self._heard_at = loop.time()
        while (left := self._heard_at + self._timeout_s - loop.time()) > 0.0:
            if loop.time() - began > _NOISY_TIMES * self._timeout_s:
                self.close()
                raise LinkLost(f"{self._spec.url} never falls silent: another master talks there")
            await asyncio.sleep(left)

    def close(self) -> None:
        """Close the socket or line; idempotent."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def read(self, table: Table, start: int, count: int) -> Answer:
        """Read bits (FC 1, 2) or registers (FC 3, 4); an answer of another size is a lost link."""
        answer = await self._ask(_READ[table], start, count=count, **self._unit)
        bits = table in ("coil", "discrete")
        got = len(answer.bits) if bits else len(answer.registers)
        if not answer.code and got != (-(-count // 8) * 8 if bits else count):
            self.close()
            raise LinkLost(f"{self._spec.url} answered another question than asked")
        return answer

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
        client = self._client
        if client is None:
            raise LinkLost(f"not connected to {self._spec.url}")
        loop = asyncio.get_running_loop()
        try:
            if self._gap_s and (wait_s := self._free_at - loop.time()) > 0.0:
                await asyncio.sleep(wait_s)
            reply: ModbusPDU = await getattr(client, method)(*args, **kwargs)
        except (ModbusException, OSError) as error:
            self.close()
            raise LinkLost(f"no answer from {self._spec.url}") from error
        except asyncio.CancelledError:
            self.close()  # the reply to what was cancelled must not meet the next request
            raise
        self._free_at = loop.time() + self._gap_s
        if reply.isError():
            return Answer(int(getattr(reply, "exception_code", 0)) or 4)
        found = getattr(reply, "information", {})
        texts = tuple(found.get(i, b"").decode("ascii", "replace") for i in (0, 1, 2))
        return Answer(0, tuple(reply.registers), tuple(reply.bits), texts)
