"""A rig on a clock, with its servers and its back door: what `seastack sim` runs."""

import asyncio
from collections.abc import Mapping
from typing import Final

from sensors.clock import Clock
from sensors.pki import PkiPaths
from sensors.plantfile import Plant
from sim.backchannel import BackChannel, LiveRig
from sim.modbus_server import ModbusRig
from sim.opcua_server import OpcuaRig

CONTROL: Final = "control"  # the back-channel's name among the ports


class RigService:
    """Steps a rig with plant time and shows it on every link of its plant.

    `ports` by link name, and "control" for the back-channel; a link not named
    uses the port of its plant folder, the back-channel any free one (0).
    After `start`, `ports` holds the ports really in use.  `pki` is needed by
    links with security, `lines` names the device that serves a serial link.
    """

    def __init__(
        self,
        rig: LiveRig,
        plant: Plant,
        clock: Clock,
        *,
        host: str = "127.0.0.1",
        ports: Mapping[str, int] | None = None,
        pki: PkiPaths | None = None,
        lines: Mapping[str, str] | None = None,
        step_s: float = 1.0,
    ) -> None:
        self._rig, self._clock, self._step_s = rig, clock, step_s
        asked = dict(ports or {})
        self._back = BackChannel(rig, asked.get(CONTROL, 0))
        self._modbus: dict[str, ModbusRig] = {}
        self._opcua: dict[str, OpcuaRig] = {}
        for name, spec in plant.links.items():
            port = asked.get(name, spec.port)
            if spec.is_modbus:
                line = (lines or {}).get(name, "")
                self._modbus[name] = ModbusRig(rig, plant, host, port, name, line)
            else:
                keys = pki if spec.security != "None" else None
                self._opcua[name] = OpcuaRig(rig, plant, host, port, keys, name)

    @property
    def ports(self) -> dict[str, int]:
        """Return the port of every link and of the back-channel ("control")."""
        modbus = {name: server.port for name, server in self._modbus.items()}
        opcua = {name: server.port for name, server in self._opcua.items()}
        return {**modbus, **opcua, CONTROL: self._back.port}

    async def start(self) -> None:
        """Open all ports, or none; raise ServeError naming the busy one."""
        try:
            for modbus in self._modbus.values():
                await modbus.start()
            for opcua in self._opcua.values():
                await opcua.start()
            await self._back.start()
        except BaseException:
            await self.stop()
            raise

    async def run(self) -> None:
        """Step the rig with the clock until cancelled.

        A rig that was held up catches up step by step: its clock is plant
        time, and what happened meanwhile did happen.
        """
        step_ns = int(self._step_s * 1e9)
        while True:
            behind_ns = self._clock.now_ns() - self._rig.t_ns
            if behind_ns < step_ns:
                await self._clock.sleep((step_ns - behind_ns) * 1e-9)
                continue
            self._rig.step(self._step_s)
            if behind_ns < 2 * step_ns:
                await self._push()
            await asyncio.sleep(0)  # let the servers answer between steps

    async def _push(self) -> None:
        for opcua in self._opcua.values():
            await opcua.push()

    async def stop(self) -> None:
        """Close everything; idempotent."""
        await self._back.stop()
        for opcua in self._opcua.values():
            await opcua.stop()
        for modbus in self._modbus.values():
            await modbus.stop()
