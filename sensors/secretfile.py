"""Keys and passwords: read only from a file that nobody else can read."""

import os
import stat
from pathlib import Path

from sensors.errors import ConfigError
from sensors.outsidefile import KEY_BYTES

_OTHERS = 0o077


def read_secret(path: Path, what: str, remedy: str = "") -> bytes:
    """Return the bytes of a key or password file.

    Raises ConfigError naming the remedy: not there, a link or no regular file, longer than
    64 kB, or open to others than its owner.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise ConfigError(str(path), what, "not found", remedy) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ConfigError(str(path), what, f"cannot be read: {why}", remedy) from None
    with os.fdopen(fd, "rb") as file:
        mode = os.fstat(fd).st_mode
        if not stat.S_ISREG(mode):
            raise ConfigError(str(path), what, "is no regular file", remedy)
        if mode & _OTHERS:
            shown = f"{stat.S_IMODE(mode):04o}"
            problem = f"can be read or written by others (mode {shown})"
            raise ConfigError(
                str(path), what, problem, f"chmod 600 {path}; and change it: it is no secret"
            )
        data = file.read(KEY_BYTES + 1)
    if len(data) > KEY_BYTES:
        raise ConfigError(str(path), what, f"is longer than {KEY_BYTES // 1000} kB", remedy)
    return data
