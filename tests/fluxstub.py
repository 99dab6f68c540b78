"""Just enough of Flux to answer what the bucket reader asks, from lines as they were written."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Cells = dict[str, str]
Point = tuple[Cells, Cells, int]  # tags, fields, time in milliseconds


def parsed(line: str) -> Point:
    """Read a line by the grammar of InfluxDB."""
    head, fields, stamp = re.split(r"(?<!\\) ", line)
    tags = [re.split(r"(?<!\\)=", p) for p in re.split(r"(?<!\\),", head)[1:]]
    values = [re.split(r"(?<!\\)=", p) for p in re.split(r"(?<!\\),", fields)]
    return {k: v for k, v in tags}, {k: v for k, v in values}, int(stamp)  # noqa: C416


def answer(lines: list[str], flux: str) -> str:
    """Return annotated CSV: field keys, the first or last seq of each series, or a pivot."""
    asked = re.findall(r'r\._measurement == "(\w+)"', flux)
    points = [parsed(line) for line in lines if line.split(",")[0] in asked]
    if run := re.search(r'r\.run == "([^"]+)"', flux):
        points = [p for p in points if p[0]["run"] == run.group(1)]
    if "schema.fieldKeys" in flux:
        names = sorted({name for _, fields, _ in points for name in fields})
        return table([{"_value": name} for name in names], {"_value": "string"})
    if "pivot" in flux:
        return pivoted(points, flux)
    if "keep(columns" in flux:
        cells = [{"_time": stamp(ms), "_value": f["seq"]} for _, f, ms in inside(points, flux)]
        return table(cells, {"_value": "long"})
    ends: dict[str, Cells] = {}
    for tags, fields, ms in sorted(points, key=lambda p: p[2], reverse="|> first()" in flux):
        ends[str(tags)] = {"_time": stamp(ms), "_value": fields["seq"], **tags}
    return "\r\n".join(table([row], {"_value": "long"}) for row in ends.values())


def inside(points: list[Point], flux: str) -> list[Point]:
    """Return the points of the turn and the time that are asked for."""
    found = re.findall(r"time\(v: (\d+)\)", flux)
    start_ms, stop_ms = (-(-int(ns) // 1_000_000) for ns in found)
    turn = re.search(r'r\.turn == "(\d+)"', flux)
    wanted = turn.group(1) if turn else None
    return [p for p in points if start_ms <= p[2] < stop_ms and p[0].get("turn") == wanted]


def pivoted(points: list[Point], flux: str) -> str:
    rows = inside(points, flux)
    kinds = {n: "long" if v[-1] == "i" else "double" for _, f, _ in rows for n, v in f.items()}
    return table([{"_time": stamp(ms), **tags, **fields} for tags, fields, ms in rows], kinds)


def stamp(ms: int) -> str:
    return (EPOCH + timedelta(milliseconds=ms)).isoformat().replace("+00:00", "Z")


def table(rows: list[Cells], kinds: dict[str, str]) -> str:
    """Return rows as one table of annotated CSV; a cell that is missing is null."""
    kinds = {"_time": "dateTime:RFC3339", **kinds}
    names = sorted({name for row in rows for name in row})
    out = io.StringIO()
    write = csv.writer(out).writerow
    write(["#datatype", "string", "long", *(kinds.get(n, "string") for n in names)])
    write(["#group", "false", "false", *["false"] * len(names)])
    write(["#default", "_result", "", *[""] * len(names)])
    write(["", "result", "table", *names])
    for row in rows:
        cells = [row.get(n, "").removesuffix("i") if n in kinds else row.get(n, "") for n in names]
        write(["", "", "0", *cells])
    return out.getvalue()
