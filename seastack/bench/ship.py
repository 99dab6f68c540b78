"""`seastack bench ship`: the time-series server is away for minutes, nothing is missing after.

A journal as wide as the demo's is written at 1 Hz on the wall clock, with half an
hour of older rows before it, while a real VictoriaMetrics is stopped by SIGTERM
and started again.
"""

import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from controller.historian.cursor import Cursor
from controller.historian.influx import InfluxWriter, Target
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.record import Channel, Record, Run
from controller.historian.shipper import Shipper
from seastack.bench.figure import BenchOptions, Figure
from seastack.bench.victoria import Victoria

MINUTES: Final = 10.0
BEFORE: Final = 1800  # rows that are there when shipping begins
CALM_S: Final = 10.0  # of normal shipping before the outage
CATCH_UP_S: Final = 120.0  # most that is waited for the rest
SECOND_NS: Final = 1_000_000_000
RUN: Final = "bench-ship"


class Recorder:
    """Writes records of noise, one a second, seq after seq.

    `ahead_s` seconds will be written faster than the clock; then it is now.
    """

    def __init__(
        self, state: Path, channels: Sequence[Channel], seed: int, ahead_s: int = 0
    ) -> None:
        now_ns = time.time_ns() // SECOND_NS * SECOND_NS
        run = Run(RUN, "bench", "demo", "none", "bench", seed, now_ns)
        self.journal = Journal(state, run, channels, patient=True)
        self._rng, self._n = np.random.default_rng(seed), len(channels)
        self._t0_ns = now_ns - (BEFORE + ahead_s) * SECOND_NS
        self._reason, self._age = np.zeros(self._n, np.uint32), np.zeros(self._n, np.int32)
        self.seq = 0

    def write(self, cycles: int) -> None:
        """Append that many records."""
        for _ in range(cycles):
            t_ns, mono_ns = self._t0_ns + self.seq * SECOND_NS, self.seq * SECOND_NS
            value = np.round(self._rng.normal(50.0, 20.0, self._n), 3)
            quality = np.full(self._n, 2, np.uint8)
            record = Record(self.seq, t_ns, mono_ns, 1, value, quality, self._reason, self._age)
            self.journal.append(record)
            self.seq += 1

    def live(self, seconds: float) -> None:
        """Append one record a second for some time."""
        begun = time.monotonic()
        for done in range(1, int(seconds) + 1):
            time.sleep(max(0.0, begun + done - time.monotonic()))
            self.write(1)


def run(options: BenchOptions) -> list[Figure]:
    """Return the figures; raises MissingProgram without victoria-metrics."""
    minutes = MINUTES if options.minutes is None else options.minutes
    with tempfile.TemporaryDirectory(prefix="seastack-ship-") as folder:
        state = options.state or Path(folder) / "state"
        state.mkdir(parents=True, exist_ok=True)
        return _figures(state, Victoria(Path(folder)), minutes, options.seed)


def _figures(state: Path, server: Victoria, minutes: float, seed: int) -> list[Figure]:
    recorder = Recorder(state, _demo_channels(), seed)
    recorder.write(BEFORE)
    writer = InfluxWriter(Target(server.url, "seastack", "seastack", "none"))
    shipper = Shipper(state, writer, kinds=("bench",))
    with server:
        shipper.start()
        recorder.live(CALM_S)
        server.stop()
        cpu_s = _cpu_s()
        recorder.live(minutes * 60.0)
        cpu_s = _cpu_s() - cpu_s
        server.start()
        back = time.monotonic()
        _await_rest(recorder, server)
        catch_up_s = time.monotonic() - back
        recorder.journal.close()
        shipper.stop()
        there = server.seqs(RUN)
    with JournalReader(state) as reader:
        kept = {record.seq for record in reader.records(RUN)}
    dead = Cursor(state).dead_letters()
    return [
        Figure("outage", minutes, "min"),
        Figure("cycles in the journal", len(kept), "", "==", recorder.seq),
        Figure("cycles at the server", len(there), ""),
        Figure("cycles missing there", len(kept - there), "", "==", 0),
        Figure("cycles only there", len(there - kept), "", "==", 0),
        Figure("rows given up", len(dead), "", "==", 0),
        Figure("caught up after", catch_up_s, "s", "<=", CATCH_UP_S),
        Figure("CPU of journal and shipper in the outage", 100 * cpu_s / (minutes * 60), "%"),
    ]


def _await_rest(recorder: Recorder, server: Victoria) -> None:
    """Go on recording until the server has every cycle older than three seconds."""
    deadline = time.monotonic() + CATCH_UP_S
    while time.monotonic() < deadline:
        recorder.live(1.0)
        if server.seqs(RUN).issuperset(range(recorder.seq - 3)):
            break


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _demo_channels() -> list[Channel]:
    from controller.channels import layout
    from seastack.plants.locate import locate
    from sensors.plantfile import load_plant

    return layout(load_plant(locate("demo")))
