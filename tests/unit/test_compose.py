"""compose.yaml and the files it mounts: what a ship PC gets, read as Docker would read it."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
INFLUX = ROOT / "docs" / "influx"
TASKS = sorted(INFLUX.glob("*.flux"))
# A client that keeps what it made in a folder, and prints as the real one does.
CLIENT = r"""#!/bin/sh
kind=$1 verb=$2; shift 2
echo "$kind $verb $*" >> "$MADE/calls"
case "$kind $verb" in
*list) cat "$MADE/$kind" 2>/dev/null || true ;;
"bucket create") printf '%s\t%s\t\t90d\n' "id-$4" "$4" >> "$MADE/bucket" ;;
"task create")
  name=$(sed -n "s,^option task = {name: \"\([^\"]*\).*,\1,p" "$4")
  printf '%s\t\t%s\torg\n' "id-$name" "$name" >> "$MADE/task" ;;
"auth create") printf 'id\t%s\t\tsecret-%s\tuser\n' "$4" "$4" ;;
esac
"""


def read(path: Path) -> dict[str, Any]:
    """Read the YAML we write: mappings by indentation, flow lists, plain and quoted scalars."""
    top: dict[str, Any] = {}
    open_maps = [(-1, top)]
    for line in path.read_text().splitlines():
        text = line.split(" #")[0].strip()
        if not text or text.startswith("#"):
            continue
        indent = len(line) - len(line.lstrip())
        while open_maps[-1][0] >= indent:
            open_maps.pop()
        key, said = re.fullmatch(r"([\w-]+):(?: (.*))?", text).groups()  # type: ignore[union-attr]
        value: Any = {} if said is None else said
        if said is not None and said[0] in '["':
            value = json.loads(re.sub(r"\[(\w+)\]", r'["\1"]', said))
        open_maps[-1][1][key] = value
        if said is None:
            open_maps.append((indent, value))
    return top


COMPOSE = read(ROOT / "compose.yaml")
SERVICES: dict[str, Any] = COMPOSE["services"]


def test_every_image_is_pinned_and_every_service_bounded() -> None:
    assert re.search(r"^FROM python:3\.\d+\.\d+-slim-\w+$", (ROOT / "Dockerfile").read_text(), re.M)
    assert set(SERVICES) == {"influxdb", "controller", "dashboard"}
    assert re.fullmatch(r"influxdb:\d+\.\d+\.\d+", SERVICES["influxdb"]["image"])
    assert all(re.fullmatch(r"\d+[mg]", service["mem_limit"]) for service in SERVICES.values())
    assert all(service["restart"] == "unless-stopped" for service in SERVICES.values())


def test_the_server_reports_to_nobody_listens_on_loopback_and_bounds_its_queries() -> None:
    server = SERVICES["influxdb"]
    given = server["environment"]
    assert given["INFLUXD_REPORTING_DISABLED"] == "true"
    assert server["ports"] == ["127.0.0.1:8086:8086"]
    # influxd refuses a concurrency without a queue.
    at_once = int(given["INFLUXD_QUERY_CONCURRENCY"])
    assert int(given["INFLUXD_QUERY_QUEUE_SIZE"]) > 0
    queries = at_once * int(given["INFLUXD_QUERY_MEMORY_BYTES"])
    rest = int(given["INFLUXD_STORAGE_CACHE_MAX_MEMORY_SIZE"])
    assert queries + rest < 2 * 2**30
    assert server["mem_limit"] == "2g"


def test_the_controller_cannot_read_or_administer_the_server() -> None:
    assert "ADMIN" not in json.dumps(SERVICES["controller"])
    assert SERVICES["controller"]["environment"]["INFLUXDB_V2_TOKEN"] == "${INFLUXDB_V2_TOKEN:-}"
    assert "environment" not in SERVICES["dashboard"]


def test_what_is_mounted_is_there_and_named() -> None:
    mounts = [m.split(":") for service in SERVICES.values() for m in service["volumes"]]
    for source, *_ in mounts:
        assert source in COMPOSE["volumes"] or source == "./plant" or (ROOT / source).is_dir()
    assert "/docker-entrypoint-initdb.d" in {to for _, to, *_ in mounts}
    # The entry point runs what ends in .sh and may be executed, once, and nothing else.
    assert [path.name for path in INFLUX.glob("*.sh")] == ["buckets.sh"]
    for name in ("buckets.sh", "make-tokens", "downsample-days"):
        assert os.access(INFLUX / name, os.X_OK)


def influx(tmp_path: Path, *command: str) -> tuple[str, list[str]]:
    """Run a script with the client that keeps; return what it says and every call so far."""
    client = tmp_path / "influx"
    client.write_text(CLIENT)
    client.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [str(INFLUX / command[0]), *command[1:]],
        env={"PATH": path, "MADE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, (tmp_path / "calls").read_text().splitlines()


def test_buckets_and_tasks_are_made_once_and_brought_up_to_date_after(tmp_path: Path) -> None:
    (tmp_path / "bucket").write_text("id-capture\tcapture\t\t90d\n")  # compose.yaml's own
    _, calls = influx(tmp_path, "buckets.sh")
    made = [call for call in calls if " list" not in call]
    assert [call.split()[:2] for call in made] == [["bucket", "create"]] * 2 + [
        ["task", "create"]
    ] * len(TASKS)
    _, both = influx(tmp_path, "buckets.sh")
    again = [call for call in both[len(calls) :] if " list" not in call]
    assert [call.split()[:2] for call in again] == [["task", "update"]] * len(TASKS)


def test_tokens_are_lines_of_an_env_file(tmp_path: Path) -> None:
    influx(tmp_path, "buckets.sh")
    said, calls = influx(tmp_path, "make-tokens")
    assert said.splitlines() == [
        "INFLUXDB_V2_TOKEN=secret-seastack-write",
        "SEASTACK_READ_TOKEN=secret-seastack-read",
    ]
    write = next(call for call in calls if "seastack-write" in call)
    assert "--write-bucket id-capture " in write
    assert "--read" not in write
    assert "--write" not in next(call for call in calls if "seastack-read" in call)


def test_days_are_done_again_one_at_a_time(tmp_path: Path) -> None:
    _, calls = influx(tmp_path, "downsample-days", "3")
    assert calls == ["query --org fleet -"] * 3


@pytest.mark.parametrize("task", TASKS, ids=lambda path: path.name)
def test_every_pipeline_leaves_the_work_to_the_storage_engine(task: Path) -> None:
    """Shared rows, or a change before the window, keep every raw point in the server's memory."""
    text = re.sub(r"//.*", "", task.read_text())
    assert re.findall(r"^(\w+) =(?! \(\) =>)", text, re.M) in (
        ["stop", "start"],
        ["hour", "back", "start", "stop"],
    )
    pipelines = re.findall(r"^(?:values|quality)\(\)\n((?:    \|> .*\n)+)", text, re.M)
    assert len(pipelines) == (8 if "late" in task.name else 4)
    for pipeline in pipelines:
        steps = re.findall(r"\|> (\w+)", pipeline)
        assert steps[0] == "aggregateWindow"
        assert steps[-2:] == ["to", "yield"]
    sources = text.split("from(")[1:]
    assert len(sources) == 2
    for source in sources:
        steps = re.findall(r"\|> (\w+)", source.split("\n\n")[0])
        assert steps == ["range", "filter", "filter"]
