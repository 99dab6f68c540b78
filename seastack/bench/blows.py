"""The faults of `bench storm`: what each does to the wire or the rig, and for how long."""

import random
import signal
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from seastack.bench.relay import Break, Relay
from seastack.fleet import Fleet

WIRES: Final[tuple[Break, ...]] = ("reset", "stall", "refuse", "cut", "late")
Range = tuple[float, float]
# Faults of rig and instruments, by name, with a range for VALUE (None: the fault's own).
RIG: Final[Mapping[str, Range | None]] = {
    "hung_server": None,
    "late_server": (0.2, 1.5),
    "swapped_words": None,
    "frozen_heartbeat": None,
    "plc_restart": (4.0, 12.0),
    "analyser_nan": None,
    "analyser_stuck": None,
    "analyser_drift": (0.1, 1.0),
    "ma_3_5": None,
}
# What happens to the plant and not to a link: several alarms may be right.
PLANT: Final[Mapping[str, Range | None]] = {
    "steam_loss": (0.2, 0.6),
    "sea_water_plus_8": (4.0, 8.0),
    "engine_stop": None,
    "back_pressure": (2.0, 8.0),
    "blower_trip": None,
    "esd": None,
    "process_value": (0.6, 0.9),
}
PLANT_SHARE: Final = 0.05
FROZEN: Final = "process_frozen"


@dataclass(frozen=True, slots=True)
class Blow:
    """One fault: its kind, whether it is of a link (or of the plant), how to begin and end it."""

    kind: str
    of_link: bool
    wall_s: float
    begin: Callable[[], object]
    end: Callable[[], object]


def kinds_of(links: Iterable[str]) -> list[str]:
    """Return the names of every kind of fault there is for these links."""
    wires = [f"{how} {link}" for link in links for how in WIRES]
    return sorted((*wires, *RIG, *PLANT, FROZEN))


def draw(rng: random.Random, fleet: Fleet, relays: Mapping[str, Relay]) -> Blow:
    """Return a random fault: every kind of a class is as likely as the others."""
    if rng.random() < PLANT_SHARE:
        return _rig(rng, fleet, PLANT, of_link=False)
    kinds = len(WIRES) * len(relays) + len(RIG) + 1
    choice = rng.randrange(kinds)
    if choice < len(WIRES) * len(relays):
        link = sorted(relays)[choice // len(WIRES)]
        return _wire(rng, link, relays[link], WIRES[choice % len(WIRES)])
    if choice == kinds - 1:
        return _frozen(rng, fleet)
    return _rig(rng, fleet, RIG, of_link=True)


def _wire(rng: random.Random, link: str, relay: Relay, how: Break) -> Blow:
    relay.late_s = rng.uniform(0.05, 0.8)
    seconds = rng.uniform(0.05, 1.5)
    kind = f"{how} {link}"
    return Blow(kind, True, seconds, lambda: relay.break_(how), lambda: relay.break_(""))


def _rig(
    rng: random.Random, fleet: Fleet, kinds: Mapping[str, Range | None], *, of_link: bool
) -> Blow:
    name = rng.choice(sorted(kinds))
    request: dict[str, object] = {"do": "fault", "name": name}
    span = kinds[name]
    value = rng.uniform(*(span or (0.0, 0.0)))  # drawn in any case: a seed keeps its blows
    if span is not None:
        request["value"] = value
    seconds = rng.uniform(0.1, 2.0)
    return Blow(
        name,
        of_link,
        seconds,
        lambda: fleet.rig(request),
        lambda: fleet.rig({"do": "clear", "name": name}),
    )


def _frozen(rng: random.Random, fleet: Fleet) -> Blow:
    def send(number: signal.Signals) -> None:
        if fleet.simulator is not None:
            fleet.simulator.signal(number)

    return Blow(
        FROZEN,
        True,
        rng.uniform(0.2, 1.5),
        lambda: send(signal.SIGSTOP),
        lambda: send(signal.SIGCONT),
    )
