"""The clock goes back an hour: no record is overwritten anywhere."""

from pathlib import Path

import numpy as np

from controller.historian.archive import archive_day, closed_days
from controller.historian.influx import InfluxWriter, Target
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.record import Record
from controller.historian.shipper import Shipper
from tests.journals import CHANNELS, NOON_NS, SECOND_NS, a_run
from tests.stubserver import StubServer

HOUR = 3600
CYCLES = 3 * HOUR
STEP = 2 * HOUR  # the cycle at which the clock goes back


def record(seq: int) -> Record:
    """Return a cycle whose value is its seq; from STEP on the clock is an hour behind."""
    t_ns = NOON_NS + (seq - (HOUR if seq >= STEP else 0)) * SECOND_NS
    n = len(CHANNELS)
    arrays = (np.full(n, 2, np.uint8), np.zeros(n, np.uint32), np.zeros(n, np.int32))
    return Record(seq, t_ns, seq, int(seq != STEP), np.full(n, float(seq)), *arrays)


def lived_twice(state: Path) -> None:
    """Check that every cycle, and both lives of the hour in the roll-ups, are there."""
    with JournalReader(state) as reader:
        assert [r.value[0] for r in reader.records("r1")] == list(range(CYCLES))
        assert reader.turns("r1") == [STEP]
        got = reader.series("r1", ["AT-101"], NOON_NS, NOON_NS + CYCLES * SECOND_NS, 10**6)
        assert (np.diff(got["t_ns"].astype(np.int64)) >= 0).all()
        assert got["t_ns"].size == CYCLES // 60
        assert sorted(got["AT-101"].tolist()) == [60 * k + 29.5 for k in range(CYCLES // 60)]


def test_nothing_is_overwritten_in_the_journal_at_the_server_and_in_the_archive(
    state: Path,
) -> None:
    journal = Journal(state, a_run(), CHANNELS, patient=True, commit_every=60)
    for seq in range(CYCLES):
        journal.append(record(seq))
    journal.close()
    assert journal.fault is None
    lived_twice(state)
    with StubServer() as server:
        shipper = Shipper(state, InfluxWriter(Target(server.url, "o", "b", "t")))
        shipper.round()
        while shipper.status.backlog:
            shipper.round()
        shipper.stop()
        # A server keys a point by measurement, tags and time: the rest is its value.
        keys = {(line.split(" ")[0], line.rsplit(" ", 1)[1]) for line in server.lines}
        assert len(keys) == len(set(server.seqs)) == CYCLES
    (day,) = closed_days(state)
    archive_day(day)
    lived_twice(state)
