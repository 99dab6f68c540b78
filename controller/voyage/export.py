"""A run as one table that stands alone: Parquet or CSV, units and times with it.

Parquet: `time` (UTC), `seq`, one float64 column per channel under its own name
with unit, text and kind in the column's metadata, and NAME.quality (0 BAD,
1 UNCERTAIN, 2 GOOD).  CSV: the same columns with a second row of units, times
as ISO 8601.  A value that is missing is empty, never filled.
"""

import csv
import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from controller.historian.errors import HistorianError, Unreadable
from controller.historian.reader import JournalReader
from controller.historian.record import Channel, Record, Run

ROWS_A_GROUP: Final = 3600
FORMULA_STARTS: Final = frozenset(
    "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
)  # the last four are wide ones
GRADES: Final = "0 BAD, 1 UNCERTAIN, 2 GOOD"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

log = logging.getLogger("seastack.export")


class ExportError(HistorianError):
    """The file cannot be written, or its ending says no format we know."""


def export(
    state_dir: Path,
    run: str,
    to: Path,
    *,
    quality: bool = True,
    on_progress: Callable[[int, int], None] | None = None,
    on_hole: Callable[[Unreadable], None] = log.warning,
) -> int:
    """Write a run to FILE.parquet or FILE.csv and return the number of rows.

    Cycles whose place in the journal is damaged are left out and told to `on_hole`.
    The file appears under its name only when it is complete. Raises UnknownRun,
    ExportError.
    """
    writers = {".parquet": _parquet, ".csv": _csv}
    write = writers.get(to.suffix.lower())
    if write is None:
        raise ExportError(f"{to}: the name must end in {' or '.join(writers)}")
    partial = to.with_name(f".{to.name}.partial")
    with closing(JournalReader(state_dir)) as reader:
        described, channels = reader.run(run), reader.channels(run)
        bounds = reader.bounds(run) or (0, -1)
        total = bounds[1] - bounds[0] + 1
        records = _watched(reader.records(run, on_hole=on_hole), total, on_progress)
        try:
            rows = write(partial, described, channels, records, quality)
            os.replace(partial, to)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise ExportError(f"{to}: {error.strerror or error}") from error
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    return rows


def _watched(
    records: Iterator[Record], total: int, on_progress: Callable[[int, int], None] | None
) -> Iterator[Record]:
    for done, record in enumerate(records):
        if on_progress is not None and done % 1000 == 0:
            on_progress(done, total)
        yield record


def _parquet(
    path: Path, run: Run, channels: Sequence[Channel], records: Iterator[Record], quality: bool
) -> int:
    schema = _schema(run, channels, quality)
    rows = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while group := list(islice(records, ROWS_A_GROUP)):
            writer.write_table(_table(group, schema, quality))
            rows += len(group)
    return rows


def _schema(run: Run, channels: Sequence[Channel], quality: bool) -> pa.Schema:
    fields = [
        pa.field("time", pa.timestamp("ns", tz="UTC"), metadata={"text": "UTC, cycle grid"}),
        pa.field("seq", pa.int64(), metadata={"text": "Number of the cycle in the run"}),
        *(pa.field(c.name, pa.float64(), metadata=_about(c)) for c in channels),
    ]
    if quality:
        fields += [
            pa.field(f"{c.name}.quality", pa.uint8(), metadata={"text": GRADES}) for c in channels
        ]
    about = {
        "seastack.run": run.id,
        "seastack.kind": run.kind,
        "seastack.plant": run.plant,
        "seastack.config_hash": run.config_hash,
        "seastack.version": run.version,
        "seastack.simulator": str(run.simulator).lower(),
    }
    return pa.schema(fields, metadata=about)


def _about(c: Channel) -> dict[str, str]:
    labels = json.dumps({str(k): v for k, v in c.labels.items()}) if c.labels else ""
    about = {"unit": c.unit, "text": c.text, "kind": c.kind, "labels": labels}
    return {k: v for k, v in about.items() if v}


def _table(group: Sequence[Record], schema: pa.Schema, quality: bool) -> pa.Table:
    value = np.array([r.value for r in group])
    columns = [
        pa.array([r.t_ns for r in group], type=pa.timestamp("ns", tz="UTC")),
        pa.array([r.seq for r in group], type=pa.int64()),
        *(pa.array(value[:, i], mask=np.isnan(value[:, i])) for i in range(value.shape[1])),
    ]
    if quality:
        grades = np.array([r.quality for r in group])
        columns += [pa.array(grades[:, i]) for i in range(grades.shape[1])]
    return pa.Table.from_arrays(columns, schema=schema)


def _csv(
    path: Path, run: Run, channels: Sequence[Channel], records: Iterator[Record], quality: bool
) -> int:
    names = [c.name for c in channels]
    grades = [f"{name}.quality" for name in names] if quality else []
    rows = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        units = [plain_cell(c.unit or "1") for c in channels]
        out.writerow(["time", "seq", *(plain_cell(name) for name in (*names, *grades))])
        out.writerow(["UTC", "1", *units, *([GRADES] * len(grades))])
        for record in records:
            cells = ["" if v != v else repr(v) for v in record.value.tolist()]
            marks = record.quality.tolist() if quality else []
            out.writerow([iso(record.t_ns), record.seq, *cells, *marks])
            rows += 1
    return rows


def plain_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe goes before one.

    Source: OWASP, CSV Injection.
    """
    starts = {text[:1], text.lstrip()[:1]}  # some spreadsheets leave blanks out
    return f"'{text}" if starts & FORMULA_STARTS else text


def iso(t_ns: int) -> str:
    """Return an instant as ISO 8601 in UTC with milliseconds."""
    when = EPOCH + timedelta(milliseconds=t_ns // 1_000_000)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
