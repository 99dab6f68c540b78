"""What the reader returns while the journal grows, and how fast."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from controller.historian.errors import LayoutChanged, SchemaUnknown, UnknownRun
from controller.historian.journal import Journal
from controller.historian.packing import pack, unpack
from controller.historian.reader import JournalReader
from controller.historian.record import Channel, Event, Record, Run
from controller.historian.schema import open_to_read
from tests.journals import CHANNELS, NOON_NS, SECOND_NS, a_record, a_run, an_event, same
from tests.patience import wait_until

DAY_S = 86_400
WIDE = 250


def write(state: Path, seqs: range, name: str = "r1", kind: str = "live") -> None:
    journal = Journal(state, a_run(name, kind), CHANNELS, patient=True)
    for seq in seqs:
        journal.append(a_record(seq))
    journal.close()
    assert journal.fault is None


def steady(seq: int, value: float, quality: int = 2) -> Record:
    return Record(
        seq,
        NOON_NS + seq * SECOND_NS,
        seq,
        1,
        np.full(4, value),
        np.full(4, quality, np.uint8),
        np.zeros(4, np.uint32),
        np.zeros(4, np.int32),
    )


@pytest.mark.parametrize("age", [0, 65_535, 65_536, 2**31 - 1])
def test_packing_is_exact_at_the_edges_of_age(age: int) -> None:
    record = Record(
        1,
        2,
        3,
        0,
        np.array([-0.0, np.nan, 5e-324, np.inf]),
        np.array([0, 1, 2, 0], np.uint8),
        np.array([0, 1, 2**32 - 1, 0], np.uint32),
        np.full(4, age, np.int32),
    )
    assert same(unpack(pack(record)), record)


def test_a_layout_comes_back_whole(state: Path) -> None:
    write(state, range(1))
    with JournalReader(state) as reader:
        assert reader.channels("r1") == CHANNELS
        assert reader.run("r1") == a_run()


def test_an_empty_state_directory_has_no_runs(state: Path) -> None:
    with JournalReader(state) as reader:
        assert reader.runs() == []
        assert reader.latest() is None
        assert reader.newest_run() is None
        with pytest.raises(UnknownRun, match="r9"):
            reader.channels("r9")


def test_the_newest_live_run_is_the_one_shown(state: Path) -> None:
    write(state, range(3), "z-first", "live")
    write(state, range(5), "a-second", "live")
    write(state, range(7), "bench", "bench")
    with JournalReader(state) as reader:
        assert [i.run.id for i in reader.runs()] == ["z-first", "a-second", "bench"]
        assert reader.newest_run() == "a-second"
        frame = reader.latest()
        assert frame is not None
        assert (frame.run, frame.seq) == ("a-second", 4)
        assert frame.channels == CHANNELS
        assert np.array_equal(frame.value, a_record(4).value, equal_nan=True)


def test_a_run_tells_its_length_and_whether_it_ended(state: Path) -> None:
    write(state, range(10))
    journal = Journal(state, a_run("r2"), CHANNELS)
    journal.append(a_record(0))
    journal.flush()
    with JournalReader(state) as reader:
        ended, running = reader.runs()
    journal.close()
    assert (ended.cycles, ended.last_t_ns - ended.first_t_ns) == (10, 9 * SECOND_NS)
    assert ended.ended_ns is not None
    assert running.ended_ns is None


def test_a_run_over_midnight_is_two_files_and_one_series(state: Path) -> None:
    last = DAY_S // 2 + 600
    journal = Journal(state, a_run(), CHANNELS, patient=True)
    for seq in range(last - 1200, last):
        journal.append(steady(seq, float(seq)), [an_event(seq)] if seq % 300 == 0 else ())
    journal.close()
    assert len(list((state / "journal" / "r1").glob("*.db"))) == 2
    with JournalReader(state) as reader:
        assert [r.seq for r in reader.records("r1")] == list(range(last - 1200, last))
        answer = reader.series("r1", ["AT-101"], NOON_NS, NOON_NS + DAY_S * SECOND_NS)
        assert np.array_equal(answer["AT-101"], np.arange(last - 1200, last))
        assert (np.diff(answer["t_ns"].astype(np.int64)) == SECOND_NS).all()
        alarms = [e.seq for e in reader.events("r1", kind="alarm")]
        assert alarms == [s for s in range(last - 1200, last) if s % 300 == 0]
        ids = [e.id for e in reader.events("r1")]  # one more where the first day was sealed by then
        assert ids == list(range(1, len(ids) + 1))
        assert [e.id for e in reader.events("r1", limit=2, newest=True)] == ids[-2:]
        assert [e.id for e in reader.events("r1", since_id=1, limit=2)] == [2, 3]
        assert reader.events("r1", kind="mode") == []


def test_a_clock_that_jumps_back_loses_nothing(state: Path) -> None:
    journal = Journal(state, a_run(), CHANNELS)
    for seq, hour in enumerate((0, 13, 1, 14)):
        journal.append(a_record(seq, NOON_NS + hour * 3600 * SECOND_NS))
    journal.close()
    with JournalReader(state) as reader:
        assert [r.seq for r in reader.records("r1")] == [0, 1, 2, 3]
        end_ns = NOON_NS + DAY_S * SECOND_NS
        assert reader.series("r1", ["AT-101"], NOON_NS, end_ns)["t_ns"].size == 4


def test_thinning_keeps_means_extremes_and_the_worst_quality(state: Path) -> None:
    journal = Journal(state, a_run(), CHANNELS, patient=True)
    for seq in range(1000):
        spike = seq == 777
        journal.append(steady(seq, 100.0 if spike else 1.0, 1 if spike else 2))
    journal.close()
    with JournalReader(state) as reader:
        got = reader.series("r1", ["AT-101"], NOON_NS, NOON_NS + 1000 * SECOND_NS, max_points=100)
    assert got["t_ns"].size == 100
    assert got["AT-101"][77] == pytest.approx((100 + 9) / 10)
    assert (got["AT-101:hi"][77], got["AT-101:lo"][77], got["AT-101:q"][77]) == (100.0, 1.0, 1)
    assert (got["AT-101:q"][:77] == 2).all()


def test_a_long_stretch_comes_from_minutes_with_a_raw_tail(state: Path) -> None:
    seconds = 3 * 3600 + 30
    journal = Journal(state, a_run(), CHANNELS, patient=True)
    for seq in range(seconds):
        bad = seq // 60 == 5
        journal.append(steady(seq, float(seq % 60), 0 if bad else 2))
    assert journal.flush(30)
    with JournalReader(state) as reader:
        got = reader.series("r1", ["AT-101"], NOON_NS, NOON_NS + seconds * SECOND_NS, 10_000)
        assert got["t_ns"].size == 180 + 30
        assert (got["AT-101"][:5] == 29.5).all()
        assert np.isnan(got["AT-101"][5])
        assert got["AT-101:q"][5] == 0
        assert (got["AT-101:lo"][6], got["AT-101:hi"][6]) == (0.0, 59.0)
        assert got["t_ns"][-1] == NOON_NS + (seconds - 1) * SECOND_NS
    journal.close()


def test_a_stretch_outside_the_run_is_empty(state: Path) -> None:
    write(state, range(3))
    with JournalReader(state) as reader:
        got = reader.series("r1", ["AT-101", "capture_best_pct"], 0, 10)
        assert got["t_ns"].size == got["AT-101"].size == got["capture_best_pct:q"].size == 0
        with pytest.raises(KeyError, match="nonsense"):
            reader.series("r1", ["nonsense"], 0, 2 * NOON_NS)


def test_a_trend_goes_on_over_a_restart(state: Path) -> None:
    early = Journal(state, a_run("first"), CHANNELS[:3], patient=True)
    for seq in range(100):
        early.append(a_record(seq, n=3))
    early.close()
    other = Journal(state, a_run("bench", "bench"), CHANNELS, patient=True)
    other.append(a_record(50))
    other.close()
    late = Journal(state, a_run("second"), CHANNELS, patient=True)
    for seq in range(50):
        late.append(steady(seq, 7.0))
        assert late.flush()
    late.close()
    names = ["AT-101", "FIC-401.SP"]
    with JournalReader(state) as reader:
        start, end = NOON_NS - 100 * SECOND_NS, NOON_NS + 20 * SECOND_NS
        assert reader.trend("first", names[:1], start, end)["t_ns"].size == 21
        overlapping = reader.trend("second", names, start, end)
        assert (overlapping["AT-101"] == 7.0).all()  # the later run counts
    shifted = Journal(state, a_run("third"), CHANNELS, patient=True)
    for seq in range(100, 110):
        shifted.append(steady(seq + 10, 9.0))
    shifted.close()
    with JournalReader(state) as reader:
        got = reader.trend("third", names, NOON_NS, NOON_NS + 200 * SECOND_NS)
        assert got["t_ns"].tolist() == sorted(got["t_ns"].tolist())
        seconds = (got["t_ns"].astype(np.int64) - NOON_NS) // SECOND_NS
        assert seconds.tolist() == [*range(50), *range(110, 120)]
        assert (got["FIC-401.SP"][:50] == 7.0).all()
        with pytest.raises(UnknownRun):
            reader.trend("nothing", names, 0, 1)


def test_a_trend_goes_back_no_further_than_it_is_told(state: Path) -> None:
    for k, run in enumerate(("first", "second", "third")):
        journal = Journal(state, a_run(run), CHANNELS, patient=True)
        for seq in range(100 * k, 100 * k + 10):
            journal.append(steady(seq, float(k)))
            assert journal.flush()
        journal.close()
    with JournalReader(state) as reader:
        span = (NOON_NS, NOON_NS + 400 * SECOND_NS)
        told = {
            after: sorted(set(reader.trend("third", ["AT-101"], *span, after=after)["AT-101"]))
            for after in ("", "first", "second", "gone")
        }
    assert told == {"": [0, 1, 2], "first": [1, 2], "second": [2], "gone": [0, 1, 2]}


def test_alarms_stand_until_cleared_and_acknowledged(state: Path) -> None:
    journal = Journal(state, a_run(), CHANNELS)
    story = [
        ("both", "ACTIVE"),
        ("cleared", "ACTIVE"),
        ("acked", "ACTIVE"),
        ("gone", "ACTIVE"),
        ("cleared", "CLEARED"),
        ("acked", "ACKNOWLEDGED"),
        ("gone", "ACKNOWLEDGED"),
        ("gone", "CLEARED"),
        ("again", "ACTIVE"),
        ("again", "ACKNOWLEDGED"),
        ("again", "CLEARED"),
        ("again", "ACTIVE"),
    ]
    for seq, (source, state_now) in enumerate(story):
        journal.append(a_record(seq), [an_event(seq, state_now, source)])
    journal.close()
    with JournalReader(state) as reader:
        alarms = {a.id: (a.active, a.acknowledged) for a in reader.alarms("r1")}
    assert alarms == {
        "both": (True, False),
        "cleared": (False, False),
        "acked": (True, True),
        "again": (True, False),
    }


def test_a_damaged_segment_is_skipped_and_the_rest_is_read(state: Path) -> None:
    write(state, range(3), "good")
    write(state, range(3), "torn")
    (segment,) = (state / "journal" / "torn").glob("*.db")
    segment.write_bytes(b"not a database at all" * 100)
    with JournalReader(state) as reader:
        assert [i.run.id for i in reader.runs()] == ["good"]
        with pytest.raises(UnknownRun, match="torn"):
            reader.latest("torn")


@pytest.mark.parametrize(
    "torn",
    [
        "UPDATE layout SET about='null' WHERE position=1",
        "UPDATE layout SET about='{' WHERE position=1",
        "UPDATE layout SET about='{}' WHERE position=1",
        "UPDATE layout SET about=x'ff00' WHERE position=1",
        "UPDATE run SET created_ns='soon'",
        "UPDATE run SET id=x'00ff'",
    ],
)
def test_a_segment_that_opens_and_makes_no_sense_is_skipped(state: Path, torn: str) -> None:
    write(state, range(3), "good")
    write(state, range(3), "torn")
    (segment,) = (state / "journal" / "torn").glob("*.db")
    db = sqlite3.connect(segment)
    db.execute(torn)
    db.commit()
    db.close()
    with JournalReader(state) as reader:
        assert reader.newest_run() == "good"
        with pytest.raises(UnknownRun, match="torn"):
            reader.latest("torn")


def test_a_journal_of_a_newer_version_is_refused_by_name(state: Path) -> None:
    write(state, range(1))
    (segment,) = (state / "journal" / "r1").glob("*.db")
    db = sqlite3.connect(segment)
    db.execute("PRAGMA user_version=9")
    db.commit()
    db.close()
    with pytest.raises(SchemaUnknown, match="version 9"):
        open_to_read(segment)


def test_a_reader_cannot_write(state: Path) -> None:
    write(state, range(1))
    (segment,) = (state / "journal" / "r1").glob("*.db")
    db = open_to_read(segment)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        db.execute("DELETE FROM cycle")
    db.close()


def test_a_run_is_not_continued_with_other_channels(state: Path) -> None:
    write(state, range(3))
    journal = Journal(state, a_run(), CHANNELS[:3])
    journal.append(a_record(3, n=3))
    wait_until(lambda: journal.fault is not None)
    assert journal.fault is not None
    assert "other channels" in journal.fault
    journal.close()
    assert LayoutChanged.__doc__


@pytest.fixture(scope="module")
def an_hour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("hour")
    run = Run("wide", "live", "demo", "", "", None, NOON_NS)
    journal = Journal(state, run, [Channel(f"c{i}", "", "in") for i in range(WIDE)], patient=True)
    rng = np.random.default_rng(1)
    quality, reason = np.full(WIDE, 2, np.uint8), np.zeros(WIDE, np.uint32)
    for seq in range(3600):
        head = (seq, NOON_NS + seq * SECOND_NS, seq, 1)
        journal.append(
            Record(*head, rng.normal(size=WIDE), quality, reason, np.zeros(WIDE, np.int32)),
            [Event(seq, head[1], "system", "x", "y", "z")] if seq % 600 == 0 else (),
        )
    journal.close()
    return state


def test_an_hour_of_eight_channels_is_read_whole(an_hour: Path) -> None:
    names = [f"c{30 * i}" for i in range(8)]
    with JournalReader(an_hour) as reader:
        got = reader.series("wide", names, NOON_NS, NOON_NS + 3600 * SECOND_NS, 4000)
    assert got["t_ns"].size == 3600


def test_many_threads_may_share_a_reader(an_hour: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def look(k: int) -> float:
        span = (NOON_NS + k * SECOND_NS, NOON_NS + (k + 600) * SECOND_NS)
        assert len(reader.events("wide")) == 6
        return float(np.sum(reader.series("wide", [f"c{k}"], *span)[f"c{k}"]))

    with JournalReader(an_hour) as reader, ThreadPoolExecutor(4) as pool:
        assert list(pool.map(look, range(40))) == [look(k) for k in range(40)]
