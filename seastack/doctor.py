"""`seastack doctor`: what is wrong with this installation, in plain words.

Each check looks at one thing and returns findings: what was seen and, when that
is not right, what to do.  Nothing is changed, no rig is written to.
"""

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from seastack.ask import controller_pid
from seastack.problems import UserError, unwritable

if TYPE_CHECKING:
    from sensors.linkspec import LinkSpec

Verdict = Literal["ok", "look", "wrong"]
OLDEST_PYTHON: Final = (3, 11)
DISK_LOOK_GB: Final = 50.0  # the journal's own share is 40 GB
DISK_WRONG_GB: Final = 1.0
CONNECT_S: Final = 2.0
EXPIRY_LOOK_DAYS: Final = 60
BEGUN: Final = datetime(2026, 1, 1, tzinfo=UTC).timestamp()  # no clock is right before this
PINNED: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `remedy` says what to do unless it is ok."""

    verdict: Verdict
    what: str
    seen: str
    remedy: str = ""


def examine(plant: str, links: tuple[str, ...], state: Path) -> int:
    """Print all findings; return 0 when nothing is wrong, else 1."""
    findings = list(findings_of(plant, links, state))
    table = Table()
    for column in ("", "what", "seen", "do"):
        table.add_column(column)
    colour = {"ok": "green", "look": "yellow", "wrong": "bold red"}
    for f in findings:
        table.add_row(
            f"[{colour[f.verdict]}]{f.verdict}[/]", *map(escape, (f.what, f.seen, f.remedy))
        )
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    wrong = sum(f.verdict == "wrong" for f in findings)
    look = sum(f.verdict == "look" for f in findings)
    print(f"{len(findings)} things looked at: {wrong} wrong, {look} to look at")
    return 1 if wrong else 0


def findings_of(plant: str, links: tuple[str, ...], state: Path) -> Iterator[Finding]:
    """Yield every finding, the basic ones first."""
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        python,
        packages,
        released,
        kernels,
        lambda: state_directory(state),
        lambda: disk(state),
        lambda: shipper(state),
        clock,
        lambda: plant_and_links(plant, links, state),
    )
    for look in checks:
        yield from look()


def python() -> Iterator[Finding]:
    """Yield whether this Python is new enough."""
    here = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info[:2] >= OLDEST_PYTHON
    wanted = ".".join(map(str, OLDEST_PYTHON))
    yield Finding("ok" if good else "wrong", "Python", here, "" if good else f"install {wanted}+")


def packages(lock: Path | None = None) -> Iterator[Finding]:
    """Yield whether the installed packages are those of the lock, where there is one."""
    path = lock or Path(__file__).parents[1] / "requirements.lock"
    if not path.is_file():
        yield Finding("ok", "packages", "no lock beside the program: installed as a package")
        return
    pinned = PINNED.findall(path.read_text())
    other = []
    for name, wanted in pinned:
        try:
            found = version(name)
        except PackageNotFoundError:
            other.append(f"{name} is missing")
        else:
            if found != wanted:
                other.append(f"{name} is {found}, the lock says {wanted}")
    if other:
        more = f" and {len(other) - 3} more" if len(other) > 3 else ""
        yield Finding("look", "packages", "; ".join(other[:3]) + more, "run: make venv")
    else:
        yield Finding("ok", "packages", f"all {len(pinned)} as in the lock")


def released(folder: Path | None = None, key: str | None = None) -> Iterator[Finding]:
    """Yield whether the program is as it was released, where it is a release."""
    from controller.historian.errors import HistorianError
    from seastack import release

    where = folder or release.root()
    again = "install the release again, from where its key was published"
    try:
        statement = release.read_manifest(where)
        if statement is None:
            yield Finding("ok", "release", "none: built from source")
            return
        told = release.differences(where, statement)
        known = release.known_key() if key is None else key
    except (HistorianError, OSError) as error:
        yield Finding("wrong", "release", str(error), again)
        return
    name, signed_by = f"{statement['version']}, {len(statement['files'])} files", statement["key"]
    if told:
        more = f" and {len(told) - 3} more" if len(told) > 3 else ""
        yield Finding("wrong", "release", f"{name}: {'; '.join(told[:3])}{more}", again)
    elif known and known != signed_by:
        yield Finding("wrong", "release", f"{name}: signed by another key: {signed_by}", again)
    elif not known:
        note = f"compare the key with the published one and note it in {release.KNOWN_KEY}"
        yield Finding("look", "release", f"{name}: as signed by {signed_by}", note)
    else:
        yield Finding("ok", "release", f"{name}: as signed by {signed_by[:16]}")


def kernels() -> Iterator[Finding]:
    """Yield whether the numeric kernels are compiled, so that a start is quick."""
    from models import kernelcache

    if kernelcache.is_ready():
        yield Finding("ok", "compiled kernels", f"in {kernelcache.folder()}")
    else:
        yield Finding(
            "look", "compiled kernels", "not yet: the first start is slow", "seastack warm"
        )


def state_directory(state: Path) -> Iterator[Finding]:
    """Yield whether the state directory can be written, and who holds it."""
    what, why = "state directory", unwritable(state)
    if why:
        remedy = "chown or mount it for this user, or give another --state DIR"
        yield Finding("wrong", what, f"{state}: {why}", remedy)
        return
    if not state.exists():
        yield Finding("ok", what, f"{state} is not there yet; the first start makes it")
        return
    holder = controller_pid(state)
    held = "" if holder is None else f"; held by {holder or 'a process without a number'}"
    yield Finding("ok", what, f"{state} can be written{held}")
    yield _number(state)


def _number(state: Path) -> Finding:
    """Return the number by which the PLC knows this installation."""
    from controller.installation import NAME, known_number

    what = "owner number"
    try:
        number = known_number(state)
    except (OSError, ValueError) as error:
        remedy = "none: the next start makes another; make sure no copy of this PC runs"
        return Finding("look", what, f"{state / NAME}: {error}", remedy)
    seen = "none yet; the first start makes one" if number is None else f"{number}"
    return Finding("ok", what, seen)


def disk(state: Path) -> Iterator[Finding]:
    """Yield whether there is room for the journal."""
    folder = next(p for p in (state, *state.absolute().parents) if p.exists())
    free_gb = shutil.disk_usage(folder).free / 1e9
    seen = f"{free_gb:.1f} GB free"
    if free_gb < DISK_WRONG_GB:
        yield Finding("wrong", "disk", seen, "free some space: the journal cannot be written soon")
    elif free_gb < DISK_LOOK_GB:
        yield Finding("look", "disk", seen, "the journal may take 40 GB: see --journal-gb")
    else:
        yield Finding("ok", "disk", seen)


def shipper(state: Path) -> Iterator[Finding]:
    """Yield how the copy to a time-series server stood when the shipper last wrote it down."""
    from controller.historian.cursor import NAME, read_status

    what, status = "copy to a server", read_status(state)
    if status is None and (state / NAME).exists():
        remedy = "ask again in a moment, as the user the controller runs as"
        yield Finding("look", what, f"{state / NAME} cannot be read now", remedy)
        return
    if status is None:
        yield Finding("ok", what, "none was ever made: nothing is sent from here")
        return
    last = status.last_ack_ns
    taken = "none taken since its start" if last is None else f"last success {_at(last)}"
    seen = (
        f"{status.state} at {_at(status.written_ns)}: {status.backlog} rows wait, {taken}, "
        f"{status.dead_letters} dead letters"
    )
    if status.problem:
        remedy = "nothing is lost, rows wait in the journal; see docs/shipping-to-influxdb.md"
        yield Finding("look", what, f"{seen}; {status.problem}", remedy)
    elif status.dead_letters:
        remedy = f"the reasons are in table dead_letter of {NAME}; the journal has the rows"
        yield Finding("look", what, seen, remedy)
    else:
        yield Finding("ok", what, seen)


def _at(t_ns: int) -> str:
    return f"{datetime.fromtimestamp(t_ns / 1e9, UTC):%Y-%m-%d %H:%M} UTC"


def clock() -> Iterator[Finding]:
    """Yield whether the machine's clock can be right and is kept right."""
    now = datetime.now(UTC)
    if time.time() < BEGUN:
        yield Finding("wrong", "clock", f"it is {now:%Y-%m-%d %H:%M} UTC?", "set the clock")
        return
    kept = _kept_by()
    if kept == "yes":
        yield Finding("ok", "clock", f"{now:%Y-%m-%d %H:%M} UTC, kept by a time server")
    else:
        why = "no time server keeps it" if kept == "no" else "cannot tell whether it is kept"
        remedy = "give chrony or systemd-timesyncd the ship's time server"
        yield Finding("look", "clock", f"{now:%Y-%m-%d %H:%M} UTC; {why}", remedy)


def _kept_by() -> str:
    """Return what timedatectl says: yes, no, or "" where it says nothing."""
    program = shutil.which("timedatectl")
    if program is None:
        return ""
    command = [program, "show", "--property=NTPSynchronized", "--value"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=5.0, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.stdout.strip()


def plant_and_links(name: str, links: tuple[str, ...], state: Path) -> Iterator[Finding]:
    """Yield whether the plant folder is sound, its keys are there and its links answer."""
    from seastack.plantargs import configured, plant_of
    from sensors.errors import ConfigError
    from sensors.plantfile import Plant

    try:
        plant: Plant = plant_of(name, links)
        configured(plant)
    except (ConfigError, UserError) as problem:
        yield Finding("wrong", f"plant {name}", str(problem), "correct the file it names")
        return
    yield Finding("ok", f"plant {name}", f"{len(plant.tags)} points, sound")
    for link, spec in plant.links.items():
        if spec.security != "None":
            yield from _keys(state / "pki", spec)
        if spec.protocol != "modbus-rtu":
            yield _answers(link, spec.url, spec.host, spec.port)


def _keys(folder: Path, spec: "LinkSpec") -> Iterator[Finding]:
    """Yield whether everything a secured link needs can be read, and what of it ends first."""
    from sensors.certificates import certificate_of, certificates_in
    from sensors.errors import ConfigError
    from sensors.pki import load_pki

    what, now = f"keys of link {spec.name}", datetime.now(UTC)
    try:
        keys = load_pki(folder, spec.name, spec.signs_in_with)
        certificates_in(folder, now)  # the controller reads them all at its start
        mine = [keys.client_cert, *keys.trusted_for(spec.name)]
        if spec.signs_in_with == "certificate":
            mine.append(keys.user_cert)
        first = min((certificate_of(p, now) for p in mine), key=lambda c: c.not_after)
    except (ConfigError, OSError) as problem:
        yield Finding("wrong", what, str(problem), "in a demo: start it once; else: seastack pki")
        return
    left = first.not_after - now
    soon = left < timedelta(days=EXPIRY_LOOK_DAYS)
    verdict: Verdict = "wrong" if left < timedelta() else "look" if soon else "ok"
    whose = "our" if first.path in (keys.client_cert, keys.user_cert) else "the server's"
    remedy = "" if verdict == "ok" else "exchange it: seastack pki make or trust"
    yield Finding(verdict, what, f"{whose} {first.path.name} {_life(left)}", remedy)


def _life(left: timedelta) -> str:
    """Return in words how long a certificate lives, or how long it has been dead."""
    days = abs(left) // timedelta(days=1)
    some = "less than a day" if days == 0 else "1 day" if days == 1 else f"{days} days"
    return f"is valid for {some} more" if left >= timedelta() else f"expired {some} ago"


def _answers(link: str, url: str, host: str, port: int) -> Finding:
    try:
        with socket.create_connection((host, port), timeout=CONNECT_S):
            return Finding("ok", f"link {link}", f"{url}: the port answers")
    except OSError as problem:
        remedy = "is the device on, the cable in, the address right? see seastack check --connect"
        return Finding("wrong", f"link {link}", f"{url}: {problem.strerror or problem}", remedy)
