"""Strict TOML: a file is exactly what its model says, or one clear error.

`parse` turns a pydantic complaint into a ConfigError that names the file, the
key and, for a misspelt key or word, the nearest valid spelling.
"""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from sensors.errors import ConfigError
from sensors.outsidefile import SETTINGS_BYTES, read_text

MOST_CHOICES = 2000  # a search for the nearest spelling compares each
MOST_WORD = 80  # characters of a misspelt word


class Strict(BaseModel):
    """Base of every configuration model: no unknown key, no coercion, frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
    GONE: ClassVar[frozenset[str]] = frozenset()  # keys of earlier versions that did nothing
    # Keys of earlier versions that did something: what became of it, and the remedy.
    MOVED: ClassVar[Mapping[str, tuple[str, str]]] = {}


M = TypeVar("M", bound=BaseModel)


def read_toml(path: Path) -> dict[str, Any]:
    """Return the parsed file; raise ConfigError when missing or not TOML."""
    if not path.exists():
        raise ConfigError(path.name, "file", f"not found in {path.parent}")
    text = read_text(path, SETTINGS_BYTES)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError(path.name, "syntax", "not valid TOML: nested too deep") from None
    except ValueError as error:  # also of numbers with thousands of digits
        raise ConfigError(path.name, "syntax", f"not valid TOML: {error}") from None


def nearest(word: str, valid: Iterable[str], what: str = "did you mean") -> str:
    """Return a remedy naming the closest valid spelling, else a short list."""
    known = sorted(v for v in islice(valid, MOST_CHOICES) if v)
    word = word[:MOST_WORD]
    upper = {v.upper(): v for v in known}
    close = difflib.get_close_matches(word.upper(), list(upper), n=1, cutoff=0.6)
    if close:
        return f"{what} '{upper[close[0]]}'?"
    shown = ", ".join(f"'{v}'" for v in known[:12])
    return f"valid are {shown}" + (" ..." if len(known) > 12 else "")


def parse(model: type[M], data: Mapping[str, Any], file: str, prefix: str = "") -> M:
    """Return `data` as a model; raise ConfigError for the first thing wrong.

    `prefix` names the place in the file in front of the key, e.g. ``tag AT-101``.
    """
    try:
        return model.model_validate(dict(data))
    except ValidationError as error:
        details = error.errors(include_url=False)
    # An unknown key usually is the cause of a missing one: say that first.
    details.sort(key=lambda d: d["type"] != "extra_forbidden")
    raise _explain(model, details[0], file, prefix)


def _explain(model: type[BaseModel], detail: ErrorDetails, file: str, prefix: str) -> ConfigError:
    steps = [str(step) for step in detail["loc"]]
    key = ".".join([prefix, *steps] if prefix else steps) or "file"
    kind, given = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        owner = _model_at(model, steps[:-1])
        if owner is not None and issubclass(owner, Strict) and steps[-1] in owner.GONE:
            return ConfigError(file, key, "is gone: nothing ever read it", "remove it")
        if owner is not None and issubclass(owner, Strict) and steps[-1] in owner.MOVED:
            return ConfigError(file, key, *owner.MOVED[steps[-1]])
        fields = owner.model_fields if owner else {}
        return ConfigError(file, key, "unknown key", nearest(steps[-1], fields))
    if kind == "missing":
        return ConfigError(file, key, "is missing")
    if kind == "literal_error":
        words = str(detail.get("ctx", {}).get("expected", "")).replace(" or ", ", ")
        valid = [w.strip().strip("'") for w in words.split(",")]
        return ConfigError(file, key, f"{given!r} is not valid", nearest(str(given), valid))
    message = detail["msg"].removeprefix("Value error, ")
    shown = f" (got {given!r})" if isinstance(given, str | int | float | bool) else ""
    return ConfigError(file, key, message[:1].lower() + message[1:] + shown)


def _model_at(model: type[BaseModel], steps: Iterable[str]) -> type[BaseModel] | None:
    current: type[BaseModel] | None = model
    for step in steps:
        if current is None or step not in current.model_fields:
            return None
        annotation = current.model_fields[step].annotation
        candidates = (annotation, *get_args(annotation))
        current = next(
            (c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None
        )
    return current
