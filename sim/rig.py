"""The rig that is not there: ship, plant, PLC and instruments, one step at a time.

Pure stepping: no clock, no socket, no file.  Who steps it decides how fast time goes.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.numbers import F64
from sensors.plantfile import Plant
from sim import plc_setpoints as sp
from sim.faults import Board, Fault, checked
from sim.instruments import Instruments
from sim.motion import Motion
from sim.needs import require_tags
from sim.optimum import Optimum
from sim.plc import STATUS_TAGS, Plc
from sim.plc_io import BYPASS, Sensed, sensed_picker
from sim.plc_states import Unit
from sim.points import Points
from sim.served import Transport
from sim.ship import Climate, Ship
from sim.truth import Truth
from sim.voyages import Voyage
from sim.warming import warm

NS: Final = 1_000_000_000


class Rig:
    """One simulated rig on one ship on one voyage.

    `value` float64[n] in tag units, `reason` uint32[n], `source_ns` int64[n], all in table
    order and replaced (never changed in place) by `step`; set-point tags hold what was
    last written.  `t_ns` is plant UTC.  Voyage time is plant time when `start_ns` lies in
    the voyage, else the voyage starts at its first point; `voyage_start_s` says otherwise.
    Raises ConfigError for a plant without the tags the rig is made of.
    """

    def __init__(
        self,
        plant: Plant,
        voyage: Voyage,
        seed: int,
        start_ns: int,
        faults: Sequence[Fault] = (),
        voyage_start_s: float | None = None,
    ) -> None:
        require_tags(plant)
        self.plant, self.voyage, self.table = plant, voyage, plant.tags
        spec = plant.spec
        self.t_ns = self._start_ns = start_ns
        start_s = start_ns / NS
        if voyage_start_s is None:
            inside = voyage.start_s <= start_s <= voyage.end_s
            voyage_start_s = start_s if inside else voyage.start_s
        self._voyage_offset_s = voyage_start_s - start_s
        self.climate = Climate()
        self.ship = Ship(spec.ship, self.climate)
        self.motion, self.truth = Motion(seed), Truth(spec, seed)
        self.truth.d[-1] = self.motion.derate
        self.plc = Plc(spec)
        self.plc.counters = self.truth.counters
        self.instruments = Instruments(self.table, seed)
        self.points = Points(self.table, self.truth, self.ship)
        self.transport = Transport()
        self.process: dict[int, float] = {}  # points forced by a fault, before the instruments
        self._optimum = Optimum(spec, self.truth.model)
        self._board = Board()
        self._pick = sensed_picker(self.table)
        index = self.table.index
        self._status = np.array([index[name] for name in STATUS_TAGS])
        self._written_at = np.array([index[t.name] for t in self.table.setpoints])
        self._place = {t.name: k for k, t in enumerate(self.table.setpoints)}
        self._written = np.zeros(len(self._place))
        for name, value in zip(sp.TAGS, self.plc.box.setpoints, strict=True):
            self._written[self._place[name]] = value
        self._bypass_at = self._place[BYPASS]
        self._last_good: Sensed
        self._away_s = 0.0
        self._anchor_s: float | None = None
        n = len(self.table)
        self._true = np.zeros(n)
        self.value: F64 = np.zeros(n)
        self.reason: NDArray[np.uint32] = np.zeros(n, dtype=np.uint32)
        self.source_ns: NDArray[np.int64] = np.full(n, start_ns, dtype=np.int64)
        for fault in faults:
            self._schedule(fault, 0.0)
        self.reset(self.truth.fresh())

    # ---- time ----------------------------------------------------------------------------

    @property
    def t_s(self) -> float:
        """Return plant time since the start of this rig, s."""
        return (self.t_ns - self._start_ns) / NS

    @property
    def voyage_s(self) -> float:
        """Return the time in the replayed voyage, s since the epoch."""
        if self._anchor_s is not None:
            return self._anchor_s
        return self.t_ns / NS + self._voyage_offset_s

    def step(self, dt_s: float = 1.0) -> None:
        """Advance everything by `dt_s`: voyage, ship, truth, PLC, instruments."""
        self.t_ns += round(dt_s * NS)
        if self._board.waiting or self._board.active:
            self._board.run(self)
        plc, truth, ship = self.plc, self.truth, self.ship
        state = self.voyage.at(self.voyage_s)
        ship.step(state, plc.out.dampers, truth.steam_kg_h, dt_s)
        truth.step(plc.out, ship, self.climate, self.t_s, dt_s)
        if self._away_s > 0.0:
            self._away(dt_s)
        else:
            self._scan(dt_s)
        self._measure(dt_s)

    def _scan(self, dt_s: float) -> None:
        plc, ship, truth = self.plc, self.ship, self.truth
        wired = plc.wired
        wired.engines = ship.engines(truth.treated_kg_h / truth.spec.gas.max_flow_kg_h)
        wired.exhaust_kg_h = ship.exhaust_kg_s * 3600.0
        plc.scan(self._sensed(), self.t_s, dt_s)
        self._written[self._bypass_at] = 0.0

    def _sensed(self) -> Sensed:
        """Return what the PLC reads: its own instruments, a dead one at its last value."""
        now = Sensed._make(self._pick(self.value.tolist()))
        if self.instruments.forced:
            failed = self._pick([i in self.instruments.forced for i in range(len(self.table))])
            triples = zip(now, self._last_good, failed, strict=True)
            now = Sensed._make(good if bad else value for value, good, bad in triples)
        self._last_good = now
        return now

    def _away(self, dt_s: float) -> None:
        """Be without a PLC: outputs fall to their safe positions."""
        out = self.plc.out
        out.inlet_open, out.steam, out.blower, out.fast_shut = False, 0.0, 0.0, True
        self._away_s -= dt_s
        if self._away_s <= 0.0:
            self._new_plc()

    def _new_plc(self) -> None:
        """Wake the PLC in HOLD; wiring, registers and latches are what they were."""
        old, new = self.plc, Plc(self.plant.spec)
        new.counters, new.wired, new.box, new.out = old.counters, old.wired, old.box, old.out
        new.trips = old.trips
        new.unit.state = new.unit.asked = Unit.HOLD
        new.unit.bypassed = old.unit.bypassed
        self.plc = new

    def _fill(self, dt_s: float) -> None:
        """Write what is true now, what the PLC says and what was written to it."""
        true = self._true
        self.points.fill(
            true, self.truth, self.ship, self.climate, self.motion, self.voyage_s, self.t_s, dt_s
        )
        for i, forced in self.process.items():
            true[i] = forced
        true[self._status] = self.plc.status()
        true[self._written_at] = self._written

    def _measure(self, dt_s: float) -> None:
        self._fill(dt_s)
        true = self._true
        t_s = self.t_ns / NS
        value = self.instruments.read(true, self.t_s, dt_s)
        reason = np.zeros(len(true), dtype=np.uint32)
        self.instruments.calibrate(value, reason, t_s)
        self.value, self.reason = value, reason
        self.source_ns = np.full(len(true), self.t_ns, dtype=np.int64)

    # ---- from outside --------------------------------------------------------------------

    def write(self, values: Mapping[str, float]) -> None:
        """Take what a PC wrote, by tag name, as one block; the next scan judges it.

        Raises KeyError for a tag that cannot be written.
        """
        for name, value in values.items():
            self._written[self._place[name]] = value
        self.plc.box.put(values)

    def inject(self, fault: Fault) -> None:
        """Add a fault counted from now; raise ConfigError when it makes no sense."""
        self._schedule(fault, self.t_s)

    def _schedule(self, fault: Fault, from_s: float) -> None:
        engines = self.plant.spec.ship.engines
        self._board.add(checked(fault, self.table.index.__contains__, engines), from_s)

    def clear(self, name: str = "") -> None:
        """End all faults of a name; all faults without one."""
        self._board.clear(self, name)

    def key(self, remote: bool) -> None:
        """Turn the LOCAL/REMOTE key."""
        self.plc.wired.remote = remote

    def press(self, state: Unit) -> bool:
        """Ask for a unit state at the local panel; also resets a trip (READY)."""
        return self.plc.request(state)

    def restart_plc(self, away_s: float) -> None:
        """Restart the PLC: it is away for `away_s`, then wakes in HOLD without an owner."""
        self._away_s = max(away_s, 1e-9)  # 0: away for one scan, for it is a restart all the same

    # ---- starting, and the yardstick -----------------------------------------------------

    def reset(self, x: F64) -> None:
        """Begin at a plant state: books at zero, instruments settled on it."""
        self.truth.start(x)
        self.truth.y = self.truth.model.outputs(x, self.truth.u, self.truth.d, self.truth.p)
        self._fill(0.0)  # no time passes
        self.instruments.settle(self._true)
        self.value = self._true.copy()
        self._last_good = Sensed._make(self._pick(self.value.tolist()))

    @contextmanager
    def anchored(self, seconds: float) -> Iterator[None]:
        """Let plant time run up to the start while the voyage stands still at its start."""
        self.t_ns = self._start_ns - round(seconds * NS)
        self._anchor_s = self._start_ns / NS + self._voyage_offset_s
        try:
            yield
        finally:
            self._anchor_s = None

    def warm(self) -> None:
        """Bring the rig steady under local control at the start's voyage time.

        CAPTURE when engines run there, HOLD with a hot reboiler when none does.
        """
        warm(self)

    def optimum(self) -> float:
        """Return the best steady capture, %, at this minute's gas, steam and limits."""
        return self._optimum.capture_pct(self.truth, self.ship)
