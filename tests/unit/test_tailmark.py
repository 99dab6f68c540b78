"""A log that lost its end opens without a word: the mark beside the journal tells."""

import os
import shutil
from pathlib import Path

import pytest

from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.tailmark import NAME, Mark, TailMark, last_acknowledged
from controller.journallosses import journal_losses
from tests.journals import CHANNELS, a_record, a_run

RUN = "20990101T000000-live-1"


def died(state: Path, cycles: int) -> tuple[Path, Path]:
    """Leave in `state` what a power cut leaves of a live run; return its mark and its log."""
    lived = state / "lived"
    journal = Journal(lived, a_run(RUN), CHANNELS, patient=True)
    for seq in range(cycles):
        journal.append(a_record(seq))
    journal.flush()
    shutil.copytree(lived, state, dirs_exist_ok=True)
    journal.close()
    shutil.rmtree(lived)
    (log,) = (state / "journal" / RUN).glob("*.db-wal")
    return state / NAME, log


def test_the_mark_is_never_ahead_of_a_sound_journal(state: Path) -> None:
    died(state, 40)
    mark = last_acknowledged(state)
    assert mark is not None
    with JournalReader(state) as reader:
        frame = reader.latest(RUN)
    assert frame is not None
    assert mark == Mark(RUN, 39, frame.t_ns)
    assert journal_losses(state) == ""


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_log_that_lost_its_end_is_told(state: Path, share: float) -> None:
    _, log = died(state, 40)
    os.truncate(log, int(share * log.stat().st_size))
    said = journal_losses(state)
    assert "acknowledged cycles of run" in said
    assert said.endswith("are missing")


def test_without_a_mark_or_with_a_torn_one_nothing_is_claimed(state: Path) -> None:
    mark, log = died(state, 40)
    os.truncate(log, log.stat().st_size // 2)
    mark.write_bytes(mark.read_bytes()[:20])
    assert last_acknowledged(state) is None
    assert journal_losses(state) == ""
    mark.unlink()
    assert journal_losses(state) == ""


def test_a_mark_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    mark = TailMark(tmp_path / "absent", RUN)
    mark.note(1, 2)
    mark.close()
    assert last_acknowledged(tmp_path / "absent") is None
