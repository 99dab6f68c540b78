"""The rig over Modbus, generated from the same tags.toml the controller reads.

Registers are encoded when somebody asks, at most once a rig step and table.
A write of the PC reaches `rig.write` as one mapping, whatever its size.
"""

import asyncio
import logging
import termios
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pymodbus.constants import ExcCodes
from pymodbus.framer import FramerType
from pymodbus.pdu.device import ModbusDeviceIdentification
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from sensors.blocks import Block, plan, source_of
from sensors.codec import WIDTH, BlockCodec, swap_words
from sensors.image import F64
from sensors.plantfile import Plant
from sensors.tag import Table, Tag
from sim.served import Served, ServeError

logging.getLogger("pymodbus").setLevel(logging.CRITICAL)

_TABLE_OF: Final[dict[int, Table]] = {
    1: "coil",
    5: "coil",
    15: "coil",
    2: "discrete",
    3: "holding",
    6: "holding",
    16: "holding",
    22: "holding",
    23: "holding",
    4: "input",
}
_ECHOES: Final = (5, 6)  # the library reads back what it replies to a single write
_PARITY: Final = {"none": "N", "even": "E", "odd": "O"}
_WHOLE_TABLE: Final = 65536


class ModbusRig:
    """Serves one Modbus link of a plant from a rig. Port 0 picks a free one.

    A link on a serial line is served on `line`, the device of the line's other
    end; `host` and `port` then mean nothing.
    """

    def __init__(
        self,
        rig: Served,
        plant: Plant,
        host: str,
        port: int,
        link: str | None = None,
        line: str = "",
    ) -> None:
        self._rig, self._host, self._asked_port, self._line = rig, host, port, line
        spec = next(s for s in plant.links.values() if s.is_modbus and link in (None, s.name))
        self._spec = spec
        tags = plant.tags_of(spec.name)
        self._blocks = plan(tags, max_registers=_WHOLE_TABLE)
        self._codecs = {
            b: BlockCodec(b.tags, b.start, b.count) for b in self._blocks if not b.is_bits
        }
        self._channels = {
            b: np.array([rig.table.index[t.name] for t in b.tags]) for b in self._blocks
        }
        beat = next((t for t in tags if t.role == "plc_heartbeat"), None)
        self._beat = rig.table.index[beat.name] if beat else None
        self._last_beat = 0.0
        self._encoded: dict[Table, tuple[int, bool, bool]] = {}
        self._server: ModbusTcpServer | ModbusSerialServer | None = None
        self._closing = False
        self._waiting: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Return the port in use; the asked one before `start`."""
        transport = self._server.transport if self._server else None
        sockets = getattr(transport, "sockets", ())
        return int(sockets[0].getsockname()[1]) if sockets else self._asked_port

    async def start(self) -> None:
        """Listen; raise ServeError when the port is taken."""
        identity = ModbusDeviceIdentification(  # type: ignore[no-untyped-call]
            info_name={
                "VendorName": "Seastack",
                "ProductCode": "SIMULATOR",
                "MajorMinorRevision": "1.0",
            }
        )
        device = SimDevice(id=self._spec.unit_id, simdata=self._memory(), action=self._act)
        self._closing = False
        server = self._make(device, identity)
        try:
            await server.serve_forever(background=True)
        except (RuntimeError, OSError, termios.error) as error:
            if self._spec.protocol == "modbus-rtu":
                raise ServeError(f"Modbus RTU: line '{self._line}' cannot be opened") from error
            raise ServeError.busy("Modbus TCP", self._host, self._asked_port) from error
        self._server = server
        self._asked_port = self.port  # a restart comes back where it was

    def _make(
        self, device: SimDevice, identity: ModbusDeviceIdentification
    ) -> ModbusTcpServer | ModbusSerialServer:
        spec = self._spec
        # A unit that is not us stays silent: other units live on the same line.
        if spec.protocol == "modbus-rtu":
            return ModbusSerialServer(
                device,
                port=self._line,
                baudrate=spec.baud,
                parity=_PARITY[spec.parity],
                stopbits=spec.stop_bits,
                identity=identity,
                ignore_missing_devices=True,
            )
        framer = FramerType.RTU if spec.is_rtu else FramerType.SOCKET
        address = self._host, self._asked_port
        return ModbusTcpServer(
            device,
            framer=framer,
            address=address,
            identity=identity,
            ignore_missing_devices=spec.is_rtu,
        )

    async def stop(self) -> None:
        """Stop listening and drop every connection; idempotent."""
        self._closing = True
        server, self._server = self._server, None
        if server is not None:
            await server.shutdown()  # type: ignore[no-untyped-call]
        if self._waiting:
            await asyncio.wait(self._waiting)

    def _memory(self) -> tuple[list[SimData], list[SimData], list[SimData], list[SimData]]:
        def of(table: Table) -> list[SimData]:
            bits = table in ("coil", "discrete")
            kind = DataType.BITS if bits else DataType.REGISTERS
            zero = False if bits else 0
            found = [
                SimData(b.start, values=[zero] * b.count, datatype=kind)
                for b in self._blocks
                if b.table == table
            ]
            return found or [SimData(0, values=[zero], datatype=kind)]

        return of("coil"), of("discrete"), of("holding"), of("input")

    async def _act(
        self,
        function: int,
        start: int,
        address: int,
        count: int,
        registers: list[int],
        written: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Bring a table up to date before a read, pass a write on to the rig."""
        if written is None and function in _ECHOES:
            return None  # the reply repeats the write, whatever the PLC made of it since
        await self._gate()
        table = _TABLE_OF[function]
        self._refresh(table, start, registers)
        if written is not None:
            if table == "coil":
                self._write_bits(address, written)
            else:
                self._write_registers(address, start, registers, [int(w) for w in written])
        return None

    async def _gate(self) -> None:
        """Hold an answer back while the rig's transport is late or hung."""
        transport = self._rig.transport
        if not transport.held:
            return
        waiting = asyncio.create_task(transport.hold(lambda: self._closing))
        self._waiting.add(waiting)
        waiting.add_done_callback(self._waiting.discard)
        await waiting

    def _refresh(self, table: Table, start: int, registers: list[int]) -> None:
        rig, faults = self._rig, self._rig.transport
        key = rig.t_ns, faults.swapped_words, faults.frozen_heartbeat
        if self._encoded.get(table) == key:
            return
        self._encoded[table] = key
        value = self._values()
        for block in self._blocks:
            if block.table != table:
                continue
            channels = self._channels[block]
            if block.is_bits:
                _set_bits(registers, start, block, value[channels])
                continue
            codec = self._codecs[block]
            words = codec.encode(value[channels], rig.reason[channels])
            if faults.swapped_words:
                words = swap_words(words, codec)
            at = block.start - start
            registers[at : at + block.count] = words.tolist()

    def _values(self) -> F64:
        value = self._rig.value
        if self._beat is None:
            return value
        if not self._rig.transport.frozen_heartbeat:
            self._last_beat = float(value[self._beat])
            return value
        frozen = value.copy()
        frozen[self._beat] = self._last_beat
        return frozen

    def _write_bits(self, address: int, written: list[int] | list[bool]) -> None:
        names = {source_of(t).address: t.name for b in self._of("coil") for t in b.tags}
        values = {
            names[address + i]: float(bit) for i, bit in enumerate(written) if address + i in names
        }
        if values:
            self._rig.write(values)

    def _write_registers(
        self, address: int, start: int, registers: list[int], written: list[int]
    ) -> None:
        after = list(registers)
        after[address - start : address - start + len(written)] = written
        values: dict[str, float] = {}
        for block in self._of("holding"):
            codec, at = self._codecs[block], block.start - start
            words: NDArray[np.uint16] = np.array(after[at : at + block.count], dtype=np.uint16)
            if self._rig.transport.swapped_words:
                words = swap_words(words, codec)
            decoded, _ = codec.decode(words)
            for tag, value in zip(block.tags, decoded.tolist(), strict=True):
                if _touches(tag, address, len(written)):
                    values[tag.name] = value
        if values:
            self._rig.write(values)

    def _of(self, table: Table) -> list[Block]:
        return [b for b in self._blocks if b.table == table]


def _touches(tag: Tag, address: int, count: int) -> bool:
    source = source_of(tag)
    width = WIDTH[source.type]
    return source.address < address + count and address < source.address + width


def _set_bits(registers: list[int], start: int, block: Block, value: F64) -> None:
    """Write bits into 16-bit registers, bit 0 first; `start` is in registers."""
    for tag, bit in zip(block.tags, (value != 0.0).tolist(), strict=True):
        at, place = divmod(source_of(tag).address, 16)
        mask = 1 << place
        registers[at - start] = (registers[at - start] & ~mask) | (mask if bit else 0)
