"""A real InfluxDB 2.x, when one is named in the environment: rows read back by Flux."""

import os
import re
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision

from controller.historian.bucket import BucketReader
from controller.historian.errors import ShipError
from controller.historian.influx import InfluxWriter, Target
from controller.historian.influxql import InfluxqlQuestions
from controller.historian.journal import Journal
from controller.historian.lines import LineMaker
from controller.historian.reader import JournalReader
from controller.historian.shipper import Shipper
from controller.voyage.importing import import_run
from tests.journals import CHANNELS, SECOND_NS, a_record, a_run
from tests.patience import PATIENCE_S

WAIT_MS = int(PATIENCE_S * 1000)
TASKS = Path(__file__).resolve().parents[2] / "docs" / "influx"
VARIABLES = ("INFLUXDB_V2_URL", "INFLUXDB_V2_TOKEN", "INFLUXDB_V2_ORG", "INFLUXDB_V2_BUCKET")

pytestmark = [
    pytest.mark.influx,
    pytest.mark.skipif(
        any(v not in os.environ for v in VARIABLES), reason=f"needs {', '.join(VARIABLES)}"
    ),
]


def server() -> tuple[str, str, str, str]:
    """Return URL, token, organisation and bucket."""
    url, token, org, bucket = (os.environ[v] for v in VARIABLES)
    return url, token, org, bucket


def test_the_down_sampling_tasks_do_what_they_say() -> None:
    url, token, org, bucket = server()
    client = InfluxDBClient(url=url, token=token, org=org, timeout=WAIT_MS, enable_gzip=True)
    plant = f"down{time.time_ns()}"
    first_s = int(time.time()) // 600 * 600 - 1200  # two whole windows of ten minutes
    lines = [
        f"record,plant={plant},kind=live,run=r seq={s}i,q={0 if s % 7 == 0 else 2}i,AT-101={s}.5"
        f" {(first_s + s) * 1000}"
        for s in range(1200)
    ]
    client.write_api(write_options=SYNCHRONOUS).write(
        bucket,
        org,
        lines,
        write_precision=WritePrecision.MS,  # type: ignore[arg-type]
    )
    made = [client.buckets_api().create_bucket(bucket_name=f"{plant}_{w}") for w in ("1m", "10m")]
    try:
        for task in sorted(TASKS.glob("*.flux")):
            flux = re.sub(r"^option task.*$", "", task.read_text(), flags=re.M)
            flux = re.sub(r"^back = .*$", "back = 1d", flux, flags=re.M)
            flux = flux.replace('"capture"', f'"{bucket}"').replace('"capture_', f'"{plant}_')
            flux = flux.replace('r._measurement == "record"', f'r.plant == "{plant}"')
            client.query_api().query(flux)
        found = {
            (w, r["_field"], int(r["_time"].timestamp()) - first_s): r["_value"]
            for w in ("1m", "10m")
            for t in client.query_api().query(f'from(bucket: "{plant}_{w}") |> range(start: 0)')
            for r in t.records
        }
    finally:
        for one in made:
            client.buckets_api().delete_bucket(one)  # type: ignore[no-untyped-call]
        client.close()  # type: ignore[no-untyped-call]
    for w, width in (("1m", 60), ("10m", 600)):
        for at in range(0, 1200, width):
            assert found[w, "AT-101", at] == at + width / 2
            assert found[w, "AT-101:lo", at] == at + 0.5
            assert found[w, "AT-101:hi", at] == at + width - 0.5
            assert found[w, "q", at] == 0
    assert not [key for key in found if key[1] == "seq"]


def test_a_row_ahead_of_the_server_s_clock_comes_back(state: Path) -> None:
    url, token, org, bucket = server()
    run = f"ahead-{time.time_ns()}"
    begun_ns = (time.time_ns() // SECOND_NS + 3600) * SECOND_NS
    writer = InfluxWriter(Target(url, org, bucket, token))
    maker = LineMaker(a_run(run), CHANNELS)
    writer.write([maker.line(a_record(s, begun_ns + s * SECOND_NS)) for s in range(50)])
    assert import_run(BucketReader(bucket, writer, CHANNELS), run, state) == 50
    reader = BucketReader(bucket, writer, CHANNELS, questions=InfluxqlQuestions(writer))
    both = zip(
        BucketReader(bucket, writer, CHANNELS).records(run), reader.records(run), strict=True
    )
    for a, b in both:
        assert (a.seq, a.t_ns, a.quality.tolist()) == (b.seq, b.t_ns, b.quality.tolist())
        assert np.array_equal(a.value, b.value, equal_nan=True)
    writer.close()


@pytest.mark.parametrize("wrong", ["token", "bucket", "org"])
def test_a_refused_question_is_one_line(wrong: str) -> None:
    url, token, org, bucket = server()
    asked = {"token": token, "bucket": bucket, "org": org, wrong: "nothing-of-that-name"}
    writer = InfluxWriter(Target(url, asked["org"], asked["bucket"], asked["token"]))
    with pytest.raises(ShipError) as told:
        BucketReader(asked["bucket"], writer).turns()
    assert "\n" not in str(told.value)
    assert "b'" not in str(told.value)
    writer.close()


def test_every_cycle_is_in_the_bucket(state: Path) -> None:
    url, token, org, bucket = server()
    run = f"test-{time.time_ns()}"
    begun_ns = time.time_ns() // SECOND_NS * SECOND_NS - 1000 * SECOND_NS  # no retention forgets it
    journal = Journal(state, a_run(run), CHANNELS, patient=True)
    for seq in range(1000):
        journal.append(a_record(seq, begun_ns + seq * SECOND_NS))
    journal.close()
    writer = InfluxWriter(Target(url, org, bucket, token))
    shipper = Shipper(state, writer)
    shipper.round()
    while shipper.status.backlog:
        shipper.round()
    shipper.stop()
    reader = BucketReader(bucket, writer, CHANNELS)
    assert import_run(reader, run, state / "ashore") == 1000
    with JournalReader(state / "ashore") as ashore, JournalReader(state) as aboard:
        pairs = list(zip(ashore.records(run), aboard.records(run), strict=True))
    assert all((a.seq, a.t_ns) == (b.seq, b.t_ns) for a, b in pairs)
    assert all((a.quality == b.quality).all() for a, b in pairs)
    for a, b in pairs:
        believed = (b.quality > 0) & np.isfinite(b.value)
        assert np.array_equal(a.value[believed], b.value[believed])
    writer.close()


def test_a_channel_that_gets_words_costs_no_line(state: Path) -> None:
    """Ships share the bucket, whatever labels their plant folders have."""
    url, token, org, bucket = server()
    begun_ns = time.time_ns() // SECOND_NS * SECOND_NS - 100 * SECOND_NS
    writer = InfluxWriter(Target(url, org, bucket, token))
    for number, labels in enumerate(({}, {0: "OFF", 3: "CAPTURE"})):
        run = f"labels-{number}-{time.time_ns()}"
        channels = tuple(replace(c, labels=labels) for c in CHANNELS)
        maker = LineMaker(a_run(run), channels)
        writer.write([maker.line(a_record(s, begun_ns + s * SECOND_NS)) for s in range(50)])
        reader = BucketReader(bucket, writer, channels)
        assert reader.held(t for t in reader.turns() if t.run == run) == [(0, 49)]
        assert sum(1 for _ in reader.records(run)) == 50
    writer.close()
