"""`seastack pki`: a link's two sides come to know each other, and nothing leaks."""

import datetime as dt
import logging
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from seastack.cli import main
from seastack.doctor import findings_of
from seastack.drivers import LOOK_EVERY_S, CertificateWatch, driver_factories
from sensors.certificates import certificate_of, certificates_in, read_certificate, self_signed
from sensors.clock import SystemClock
from sensors.errors import ConfigError
from sensors.pki import PkiPaths, ensure_demo_pki, load_pki
from sensors.plantfile import load_plant


@pytest.fixture
def pki(state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "Pki":
    monkeypatch.delenv("SEASTACK_OPCUA_PASSWORD", raising=False)
    return Pki(state, monkeypatch, capsys)


class Pki:
    def __init__(
        self, state: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.state, self._patch, self._capsys = state, patch, capsys
        self.paths = PkiPaths(state / "pki")

    def __call__(self, *words: str) -> tuple[int, str]:
        self._patch.setattr(sys, "argv", ["seastack", "pki", *words, "--state", str(self.state)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = self._capsys.readouterr()
        return int(ended.value.code or 0), said.out + said.err


def server(folder: Path, days: int = 400) -> Path:
    file = folder / f"server{days}.der"
    key = folder / f"server{days}.pem"
    file.write_bytes(self_signed("Peer", "urn:peer", ExtendedKeyUsageOID.SERVER_AUTH, key, days))
    return file


def test_from_nothing_to_a_link(pki: Pki, tmp_path: Path) -> None:
    assert pki("make")[0] == 0
    assert pki("make", "user", "--days", "90")[0] == 0
    assert pki("trust", str(server(tmp_path)), "--link", "analysers")[0] == 0
    load_pki(pki.paths.folder, "analysers", login="certificate")
    for key in (pki.paths.client_key, pki.paths.user_key):
        assert key.stat().st_mode & 0o777 == 0o600
    code, said = pki("export", "user", str(tmp_path / "out.pem"))
    assert code == 0
    assert b"PRIVATE" not in (tmp_path / "out.pem").read_bytes()
    shown = certificate_of(tmp_path / "out.pem", dt.datetime.now(dt.UTC))
    assert shown.fingerprint in said.replace(" ", "").replace("\n", "")
    assert read_certificate(pki.paths.user_cert) == read_certificate(tmp_path / "out.pem")


@pytest.mark.parametrize("words", [("make",), ("make", "user"), ("password",), ("trust",)])
def test_what_it_writes_is_nobody_elses(
    pki: Pki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda *_a, **_k: "")
    before = os.umask(0)  # a shell that gives everything to everybody
    try:
        pki.state.chmod(0o777)
        more = ("--link", "analysers") if words[0] == "trust" else ()
        files = (str(server(tmp_path)),) if words[0] == "trust" else ()
        assert pki(*words, *files, *more)[0] == 0
    finally:
        os.umask(before)
    made = [pki.state, *pki.state.rglob("*")]
    assert [str(p) for p in made if p.stat().st_mode & 0o077] == []


def test_a_folder_of_keys_that_is_a_link_is_not_written_through(pki: Pki, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    pki.paths.folder.symlink_to(tmp_path / "elsewhere")
    code, said = pki("make")
    assert code == 2
    assert "is a symbolic link" in said
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_an_old_key_is_kept_aside(pki: Pki) -> None:
    pki("make")
    before = pki.paths.client_key.read_bytes()
    code, said = pki("make")
    assert (code, "kept as key." in said) == (0, True)
    aside = list(pki.paths.client_key.parent.glob("key.*.old"))
    assert [p.read_bytes() for p in aside] == [before]
    assert pki.paths.client_key.read_bytes() != before


def test_a_second_certificate_is_trusted_beside_the_first(pki: Pki, tmp_path: Path) -> None:
    pki("trust", str(server(tmp_path)), "--link", "analysers")
    pki("trust", str(server(tmp_path, 800)), "--link", "analysers", "--also")
    names = [p.name for p in pki.paths.trusted_for("analysers")]
    assert names == ["analysers.der", "analysers.next.der"]
    assert [p.name for p in pki.paths.trusted_for("plc")] == ["server.der"]


def test_what_ends_soon_is_said(
    pki: Pki, tmp_path: Path, demo_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ensure_demo_pki(pki.paths.folder)
    assert pki("show")[0] == 0
    pki("make", "--days", "20")
    code, said = pki("show")
    assert code == 1
    assert "client/cert.der expires on" in said.replace("\n", "")
    assert "in 19 days" in said
    with caplog.at_level(logging.WARNING, "seastack.pki"):
        driver_factories(load_plant(demo_folder), pki.state, SystemClock())
    assert [r.message for r in caplog.records if "expires on" in r.message]
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=60)
    ended = [c for c in certificates_in(pki.paths.folder, later) if c.ends_soon]
    assert "expired on" in str(ended[0])


def test_the_watch_looks_once_an_hour_and_survives_a_broken_file(pki: Pki) -> None:
    ensure_demo_pki(pki.paths.folder)
    now = [0.0]
    watch = CertificateWatch(pki.paths.folder, lambda: now[0])
    assert not watch()
    pki("make", "--days", "20")
    assert not watch(), "an hour is soon enough"
    now[0] = LOOK_EVERY_S
    assert watch()
    pki.paths.client_cert.write_bytes(b"half a certifi")
    now[0] *= 2.0
    assert watch(), "what was known stands until it can be read again"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("trust", "pyproject.toml", "--link", "analysers"), "neither DER nor PEM"),
        (("trust", "nowhere.der", "--link", "analysers"), "cannot be read: No such file"),
        (("trust", "x.der", "--link", "analyser"), "known are analysers; did you mean analysers?"),
        (("trust", "x.der", "--link", "plc"), "plant demo has no such OPC UA link"),
        (("trust", "x.der", "--link", "a", "--plant", "dmo"), "did you mean demo?"),
        (("export",), "make it: seastack pki make client"),
    ],
)
def test_a_mistake_is_one_plain_line(pki: Pki, words: tuple[str, ...], told: str) -> None:
    code, said = pki(*words)
    assert code == 2
    assert told in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("name", ["x.der", "x.pem"])
def test_a_place_that_is_not_there_is_one_plain_line(pki: Pki, tmp_path: Path, name: str) -> None:
    pki("make")
    target = tmp_path / "nowhere" / name
    code, said = pki("export", "client", str(target))
    assert code == 2
    assert said == (
        f"seastack: {target}: cannot be written (No such file or directory); give another place\n"
    )


def test_junk_that_was_pinned_can_be_replaced(pki: Pki, tmp_path: Path) -> None:
    pki.paths.trusted_servers.mkdir(parents=True)
    (pki.paths.trusted_servers / "analysers.der").write_bytes(b"junk")
    code, said = pki("trust", str(server(tmp_path)), "--link", "analysers")
    assert code == 0
    assert "analysers.der is replaced: it was no certificate" in said


def other_key(paths: PkiPaths) -> None:
    paths.client_key.write_bytes(paths.server_key.read_bytes())


def other_user_key(paths: PkiPaths) -> None:
    paths.user_key.write_bytes(paths.client_key.read_bytes())


def junk_key(paths: PkiPaths) -> None:
    paths.client_key.write_bytes(b"junk")


def junk_certificate(paths: PkiPaths) -> None:
    paths.client_cert.write_bytes(b"junk")


def junk_pin(paths: PkiPaths) -> None:
    (paths.trusted_servers / "server.der").write_bytes(b"junk")


def junk_next_pin(paths: PkiPaths) -> None:
    (paths.trusted_servers / "analysers.next.der").write_bytes(b"junk")


def pem_pin(paths: PkiPaths) -> None:
    pem = read_certificate(paths.server_cert).public_bytes(Encoding.PEM)
    (paths.trusted_servers / "server.der").write_bytes(pem)


def no_password(paths: PkiPaths) -> None:
    paths.password_file.write_bytes(b"\n")


def odd_password(paths: PkiPaths) -> None:
    paths.password_file.write_bytes(b"\xff\xfe")


SPOILT = [
    (other_key, "client/key.pem: private key: does not belong to {pki}/client/cert.der; make both"),
    (junk_key, "client/key.pem: private key: is no PEM private key"),
    (junk_certificate, "client/cert.der: certificate: is none, neither DER nor PEM; make both"),
    (junk_pin, "trusted_servers/server.der: certificate: is none, neither DER nor PEM; take the"),
    (junk_next_pin, "trusted_servers/analysers.next.der: certificate: is none"),
    (pem_pin, "trusted_servers/server.der: certificate: is PEM, where DER is needed; take the"),
    (no_password, "password: password: is empty; set SEASTACK_OPCUA_PASSWORD or run"),
    (odd_password, "password: password: cannot be read; set SEASTACK_OPCUA_PASSWORD or run"),
]


@pytest.mark.parametrize(("spoil", "told"), SPOILT)
def test_keys_are_read_before_a_link_is(
    pki: Pki,
    demo_keys: Path,
    demo_folder: Path,
    spoil: Callable[[PkiPaths], None],
    told: str,
) -> None:
    folder = Path(shutil.copytree(demo_keys, pki.paths.folder))
    load_pki(folder, "analysers")
    spoil(pki.paths)
    with pytest.raises(ConfigError) as caught:
        driver_factories(load_plant(demo_folder), pki.state, SystemClock())
    assert told.format(pki=folder) in str(caught.value)
    (finding,) = [f for f in findings_of("demo", (), pki.state) if f.what.startswith("keys")]
    assert (finding.verdict, finding.seen) == ("wrong", str(caught.value))


def test_junk_that_no_link_needs_is_told_all_the_same(pki: Pki, demo_keys: Path) -> None:
    shutil.copytree(demo_keys, pki.paths.folder)
    junk = pki.paths.trusted_clients / "old.der"
    junk.write_bytes(b"junk")
    code, said = pki("show")
    assert code == 2
    assert said == (
        f"seastack: {junk}: certificate: is none, neither DER nor PEM; "
        "put a whole one there, or remove the file\n"
    )
    (finding,) = [f for f in findings_of("demo", (), pki.state) if f.what.startswith("keys")]
    assert finding.verdict == "wrong"


def test_a_users_key_is_its_certificates_own(pki: Pki, demo_keys: Path) -> None:
    folder = Path(shutil.copytree(demo_keys, pki.paths.folder))
    load_pki(folder, login="certificate")
    other_user_key(pki.paths)
    with pytest.raises(ConfigError, match=r"user/key\.pem: private key: does not belong to"):
        load_pki(folder, login="certificate")


def test_a_links_name_is_no_path(pki: Pki, tmp_path: Path) -> None:
    code, said = pki("trust", str(server(tmp_path)), "--link", "../client/cert")
    assert code == 2
    assert "give a link's name" in said


def test_a_login_by_certificate_needs_one(pki: Pki) -> None:
    ensure_demo_pki(pki.paths.folder)
    pki.paths.user_key.unlink()
    with pytest.raises(ConfigError, match="the user's key: not found; make it with"):
        load_pki(pki.paths.folder, login="certificate")
