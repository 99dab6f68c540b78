"""`seastack bench loop`: days of a measured voyage, in one process.

Every minute the controller is asked for min(design, 0.95 x the steady optimum
of the TRUE plant at this minute's gas, steam and limits); its set-points and
the scoring come from nowhere else.  The score is on true capture.
"""

import math
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from controller.config import PlantConfig, configure
from controller.historian.journal import Journal
from controller.historian.record import Run
from models.plant_names import BOUNDARY
from seastack.bench.figure import BenchOptions, Figure
from seastack.bench.minutes import (
    CAPTURE,
    HOLD,
    Minutes,
    availability,
    port_calls,
    rmse_points,
    settled,
    tank_drift_kg,
)
from seastack.bench.sail import Sailing
from seastack.departure import load_voyage, start_time_s
from seastack.plants.locate import locate
from sensors.plantfile import load_plant
from sim.rig import Rig

DAYS: Final = 7.0
DESIGN_PCT: Final = 60.0
SHARE_OF_OPTIMUM: Final = 0.95
COMMIT_EVERY: Final = 60
SPEED_BAR: Final = 300.0
BALANCE_BARS: Final = {"co2_kmol": 1e-6, "water_kmol": 1e-6, "amine_kmol": 1e-6, "energy_kJ": 1e-4}
_CO2_IN: Final = list(BOUNDARY).index("gas_in_co2_kmol_s")
_CO2_OUT: Final = list(BOUNDARY).index("gas_out_co2_kmol_s")
STRENGTH_BARS: Final = (29.0, 31.0)


@dataclass(slots=True)
class Log:
    """What the bench notes each minute, growing."""

    rows: list[tuple[float, ...]] = field(default_factory=list)

    def minutes(self) -> Minutes:
        """Return the rows as arrays."""
        columns = np.array(self.rows, dtype=np.float64).T
        return Minutes(*(np.ascontiguousarray(c) for c in columns))


def run(options: BenchOptions) -> list[Figure]:
    """Sail and score; see the module docstring. Figures with the issue's bars."""
    config = configure(load_plant(locate("demo")))
    voyage = load_voyage(options.voyage, config.plant)
    start_ns = int(start_time_s(voyage, options.start)) * 1_000_000_000
    rig = Rig(config.plant, voyage, options.seed, start_ns)
    rig.warm()
    days = options.days or DAYS
    with tempfile.TemporaryDirectory() as scratch:
        state = options.state or Path(scratch)
        began = time.perf_counter()
        log = sail(rig, config, state, round(days * 1440), options.seed)
        speed = days * 86400 / (time.perf_counter() - began)
    return figures(rig, log.minutes(), speed)


def sail(rig: Rig, config: PlantConfig, state: Path, minutes: int, seed: int) -> Log:
    """Run the closed loop for some minutes, journalling every cycle."""
    run_info = Run(
        f"bench-loop-{rig.t_ns}", "bench", config.plant.name, config.config_hash, "bench", seed,
        rig.t_ns,
    )  # fmt: skip
    journal = Journal(state, run_info, config.layout, commit_every=COMMIT_EVERY, patient=True)
    sailing = Sailing(rig, config, journal)
    sailing.ask("arm")
    sailing.ask("unit", {"state": "CAPTURE"})
    log = Log()
    columns = (
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("sailing", total=minutes)
            for _ in range(minutes):
                log.rows.append(_minute(sailing))
                progress.advance(task)
    finally:
        journal.close()
    return log


def _minute(sailing: Sailing) -> tuple[float, ...]:
    """Ask for this minute's target, sail it, return a row of `Minutes`."""
    rig = sailing.rig
    target = min(DESIGN_PCT, SHARE_OF_OPTIMUM * rig.optimum())
    sailing.ask("capture_target", {"pct": target})
    unit = rig.table.index["HS-UNIT"]
    before = rig.truth.acc.copy()
    states = []
    for _ in range(60):
        sailing.cycle()
        states.append(int(rig.value[unit]))
    names = rig.truth.model.y_names
    into, out = (rig.truth.acc - before)[[_CO2_IN, _CO2_OUT]]
    return (
        100.0 * (1.0 - out / into) if into > 0.0 else float("nan"),
        target,
        states.count(CAPTURE) / 60,
        states.count(HOLD) / 60,
        float(sum(rig.ship.running)),
        100.0 * rig.ship.state.load_frac,
        100.0 * float(rig.truth.y[names.index("mea_wt_frac")]),
        float(rig.truth.y[names.index("m_tank_kg")]),
    )


def figures(rig: Rig, minutes: Minutes, speed: float) -> list[Figure]:
    """Return the score of a voyage against the bars."""
    counted = settled(minutes)
    capture, target = minutes.capture_pct[counted], minutes.target_pct[counted]
    counters = rig.truth.counters
    violations = counters.limit_violations
    result = [
        Figure("speed", speed, "x real time", ">=", SPEED_BAR),
        Figure("RMSE of true capture, settled minutes", rmse_points(minutes), "points", "<=", 2.0),
        Figure("mean error of true capture", _mean(capture - target), "points"),
        Figure("mean true capture, settled minutes", _mean(capture), "%"),
        Figure("mean target, settled minutes", _mean(target), "%"),
        Figure("share of all minutes that count", _mean(counted)),
        Figure("in CAPTURE with an engine >= 30 % load", availability(minutes), "", ">=", 0.8),
        *_port_figures(minutes),
        *_water_figures(minutes),
        Figure("PLC trips", counters.trips, "", "==", 0),
        Figure("limit violations", sum(violations.values()), "", "==", 0),
    ]
    result += [Figure(f"limit violation: {name}", n) for name, n in violations.items() if n]
    for name, value in rig.truth.balance_errors().items():
        result.append(Figure(f"balance error {name}", value, "", "<=", BALANCE_BARS[name]))
    return result


def _port_figures(minutes: Minutes) -> list[Figure]:
    calls = port_calls(minutes)
    slowest = max((c.reentry_min for c in calls if not math.isnan(c.reentry_min)), default=0.0)
    return [
        Figure("port calls", len(calls)),
        Figure("port calls without HOLD", sum(not c.held for c in calls), "", "==", 0),
        Figure("slowest re-entry after a port call", slowest, "min", "<=", 30.0),
    ]


def _water_figures(minutes: Minutes) -> list[Figure]:
    """Return what the water balance held, in port and at sea alike."""
    strength, (least, most) = minutes.strength_wt_pct, STRENGTH_BARS
    return [
        Figure("MEA strength, least", float(strength.min()), "wt%", ">=", least),
        Figure("MEA strength, most", float(strength.max()), "wt%", "<=", most),
        Figure("lean tank level drift", tank_drift_kg(minutes), "kg"),
    ]


def _mean(values: NDArray[np.float64] | NDArray[np.bool_]) -> float:
    return float(np.mean(values)) if values.size else math.nan
