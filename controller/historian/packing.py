"""Arrays to blobs and back, little-endian, exact to the bit.

value    float64[n]
quality  uint8[n]
reason   uint32[n], or an empty blob when every reason is zero (the usual case)
age_ms   uint16[n] when every age fits, else int32[n]; the length tells which
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from controller.historian.record import Record

Row = tuple[int, int, int, int, bytes, bytes, bytes, bytes]  # seq .. age, as in table `cycle`


def pack(record: Record) -> Row:
    """Return the row of table `cycle` for one record."""
    age = record.age_ms
    narrow = age.size == 0 or (int(age.min()) >= 0 and int(age.max()) <= 0xFFFF)
    return (
        record.seq,
        record.t_ns,
        record.mono_ns,
        record.clock_ok,
        record.value.astype("<f8", copy=False).tobytes(),
        record.quality.astype("u1", copy=False).tobytes(),
        record.reason.astype("<u4", copy=False).tobytes() if record.reason.any() else b"",
        age.astype("<u2" if narrow else "<i4").tobytes(),
    )


def unpack(row: Sequence[int | bytes]) -> Record:
    """Return the record of one row of table `cycle`; inverse of `pack`."""
    seq, t_ns, mono_ns, clock_ok, value, quality, reason, age = row
    grades = np.frombuffer(_blob(quality), dtype="u1")
    n = grades.size
    return Record(
        int(seq),
        int(t_ns),
        int(mono_ns),
        int(clock_ok),
        np.frombuffer(_blob(value), dtype="<f8"),
        grades,
        unpack_reason(_blob(reason), n),
        unpack_age(_blob(age), n),
    )


def _blob(cell: int | bytes) -> bytes:
    if not isinstance(cell, bytes):
        raise TypeError(f"expected a blob, found {type(cell).__name__}")
    return cell


def unpack_reason(blob: bytes, n: int) -> NDArray[np.uint32]:
    """Return the reasons of n channels."""
    return np.frombuffer(blob, dtype="<u4") if blob else np.zeros(n, dtype=np.uint32)


def unpack_age(blob: bytes, n: int) -> NDArray[np.int32]:
    """Return the ages of n channels in milliseconds."""
    dtype = "<u2" if len(blob) == 2 * n else "<i4"
    return np.frombuffer(blob, dtype=dtype).astype(np.int32)
