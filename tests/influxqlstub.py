"""Just enough of InfluxQL to answer what the bucket reader asks, from lines as written."""

import json
import re

from tests.fluxstub import Point, parsed

TAGS = ("run", "plant", "turn")


def influxql(lines: list[str], query: str) -> str:
    """Return the JSON answer with times in milliseconds."""
    asked = re.findall(r'FROM "(\w+)"', query)
    there = [parsed(line) for line in lines if line.split(",")[0] in asked]
    points = sorted((p for p in there if _wanted(p, query)), key=lambda p: p[2])
    if not points:
        return json.dumps({"results": [{"statement_id": 0}]})
    if "SELECT *" in query:
        return _series([{"time": ms, **tags, **_numbers(f)} for tags, f, ms in points])
    if 'SELECT "seq"' in query:
        return _series([{"time": ms, "_value": int(f["seq"][:-1])} for _, f, ms in points])
    if "count(*)" in query:
        names = {name for _, fields, _ in points for name in fields}
        counts = {f"count_{n}": sum(n in f for _, f, _ in points) for n in names}
        return _series([{"time": 0, **counts}])
    groups: dict[tuple[str, ...], list[Point]] = {}
    for point in points:
        key = tuple(point[0].get(t, "") for t in TAGS) if "GROUP BY" in query else ()
        groups.setdefault(key, []).append(point)
    parts = []
    for key, group in groups.items():
        _, fields, ms = group[0 if "first(" in query else -1]
        values = [[ms, int(fields["seq"][:-1])]]
        tags = dict(zip(TAGS, key, strict=False))
        parts.append({"columns": ["time", "_value"], "tags": tags, "values": values})
    return json.dumps({"results": [{"statement_id": 0, "series": parts}]})


def _wanted(point: Point, query: str) -> bool:
    tags, _, ms = point
    asked = re.findall(r'"(\w+)" = \'([^\']*)\'', query)
    start = re.search(r"time >= (\d+)", query)
    stop = re.search(r"time < (\d+)", query)
    after = start is None or ms * 1_000_000 >= int(start[1])
    before = stop is None or ms * 1_000_000 < int(stop[1])
    return after and before and all(tags.get(name, "") == value for name, value in asked)


def _numbers(fields: dict[str, str]) -> dict[str, float]:
    return {n: int(v[:-1]) if v[-1] == "i" else float(v) for n, v in fields.items()}


def _series(rows: list[dict[str, object]]) -> str:
    names = sorted({name for row in rows for name in row})
    values = [[row.get(name) for name in names] for row in rows]
    return json.dumps(
        {"results": [{"series": [{"name": "record", "columns": names, "values": values}]}]}
    )
