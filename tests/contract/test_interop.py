"""Programs that are not ours, nor built on ours, agree with us on every point."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
HEADER = Path("/usr/include/modbus/modbus.h")


def run(script: str) -> str:
    command = [sys.executable, str(BENCHMARKS / script)]
    out = subprocess.run(command, capture_output=True, text=True)
    assert out.returncode == 0, out.stdout + out.stderr
    return out.stdout


@pytest.mark.skipif(
    shutil.which("cc") is None or not HEADER.exists(),
    reason="a C compiler with libmodbus-dev is not installed",
)
def test_the_driver_reads_and_writes_a_libmodbus_server() -> None:
    printed = run("libmodbus_feeds_driver.py")
    assert "180 points of a libmodbus server, 0 complaints" in printed


needs_node = pytest.mark.skipif(
    "SEASTACK_NODE_FOLDER" not in os.environ, reason="SEASTACK_NODE_FOLDER names no folder"
)


@needs_node
@pytest.mark.parametrize("script", ["nodeopcua_reads_rig.py", "nodeopcua_feeds_driver.py"])
def test_node_opcua_agrees(script: str) -> None:
    assert "180 points" in run(script)


@needs_node
def test_influxdata_itself_finds_every_flux_text_valid() -> None:
    assert "10 Flux texts, 0 not valid" in run("flux_is_valid.py")
