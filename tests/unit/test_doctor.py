"""The doctor names what is wrong and what to do; the unit files say what the code does."""

import configparser
import shutil
import socket
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from controller.historian.cursor import NAME, Cursor
from controller.installation import owner_id_of
from seastack import child, doctor
from seastack.doctor import Finding, findings_of
from sensors.certificates import certificate_of
from sensors.pki import PkiPaths, ensure_demo_pki

UNITS = Path(__file__).parents[2] / "packaging" / "systemd"
SERVICES = ("seastack.service", "seastack-dashboard.service")


def found(findings: list[Finding], what: str) -> Finding:
    (one,) = [f for f in findings if f.what == what]
    return one


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_it_looks_at_everything_and_every_fault_has_a_remedy(state: Path) -> None:
    link = f"plc=127.0.0.1:{closed_port()}"
    findings = list(findings_of("demo", (link,), state))
    assert {"Python", "packages", "compiled kernels", "state directory", "disk", "clock"} <= {
        f.what for f in findings
    }
    assert all(f.remedy for f in findings if f.verdict != "ok")
    assert found(findings, "plant demo").verdict == "ok"
    assert found(findings, "link plc").verdict == "wrong"
    assert "refused" in found(findings, "link plc").seen
    assert found(findings, "keys of link analysers").verdict == "wrong"


def test_what_is_right_is_ok(state: Path) -> None:
    ensure_demo_pki(state / "pki")
    with socket.socket() as device:
        device.bind(("127.0.0.1", 0))
        device.listen()
        link = f"plc=127.0.0.1:{device.getsockname()[1]}"
        findings = list(findings_of("demo", (link,), state))
    assert found(findings, "link plc").verdict == "ok"
    assert found(findings, "keys of link analysers").verdict == "ok"


@pytest.mark.parametrize(
    ("days", "verdict", "seen"),
    [
        (100, "ok", "our cert.der is valid for 99 days more"),
        (2, "look", "our cert.der is valid for 1 day more"),
        (1, "look", "our cert.der is valid for less than a day more"),
        (0, "wrong", "our cert.der expired less than a day ago"),
        (-2, "wrong", "our cert.der expired 2 days ago"),
    ],
)
def test_the_life_of_a_certificate_is_told_in_words(
    state: Path,
    demo_keys: Path,
    days: int,
    verdict: str,
    seen: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = PkiPaths(Path(shutil.copytree(demo_keys, state / "pki")))
    # As its own peer too: then it is this one that ends first.
    shutil.copy(keys.client_cert, keys.pinned_server("analysers"))
    ends = certificate_of(keys.client_cert, datetime.now(UTC)).not_after
    now = ends - timedelta(days=days) + timedelta(seconds=60)
    monkeypatch.setattr("seastack.doctor.datetime", SimpleNamespace(now=lambda _: now))
    finding = found(list(doctor.plant_and_links("demo", (), state)), "keys of link analysers")
    assert (finding.verdict, finding.seen) == (verdict, seen)


def test_it_changes_nothing(tmp_path: Path) -> None:
    state = tmp_path / "not" / "yet"
    (finding,) = doctor.state_directory(state)
    assert (finding.verdict, finding.seen.endswith("the first start makes it")) == ("ok", True)
    assert list(tmp_path.iterdir()) == []


def test_another_package_than_locked_is_named(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("numpy==0.0.1 \\\n    --hash=sha256:0\nno-such-package==1.0\n")
    (one,) = doctor.packages(lock)
    assert one.verdict == "look"
    assert "the lock says 0.0.1" in one.seen
    assert "no-such-package is missing" in one.seen


def test_an_unknown_plant_and_a_file_for_a_state_are_told(tmp_path: Path) -> None:
    file = tmp_path / "state"
    file.touch()
    findings = list(findings_of("dmo", (), file))
    assert found(findings, "plant dmo").verdict == "wrong"
    assert found(findings, "state directory").verdict == "wrong"


def test_it_tells_the_owner_number_and_a_damaged_one(state: Path) -> None:
    assert "none yet" in found(list(doctor.state_directory(state)), "owner number").seen
    number = owner_id_of(state)
    assert found(list(doctor.state_directory(state)), "owner number").seen == str(number)
    (state / "owner_id").write_text("x")
    assert found(list(doctor.state_directory(state)), "owner number").verdict == "look"


def test_a_full_disk_is_wrong(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(state)
    monkeypatch.setattr("seastack.doctor.shutil.disk_usage", lambda _: usage._replace(free=10**8))
    (one,) = doctor.disk(state / "not" / "yet")
    assert (one.verdict, one.seen) == ("wrong", "0.1 GB free")


def test_the_exit_code_tells(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.examine("demo", (f"plc=127.0.0.1:{closed_port()}",), state) == 1
    assert "wrong" in capsys.readouterr().out


def test_where_nothing_is_sent_the_copy_is_no_matter(state: Path) -> None:
    (one,) = doctor.shipper(state)
    assert (one.verdict, one.seen) == ("ok", "none was ever made: nothing is sent from here")
    assert not (state / NAME).exists()


@pytest.mark.parametrize(
    ("problem", "wrong", "verdict"),
    [("", (), "ok"), ("", ((3, "400"),), "look"), ("http://x: 401 [/bold]", (), "look")],
)
def test_how_the_copy_stands_is_told(
    state: Path,
    problem: str,
    wrong: tuple[tuple[int, str], ...],
    verdict: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    state.mkdir(exist_ok=True)
    cursor = Cursor(state)
    cursor.settle("r1", (0, 9), wrong)
    cursor.note("behind", 3600, 1_760_000_000_000_000_000, problem)
    cursor.close()
    files = sorted(state.iterdir())
    (one,) = doctor.shipper(state)
    assert one.verdict == verdict
    assert f"3600 rows wait, last success 2025-10-09 08:53 UTC, {len(wrong)} dead" in one.seen
    assert one.seen.endswith(problem)
    assert sorted(state.iterdir()) == files
    doctor.examine("demo", (f"plc=127.0.0.1:{closed_port()}",), state)
    assert "3600 rows wait" in capsys.readouterr().out


def test_a_shipper_file_that_cannot_be_read_is_told(state: Path) -> None:
    state.mkdir(exist_ok=True)
    (state / NAME).write_text("no database at all")
    (one,) = doctor.shipper(state)
    assert (one.verdict, "cannot be read now" in one.seen) == ("look", True)


@pytest.mark.parametrize("name", SERVICES)
def test_units_are_hardened_and_start_what_exists(name: str) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNITS / name)
    service = unit["Service"]
    assert service["NoNewPrivileges"] == service["ProtectHome"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["Restart"] == "always"
    assert service["RestartPreventExitStatus"] == "2"
    assert "/bin/seastack " in service["ExecStart"]
    if name == "seastack.service":
        assert service["Type"] == "notify"
        assert int(service["WatchdogSec"]) >= 10, "a cycle may wait 3 s for a dead link"


@pytest.mark.parametrize("name", SERVICES)
def test_systemd_finds_nothing_wrong_with_a_unit(name: str, tmp_path: Path) -> None:
    assert name not in verified(name, tmp_path)


def verified(name: str, folder: Path) -> str:
    """Return what systemd says of a unit and the drop-ins that stand in the folder."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    text = (UNITS / name).read_text().replace("/opt/seastack/.venv/bin/seastack", "/bin/true")
    (folder / name).write_text(text)
    command = [program, "verify", "--man=no", str(folder / name)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def test_a_serial_line_gets_through_the_units_walls(tmp_path: Path) -> None:
    drop_in = (UNITS / "serial-seastack.conf").read_text()
    (tmp_path / "seastack.service.d").mkdir()
    (tmp_path / "seastack.service.d" / "serial.conf").write_text(drop_in)
    keys = [line for line in drop_in.splitlines() if line and not line.startswith("#")]
    assert keys == [
        "[Service]",
        "PrivateDevices=no",
        "DevicePolicy=closed",
        "DeviceAllow=/dev/ttyUSB0 rw",
        "SupplementaryGroups=dialout",
    ]
    assert "serial.conf" not in verified("seastack.service", tmp_path)


def test_a_childs_log_is_kept_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "LOG_BYTES", 100)
    log = tmp_path / "run.log"
    log.write_text("x" * 101)
    child.rotate(log)
    assert not log.exists()
    assert (tmp_path / "run.log.1").stat().st_size == 101
    log.write_text("y")
    child.rotate(log)
    assert log.read_text() == "y"
