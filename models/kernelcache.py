"""Where compiled kernels are kept: one folder per content of the sources they come from.

Compiled code depends on the text of the kernels and of what they import, not on where
that text lies or when it was written.  So the folder carries a hash of those files, and
every clone, installation and process of one user with the same text shares one cache.
Nothing here loads numba.
"""

import fcntl
import hashlib
import os
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
_IMPORT: Final = re.compile(r"^ *from models(?:\.(\w+) import|  *import ([^\n(#]+))", re.M)


def sources() -> list[Path]:
    """Return the files of this package that define kernels, and all that those import."""
    texts = {f.stem: f.read_text(encoding="utf-8") for f in sorted(HERE.glob("*.py"))}
    wanted = {name for name, text in texts.items() if "\n@kernel" in text}
    found: set[str] = set()
    while wanted:
        name = wanted.pop()
        found.add(name)
        wanted |= (_imports(texts[name]) & texts.keys()) - found
    found.discard(Path(__file__).stem)  # where code is kept changes none of it
    return [HERE / f"{name}.py" for name in sorted(found)]


def _imports(text: str) -> set[str]:
    names: set[str] = set()
    for module, listed in _IMPORT.findall(text):
        names |= {module} if module else {n.split()[0] for n in listed.split(",")}
    return names


@cache
def digest() -> str:
    """Return the hash of `sources`."""
    whole = hashlib.sha256()
    for file in sources():
        whole.update(file.name.encode() + b"\0" + file.read_bytes())
    return whole.hexdigest()[:16]


def base() -> Path:
    """Return where caches of all contents lie: NUMBA_CACHE_DIR, else the user's cache."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    if given:
        return Path(given)
    user = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(user) / "seastack" / "kernels"


def folder() -> Path:
    """Return the cache folder of this content; it need not be there."""
    return base() / digest()


def machine() -> str:
    """Return a word that changes when compiled code would not fit: Python, numba, processor."""
    processor = platform.machine()
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        processor += "".join(line for line in lines if line.startswith(("model name", "flags")))
    said = f"{platform.python_version()} {version('numba')} {version('llvmlite')} {processor}"
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def is_ready() -> bool:
    """Tell whether every kernel of the plant was compiled here, as `mark_ready` said."""
    return (folder() / f"ready-{machine()}").exists()


def mark_ready() -> None:
    """Note that every kernel of the plant is compiled for this machine."""
    folder().mkdir(parents=True, exist_ok=True)
    (folder() / f"ready-{machine()}").touch()


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold a lock of this cache; the kernel frees it should the process die.

    A cache that cannot be written has nothing to guard.
    """
    fd = take(name)
    try:
        yield
    finally:
        release(fd)


def take(name: str) -> int:
    """Take a lock of this cache, waiting for whoever holds it; return what `release` wants."""
    try:
        place = folder() / "locks"
        place.mkdir(parents=True, exist_ok=True)
        fd = os.open(place / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(fd, fcntl.LOCK_EX)
    except OSError:
        return -1
    return fd


def release(fd: int) -> None:
    """Give a lock back."""
    if fd >= 0:
        os.close(fd)
