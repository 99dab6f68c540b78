"""A Modbus client that is not ours, nor built on ours, reads the rig right."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "mbpoll_reads_rig.py"


@pytest.mark.skipif(shutil.which("mbpoll") is None, reason="mbpoll is not installed")
def test_mbpoll_reads_every_modbus_point_of_the_rig() -> None:
    out = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True)
    assert out.returncode == 0, out.stdout + out.stderr
    assert "mbpoll read 150 points of the rig, 0 differ" in out.stdout
