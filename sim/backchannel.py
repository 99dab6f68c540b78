"""The rig's back door: faults and truth, on a channel that is not under test.

Loopback only. One JSON object a line, one answer a line:
    {"do": "fault", "name": ..., "target": ..., "value": ..., "start_s": ..., "duration_s": ...}
                                      all but the name may be left out; names: docs/faults.md
    {"do": "clear", "name": ...}      without a name: all of them
    {"do": "state"}                   time, unit, true capture, counters, balances
    {"do": "key", "value": "LOCAL" | "REMOTE"}
Every answer has "ok"; a refused request has "error" in plain words.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Final, Protocol

from sensors.errors import SensorsError
from sensors.foreigntext import clean
from sim.faults import Fault
from sim.served import Served, ServeError

HOST: Final = "127.0.0.1"
_KEYS: Final = ("LOCAL", "REMOTE")
_FAULT_KEYS: Final = {"name", "target", "value", "start_s", "duration_s"}


class Counters(Protocol):
    """What the rig's PLC counted since the start."""

    @property
    def trips(self) -> int: ...

    @property
    def limit_violations(self) -> Mapping[str, int]: ...


class Truth(Protocol):
    """What really happens in the rig."""

    @property
    def capture_pct(self) -> float: ...

    @property
    def counters(self) -> Counters: ...

    def balance_errors(self) -> Mapping[str, float]: ...


class LiveRig(Served, Protocol):
    """A rig that can be stepped, broken and asked for the truth; see sim.rig.Rig."""

    @property
    def truth(self) -> Truth: ...

    def step(self, dt_s: float = 1.0) -> None: ...

    def inject(self, fault: Fault) -> None: ...

    def clear(self, name: str) -> None: ...

    def key(self, remote: bool) -> None: ...


class BackChannel:
    """Serves one rig's back door on loopback. Port 0 picks a free one."""

    def __init__(self, rig: LiveRig, port: int = 0) -> None:
        self._rig, self.port = rig, port
        self._server: asyncio.Server | None = None
        self._clients: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def start(self) -> None:
        """Listen; raise ServeError when the port is taken."""
        try:
            self._server = await asyncio.start_server(self._serve, HOST, self.port)
        except OSError as error:
            raise ServeError.busy("back-channel", HOST, self.port) from error
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and hang up; idempotent."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            clients = dict(self._clients)
            for client in clients:
                client.close()
            await asyncio.gather(*(task for task in clients.values() if task is not None))
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients[writer] = asyncio.current_task()
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self.answer(line)).encode() + b"\n")
                await writer.drain()
                if _is_http(line):  # a web page's POST: a request may stand in its body
                    break
        except (ConnectionError, ValueError):
            pass  # the caller went away or sent a line without an end: hang up
        finally:
            self._clients.pop(writer)
            writer.close()

    def answer(self, line: bytes) -> dict[str, object]:
        """Do what one line asks and return the answer; never raises for bad input."""
        try:
            request = json.loads(line)
            if not isinstance(request, dict):
                raise ValueError("a request is one JSON object")
            return {"ok": True, **self._do(request)}
        except (ValueError, TypeError, LookupError, OverflowError, SensorsError) as error:
            return {"ok": False, "error": clean(error, 300)}
        except RecursionError:
            return {"ok": False, "error": "the request is nested too deep"}

    def _do(self, request: dict[str, object]) -> dict[str, object]:
        do = request.pop("do", None)
        if do == "state":
            return self._state()
        if do == "fault":
            self._rig.inject(_fault(request))
        elif do == "clear":
            self._rig.clear(str(request.get("name", "")))
        elif do == "key":
            value = request.get("value")
            if value not in _KEYS:
                raise ValueError(f"the key is LOCAL or REMOTE, not {value!r}")
            self._rig.key(value == "REMOTE")
        else:
            raise ValueError(f"cannot do {do!r}: known are fault, clear, state, key")
        return {}

    def _state(self) -> dict[str, object]:
        rig = self._rig
        unit = rig.table.find("unit_state")
        labels = dict(rig.table.tags[unit].labels) if unit is not None else {}
        number = int(rig.value[unit]) if unit is not None else 0
        counters = rig.truth.counters
        return {
            "t_ns": int(rig.t_ns),
            "unit": labels.get(number, str(number)),
            "capture_pct": float(rig.truth.capture_pct),
            "counters": {
                "trips": counters.trips,
                "limit_violations": dict(counters.limit_violations),
            },
            "balance_errors": {k: float(v) for k, v in rig.truth.balance_errors().items()},
        }


def _fault(request: Mapping[str, object]) -> Fault:
    unknown = request.keys() - _FAULT_KEYS
    if unknown:
        raise ValueError(f"unknown key {sorted(unknown)[0]!r} in a fault")
    value, duration = request.get("value"), request.get("duration_s")
    return Fault(
        name=str(request["name"]),
        target=str(request.get("target", "")),
        value=None if value is None else _number(value),
        start_s=_number(request.get("start_s", 0.0)),
        duration_s=None if duration is None else _number(duration),
    )


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a number")
    return float(value)


def _is_http(line: bytes) -> bool:
    return b" HTTP/" in line and not line.lstrip().startswith(b"{")
