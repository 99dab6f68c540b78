"""State to bytes and back, bit-identical: JSON with shortest round-trip floats.

A snapshot is data, nothing in it runs.  Each frozen dataclass is an object of its
fields; enumerations are numbers; arrays carry their type.  A snapshot of
another version is refused, never guessed at.
"""

import json
from dataclasses import fields, is_dataclass
from enum import IntEnum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from controller.types import State
from sensors.checks import CheckState

VERSION = 4


class SnapshotError(Exception):
    """The bytes are not a snapshot of this version."""


def state_to_bytes(state: State) -> bytes:
    """Return a state as bytes; the same state always gives the same bytes."""
    document = {"version": VERSION, "state": _plain(state)}
    return json.dumps(document, separators=(",", ":")).encode()


def state_from_bytes(data: bytes) -> State:
    """Return the state of a snapshot; raise SnapshotError for anything else."""
    try:
        document = json.loads(data)
        if document["version"] != VERSION:
            raise SnapshotError(f"snapshot version {document['version']} is not {VERSION}")
        state = _typed(State, document["state"])
    except (ValueError, KeyError, TypeError) as error:
        raise SnapshotError(f"not a snapshot: {error}") from None
    if not isinstance(state, State):
        raise SnapshotError("not a snapshot")
    return state


def _plain(value: Any) -> Any:
    if isinstance(value, CheckState):
        return {k: v.tolist() for k, v in value.arrays().items()}
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, IntEnum):
        return int(value)
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, str | int | float | bool):
        return float(value) if isinstance(value, np.floating) else value
    return {k: _plain(v) for k, v in value.items()}


def _typed(kind: Any, value: Any) -> Any:
    if kind is CheckState:
        return CheckState.of({k: np.array(v) for k, v in value.items()})
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return value
    if origin is tuple:
        kinds = [args[0]] * len(value) if len(args) == 2 and args[1] is Ellipsis else args
        return tuple(_typed(k, v) for k, v in zip(kinds, value, strict=True))
    if origin is not None:  # a mapping of strings
        return {k: _typed(args[1], v) for k, v in value.items()}
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{f.name: _typed(hints[f.name], value[f.name]) for f in fields(kind)})
    return kind(value)
