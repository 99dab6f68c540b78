"""`seastack bench history`: trends of a long voyage from a journal as wide as a plant.

Days of 150 channels at 1 Hz are written by the journal itself, as fast as it can,
then read as the page and the researcher read them; one day in SQLite and archived.
"""

import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from controller.historian.archive import archive_day, closed_days
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.record import Channel, Record, Run
from seastack.bench.figure import BenchOptions, Figure
from seastack.recorded import progress

DAYS: Final = 30.0
CHANNELS: Final = 150
SHOWN: Final = 8
POINTS: Final = 1500
DAY_S: Final = 86_400
SECOND_NS: Final = 1_000_000_000
START_NS: Final = 1_700_006_400 * SECOND_NS  # midnight: every day is a whole segment
RUN: Final = "bench-history"
ARCHIVED: Final = 3  # days whose archiving is timed


def run(options: BenchOptions) -> list[Figure]:
    """Write the voyage, then time trends and archiving."""
    days = max(1.0, options.days or DAYS)
    with tempfile.TemporaryDirectory(prefix="seastack-history-") as folder:
        state = options.state or Path(folder)
        began = time.perf_counter()
        cycles = _write(state, round(days * DAY_S), options.seed)
        wrote_s = time.perf_counter() - began
        os.sync()  # else the disk is still busy with what no ship writes in a minute
        size = sum(p.stat().st_size for p in (state / "journal" / RUN).iterdir())
        end_ns = START_NS + cycles * SECOND_NS
        whole_s, points = _slowest(state, [(START_NS, end_ns)])
        middle = START_NS + int(days // 2) * DAY_S * SECOND_NS
        one = (middle, min(middle + DAY_S * SECOND_NS, end_ns))
        day_s, _ = _slowest(state, [one])
        archive_s = [_archived(path) for path in closed_days(state)[:ARCHIVED]]
        first = (START_NS, START_NS + DAY_S * SECOND_NS)
        archived_s, _ = _slowest(state, [first])
        raw_s, _ = _slowest(state, [(START_NS, START_NS + 7200 * SECOND_NS)])
    return [
        Figure("voyage", cycles / DAY_S, "days"),
        Figure("channels", CHANNELS),
        Figure("journal", size / 1e9, "GB"),
        Figure("written at", cycles / wrote_s, "cycles/s"),
        Figure("points of the whole voyage", points, "", ">=", min(POINTS, cycles / 600) * 0.95),
        Figure(f"{SHOWN}-tag trend of the whole voyage", whole_s, "s", "<=", 0.5),
        Figure(f"{SHOWN}-tag trend of a day", day_s, "s", "<=", 0.1),
        Figure(f"{SHOWN}-tag trend of an archived day", archived_s, "s", "<=", 0.1),
        Figure(f"{SHOWN} tags of two archived hours, every cycle", raw_s, "s", "<=", 0.1),
        Figure("archiving a day", max(archive_s), "s", "<=", 5.0),
    ]


def _write(state: Path, cycles: int, seed: int) -> int:
    """Write so many cycles of noise around values of their own; return how many."""
    rng = np.random.default_rng(seed)
    noise = np.round(rng.normal(50.0, 20.0, (3600, CHANNELS)), 3)
    age = rng.integers(0, 1000, (97, CHANNELS)).astype(np.int32)
    quality, reason = np.full(CHANNELS, 2, np.uint8), np.zeros(CHANNELS, np.uint32)
    channels = [Channel(f"T-{i:03d}", "degC", "in") for i in range(CHANNELS)]
    described = Run(RUN, "bench", "demo", "none", "bench", seed, START_NS)
    journal = Journal(state, described, channels, commit_every=512, patient=True)
    with progress("writing") as tell:
        for seq in range(cycles):
            value = noise[seq % 3600] + seq * 1e-5
            t_ns = START_NS + seq * SECOND_NS
            journal.append(Record(seq, t_ns, seq, 1, value, quality, reason, age[seq % 97]))
            if seq % 3600 == 0:
                tell(seq, cycles)
    journal.close()
    if journal.fault is not None:
        raise OSError(journal.fault)
    return cycles


def _slowest(state: Path, stretches: Sequence[tuple[int, int]]) -> tuple[float, int]:
    """Return the longest of three reads, each by a reader that has opened nothing yet."""
    names = [f"T-{i:03d}" for i in range(0, CHANNELS, CHANNELS // SHOWN)][:SHOWN]
    took, points = [], 0
    for t0_ns, t1_ns in [*stretches] * 3:
        with JournalReader(state) as reader:
            began = time.perf_counter()
            points = reader.series(RUN, names, t0_ns, t1_ns, POINTS)["t_ns"].size
            took.append(time.perf_counter() - began)
    return max(took), points


def _archived(path: Path) -> float:
    began = time.perf_counter()
    archive_day(path)
    return time.perf_counter() - began
