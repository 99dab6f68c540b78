"""What a user can do wrong, and how it is told: one line, no traceback."""

import difflib
import os
import socket
import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path


class UserError(Exception):
    """The user asked for something that cannot be; the message names the remedy."""


def user_errors() -> tuple[type[Exception], ...]:
    """Return the error families that are told in one line instead of a traceback.

    A family counts only when its module has been imported: an error nobody can
    have raised need not be loaded to be caught.
    """
    families: list[type[Exception]] = [UserError]
    for module, name in (
        ("sensors.errors", "SensorsError"),
        ("controller.historian.errors", "HistorianError"),
    ):
        found = getattr(sys.modules.get(module), name, None)
        if isinstance(found, type) and issubclass(found, Exception):
            families.append(found)
    return tuple(families)


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return ``; did you mean X?`` for the closest choice, or an empty string."""
    # Bounded: each choice is compared with the word, letter by letter.
    close = difflib.get_close_matches(word[:80], list(islice(choices, 2000)), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def state_dir(option: Path | None) -> Path:
    """Return the state directory: the option, else $STATE_DIRECTORY, else ./state."""
    if option is not None:
        return option
    # systemd gives a colon-separated list; the first entry is ours.
    given = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(given) if given else Path("state")


def writable(folder: Path) -> Path:
    """Make a folder and prove that files can be made in it; raise UserError if not."""
    probe = folder / ".writable"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as problem:
        file = next((p for p in (folder, *folder.parents) if p.is_file()), None)
        why = f"{file} is a file" if file else problem.strerror
        raise UserError(
            f"{folder}: cannot write there ({why}); give another --state DIR"
        ) from problem
    return folder


def unwritable(folder: Path) -> str:
    """Return why nothing could be written in a folder that may not be there yet, "" if it could.

    Nothing is made: the answer is that of the file system's rights.
    """
    there = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    if not there.is_dir():
        return f"{there} is a file"
    return "" if os.access(there, os.W_OK | os.X_OK) else f"{there} cannot be written"


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether a TCP port can be bound on a loopback address right now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def require_free_port(port: int, option: str, host: str = "127.0.0.1") -> int:
    """Return the port if it is free; raise UserError naming the option if it is busy."""
    if port and not port_is_free(port, host):
        raise UserError(
            f"port {port} on {host} is in use by another program; give another {option} PORT"
        )
    return port


def pick_port(preferred: int, taken: Iterable[int] = ()) -> int:
    """Return `preferred` if free, else a free loopback port the system names."""
    used = set(taken)
    if preferred not in used and port_is_free(preferred):
        return preferred
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in used:
            return port
