"""Named faults: what can go wrong aboard, on a schedule or when somebody says so.

`start_s` counts from the rig's start for a scheduled fault, from now for an injected one;
`duration_s` None means until cleared.  Transport faults are only flags: the servers obey
them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from sensors.errors import ConfigError

if TYPE_CHECKING:
    from sim.rig import Rig


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its name, what it hits (a tag, an engine number) and how hard.

    Without a target or a value it has its kind's: `checked` fills them in.
    """

    name: str
    target: str = ""
    value: float | None = None
    start_s: float = 0.0
    duration_s: float | None = None


Action = Callable[["Rig", Fault], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a fault does when it starts and when it ends, on what and how hard by default."""

    text: str  # with VALUE and its unit where it takes one
    start: Action
    stop: Action
    target: str = ""  # default target; "" means none is needed
    value: float | None = None  # default VALUE; None means it takes none


def _value(fault: Fault) -> float:
    """Return how hard it hits; zero is a value like any other."""
    if fault.value is None:
        raise ValueError(f"{fault.name} has no value: only a checked fault may start")
    return fault.value


def _drift(rig: "Rig", fault: Fault) -> None:
    rig.instruments.drift[rig.table.index[fault.target]] = (rig.t_s, _value(fault))


def _drift_stop(rig: "Rig", fault: Fault) -> None:
    rig.instruments.drift.pop(rig.table.index[fault.target], None)


def _stuck(rig: "Rig", fault: Fault) -> None:
    i = rig.table.index[fault.target]
    rig.instruments.forced[i] = float(rig.value[i])


def _nan(rig: "Rig", fault: Fault) -> None:
    rig.instruments.forced[rig.table.index[fault.target]] = float("nan")


def _loop_current(rig: "Rig", fault: Fault) -> None:
    tag = rig.table[fault.target]
    milliampere = _value(fault)
    value = tag.lo + (milliampere - 4.0) / 16.0 * (tag.hi - tag.lo)
    rig.instruments.forced[rig.table.index[fault.target]] = value


def _unforce(rig: "Rig", fault: Fault) -> None:
    rig.instruments.forced.pop(rig.table.index[fault.target], None)


def _swap(rig: "Rig", fault: Fault) -> None:
    rig.transport.swapped_words = True


def _unswap(rig: "Rig", fault: Fault) -> None:
    rig.transport.swapped_words = False


def _late(rig: "Rig", fault: Fault) -> None:
    rig.transport.late_s = _value(fault)


def _on_time(rig: "Rig", fault: Fault) -> None:
    rig.transport.late_s = 0.0


def _hang(rig: "Rig", fault: Fault) -> None:
    rig.transport.hung = True


def _unhang(rig: "Rig", fault: Fault) -> None:
    rig.transport.hung = False


def _freeze(rig: "Rig", fault: Fault) -> None:
    rig.transport.frozen_heartbeat = True


def _thaw(rig: "Rig", fault: Fault) -> None:
    rig.transport.frozen_heartbeat = False


def _restart(rig: "Rig", fault: Fault) -> None:
    rig.restart_plc(_value(fault))


def _steam_loss(rig: "Rig", fault: Fault) -> None:
    rig.ship.steam_factor = 1.0 - _value(fault)


def _steam_back(rig: "Rig", fault: Fault) -> None:
    rig.ship.steam_factor = 1.0


def _warm_sea(rig: "Rig", fault: Fault) -> None:
    rig.climate.sea_offset_K = _value(fault)


def _cool_sea(rig: "Rig", fault: Fault) -> None:
    rig.climate.sea_offset_K = 0.0


def _engine_stop(rig: "Rig", fault: Fault) -> None:
    rig.ship.failed.add(int(fault.target))


def _engine_back(rig: "Rig", fault: Fault) -> None:
    rig.ship.failed.discard(int(fault.target))


def _back_pressure(rig: "Rig", fault: Fault) -> None:
    rig.ship.extra_back_pressure_mbar = _value(fault)


def _back_pressure_gone(rig: "Rig", fault: Fault) -> None:
    rig.ship.extra_back_pressure_mbar = 0.0


def _no_caustic(rig: "Rig", fault: Fault) -> None:
    rig.truth.dose(_value(fault))


def _caustic_back(rig: "Rig", fault: Fault) -> None:
    rig.truth.dose()


def _esd(rig: "Rig", fault: Fault) -> None:
    rig.plc.wired.esd = True


def _esd_released(rig: "Rig", fault: Fault) -> None:
    rig.plc.wired.esd = False


def _blower(rig: "Rig", fault: Fault) -> None:
    rig.plc.wired.blower_fault = True


def _blower_back(rig: "Rig", fault: Fault) -> None:
    rig.plc.wired.blower_fault = False


def _process(rig: "Rig", fault: Fault) -> None:
    rig.process[rig.table.index[fault.target]] = _value(fault)


def _process_back(rig: "Rig", fault: Fault) -> None:
    rig.process.pop(rig.table.index[fault.target], None)


def _nothing(rig: "Rig", fault: Fault) -> None:
    """Ends by itself."""


FAULTS: Final[dict[str, Kind]] = {
    "analyser_drift": Kind(
        "an analyser drifts by VALUE of its units per hour", _drift, _drift_stop, "AT-301", 0.3
    ),
    "analyser_stuck": Kind("an analyser stands still", _stuck, _unforce, "AT-301"),
    "analyser_nan": Kind("an analyser gives no number", _nan, _unforce, "AT-301"),
    "ma_3_5": Kind("a loop current of VALUE mA", _loop_current, _unforce, "LT-361", 3.5),
    "swapped_words": Kind("32-bit words in the wrong order", _swap, _unswap),
    "late_server": Kind("every answer VALUE s late", _late, _on_time, value=2.0),
    "hung_server": Kind("no answer at all", _hang, _unhang),
    "frozen_heartbeat": Kind("the PLC's heartbeat stands still", _freeze, _thaw),
    "plc_restart": Kind("the PLC restarts, away for VALUE s", _restart, _nothing, value=8.0),
    "steam_loss": Kind(
        "boilers lose the share VALUE (0 to 1) of their heat", _steam_loss, _steam_back, value=0.6
    ),
    "sea_water_plus_8": Kind("sea water VALUE K warmer", _warm_sea, _cool_sea, value=8.0),
    "engine_stop": Kind("a main engine stops at once", _engine_stop, _engine_back, "1"),
    "back_pressure": Kind(
        "VALUE mbar more back-pressure", _back_pressure, _back_pressure_gone, value=28.0
    ),
    "caustic_loss": Kind(
        "without caustic the quench takes only the share VALUE (0 to 1) of the SO2",
        _no_caustic,
        _caustic_back,
        value=0.3,
    ),
    "blower_trip": Kind("the blower trips", _blower, _blower_back),
    "esd": Kind("somebody presses the ESD button", _esd, _esd_released),
    "process_value": Kind(
        "the truth at a point becomes VALUE in the point's unit",
        _process,
        _process_back,
        "GT-801",
        0.0,
    ),
}


def checked(fault: Fault, tags: Callable[[str], bool], engines: int) -> Fault:
    """Return the fault with its kind's target and value; ConfigError when it makes no sense."""
    kind = FAULTS.get(fault.name)
    if kind is None:
        known = ", ".join(FAULTS)
        raise ConfigError("fault", fault.name, "no such fault", f"known: {known}")
    target = fault.target or kind.target
    if fault.name == "engine_stop":
        if not (target.isdigit() and 1 <= int(target) <= engines):
            raise ConfigError("fault", fault.name, f"no engine {target!r}", f"give 1..{engines}")
    elif kind.target and not tags(target):
        raise ConfigError("fault", fault.name, f"no tag {target!r}", f"for example {kind.target}")
    _check_numbers(fault)
    return replace(fault, target=target, value=kind.value if fault.value is None else fault.value)


def _check_numbers(fault: Fault) -> None:
    """Raise ConfigError for a number that is none: it would never leave the instruments."""
    numbers = {"value": fault.value, "start_s": fault.start_s, "duration_s": fault.duration_s}
    for key, number in numbers.items():
        if number is not None and not math.isfinite(number):
            raise ConfigError("fault", f"{fault.name}.{key}", f"{number} is not a finite number")


@dataclass(slots=True)
class Board:
    """Which faults wait, which act; `run` starts and ends them by plant time."""

    waiting: list[tuple[float, Fault]] = field(default_factory=list)
    active: list[tuple[float, Fault]] = field(default_factory=list)  # (ends at, fault)

    def add(self, fault: Fault, from_s: float) -> None:
        """Schedule a fault, counted from plant time `from_s`."""
        self.waiting.append((from_s + fault.start_s, fault))

    def run(self, rig: "Rig") -> None:
        """Start what is due and end what is over."""
        for due, fault in [w for w in self.waiting if w[0] <= rig.t_s]:
            self.waiting.remove((due, fault))
            FAULTS[fault.name].start(rig, fault)
            ends = float("inf") if fault.duration_s is None else due + fault.duration_s
            self.active.append((ends, fault))
        for ends, fault in [a for a in self.active if a[0] <= rig.t_s]:
            self.active.remove((ends, fault))
            FAULTS[fault.name].stop(rig, fault)

    def clear(self, rig: "Rig", name: str) -> None:
        """End all faults of a name, waiting or acting; "" means all.

        Raises ConfigError for a name that no fault has.
        """
        if name and name not in FAULTS:
            raise ConfigError("clear", name, "no such fault", f"known: {', '.join(FAULTS)}")
        self.waiting = [w for w in self.waiting if name not in ("", w[1].name)]
        for ends, fault in list(self.active):
            if name in ("", fault.name):
                self.active.remove((ends, fault))
                FAULTS[fault.name].stop(rig, fault)
