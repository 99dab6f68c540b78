"""Journals written by every version so far: read as they are, migrated, archived."""

import gzip
from pathlib import Path

import pytest

from controller.historian import schema
from controller.historian.archive import archive_day, closed_days
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from tests.journals import CHANNELS, NOON_NS, SECOND_NS, a_record, a_run, same

GOLDEN = Path(__file__).parents[1] / "golden"
CYCLES = 130  # what every golden journal holds: alarm at 7, cleared at 90, snapshot at 60
VERSIONS = range(1, schema.VERSION + 1)
END_NS = NOON_NS + CYCLES * SECOND_NS - 1


@pytest.fixture(params=VERSIONS)
def old(request: pytest.FixtureRequest, state: Path) -> Path:
    """Return the segment of a run recorded by a version, in place."""
    folder = state / "journal" / "r1"
    folder.mkdir(parents=True)
    segment = folder / "2014-01-24.db"
    packed = GOLDEN / f"journal-v{request.param}.db.gz"
    segment.write_bytes(gzip.decompress(packed.read_bytes()))
    return segment


def check(state: Path, cycles: int = CYCLES) -> None:
    with JournalReader(state) as reader:
        assert reader.run("r1") == a_run()
        assert reader.channels("r1") == CHANNELS
        records = list(reader.records("r1"))
        assert len(records) == cycles
        assert all(same(r, a_record(i)) for i, r in enumerate(records))
        assert [(e.seq, e.state) for e in reader.events("r1")] == [(7, "ACTIVE"), (90, "CLEARED")]
        assert reader.snapshot("r1", 60) == b"state of 60"
        assert reader.series("r1", ["AT-101"], NOON_NS, END_NS)["t_ns"].size == CYCLES
        assert reader.bounds("r1") == (0, cycles - 1)


def minutes(state: Path) -> list[float]:
    """Return the roll-ups of minutes of the first channel."""
    with JournalReader(state) as reader:
        (segment,) = reader._segments.of("r1")
        from controller.historian.series import spans

        return list(spans(segment.db, 60, 4, [0], 0, 2 * NOON_NS).value[:, 0])


def test_it_is_read_as_it_is(old: Path, state: Path) -> None:
    before = old.read_bytes()
    check(state)
    assert len(minutes(state)) == 3
    assert old.read_bytes() == before


def test_it_is_migrated_when_the_run_goes_on(old: Path, state: Path) -> None:
    was = minutes(state)
    journal = Journal(state, a_run(), CHANNELS)
    journal.append(a_record(CYCLES))
    journal.close()
    assert journal.fault is None
    check(state, CYCLES + 1)
    assert [m for m in minutes(state)[:3] if m in was] == was


def test_it_can_be_archived(old: Path, state: Path) -> None:
    was = minutes(state)
    assert closed_days(state) == [old]
    assert archive_day(old).cycles == CYCLES
    assert not old.exists()
    check(state)
    assert minutes(state) == was


def test_every_version_has_a_golden_journal() -> None:
    assert sorted(p.name for p in GOLDEN.glob("journal-*")) == [
        f"journal-v{v}.db.gz" for v in VERSIONS
    ]
