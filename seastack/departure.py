"""Which voyage, and where in it a demo begins: parse a time, or find a load change at sea."""

import sys
from datetime import UTC, datetime
from typing import Final

from seastack.problems import UserError
from sensors.plantfile import Plant
from sim import voyages
from sim.voyages import ShipSize, ShipState, Voyage

LEAD_S: Final = 30 * 60  # watch this long before the load changes
SEA_S: Final = 4 * 3600  # under way this long before, so that the boilers are hot
STEP_S: Final = 15 * 60
CHANGE: Final = 0.08  # of MCR per engine within one step: worth seeing, nothing dramatic
LOWEST: Final = 0.35  # enough heat to capture before and after


def load_voyage(source: str, plant: Plant) -> Voyage:
    """Return a voyage of the plant's own ship; raise ConfigError when it cannot be read.

    What was taken for granted of a person's file is said on standard error.
    """
    ship = plant.spec.ship
    size = ShipSize(ship.engines, ship.engine_mcr_kW, ship.hotel_power_kW, ship.ship_heat_kW)
    voyage = voyages.load(source, size)
    if source not in voyages.BUILT_IN:
        for note in voyage.notes:
            print(f"voyage {voyage.name}: {note}", file=sys.stderr)
    return voyage


def start_time_s(voyage: Voyage, wanted: str) -> float:
    """Return the voyage time to begin at, s since the epoch.

    `wanted` is ISO 8601 (UTC unless it says otherwise) or "" for half an hour
    before the first load change at sea.  Raises UserError when it is no time or
    lies outside the voyage.
    """
    if not wanted:
        return _load_change(voyage) - LEAD_S
    try:
        moment = datetime.fromisoformat(wanted)
    except ValueError:
        raise UserError(f"--start {wanted}: not a time; write 2014-01-12T05:00") from None
    t_s = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    if not voyage.start_s <= t_s <= voyage.end_s:
        first, last = (_text(t) for t in (voyage.start_s, voyage.end_s))
        raise UserError(f"--start {wanted}: outside the voyage, which runs {first} to {last}")
    return t_s


def _load_change(voyage: Voyage) -> float:
    """Return when the load per engine first moves at sea; else just after the start."""
    t_s = voyage.start_s + SEA_S
    while t_s + 2 * STEP_S < voyage.end_s:
        before, after = voyage.at(t_s), voyage.at(t_s + STEP_S)
        if _moves(before, after) and _under_way(voyage, t_s):
            return t_s
        t_s += STEP_S
    return voyage.start_s + LEAD_S


def _moves(before: ShipState, after: ShipState) -> bool:
    same = before.n_engines == after.n_engines
    return same and abs(after.load_frac - before.load_frac) >= CHANGE


def _under_way(voyage: Voyage, t_s: float) -> bool:
    """Tell whether engines give heat from SEA_S before `t_s` until an hour after."""
    times = range(int(t_s - SEA_S), int(t_s + 3600), STEP_S)
    return all(s.n_engines >= 2 and s.load_frac >= LOWEST for s in map(voyage.at, times))


def _text(t_s: float) -> str:
    return datetime.fromtimestamp(t_s, UTC).strftime("%Y-%m-%dT%H:%M")
