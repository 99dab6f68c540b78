"""kill -9, torn files and full disks: what was acknowledged is there, the rest is said."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from controller.historian import journal as journal_module
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.segment import Batch, Segment
from tests.journals import CHANNELS, a_record, a_run, an_event, same
from tests.patience import PATIENCE_S, wait_until

WRITER = """
import sys, time
from pathlib import Path
from controller.historian.journal import Journal
from tests.journals import CHANNELS, a_record, a_run
journal = Journal(Path(sys.argv[1]), a_run(), CHANNELS, commit_every=int(sys.argv[2]), patient=True)
told = -1
for seq in range(1_000_000):
    journal.append(a_record(seq))
    if journal.acknowledged > told:
        told = journal.acknowledged
        print(told, flush=True)
"""


def acknowledged_at_kill(state: Path, commit_every: int, after_s: float) -> int:
    """Run a writer, kill it with -9, return the last seq it said was safe."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(state), str(commit_every)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert writer.stdout is not None
    told = [writer.stdout.readline() for _ in range(2)]
    time.sleep(after_s)
    writer.send_signal(signal.SIGKILL)
    told += writer.stdout.read().splitlines()
    writer.wait()
    writer.stdout.close()
    return int([line for line in told if line.strip()][-2])  # the last line may be cut short


@pytest.mark.parametrize(
    ("commit_every", "after_s"), [(1, 0.05), (1, 0.13), (1, 0.31), (60, 0.11), (60, 0.37)]
)
def test_kill_9_loses_nothing_that_was_acknowledged(
    state: Path, commit_every: int, after_s: float
) -> None:
    safe = acknowledged_at_kill(state, commit_every, after_s)
    with JournalReader(state) as reader:
        records = list(reader.records("r1"))
        assert reader.runs()[0].ended_ns is None
    assert safe >= 0
    assert len(records) > safe
    assert all(same(r, a_record(i)) for i, r in enumerate(records))


def test_a_run_goes_on_after_a_kill(state: Path) -> None:
    safe = acknowledged_at_kill(state, 1, 0.1)
    journal = Journal(state, a_run(), CHANNELS)
    journal.append(a_record(10**6))
    journal.close()
    assert journal.fault is None
    with JournalReader(state) as reader:
        seqs = [r.seq for r in reader.records("r1")]
    assert seqs[-1] == 10**6
    assert len(seqs) > safe


def test_a_torn_segment_is_set_aside_and_the_run_goes_on(state: Path) -> None:
    journal = Journal(state, a_run(), CHANNELS, patient=True)
    for seq in range(500):
        journal.append(a_record(seq))
    journal.close()
    (segment,) = (state / "journal" / "r1").glob("*.db")
    torn = bytearray(segment.read_bytes())
    torn[20_000:60_000] = bytes(40_000)
    segment.write_bytes(torn)
    journal = Journal(state, a_run(), CHANNELS)
    journal.append(a_record(500))
    journal.close()
    assert journal.fault is None
    kept = segment.with_suffix(".damaged1")
    assert kept.read_bytes()[60_000:] == bytes(torn[60_000:])
    with JournalReader(state) as reader:
        assert [r.seq for r in reader.records("r1")] == [500]
        (event,) = reader.events("r1", kind="system")
    assert (event.state, kept.name in event.text) == ("SET_ASIDE", True)


class FailingDisk:
    """Makes every commit fail while `full`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = True
        whole = Segment.write

        def write(segment: Segment, batch: Batch) -> None:
            if self.full:
                raise OSError(28, "No space left on device")
            whole(segment, batch)

        monkeypatch.setattr(Segment, "write", write)
        monkeypatch.setattr(journal_module, "RETRY_S", 0.02)


def test_a_full_disk_is_a_fault_in_words_and_nothing_is_lost(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FailingDisk(monkeypatch)
    journal = Journal(state, a_run(), CHANNELS)
    for seq in range(50):
        journal.append(a_record(seq), [an_event(seq)] if seq == 3 else (), b"s")
    wait_until(lambda: journal.fault is not None)
    assert journal.acknowledged == -1
    assert journal.fault is not None
    assert "No space left on device" in journal.fault
    disk.full = False
    assert journal.flush(PATIENCE_S)
    journal.close()
    assert journal.acknowledged == 49
    assert not journal.fault
    with JournalReader(state) as reader:
        assert all(same(r, a_record(i)) for i, r in enumerate(reader.records("r1")))
        assert [e.kind for e in reader.events("r1")] == ["alarm"]
        assert reader.snapshots("r1") == list(range(50))


def test_what_memory_cannot_hold_is_a_marked_gap_with_its_events(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FailingDisk(monkeypatch)
    journal = Journal(state, a_run(), CHANNELS, memory=20)
    for seq in range(100):
        journal.append(a_record(seq), [an_event(seq)] if seq in (5, 6, 95) else ())
        time.sleep(0.001)
    disk.full = False
    assert journal.flush(PATIENCE_S)
    journal.close()
    with JournalReader(state) as reader:
        seqs = [r.seq for r in reader.records("r1")]
        alarms = [e.seq for e in reader.events("r1", kind="alarm")]
        (gap,) = reader.events("r1", kind="system")
    assert alarms == [5, 6, 95]
    assert gap.state == "GAP"
    assert (gap.data["first_seq"], gap.data["last_seq"]) == (0, seqs[0] - 1)
    assert seqs == list(range(seqs[0], 100))
    assert len(seqs) >= 20


def test_append_never_waits_for_the_disk(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = threading.Event()

    def stuck(segment: Segment, batch: Batch) -> None:
        assert disk.wait(PATIENCE_S)

    monkeypatch.setattr(Segment, "write", stuck)
    journal = Journal(state, a_run(), CHANNELS)
    for record in [a_record(seq) for seq in range(200)]:
        journal.append(record)
    assert journal.acknowledged == -1  # the disk has done nothing yet
    disk.set()
    journal.close()
    assert journal.acknowledged == 199


def test_a_writer_that_dies_is_heard_of(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(segment: Segment, batch: Batch) -> None:
        raise RuntimeError("a fault nobody thought of")

    monkeypatch.setattr(Segment, "write", broken)
    journal = Journal(state, a_run(), CHANNELS)
    journal.append(a_record(0))
    wait_until(lambda: journal.fault is not None)
    assert journal.fault is not None
    assert "nobody thought of" in journal.fault
    journal.close()
