"""One decorator for compiled kernels, so that all are compiled the same way.

Compiled code is cached on disk.  Numba checks only the file a kernel stands
in, not the files of kernels it calls; so the cache folder carries a hash of
all of this package's sources and can never serve a stale kernel.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

import numba
from numba.core import config

F = TypeVar("F", bound=Callable[..., object])


def _cache_folder() -> Path:
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = hashlib.sha256(b"".join(f.read_bytes() for f in sources)).hexdigest()[:16]
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "seastack" / "kernels" / digest


if not getattr(config, "CACHE_DIR", ""):  # NUMBA_CACHE_DIR, when set, wins
    setattr(config, "CACHE_DIR", str(_cache_folder()))  # noqa: B010 - numba leaves it untyped


def kernel(function: F) -> F:
    """Compile a function to machine code on first call, cached on disk.

    No fastmath (sums keep their order, so replay is bit-identical), no bounds
    checks, division by zero gives inf or nan as in numpy.  The Python text
    stays reachable as `.py_func`.
    """
    compiled = numba.njit(cache=True, fastmath=False, error_model="numpy")(function)
    return cast("F", compiled)
