"""One suite over every store: disk and memory keep the same promises."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.record import Event, Record
from controller.historian.store import MemoryJournal, Store
from tests.journals import CHANNELS, a_record, a_run, an_event, same


@dataclass
class Kept:
    """A store with a way to see what it kept, after it was closed."""

    store: Store
    records: Callable[[], list[Record]]
    events: Callable[[], list[Event]]
    snapshot: Callable[[int], bytes | None]


def _memory() -> Kept:
    store = MemoryJournal(a_run(), CHANNELS)
    return Kept(store, lambda: store.records, lambda: store.events, store.snapshots.get)


def _disk(state: Path, commit_every: int) -> Kept:
    reader = JournalReader(state)
    return Kept(
        Journal(state, a_run(), CHANNELS, commit_every=commit_every),
        lambda: list(reader.records("r1")),
        lambda: list(reader.events("r1")),
        lambda seq: reader.snapshot("r1", seq),
    )


@pytest.fixture(params=[0, 1, 60], ids=["memory", "disk", "disk by 60"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    made = _memory() if request.param == 0 else _disk(tmp_path, request.param)
    yield made
    made.store.close()


def test_nothing_is_acknowledged_before_the_first_record(kept: Kept) -> None:
    assert kept.store.acknowledged == -1
    assert kept.store.fault is None


def test_every_bit_comes_back_in_order(kept: Kept) -> None:
    records = [a_record(seq) for seq in range(150)]
    for record in records:
        kept.store.append(record)
    assert kept.store.flush()
    assert kept.store.acknowledged == 149
    read = kept.records()
    assert len(read) == 150
    assert all(same(a, b) for a, b in zip(records, read, strict=True))


def test_skipped_cycles_are_a_hole_and_no_error(kept: Kept) -> None:
    for seq in (0, 1, 5, 6):
        kept.store.append(a_record(seq))
    kept.store.close()
    assert [r.seq for r in kept.records()] == [0, 1, 5, 6]


def test_events_and_snapshots_stay_with_their_cycle(kept: Kept) -> None:
    kept.store.append(a_record(0), [an_event(0)], b"state of zero")
    kept.store.append(a_record(1), [an_event(1, "CLEARED"), an_event(1, "ACKNOWLEDGED")])
    assert kept.store.flush()
    assert [(e.seq, e.state) for e in kept.events()] == [
        (0, "ACTIVE"),
        (1, "CLEARED"),
        (1, "ACKNOWLEDGED"),
    ]
    assert kept.events()[0].data == {"n": 0}
    assert kept.snapshot(0) == b"state of zero"
    assert kept.snapshot(1) is None


def test_close_keeps_what_was_appended(kept: Kept) -> None:
    for seq in range(7):
        kept.store.append(a_record(seq))
    kept.store.close()
    assert kept.store.acknowledged == 6
    assert len(kept.records()) == 7


def test_closing_twice_is_harmless(kept: Kept) -> None:
    kept.store.append(a_record(0))
    kept.store.close()
    kept.store.close()
    assert kept.store.fault is None


def test_a_seq_never_comes_back(kept: Kept) -> None:
    kept.store.append(a_record(3))
    with pytest.raises(ValueError, match="never comes back"):
        kept.store.append(a_record(3))


def test_a_record_of_another_width_is_refused(kept: Kept) -> None:
    with pytest.raises(ValueError, match="5 values for 4 channels"):
        kept.store.append(a_record(0, n=5))


def test_records_are_readable_while_more_come(kept: Kept) -> None:
    stop = threading.Event()

    def write() -> None:
        for seq in range(1, 2000):
            kept.store.append(a_record(seq))
            if stop.is_set():
                break
        stop.set()

    writer = threading.Thread(target=write)
    kept.store.append(a_record(0))
    kept.store.flush()
    writer.start()
    seen = 0
    while not stop.is_set():
        read = kept.records()
        assert [r.seq for r in read] == list(range(len(read)))
        assert len(read) >= seen
        seen = len(read)
    writer.join()
