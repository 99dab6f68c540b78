"""One controller a state directory, and errors that name the remedy."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from controller.historian.errors import StateDirInUse, StateDirUnusable
from controller.historian.statedir import PAUSE_S, StateDir

HOLDER = """
import sys, time
from pathlib import Path
from controller.historian.statedir import StateDir
held = StateDir(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_it_is_made_and_may_be_taken_again_after_close(tmp_path: Path) -> None:
    for _ in range(2):
        with StateDir(tmp_path / "a" / "b") as held:
            assert held.path.is_dir()


def test_two_controllers_do_not_share_one(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(StateDirInUse, match=rf"process {holder.pid}; stop that controller"):
        StateDir(tmp_path)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    StateDir(tmp_path).close()  # a killed controller leaves nothing to remove


def test_a_file_in_the_way_is_told_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(StateDirUnusable, match=r"it is a file; .* --state"):
        StateDir(tmp_path / "state")


def test_somebody_who_looks_does_not_keep_a_controller_from_starting(tmp_path: Path) -> None:
    StateDir(tmp_path).close()
    looking = os.open(tmp_path / "lock", os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)
    threading.Timer(PAUSE_S, os.close, (looking,)).start()
    with StateDir(tmp_path) as held:
        assert held.path == tmp_path
        with pytest.raises(StateDirInUse):
            StateDir(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_without_the_right_to_write_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StateDirUnusable, match="Permission denied"):
        StateDir(tmp_path / "state")
