"""The rig's own logic: ownership, states, trips, set-points, loops, one scan at a time.

The PLC is deliberately not built from the controller's parts: a simulator that shared the
controller's PI would share its bugs.  It needs no PC: under local control it captures by
itself.  Everything it knows comes through instruments and hard-wired signals.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sensors.plantfile import PlantSpec
from sim import plc_setpoints as sp
from sim.plc_io import Commands, Engine, Mailbox, Sensed
from sim.plc_lease import Lease, Reject
from sim.plc_limits import Counters, LimitWatch
from sim.plc_regulators import LEAN_PER_STEAM, Regulators
from sim.plc_setpoints import SetPoints
from sim.plc_states import CAPTURING, Permit, Sequencer, Unit
from sim.plc_trips import TripLogic

VERSION: Final = 100  # major x 100 + minor
HOT_degC: Final = 112.0
LEAN_PER_CO2: Final = 13.3  # kg lean per kg CO2 in the treated gas, 60 % at 0.22 mol/mol
T_LOCAL_degC: Final = 119.5
T_HOLD_degC: Final = 113.0
WARM_STEAM_KG_H: Final = 2200.0
HOLD_STEAM_KG_H: Final = 500.0
LEAST_STEAM_KG_H: Final = 200.0
LEAST_HEADER_barg: Final = 2.6
DAMPER_OPENS_AFTER_S: Final = 20.0
STATUS_TAGS: Final = (
    *("HS-PLC-BEAT", "HS-IDENT", "HS-VERSION", "HS-OWNER", "HS-SEQ-ACK", "HS-KEY"),
    *("HS-PLACE", "HS-UNIT", "HS-UNIT-ASKED", "HS-PERMIT", "HS-TRIP", "HS-FIRST-OUT"),
    *("HS-SP-OK", "HS-REJECT", "HS-BYPASS", "HS-LEASE-LOST"),
    *("FIC-401.SPR", "FIC-521.SPR", "TIC-401.SPR", "PIC-501.SPR", "FIC-110.SPR"),
)


@dataclass(slots=True)
class Wired:
    """Signals wired straight to the PLC; the rig fills them before each scan."""

    engines: Sequence[Engine] = ()
    exhaust_kg_h: float = 0.0  # of engines whose damper is open
    remote: bool = True
    esd: bool = False
    blower_fault: bool = False

    @property
    def worst_back_pressure_mbar(self) -> float:
        """Return the highest back-pressure of any engine."""
        return max((e.back_pressure_mbar for e in self.engines), default=0.0)


@dataclass(slots=True)
class Plc:
    """The PLC program; `scan` runs it once, `out` holds its commands."""

    spec: PlantSpec
    wired: Wired = field(default_factory=Wired)
    box: Mailbox = field(default_factory=Mailbox)
    out: Commands = field(default_factory=Commands)
    trips: TripLogic = field(default_factory=TripLogic)
    unit: Sequencer = field(default_factory=Sequencer)
    lease: Lease = field(init=False)
    points: SetPoints = field(init=False)
    loops: Regulators = field(init=False)
    limits: LimitWatch = field(init=False)
    counters: Counters = field(default_factory=Counters)
    permit: int = 0
    reject: Reject = Reject.NONE
    beat: int = 0
    _unit_seen: int | None = None
    _blocks: int = 0
    _to_funnel: bool = False
    _running_s: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        spec = self.spec
        lo, hi = limits_of(spec)
        start = [
            spec.solvent.design_flow_kg_h,
            0.0,
            spec.solvent.lean_temperature_degC,
            spec.stripper.pressure_kPa,
            spec.gas.design_flow_kg_h,
        ]
        self.lease = Lease(spec.lease.timeout_s)
        self.points = SetPoints(lo, hi, start)
        self.box.setpoints = list(start)
        self.loops = Regulators(spec)
        self.limits = LimitWatch(spec)
        self._running_s = [0.0] * spec.ship.engines
        self.out.dampers = [False] * spec.ship.engines

    # ---- one scan ------------------------------------------------------------------------

    def scan(self, now: Sensed, t_s: float, dt_s: float) -> None:
        """Read, judge, decide, regulate: one scan at plant time `t_s`."""
        self.beat = (self.beat + 1) & 0xFFFF
        self.loops.filter(now, dt_s)
        self._ownership(t_s)
        self.unit.button(self.box.bypass)
        self.box.bypass = False
        self._dampers(dt_s)
        self.permit = self._permissives(now)
        if self.trips.scan(self._conditions(now), dt_s):
            self.counters.trips += 1
        latched = self.trips.latched
        self.unit.scan(self.permit, latched != 0, bool(latched & 1), now.t_reb, dt_s)
        self._regulate(now, t_s, dt_s)
        self._watch(now, dt_s)
        # Proven by switches, not by intention.
        self._to_funnel = now.inlet_shut == 1.0 and now.blower_running == 0.0

    def _ownership(self, t_s: float) -> None:
        box, lease = self.box, self.lease
        lease.reject = Reject.NONE
        lease.scan(t_s, box.beat, box.owner, box.lease, self.wired.remote)
        if lease.reject:
            self.reject = lease.reject
        if lease.granted:
            self.points.take_over()
            self.reject = Reject.NONE
            # A register that was already there when a bypass was asked is not a fresh request.
            self._unit_seen = box.unit if self.unit.bypassed else None
        if box.blocks == self._blocks:
            return
        self._blocks = box.blocks
        if lease.owner and box.owner == lease.owner:
            self._block()
        elif not lease.handed_back:
            self._refuse()

    def _block(self) -> None:
        """Judge a block of the lease owner."""
        box = self.box
        capturing = self.unit.state in CAPTURING
        reason = self.points.judge(box.sequence, box.setpoints, capturing)
        if box.unit != self._unit_seen:
            fresh = self._unit_seen is not None or box.unit != self.unit.asked
            self._unit_seen = box.unit
            if fresh and not self.request(box.unit):
                reason = reason or Reject.NOT_PERMITTED
        self.reject = reason

    def _refuse(self) -> None:
        """Say why a block that would change something was not taken."""
        box, points = self.box, self.points
        if points.ok_word == 0 and box.setpoints == points.accepted:
            return
        if not self.wired.remote:
            self.reject = Reject.KEY_LOCAL
        elif self.lease.owner:
            self.reject = Reject.OTHER_OWNER
        elif box.owner:
            self.reject = Reject.NO_LEASE

    def request(self, state: int) -> bool:
        """Ask for a unit state, from the owner or the panel; a latched trip resets on READY."""
        if state == Unit.READY and self.trips.latched:
            self.trips.reset()
        return self.unit.ask(state)

    # ---- what is allowed -----------------------------------------------------------------

    def _dampers(self, dt_s: float) -> None:
        """Open behind an engine that runs, shut before it stops."""
        running_s, dampers = self._running_s, self.out.dampers
        for i, engine in enumerate(self.wired.engines):
            running_s[i] = running_s[i] + dt_s if engine.running else 0.0
            dampers[i] = (
                engine.running and not engine.stopping and running_s[i] > DAMPER_OPENS_AFTER_S
            )

    def _permissives(self, now: Sensed) -> int:
        spec, word, open_, stray = self.spec, 0, False, False
        for engine, command in zip(self.wired.engines, self.out.dampers, strict=True):
            open_ = open_ or (command and engine.damper_open)
            stray = stray or (not engine.running and not engine.damper_shut)
        least = spec.gas.min_flow_kg_h / spec.gas.available_fraction
        if not open_:
            word |= Permit.ENGINE
        if stray:
            word |= Permit.DAMPERS
        if self.trips.latched:
            word |= Permit.TRIP
        if now.steam_available < LEAST_STEAM_KG_H or now.p_header < LEAST_HEADER_barg:
            word |= Permit.STEAM
        if now.t_reb < HOT_degC:
            word |= Permit.HOT
        if max(now.lco2, now.lco2_b) >= spec.product.tank_high_pct:
            word |= Permit.TANK
        if now.p_air < 4.5:
            word |= Permit.AIR
        if now.ventilation < 0.5:
            word |= Permit.VENTILATION
        if self.wired.exhaust_kg_h < least:
            word |= Permit.EXHAUST
        if self.unit.bypassed:
            word |= Permit.BYPASS
        return int(word)

    def _conditions(self, now: Sensed) -> tuple[bool, ...]:
        """Return the trip conditions of this scan, in the order of the table."""
        spec, capturing = self.spec, self.unit.state in CAPTURING
        return (
            self.wired.esd,
            self.wired.worst_back_pressure_mbar >= spec.back_pressure.high_high_mbar,
            self.wired.blower_fault,
            now.t_quench > 60.0,
            now.so2 > 50.0,
            now.dp_bed > 40.0,
            now.level_sump > 95.0,
            now.level_sump < 3.0,
            capturing and now.lean < 0.5 * spec.solvent.min_flow_kg_h,
            max(now.t_reb, now.t_reb_b) > spec.reboiler.trip_temperature_degC,
            now.level_reb < 4.0,
            now.p_stripper > 280.0,
            max(now.lco2, now.lco2_b) > spec.product.tank_trip_pct or now.p_lco2 > 20.0,
            now.space_co2_1 > 1.5 or now.space_co2_2 > 1.5,
            now.steam > 200.0 and now.p_header < 1.5,
            now.p_air < 3.5,
        )

    # ---- what it does --------------------------------------------------------------------

    def _regulate(self, now: Sensed, t_s: float, dt_s: float) -> None:
        loops, out, state = self.loops, self.out, self.unit.state
        capturing = state in CAPTURING
        stopped = state in (Unit.TRIP, Unit.ESD)
        running = state is not Unit.OFF
        out.inlet_open = capturing
        out.fast_shut = not capturing and state is not Unit.WARM
        cap = loops.caps(now, dt_s)
        local = self.lease.owner == 0
        if capturing:
            targets, slew = self._targets(local, t_s, dt_s)
        else:
            targets = self._sequence(state, cap, dt_s)
            slew = sp.REMOTE_SLEW if out.fast_shut else sp.LOCAL_SLEW
        points = self.points
        points.follow(targets, slew, dt_s)
        if out.fast_shut:
            points.active[sp.STEAM] = min(points.active[sp.STEAM], targets[sp.STEAM])
        active = list(points.active)
        active[sp.TREATED] = self._treated_limit(active[sp.TREATED], state)
        if not running or self.trips.stops("L"):
            active[sp.LEAN] = 0.0
        loops.flows(active, out, dt_s)
        loops.levels(now, out, dt_s)
        loops.water(now, out, dt_s)
        if not running or self.trips.stops("R"):
            out.rich = 0.0
        if not running:
            out.bottoms = out.reflux = 0.0
        if self.trips.stops("C"):
            out.compressor = 0.0
        if stopped:
            out.steam = 0.0
            loops.fic_521.hold(0.0)

    def _treated_limit(self, wanted: float, state: Unit) -> float:
        """Cap the treated flow at the share of exhaust that draws no air down the funnel."""
        gas = self.spec.gas
        if state is Unit.TURNDOWN:
            wanted = gas.min_flow_kg_h
        return min(wanted, gas.available_fraction * self.wired.exhaust_kg_h)

    def _targets(
        self, local: bool, t_s: float, dt_s: float
    ) -> tuple[list[float], tuple[float, ...]]:
        """Return the set-points to go for while capturing, and how fast."""
        points, lease, spec = self.points, self.lease, self.spec
        waiting = lease.lost and t_s - lease.lost_at_s <= spec.lease.hold_s
        if waiting or not local:
            self.loops.tic_521.hold(
                points.active[sp.STEAM] - points.active[sp.LEAN] / LEAN_PER_STEAM
            )
            return points.accepted, sp.REMOTE_SLEW
        treated = self._treated_limit(spec.gas.design_flow_kg_h, self.unit.state)
        lean = self.loops.local_lean(treated, LEAN_PER_CO2)
        steam = self.loops.local_steam(points.active[sp.LEAN], T_LOCAL_degC, dt_s)
        targets = [
            lean,
            steam,
            spec.solvent.lean_temperature_degC,
            spec.stripper.pressure_kPa,
            spec.gas.design_flow_kg_h,
        ]
        return targets, sp.LOCAL_SLEW

    def _sequence(self, state: Unit, cap: float, dt_s: float) -> list[float]:
        """Return the set-points of a state that does not capture."""
        spec, loops = self.spec, self.loops
        steam = 0.0
        if state is Unit.WARM:
            steam = min(WARM_STEAM_KG_H, cap)
        elif state is Unit.HOLD and not self.permit & Permit.STEAM:
            steam = min(loops.local_steam(spec.solvent.min_flow_kg_h, T_HOLD_degC, dt_s), cap)
            steam = min(steam, HOLD_STEAM_KG_H)
        if state is Unit.WARM:
            loops.tic_521.hold(0.0)
        return [
            spec.solvent.min_flow_kg_h,
            steam,
            spec.solvent.lean_temperature_degC,
            spec.stripper.pressure_kPa,
            spec.gas.min_flow_kg_h,
        ]

    def _watch(self, now: Sensed, dt_s: float) -> None:
        worst = self.wired.worst_back_pressure_mbar
        capturing = self.unit.state in CAPTURING
        lean = self.loops.lean.value or 0.0
        exhaust = self.wired.exhaust_kg_h
        self.limits.scan(now, lean, exhaust, worst, capturing, self.counters, dt_s)

    # ---- what it says --------------------------------------------------------------------

    def status(self) -> tuple[float, ...]:
        """Return the values of `STATUS_TAGS`, in that order."""
        unit, trips, points = self.unit, self.trips, self.points
        return (
            self.beat,
            1.0,  # SIMULATOR: this rig can never be mistaken for a ship
            VERSION,
            self.lease.owner,
            points.acknowledged,
            float(self.wired.remote),
            float(self.wired.remote),
            unit.state,
            unit.asked,
            self.permit,
            trips.standing,
            trips.first_out,
            points.ok_word,
            self.reject,
            float(self._to_funnel),
            float(self.lease.lost),
            *points.active,
        )


def limits_of(spec: PlantSpec) -> tuple[list[float], list[float]]:
    """Return the limits of the five set-points, lowest and highest."""
    solvent, gas, stripper = spec.solvent, spec.gas, spec.stripper
    lo = [solvent.min_flow_kg_h, 0.0, 35.0, stripper.min_pressure_kPa, gas.min_flow_kg_h]
    hi = [
        solvent.max_flow_kg_h,
        spec.reboiler.max_steam_kg_h,
        45.0,
        stripper.max_pressure_kPa,
        gas.max_flow_kg_h,
    ]
    return lo, hi
