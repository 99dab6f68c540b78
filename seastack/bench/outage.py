"""`seastack bench outage`: the time-series server is away for 13 hours of plant time.

80 tags at 1 Hz, every record; the hours of the outage go by as fast as the journal
writes them, and when the server is back plant time goes at the wall's pace again.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from controller.historian.cursor import Cursor
from controller.historian.influx import InfluxWriter, Target
from controller.historian.reader import JournalReader
from controller.historian.record import Channel
from controller.historian.shipper import Shipper
from seastack.bench.figure import BenchOptions, Figure
from seastack.bench.ship import BEFORE, RUN, Recorder
from seastack.bench.victoria import Victoria
from seastack.recorded import progress

MINUTES: Final = 13 * 60.0
TAGS: Final = 80
CALM_S: Final = 15.0
SPEED: Final = 600  # plant seconds a wall second while the server is away
DRAIN_S: Final = 300.0  # most that is waited for the backlog
SETTLED: Final = 5  # rows that may be under way when the backlog counts as drained
WARM_UP: Final = 10  # the first part of the outage in which caches fill
AGE_BAR_S: Final = 5.0
RSS_BAR_PCT: Final = 5.0


@dataclass(slots=True)
class Drain:
    """What was seen while the backlog drained; ages and sizes once a second."""

    back_s: float = 0.0  # from the server's return to the first live row there
    drained_s: float = 0.0  # from then until no backlog was left
    ages_s: list[float] = field(default_factory=list)


def run(options: BenchOptions) -> list[Figure]:
    """Return the figures; raises MissingProgram without victoria-metrics."""
    minutes = MINUTES if options.minutes is None else options.minutes
    with tempfile.TemporaryDirectory(prefix="seastack-outage-") as folder:
        state = options.state or Path(folder) / "state"
        state.mkdir(parents=True, exist_ok=True)
        return _figures(state, Victoria(Path(folder)), round(minutes * 60), options.seed)


def _figures(state: Path, server: Victoria, outage_s: int, seed: int) -> list[Figure]:
    channels = [Channel(f"T-{i:02d}", "degC", "in") for i in range(TAGS)]
    recorder = Recorder(state, channels, seed, ahead_s=outage_s)
    recorder.write(BEFORE)
    writer = InfluxWriter(Target(server.url, "seastack", "seastack", "none"))
    shipper = Shipper(state, writer, kinds=("bench",))
    with server:
        shipper.start()
        recorder.live(CALM_S)
        server.newest(RUN)  # what looking costs is not what shipping costs
        server.stop()
        sizes = list(_away(recorder, outage_s))
        before = sizes[len(sizes) // WARM_UP]
        backlog = shipper.status.backlog
        server.start()
        drain = _drained(recorder, shipper, server, sizes)
        recorder.journal.close()
        shipper.stop()
        there = server.rows(RUN)
    with JournalReader(state) as reader:
        kept = {record.seq for record in reader.records(RUN)}
    dead = Cursor(state).dead_letters()
    return [
        Figure("outage", outage_s / 3600, "h of plant time"),
        Figure("backlog when the server came back", backlog, "cycles"),
        Figure("cycles in the journal", len(kept), "", "==", recorder.seq),
        Figure("cycles lost", len(kept - set(there)), "", "==", 0),
        Figure("cycles duplicated", len(there) - len(set(there)), "", "==", 0),
        Figure("cycles only there", len(set(there) - kept), "", "==", 0),
        Figure("rows given up", len(dead), "", "==", 0),
        Figure("first live row after the return", drain.back_s, "s"),
        Figure("backlog drained after", drain.drained_s, "s", "<=", DRAIN_S),
        Figure("oldest live data meanwhile", max(drain.ages_s), "s", "<=", AGE_BAR_S),
        Figure("RSS after a tenth of the outage", before, "MB"),
        Figure("RSS, highest", max(sizes), "MB", "<=", before * (1 + RSS_BAR_PCT / 100)),
    ]


def _away(recorder: Recorder, outage_s: int) -> Iterator[float]:
    """Let the outage go by; yield the memory in use once a second."""
    begun, done = time.monotonic(), 0
    with progress("server away") as tell:
        while done < outage_s:
            recorder.write(min(SPEED // 10, outage_s - done))
            done += SPEED // 10
            time.sleep(max(0.0, begun + done / SPEED - time.monotonic()))
            if done % SPEED == 0:
                tell(done, outage_s)
                yield rss_mb()
    yield rss_mb()


def _drained(recorder: Recorder, shipper: Shipper, server: Victoria, sizes: list[float]) -> Drain:
    """Record at 1 Hz until the backlog is gone; look at the server once a second."""
    drain, back = Drain(), time.monotonic()
    first_live = recorder.seq
    while time.monotonic() - back < DRAIN_S:
        recorder.live(1.0)
        written, newest = recorder.seq - 1, server.newest(RUN)
        sizes.append(rss_mb())
        if newest < first_live:
            continue
        drain.back_s = drain.back_s or time.monotonic() - back
        drain.ages_s.append(float(written - newest))
        if shipper.status.backlog <= SETTLED:
            recorder.live(3.0)
            break
    drain.drained_s = time.monotonic() - back - drain.back_s
    time.sleep(2.0)  # the last rows are under way
    return drain


def rss_mb() -> float:
    """Return the memory this process holds now, MB."""
    text = Path("/proc/self/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1024
