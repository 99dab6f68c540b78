"""An exported run can be read by strangers: values, units, times, qualities."""

import csv
import math
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from controller.historian.errors import UnknownRun
from controller.historian.journal import Journal
from controller.voyage.export import ExportError, export
from tests.journals import CHANNELS, NOON_NS, a_record, a_run

CYCLES = 4000


@pytest.fixture(scope="module")
def voyage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("voyage")
    journal = Journal(state, a_run(), CHANNELS, patient=True)
    for seq in range(CYCLES):
        journal.append(a_record(seq))
    journal.close()
    return state


def test_parquet_holds_every_value_with_unit_and_quality(voyage: Path, tmp_path: Path) -> None:
    file = tmp_path / "voyage.parquet"
    assert export(voyage, "r1", file) == CYCLES
    table = pq.read_table(file)
    assert table.num_rows == CYCLES
    about = table.schema.field("AT-101").metadata
    assert (about[b"unit"], about[b"kind"]) == (b"vol%", b"in")
    assert about[b"text"] == b"CO2 in, dry"
    assert table.schema.field("HS-PC-UNIT").metadata[b"labels"] == b'{"0": "OFF", "3": "CAPTURE"}'
    assert table.schema.metadata[b"seastack.run"] == b"r1"
    assert table.schema.metadata[b"seastack.simulator"] == b"true"
    for seq in (0, 3599, 3600, CYCLES - 1):
        row = {name: table.column(name)[seq].as_py() for name in table.column_names}
        record = a_record(seq)
        assert row["seq"] == seq
        assert row["time"].to_pydatetime() == datetime.fromtimestamp(NOON_NS // 10**9 + seq, UTC)
        assert row["AT-101"] == record.value[0]
        assert row["FIC-401.SP"] is None
        assert row["AT-101.quality"] == record.quality[0]


def test_parquet_opens_in_pandas_with_times(voyage: Path, tmp_path: Path) -> None:
    export(voyage, "r1", tmp_path / "v.parquet", quality=False)
    frame = pd.read_parquet(tmp_path / "v.parquet")
    assert list(frame.columns) == ["time", "seq", *(c.name for c in CHANNELS)]
    assert str(frame["time"].dtype) == "datetime64[ns, UTC]"
    assert frame["FIC-401.SP"].isna().all()


def test_csv_has_a_row_of_units_and_reads_back_exactly(voyage: Path, tmp_path: Path) -> None:
    file = tmp_path / "voyage.csv"
    seen: list[int] = []
    assert export(voyage, "r1", file, on_progress=lambda n, of: seen.append(of)) == CYCLES
    with file.open(newline="") as lines:
        names, units, *rows = csv.reader(lines)
    assert names[:4] == ["time", "seq", "AT-101", "HS-PC-UNIT"]
    assert units[:4] == ["UTC", "1", "vol%", "1"]
    assert len(rows) == CYCLES
    assert rows[61][0] == "2014-01-24T12:01:01.000Z"
    for seq in (0, 999, CYCLES - 1):
        record, cells = a_record(seq), rows[seq]
        read = [float(c) if c else math.nan for c in cells[2:6]]
        assert read[:3] == record.value.tolist()[:3]
        assert math.isnan(read[3])
        assert [int(c) for c in cells[6:]] == record.quality.tolist()
    assert set(seen) == {CYCLES}


def test_an_unknown_ending_is_refused_by_name(voyage: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"\.parquet or \.csv"):
        export(voyage, "r1", tmp_path / "voyage.xlsx")


def test_a_run_that_is_not_there_leaves_no_file(voyage: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownRun, match="r7"):
        export(voyage, "r7", tmp_path / "voyage.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_one_clear_error(voyage: Path, tmp_path: Path) -> None:
    for ending in ("csv", "parquet"):
        with pytest.raises(ExportError, match="No such file"):
            export(voyage, "r1", tmp_path / "nowhere" / f"voyage.{ending}")
