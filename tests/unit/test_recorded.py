"""The list of runs tells gaps; a replay is not kept beside a running controller."""

from pathlib import Path

import pytest

from controller.historian.journal import Journal
from controller.historian.statedir import StateDir
from seastack.problems import UserError, writable
from seastack.recorded import list_runs, replay_run
from tests.damage import the_segment
from tests.journals import CHANNELS, a_record, a_run


def recorded(state: Path, name: str, seqs: list[int]) -> None:
    journal = Journal(state, a_run(name), CHANNELS, patient=True)
    for seq in seqs:
        journal.append(a_record(seq))
    journal.close()


def test_cycles_that_are_missing_are_told(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded(state, "whole", [0, 1, 2, 3])
    recorded(state, "holed", [0, 1, 5, 6, 8])
    assert list_runs(state) == 0
    said = capsys.readouterr().out
    assert "gaps" in said
    (whole,) = [line for line in said.splitlines() if "whole" in line]
    (holed,) = [line for line in said.splitlines() if "holed" in line]
    assert "none" in whole
    assert "4 cycles" in holed


def test_a_run_that_cannot_be_read_is_listed_and_told_once(
    state: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    recorded(state, "sound", [0, 1])
    recorded(state, "torn", [0, 1])
    recorded(state, "half", [43_199, 43_200])
    the_segment(state, "torn").write_bytes(b"no database at all" * 100)
    min((state / "journal" / "half").glob("*.db")).write_bytes(b"")
    for _ in range(3):
        assert list_runs(state) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("torn" in line and "damaged" in line for line in lines)
    assert any("half" in line and "1 damaged" in line for line in lines)
    assert not any("sound" in line and "damaged" in line for line in lines)
    assert len(caplog.records) == 2
    with pytest.raises(UserError, match=r"torn .* is damaged and cannot be read \(2014"):
        replay_run(state, "torn", plant="demo", save=False)


def test_where_every_run_is_damaged_they_are_listed(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(state, "torn", [0, 1])
    the_segment(state, "torn").write_bytes(b"no database at all" * 100)
    assert list_runs(state) == 0
    assert "torn" in capsys.readouterr().out


def test_a_replay_is_not_kept_while_a_controller_writes_there(state: Path) -> None:
    recorded(state, "r1", [0, 1])
    with StateDir(state), pytest.raises(UserError, match="leave out --save, or end it first"):
        replay_run(state, "r1", plant="demo", save=True)
    assert [p.name for p in (state / "journal").iterdir()] == ["r1"]


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_a_file_given_as_state_directory_is_called_a_file(tmp_path: Path, below: str) -> None:
    (tmp_path / "notes").touch()
    with pytest.raises(UserError, match="notes is a file"):
        writable(tmp_path / "notes" / below)
