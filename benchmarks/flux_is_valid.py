"""Let InfluxData's own Flux language server judge every Flux text of ours.

It knows the grammar, the types and each function's arguments: what it refuses, no
InfluxDB 2.x would run.  Judged are the tasks of docs/influx and every query that
reading a run back from a bucket makes.  npm installs the server into a temporary
folder, or into $SEASTACK_NODE_FOLDER to keep it.

    .venv/bin/python benchmarks/flux_is_valid.py

Exit code 0: nothing to complain about; 1: something; 77: Node is not installed or
npm could not install the language server.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nodemodules import environment_with, node_packages

from controller.historian.bucket import BucketReader, Row

ABSENT = 77
PACKAGE = "@influxdata/flux-lsp-node@0.8"
TASKS = Path(__file__).parents[1] / "docs" / "influx"
SCRIPT = Path(__file__).parent / "flux" / "diagnose.js"
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
# A mistake that it must find, or its silence means nothing.
WRONG = 'from(bucket: "capture") |> range(since: -1h)'


class Overheard:
    """A bucket with one run in two turns, that keeps every query it is asked."""

    def __init__(self) -> None:
        self.queries: list[str] = []

    def rows(self, flux: str) -> Iterator[Row]:
        """Keep the query; answer those for turns and names."""
        self.queries.append(flux)
        if "fieldKeys" in flux:
            yield {"_value": "AT-101"}
        if flux.endswith(("first()", "last()")):
            for turn in ("0", "1"):
                later = timedelta(minutes=12 if flux.endswith("last()") else 0)
                yield {"run": 'a "run" of ${x}', "turn": turn, "_time": BEGUN + later}


def texts() -> dict[str, str]:
    """Return all Flux texts by a file name."""
    bucket = Overheard()
    reader = BucketReader('the "bucket"', bucket)
    for turn in reader.turns():
        list(reader.records(turn.run))
        reader.held([turn])
    queries = {f"query-{i}.flux": flux for i, flux in enumerate(dict.fromkeys(bucket.queries))}
    return {path.name: path.read_text() for path in TASKS.glob("*.flux")} | queries


def main() -> int:
    """Install the language server and show it everything."""
    with node_packages(PACKAGE) as modules, tempfile.TemporaryDirectory() as folder:
        if modules is None:
            return ABSENT
        asked = {**texts(), "wrong.flux": WRONG}
        for name, text in asked.items():
            (Path(folder) / name).write_text(text)
        command = ["node", str(SCRIPT), folder]
        out = subprocess.run(
            command, env=environment_with(modules), capture_output=True, text=True, timeout=120
        )
    if out.returncode:
        print(out.stderr)
        return 1
    told = json.loads(out.stdout.splitlines()[-1])
    seen = told.pop("wrong.flux")
    for name, messages in sorted(told.items()):
        print(f"{name}: {'; '.join(messages) or 'valid'}")
        if messages:
            print(asked[name])
    bad = sum(bool(messages) for messages in told.values())
    print(f"{len(told)} Flux texts, {bad} not valid; the mistake put in: {'; '.join(seen)}")
    return 1 if bad or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
