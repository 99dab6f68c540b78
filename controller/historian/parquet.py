"""A day's cycles as a Parquet file: written once, exact to the bit, read by column.

Columns `seq`, `t_ns`, `mono_ns`, `clock_ok`, then for each channel NAME, NAME.quality,
NAME.reason, NAME.age_ms; units and texts are in the columns' metadata.
"""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from controller.historian.errors import UNSOUND, HistorianError, Unreadable
from controller.historian.record import Channel, Record, Run
from controller.historian.series import Block

ROWS_A_GROUP: Final = 7200  # two hours: what is read for one cycle
HEAD: Final = ("seq", "t_ns", "mono_ns", "clock_ok")
PARTS: Final = {"": np.float64, ".quality": np.uint8, ".reason": np.uint32, ".age_ms": np.int32}


log = logging.getLogger("seastack.journal")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the file's bytes with its digest: a row group, or, without cycles, the end."""

    first_seq: int
    last_seq: int
    begin: int
    size: int
    sha256: bytes

    @property
    def cells(self) -> tuple[int | bytes, ...]:
        """Return the cells of table `part`, without number and checksum."""
        return (self.first_seq, self.last_seq, self.begin, self.size, self.sha256)

    def problem_in(self, path: Path) -> str:
        """Return what is wrong with these bytes of a file, "" for nothing. Raises OSError."""
        with path.open("rb") as file:
            file.seek(self.begin)
            same = hashlib.sha256(file.read(self.size)).digest() == self.sha256
        return "" if same else "it is not as it was written: wrong SHA-256"


def parts_of(path: Path) -> list[Part]:
    """Return all bytes of a Parquet file as parts: one a row group, the last the rest."""
    with pq.ParquetFile(path) as file:
        groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
        seqs = [group.column(0).statistics for group in groups]
        ends = [max(_end(group.column(i)) for i in range(group.num_columns)) for group in groups]
    data = path.read_bytes()
    begins, bounds = [0, *ends], [(s.min, s.max) for s in seqs]
    parts = []
    for begin, end, (first, last) in zip(
        begins, [*ends, len(data)], [*bounds, (0, -1)], strict=True
    ):
        parts.append(
            Part(first, last, begin, end - begin, hashlib.sha256(data[begin:end]).digest())
        )
    return parts


def _end(column: pq.ColumnChunkMetaData) -> int:
    begin = column.data_page_offset
    if column.has_dictionary_page and column.dictionary_page_offset is not None:
        begin = min(begin, column.dictionary_page_offset)
    return int(begin + column.total_compressed_size)


def write(path: Path, run: Run, channels: Sequence[Channel], records: Iterable[Record]) -> int:
    """Write records in order and return how many. Raises OSError."""
    schema = _schema(run, channels)
    floats = [c.name for c in channels]
    others = [f.name for f in schema if f.name not in set(floats)]
    stream = iter(records)
    rows = 0
    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=others,
        use_byte_stream_split=floats,
        write_statistics=list(HEAD),
    ) as writer:
        while group := list(islice(stream, ROWS_A_GROUP)):
            writer.write_table(pa.Table.from_arrays(_columns(group), schema=schema))
            rows += len(group)
    return rows


def _schema(run: Run, channels: Sequence[Channel]) -> pa.Schema:
    fields = [pa.field(n, pa.int64()) for n in HEAD]
    for suffix, dtype in PARTS.items():
        for c in channels:
            about = {"unit": c.unit, "text": c.text, "kind": c.kind} if not suffix else None
            fields.append(pa.field(c.name + suffix, pa.from_numpy_dtype(dtype), metadata=about))
    return pa.schema(fields, metadata={"seastack.run": run.id, "seastack.plant": run.plant})


def _columns(group: Sequence[Record]) -> list[pa.Array]:
    heads = [np.array([getattr(r, name) for r in group], np.int64) for name in HEAD]
    parts: list[NDArray[np.generic]] = [
        np.stack([r.value for r in group], axis=1),
        np.stack([r.quality for r in group], axis=1),
        np.stack([r.reason for r in group], axis=1),
        np.stack([r.age_ms for r in group], axis=1),
    ]
    return [pa.array(a) for a in (*heads, *(row for part in parts for row in part))]


class ArchivedCycles:
    """Cycles of a Parquet file; see `cycles.Cycles`.

    `extent`, `bounds` and `parts` as noted at archiving; earlier versions noted no parts.
    The bytes of a row group are compared with their digest before they are decoded.
    """

    def __init__(
        self,
        path: Path,
        channels: Sequence[Channel],
        bounds: tuple[int, int],
        extent: tuple[int, int, int],
        parts: Sequence[Part] = (),
    ) -> None:
        self._parts, self._sound = tuple(parts), set[int]()
        self._path, self._names = path, [c.name for c in channels]
        self._bounds, self._extent = bounds, extent
        self._name = f"{path.parent.name}/{path.name}"
        self._told: set[int] = set()
        self._opened: pq.ParquetFile | None = None
        self._group: tuple[int, list[Record]] = (-1, [])

    def bounds(self) -> tuple[int, int] | None:
        return self._bounds

    def extent(self) -> tuple[int, int, int]:
        return self._extent

    def records(self, first_seq: int, last_seq: int, limit: int) -> list[Record]:
        found: list[Record] = []
        for group in self._groups(0, first_seq, last_seq):
            try:
                records = self._records(group)
            except UNSOUND as error:
                begin, end = self._span(group)
                begin, end = max(begin, first_seq), min(end, last_seq)
                raise Unreadable(self._name, begin, end, str(error), found) from error
            inside = [r for r in records if first_seq <= r.seq <= last_seq]
            found += inside[: limit - len(found)]
            if len(found) >= limit:
                break
        return found

    def seqs_back(self, first_seq: int, last_seq: int, limit: int) -> list[int]:
        found: list[int] = []
        for group in reversed(self._groups(0, first_seq, last_seq)):
            table = self._read(group, ["seq"])
            if table is None:
                continue
            seqs = table.column("seq").to_numpy()[::-1]
            inside = seqs[(seqs >= first_seq) & (seqs <= last_seq)]
            found += inside[: limit - len(found)].tolist()
            if len(found) >= limit:
                break
        return found

    def about(self, t0_ns: int, t1_ns: int) -> int:
        first_ns, last_ns, cycles = self._extent
        within = min(t1_ns, last_ns) - max(t0_ns, first_ns)
        return 0 if within < 0 else round(cycles * within / max(1, last_ns - first_ns))

    def raw(self, columns: Sequence[int], t0_ns: int, t1_ns: int) -> Block:
        names = [self._names[i] for i in columns]
        wanted = ["t_ns", *names, *(f"{n}.quality" for n in names)]
        blocks = [Block.empty(len(columns))]
        for group in self._groups(1, t0_ns, t1_ns):
            table = self._read(group, wanted)
            if table is None:
                continue
            t_ns = table.column("t_ns").to_numpy()
            order = np.argsort(t_ns, kind="stable")
            order = order[(t_ns[order] >= t0_ns) & (t_ns[order] <= t1_ns)]
            value = np.column_stack([table.column(n).to_numpy()[order] for n in names])
            grade = np.column_stack([table.column(f"{n}.quality").to_numpy()[order] for n in names])
            blocks.append(Block(t_ns[order], value, value, value, grade))
        return Block.joined(blocks)

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
        self._opened = None

    def _file(self) -> pq.ParquetFile:
        if self._opened is None:
            if self._parts and (problem := self._parts[-1].problem_in(self._path)):
                raise HistorianError(problem)
            self._opened = pq.ParquetFile(self._path)
        return self._opened

    def _span(self, group: int) -> tuple[int, int]:
        if self._parts:
            return self._parts[group].first_seq, self._parts[group].last_seq
        seqs = self._file().metadata.row_group(group).column(0).statistics
        return int(seqs.min), int(seqs.max)

    def _require_sound(self, group: int) -> None:
        """Compare a row group with its digest, once. Raises HistorianError, OSError."""
        if self._parts and group not in self._sound:
            if problem := self._parts[group].problem_in(self._path):
                raise HistorianError(problem)
            self._sound.add(group)

    def _groups(self, head: int, low: int, high: int) -> list[int]:
        """Return the row groups in which a head column has values in [low, high].

        Raises Unreadable when the file cannot be opened, for all cycles that are in it.
        """
        first, last = self._bounds
        if head == 0 and (low > last or high < first):
            return []
        try:
            metadata = self._file().metadata
        except UNSOUND as error:
            raise Unreadable(self._name, first, last, str(error)) from error
        spans = [
            metadata.row_group(i).column(head).statistics for i in range(metadata.num_row_groups)
        ]
        return [i for i, s in enumerate(spans) if s.min <= high and s.max >= low]

    def _read(self, group: int, names: Sequence[str]) -> pa.Table | None:
        """Return columns of a row group, None, told once, when it is damaged."""
        try:
            self._require_sound(group)
            return self._file().read_row_group(group, columns=list(names), use_threads=False)
        except UNSOUND as error:
            if group not in self._told:
                self._told.add(group)
                begin, end = self._span(group)
                log.warning("%s: cycles %d to %d are left out: %s", self._name, begin, end, error)
            return None

    def _records(self, group: int) -> list[Record]:
        """Return the records of a row group; the last one read is kept."""
        if self._group[0] != group:
            self._require_sound(group)
            self._group = (group, self._unpacked(self._file().read_row_group(group)))
        return self._group[1]

    def _unpacked(self, table: pa.Table) -> list[Record]:
        def whole(suffix: str) -> NDArray[np.generic]:
            return np.column_stack([table.column(n + suffix).to_numpy() for n in self._names])

        heads = zip(*(table.column(name).to_pylist() for name in HEAD), strict=True)
        rows = zip(heads, *(whole(suffix) for suffix in PARTS), strict=True)
        return [Record(*head, *arrays) for head, *arrays in rows]
