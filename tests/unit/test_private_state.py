"""The state directory and the secrets are one user's: modes, links, and who asks."""

import os
import pwd
import stat
from pathlib import Path

import pytest

from controller.historian.errors import HistorianError, StateDirUnusable
from controller.historian.journal import Journal
from controller.historian.statedir import StateDir
from controller.historian.tailmark import TailMark
from controller.inbox import Inbox, post
from seastack.asker import asker
from sensors.errors import ConfigError
from sensors.linkmemory import LinkMemory, memory_file
from sensors.pki import ensure_demo_pki, load_pki
from sensors.secretfile import read_secret
from tests.journals import CHANNELS, a_record, a_run


@pytest.fixture(autouse=True)
def _careless_umask() -> object:
    """Begin as a shell that gives everything to everybody."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def open_to_others(folder: Path) -> list[str]:
    return [str(p.relative_to(folder)) for p in (folder, *folder.rglob("*")) if mode(p) & 0o077]


def test_all_that_a_controller_writes_is_private(tmp_path: Path) -> None:
    state = tmp_path / "new" / "state"
    with StateDir(state):
        journal = Journal(state, a_run(), CHANNELS)
        journal.append(a_record(0))
        post(state, "disarm", {}, "x")
        inbox = Inbox(state)
        inbox.poll()
        mark = TailMark(state, "r1")
        mark.note(1, 1)
        LinkMemory(memory_file(state, "plc")).at("there")
        journal.flush()
        assert open_to_others(state) == []
        mark.close()
        inbox.close()
        journal.close()
    assert open_to_others(state) == []


def test_a_state_that_was_open_to_all_is_closed(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "journal" / "r1").mkdir(parents=True, mode=0o777)
    (state / "inbox.db").touch(0o666)
    (state / "journal" / "r1" / "2026-01-01.db").touch(0o644)
    with StateDir(state):
        assert open_to_others(state) == []


def test_an_inbox_that_is_posted_to_first_is_private_too(tmp_path: Path) -> None:
    post(tmp_path, "disarm", {}, "x")
    assert [p.name for p in tmp_path.iterdir() if mode(p) & 0o077] == []


@pytest.mark.parametrize(
    "name", ["lock", "acknowledged", "journal", "inbox.db", "shipper.db", "pki"]
)
def test_a_symbolic_link_is_not_followed(tmp_path: Path, name: str) -> None:
    state, victim = tmp_path / "state", tmp_path / "victim"
    state.mkdir()
    victim.mkdir() if name in ("journal", "pki") else victim.write_text("precious")
    (state / name).symlink_to(victim)
    with pytest.raises(StateDirUnusable, match="symbolic link"):
        StateDir(state)
    if victim.is_file():
        TailMark(state, "r1").note(1, 1)
        assert victim.read_text() == "precious"
    if name == "inbox.db":
        with pytest.raises(HistorianError):
            post(state, "bypass", {}, "x")
        assert victim.read_text() == "precious"


@pytest.mark.parametrize("secret", ["password", "client/key.pem", "user/key.pem"])
@pytest.mark.parametrize("how", [0o640, 0o604, 0o622, 0o666])
def test_a_secret_that_others_can_read_is_refused(tmp_path: Path, secret: str, how: int) -> None:
    pki = ensure_demo_pki(tmp_path / "pki")
    login = "certificate" if secret.startswith("user") else "password"
    load_pki(pki.folder, login=login)
    (pki.folder / secret).chmod(how)
    with pytest.raises(ConfigError, match=rf"mode {how:04o}.*chmod 600"):
        load_pki(pki.folder, login=login)


def test_a_secret_that_is_a_link_a_pipe_or_endless_is_refused(tmp_path: Path) -> None:
    pki = ensure_demo_pki(tmp_path / "pki")
    key = pki.client_key
    moved = key.rename(tmp_path / "elsewhere.pem")
    key.symlink_to(moved)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_pki(pki.folder)
    key.unlink()
    os.mkfifo(key, 0o600)
    with pytest.raises(ConfigError, match="no regular file"):
        read_secret(key, "private key")
    key.unlink()
    key.touch(0o600)
    key.write_bytes(b"x" * 100_000)
    with pytest.raises(ConfigError, match="longer than 64 kB"):
        load_pki(pki.folder)


def test_who_asks_is_whom_the_kernel_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    login = pwd.getpwuid(os.getuid()).pw_name
    monkeypatch.setenv("LOGNAME", "captain")
    monkeypatch.setenv("USER", "captain")
    assert asker("") == login
    assert asker(login) == login
    assert asker("Chief Engineer") == f"Chief Engineer (user {login})"
    assert asker("a\nb\x1b[2J" + "x" * 999).startswith("a b [2Jx")
    assert len(asker("x" * 10**6)) < 100
