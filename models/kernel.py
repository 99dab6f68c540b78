"""One decorator for compiled kernels, so that all are compiled the same way.

Compiled code is cached on disk, see `kernelcache`.  Of several processes that need the
same kernel one compiles it and the others wait for it; so a first start, the tests'
processes and `seastack warm` share the work instead of each doing it.
"""

import hashlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn, Self, TypeVar, cast

import numba
import numpy as np
from numba.core import caching as _untyped

from models import kernelcache

caching: Any = _untyped  # numba leaves it untyped
F = TypeVar("F", bound=Callable[..., object])

KERNELS: Final[dict[str, Any]] = {}
"""Every kernel of the modules loaded so far, `module.name` to numba's dispatcher."""


class _ByContent(caching._CacheLocator):  # type: ignore[misc]
    """Puts a kernel into the folder of its text: path and time of the file do not matter."""

    def get_cache_path(self) -> str:
        return str(kernelcache.folder())

    def get_source_stamp(self) -> str:
        return kernelcache.digest()

    def get_disambiguator(self) -> str:
        return "k"  # the module's name and the function's name are unique here

    @classmethod
    def from_function(cls, py_func: Callable[..., object], py_file: str) -> Self | None:
        if Path(py_file).parent != kernelcache.HERE:
            return None
        locator = cls()
        try:
            locator.ensure_cache_path()
        except OSError:
            return None  # a home that cannot be written: numba's own places are next
        return locator


class _Impl(caching.CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = [_ByContent, *caching.CompileResultCacheImpl._locator_classes]  # noqa: RUF012


class _SharedCache(caching.FunctionCache):  # type: ignore[misc]
    """A cache whose entries are made once, whoever asks first.

    Nobody can wait in a circle: who compiles a kernel holds it and waits only for those
    it calls, and no kernel calls itself.
    """

    _impl_class = _Impl

    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__(function)
        self._held: dict[str, int] = {}

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        found = super().load_overload(sig, target_context)
        name = self._lock_name(sig)
        if found is not None or name in self._held:
            return found
        self._held[name] = kernelcache.take(name)
        found = super().load_overload(sig, target_context)
        if found is not None:  # made by another process meanwhile
            kernelcache.release(self._held.pop(name))
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            # Two signatures of one kernel share an index file: its update is guarded too.
            with kernelcache.locked(f"{self._impl.filename_base}.index"):
                super().save_overload(sig, data)
        finally:
            kernelcache.release(self._held.pop(self._lock_name(sig), -1))

    def _lock_name(self, sig: Any) -> str:
        return hashlib.sha256(f"{self._impl.filename_base}{sig}".encode()).hexdigest()[:24]


def _from_a_notebook(compiled: Any, function: Callable[..., object]) -> Callable[..., object]:
    """Return what is asked for code for argument types that were not met before.

    numba knows neither lists nor columns: they become arrays here, which costs a call with
    floats and arrays nothing.  Raises TypeError naming the argument that holds no numbers.
    """
    compile_for_types = compiled._compile_for_args

    def code_for(*args: object, **named: object) -> object:
        given = dict(zip(inspect.signature(function).parameters, args, strict=False)) | named
        if not any(_many(value) for value in given.values()):
            for name, value in given.items():
                if value is None or isinstance(value, str | bytes | dict):
                    _refuse(function, name, value)
            return compile_for_types(*args, **named)
        plain = {
            name: _array(function, name, value) if _many(value) else value
            for name, value in given.items()
        }
        return lambda *_, **__: compiled(**plain)

    return code_for


def _many(value: object) -> bool:
    return isinstance(value, list) or hasattr(value, "to_numpy")


def _array(function: Callable[..., object], name: str, value: object) -> object:
    try:
        return np.ascontiguousarray(np.asarray(value, dtype=float))
    except (TypeError, ValueError):
        return _refuse(function, name, value)


def _refuse(function: Callable[..., object], name: str, value: object) -> NoReturn:
    kind = type(value).__name__
    raise TypeError(
        f"{function.__name__}: {name}: a {kind} of no numbers; give a number, "
        "a list, an array or a column of numbers"
    ) from None


def kernel(function: F) -> F:
    """Compile a function to machine code on first call, cached on disk.

    No fastmath (sums keep their order, so replay is bit-identical), no bounds
    checks, division by zero gives inf or nan as in numpy.  The Python text
    stays reachable as `.py_func`.  Lists and columns of a data frame count as arrays.
    """
    compiled: Any = numba.njit(fastmath=False, error_model="numpy")(function)
    compiled._cache = _SharedCache(function)
    compiled._compile_for_args = _from_a_notebook(compiled, function)
    KERNELS[f"{function.__module__.removeprefix('models.')}.{function.__name__}"] = compiled
    return cast("F", compiled)
