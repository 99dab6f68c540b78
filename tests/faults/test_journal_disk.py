"""A real disk that is full or read-only: control goes on, and all comes back by itself."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from controller.historian import journal as journal_module
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.inbox import Inbox, post
from tests.journals import CHANNELS, a_record, a_run, an_event, same
from tests.patience import PATIENCE_S, wait_until

MB = 1024 * 1024


def mount(*options: str) -> bool:
    return subprocess.run(["mount", *options], capture_output=True, check=False).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a state directory on a tmpfs of 2 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a tmpfs")
    if not mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)):
        pytest.skip("mounting a tmpfs is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "RETRY_S", 0.02)


def fill(disk: Path) -> Path:
    """Take what room is left; return the file that took it."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


def until_faulty(journal: Journal, seq: int) -> int:
    """Append until the disk says no; return the next seq."""
    give_up = time.monotonic() + PATIENCE_S
    while journal.fault is None and time.monotonic() < give_up:
        journal.append(a_record(seq), [an_event(seq)] if seq % 100 == 0 else ())
        seq += 1
        time.sleep(0.0005)
    assert journal.fault is not None
    return seq


def test_a_full_disk_costs_nothing_while_memory_lasts(small_disk: Path) -> None:
    journal = Journal(small_disk, a_run(), CHANNELS)
    for seq in range(20):
        journal.append(a_record(seq))
    assert journal.flush(PATIENCE_S)
    ballast = fill(small_disk)
    seq = until_faulty(journal, 20)
    assert "full" in str(journal.fault) or "space" in str(journal.fault)
    ballast.unlink()
    assert journal.flush(PATIENCE_S)
    assert journal.fault is None
    journal.append(a_record(seq))
    journal.close()
    with JournalReader(small_disk) as reader:
        records = list(reader.records("r1"))
        assert [r.seq for r in records] == list(range(seq + 1))
        assert all(same(r, a_record(r.seq)) for r in records)


def test_a_disk_full_for_longer_than_memory_lasts_is_a_marked_gap(small_disk: Path) -> None:
    journal = Journal(small_disk, a_run(), CHANNELS, memory=50)
    journal.append(a_record(0))
    assert journal.flush(PATIENCE_S)
    ballast = fill(small_disk)
    first = until_faulty(journal, 1)
    safe = journal.acknowledged
    for seq in range(first, first + 300):
        journal.append(a_record(seq))
    ballast.unlink()
    assert journal.flush(PATIENCE_S)
    journal.close()
    assert journal.fault is None
    with JournalReader(small_disk) as reader:
        seqs = [r.seq for r in reader.records("r1")]
        gaps = reader.events("r1", kind="system")
    assert {e.state for e in gaps} == {"GAP"}
    assert set(range(safe + 1)) < set(seqs)
    assert seqs[-1] == first + 299
    lost = set(range(first + 300)) - set(seqs)
    # One gap, or two where the writer was kept from running before the disk was full.
    marked = [range(e.data["first_seq"], e.data["last_seq"] + 1) for e in gaps]
    assert lost == {seq for gap in marked for seq in gap}


def test_a_read_only_disk_that_is_made_writable_needs_no_restart(small_disk: Path) -> None:
    assert mount("-o", "remount,ro", str(small_disk))
    journal = Journal(small_disk, a_run(), CHANNELS)
    for seq in range(30):
        journal.append(a_record(seq))
    wait_until(lambda: journal.fault is not None)
    assert mount("-o", "remount,rw", str(small_disk))
    assert journal.flush(PATIENCE_S)
    journal.close()
    with JournalReader(small_disk) as reader:
        assert [r.seq for r in reader.records("r1")] == list(range(30))


def test_a_small_disk_counts_as_the_journal_s_limit(small_disk: Path) -> None:
    journal = Journal(small_disk, a_run(), CHANNELS, patient=True)
    journal.append(a_record(0))
    assert journal.flush(PATIENCE_S)
    assert journal.used_pct < 80.0
    fill(small_disk).rename(small_disk / "journal" / "r1" / "2014-01-01.damaged1")
    journal.close()
    again = Journal(small_disk, a_run("r2"), CHANNELS)
    again.append(a_record(0))
    wait_until(lambda: again.fault is not None or again.used_pct > 80.0)
    again.close()


def test_requests_get_through_when_the_disk_is_full(small_disk: Path) -> None:
    Inbox(small_disk).close()  # a life before
    seconds = count()  # a second between two looks: not more of them than are heard
    inbox = Inbox(small_disk, lambda: float(next(seconds)))
    fill(small_disk)
    heard = []
    for i in range(100):
        post(small_disk, "bypass" if i % 10 == 0 else "ack", {"alarm": f"a{i}"}, "bridge")
        heard += inbox.poll()
    assert [c.kind for c in heard] == ["ack" if i % 10 else "bypass" for i in range(100)]
    acked = [c.args["alarm"] for c in heard if c.kind == "ack"]
    assert acked == [f"a{i}" for i in range(100) if i % 10]
    inbox.close()
