"""The command line teaches, fails in one line and starts at once."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from seastack.check import Live
from seastack.cli import app, main
from sensors.plantfile import Plant
from sensors.quality import Quality, Reason
from sensors.reading import Reading

COMMANDS = [
    "verify",
    "ship",
    "demo",
    "sim",
    "run",
    "dashboard",
    "check",
    "doctor",
    "pki",
    "arm",
    "disarm",
    "bypass",
    "target",
    "loop",
    "ack",
    "replay",
    "archive",
    "import",
    "voyages",
    "export",
    "bench",
    "steps",
    "warm",
    "unit",
    "validate",
]


def run_main(monkeypatch: pytest.MonkeyPatch, *args: str) -> int:
    """Run the command line in this process; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["seastack", *args])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_the_commands_are_the_ones_promised() -> None:
    assert sorted(get_command(app).commands) == sorted(COMMANDS)  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_has_an_example(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"], terminal_width=100)
    assert result.exit_code == 0
    assert f"seastack {command}" in result.output.split("Example", 1)[1]


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys; sys.argv=['seastack','--help']\n"
        "from seastack.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy={'numpy','numba','pymodbus','asyncua','streamlit','pandas','pydantic','scipy'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip().endswith("HEAVY []")


def test_a_fresh_run_is_for_simulators_only(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    demo_keys: Path,
) -> None:
    shutil.copytree(demo_keys, tmp_path / "pki")
    nowhere = ("--link", "plc=127.0.0.1:9", "--link", "analysers=127.0.0.1:9")
    state = ("--state", str(tmp_path))
    assert run_main(monkeypatch, "run", "demo", "--fresh", *nowhere, *state) == 2
    error = capsys.readouterr().err
    assert "the rig does not say that it is a simulator" in error
    assert "leave out --fresh" in error
    assert not (tmp_path / "journal").exists()


def test_unknown_plant_is_one_line_naming_the_known(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(monkeypatch, "check", "dmeo") == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "known are demo" in error
    assert "did you mean demo?" in error


def test_unknown_key_in_a_plant_folder_names_file_and_key(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    demo_folder: Path,
) -> None:
    for name in ("plant.toml", "tags.toml", "control.toml", "alarms.toml"):
        text = (demo_folder / name).read_text()
        (tmp_path / name).write_text(text.replace("design_flow_kg_h", "desing_flow_kg_h"))
    assert run_main(monkeypatch, "check", str(tmp_path)) == 2
    error = capsys.readouterr().err
    assert str(tmp_path / "plant.toml") in error
    assert "desing_flow_kg_h" in error
    assert "Traceback" not in error


@pytest.mark.parametrize("file", ["tags.toml", "control.toml", "alarms.toml"])
def test_an_error_in_a_plant_folder_says_in_which_folder(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    demo_folder: Path,
    file: str,
) -> None:
    for path in demo_folder.glob("*.toml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with (tmp_path / file).open("a") as out:
        out.write("\n[nosense]\n")
    assert run_main(monkeypatch, "check", str(tmp_path)) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"seastack: {tmp_path / file}: nosense")
    assert error.count("\n") == 1


def test_a_link_in_trouble_is_told_without_a_table_of_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], state: Path
) -> None:
    async def nobody(_plant: Plant, _state: Path) -> Live:
        return Live(problems=["link plc: no connection"])

    monkeypatch.setattr("seastack.check.read_everything", nobody)
    assert run_main(monkeypatch, "check", "demo", "--connect", "--state", str(state)) == 1
    said = capsys.readouterr().out
    assert "link plc: no connection" in said
    assert "quality" not in said  # a column of the table of readings


def test_a_link_in_trouble_is_told_before_the_long_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], state: Path
) -> None:
    async def half(plant: Plant, _state: Path) -> Live:
        tag = plant.tags.tags[0]
        live = Live({tag.name: Reading(1.0, Quality.GOOD, Reason(0), 0, 0)})
        live.problems.append("link plc: no connection")
        return live

    monkeypatch.setattr("seastack.check.read_everything", half)
    assert run_main(monkeypatch, "check", "demo", "--connect", "--state", str(state)) == 1
    said = capsys.readouterr().out
    assert said.index("link plc: no connection") < said.index("quality")


def test_a_busy_port_is_an_error_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code = run_main(monkeypatch, "demo", "--port", str(port), "--state", str(tmp_path / "s"))
    assert code == 2
    assert f"port {port}" in capsys.readouterr().err
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("run demo", "--health-port"),
        ("dashboard", "--port"),
        ("demo", "--port"),
        ("sim", "--modbus-port"),
        ("sim", "--opcua-port"),
        ("sim", "--control-port"),
    ],
)
@pytest.mark.parametrize("port", ["65536", "-5"])
def test_a_port_that_cannot_be_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    option: str,
    port: str,
) -> None:
    assert run_main(monkeypatch, *command.split(), option, port) == 2
    error = capsys.readouterr().err
    assert f"Invalid value for '{option}'" in error
    assert "Traceback" not in error


@pytest.mark.parametrize("period", ["2", "10"])
def test_a_period_too_long_for_the_lease_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    demo_folder: Path,
    period: str,
) -> None:
    state = tmp_path / "s"
    assert run_main(monkeypatch, "run", "demo", "--period", period, "--state", str(state)) == 2
    assert capsys.readouterr().err == (
        f"seastack: --period {period}: must be below 2, half of lease.timeout_s = 4 in "
        f"{demo_folder / 'plant.toml'}; give a shorter --period\n"
    )
    assert not state.exists()


def test_an_unreadable_voyage_is_an_error_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    voyage = tmp_path / "voyage.csv"
    voyage.write_text("timestamp,total_power_demand_kW\n2014-01-01 00:00:00,lots\n")
    code = run_main(monkeypatch, "demo", "--voyage", str(voyage), "--state", str(tmp_path / "s"))
    error = capsys.readouterr().err
    assert code == 2
    assert "voyage.csv" in error
    assert "total_power_demand_kW" in error
    assert not (tmp_path / "s").exists()


def test_an_unwritable_state_directory_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    blocker = tmp_path / "file"
    blocker.touch()
    assert run_main(monkeypatch, "run", "demo", "--state", str(blocker / "state")) == 2
    assert "--state" in capsys.readouterr().err


def test_asking_where_no_controller_runs_says_so_and_names_the_panel(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], state: Path
) -> None:
    assert run_main(monkeypatch, "bypass", "--state", str(state)) == 2
    error = capsys.readouterr().err
    assert "no controller" in error
    assert "panel" in error


def test_unknown_bench_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(monkeypatch, "bench", "lop") == 2
    assert "did you mean loop?" in capsys.readouterr().err
