"""Checksums, chains, seals: what was changed in a record is told, however well it was done."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.historian import schema
from controller.historian.archive import ArchiveError, archive_day
from controller.historian.chain import canonical, crc_of, linked, next_link, read_head
from controller.historian.errors import HistorianError, Unreadable
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.sealing import SealBroken, own_key, read_seal, seal_day, signer_of
from controller.historian.segment import EVENT_COLUMNS
from controller.historian.segmentfiles import seal_of, segment_files
from controller.historian.verify import Day, verify
from tests.journals import CHANNELS, NOON_NS, SECOND_NS, a_record, a_run, an_event, same
from tests.patience import wait_until

DAY_NS = 86_400 * SECOND_NS
CELLS = st.lists(
    st.one_of(
        st.none(),
        st.integers(-(2**63), 2**63 - 1),
        st.text(),
        st.binary(),
        st.floats(allow_nan=False),
    )
)


def sailed(state: Path, days: int = 3, name: str = "r1", *, close: bool = True) -> Journal:
    """Write some cycles a day, with an event and a snapshot each."""
    journal = Journal(state, a_run(name), CHANNELS, patient=True)
    for seq in range(days * 20):
        day, within = divmod(seq, 20)
        t_ns = NOON_NS + day * DAY_NS + within * SECOND_NS
        state_of = b"state" if within == 10 else None
        journal.append(a_record(seq, t_ns), [an_event(seq)] if within == 5 else (), state_of)
    if close:
        journal.close()
    else:
        assert journal.flush()
    assert journal.fault is None
    return journal


@pytest.fixture
def kept(state: Path) -> Path:
    sailed(state)
    return state


def problems(state: Path) -> list[str]:
    return [f"{d.day}: {p}" for d in verify(state) for p in d.problems]


def mains(state: Path, name: str = "r1") -> list[Path]:
    return segment_files(state / "journal" / name)


def test_what_was_recorded_is_as_it_was_written_and_sealed(kept: Path) -> None:
    found = verify(kept)
    assert [(d.cycles, d.problems) for d in found] == [(20, [])] * 3
    assert {d.sealed_by for d in found} == {own_key(kept)}
    assert all(d.checked for d in found)
    assert [d.begins for d in found] == [True, False, False]
    assert [a.links for a in found[:-1]] == [b.starts for b in found[1:]]
    with JournalReader(kept) as reader:
        sealed = [e.text for e in reader.events("r1") if e.state == "SEALED"]
        assert reader.unreadable() == {}
    assert len(sealed) <= 2
    assert all("at the end of the day: 20 cycles" in text for text in sealed)


@given(CELLS, CELLS)
def test_no_two_rows_have_the_same_bytes(a: list[object], b: list[object]) -> None:
    assert (canonical(a) == canonical(b)) == (repr(a) == repr(b))


@given(CELLS, st.data())
def test_one_flipped_bit_is_another_checksum(cells: list[object], data: st.DataObject) -> None:
    plain = bytearray(canonical([*cells, b"x"]))
    bit = data.draw(st.integers(0, 8 * len(plain) - 1))
    was = next_link(b"", bytes(plain))
    plain[bit // 8] ^= 1 << bit % 8
    assert next_link(b"", bytes(plain)) != was


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)


def forged(path: Path, table: str, columns: str, key: str, where: str, setting: str) -> None:
    """Change a row and give it its new checksum, as somebody with a tool would."""
    change(path, f"UPDATE {table} SET {setting} WHERE {where}")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        row = db.execute(f"SELECT {columns} FROM {table} WHERE {where}").fetchone()
        db.execute(f"UPDATE {table} SET crc=? WHERE {key}=?", (crc_of(row), row[0]))


def spoil_link(path: Path) -> None:
    change(path, "UPDATE cycle SET link=x'00' WHERE seq=25")


def other_day(path: Path) -> None:
    """Put another run's second day in the place of this one's."""
    other = path.parents[2] / "other"
    other.mkdir()
    journal = sailed(other)
    assert journal.fault is None
    shutil.copy(mains(other)[1], path)
    seal_day(path, signer_of(path.parents[2]), "again", 1)


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (lambda p: change(p, "UPDATE cycle SET t_ns=t_ns+1 WHERE seq=25"), "cycle 25: it is not"),
        (lambda p: change(p, "UPDATE cycle SET crc=NULL WHERE seq=25"), "cycle 25: it is not"),
        (spoil_link, "cycle 25 to 26: the chain is broken"),
        (
            lambda p: forged(p, "cycle", schema.CYCLE_COLUMNS, "seq", "seq=25", "clock_ok=0"),
            "cycle 25: the chain is broken",
        ),
        (lambda p: change(p, "DELETE FROM cycle WHERE seq=25"), "cycle 26: the chain is broken"),
        (lambda p: change(p, "DELETE FROM cycle WHERE seq>30"), "has 11 cycles, sealed were 20"),
        (lambda p: change(p, "DELETE FROM cycle WHERE seq<22"), "cycle 22: the chain is broken"),
        (lambda p: change(p, "UPDATE event SET text='x' WHERE seq=25"), "it is not as it was"),
        (
            lambda p: forged(p, "event", EVENT_COLUMNS, "id", "seq=25", "\"by\"='x'"),
            "the chain is broken before it",
        ),
        (lambda p: change(p, "DELETE FROM event"), "has 0 events, sealed were"),
        (lambda p: change(p, "UPDATE snapshot SET state=x'00'"), "snapshot 30: it is not"),
        (lambda p: change(p, "UPDATE rollup_60 SET cycles=9"), "rollup_60 20: it is not"),
        (lambda p: change(p, "UPDATE layout SET unit='bar'"), "names, units or the run's own"),
        (lambda p: change(p, "UPDATE run SET title='x'"), "names, units or the run's own"),
        (lambda p: change(p, "UPDATE run SET ended_ns=1"), "when the run ended"),
        (lambda p: change(p, "UPDATE head SET first_seq=99"), "its head is not as it was"),
        (lambda p: change(p, "VACUUM"), "is not the file that was sealed"),
        (lambda p: p.unlink(), "its files are gone"),
        (lambda p: p.write_bytes(b"nothing"), "cannot be read"),
        (other_day, "does not go on where 2014-01-24 ends"),
    ],
)
def test_what_was_changed_is_told(kept: Path, tamper: Callable[[Path], None], words: str) -> None:
    tamper(mains(kept)[1])
    assert any(words in p for p in problems(kept)), problems(kept)
    with JournalReader(kept) as reader:  # and the days around it are read
        assert len(list(reader.records("r1", on_hole=lambda hole: None))) >= 40


def test_without_a_seal_a_forged_row_is_told_by_the_chain(kept: Path) -> None:
    path = mains(kept)[2]
    seal_of(path).unlink()
    forged(path, "cycle", schema.CYCLE_COLUMNS, "seq", "seq=45", "clock_ok=0")
    assert problems(kept) == [
        "2014-01-26: cycle 45: the chain is broken before it: rows are missing, changed or put in"
    ]


@pytest.mark.parametrize(
    "change_text",
    [
        lambda s: s.replace('"count": 20', '"count": 21'),
        lambda s: s.replace("a", "A", 1),
        lambda s: s + "\n",
        lambda s: "{}",
        lambda s: "nothing",
        lambda s: "[" * 100_000,
    ],
)
def test_a_seal_that_was_changed_is_none(kept: Path, change_text: Callable[[str], str]) -> None:
    path = seal_of(mains(kept)[0])
    path.write_text(change_text(path.read_text()))
    with pytest.raises(SealBroken):
        read_seal(path)
    assert problems(kept)


def test_damage_is_left_out_told_and_the_rest_is_drawn(
    kept: Path, caplog: pytest.LogCaptureFixture
) -> None:
    change(mains(kept)[1], "UPDATE cycle SET value=zeroblob(32) WHERE seq=25",
           "UPDATE event SET source='other' WHERE seq=25",
           "UPDATE layout SET unit='bar' WHERE position=0")  # fmt: skip
    holes: list[Unreadable] = []
    with JournalReader(kept) as reader:
        records = list(reader.records("r1", on_hole=holes.append))
        assert [r.seq for r in records] == [i for i in range(60) if i != 25]
        assert all(same(r, a_record(r.seq, r.t_ns)) for r in records)
        points = reader.series("r1", ["AT-101"], NOON_NS, NOON_NS + 3 * DAY_NS)["t_ns"]
        assert points.size == 59
        (odd,) = [e for e in reader.events("r1") if e.source == "other"]
        assert "wrong checksum" in odd.data["damaged"]
        assert list(reader.unreadable()["r1"]) == [mains(kept)[1].name]
    assert "wrong checksum" in str(holes[0])
    assert caplog.text.count("cycle 25 is left out") == 1


def test_an_archived_day_leads_to_the_same_end(kept: Path) -> None:
    before = {d.day: d.links for d in verify(kept)}
    for path in mains(kept)[:2]:
        archive_day(path, signer_of(kept))
    assert problems(kept) == []
    assert {d.day: d.links for d in verify(kept)} == before
    statement = read_seal(seal_of(mains(kept)[0]))
    assert set(statement["files"]) == {"2014-01-24.archive.db", "2014-01-24.parquet"}
    assert statement["before"]["statement"]["how"] == "at the end of the day"


@pytest.mark.parametrize("at", [10, 0.3, 0.6, -9, -200], ids=str)
def test_a_bit_of_an_archived_day_is_told_and_goes_no_further(
    kept: Path, at: float, caplog: pytest.LogCaptureFixture
) -> None:
    archive_day(mains(kept)[1], signer_of(kept))
    path = mains(kept)[1].with_name("2014-01-25.parquet")
    data = bytearray(path.read_bytes())
    data[int(at * len(data)) if 0 < at < 1 else int(at)] ^= 4
    path.write_bytes(data)
    assert any("is not the file that was sealed" in p for p in problems(kept))
    holes: list[Unreadable] = []
    with JournalReader(kept) as reader:
        assert len(list(reader.records("r1", on_hole=holes.append))) == 40
        assert (holes[0].first_seq, holes[0].last_seq) == (20, 39)
        points = reader.series("r1", ["AT-101"], NOON_NS, NOON_NS + 3 * DAY_NS)["t_ns"]
        assert points.size == 40
        assert reader.bounds("r1") == (0, 59)
    assert "wrong SHA-256" in str(holes[0])


def test_what_is_damaged_is_not_archived(kept: Path) -> None:
    path = mains(kept)[0]
    seal_of(path).unlink()
    forged(path, "cycle", schema.CYCLE_COLUMNS, "seq", "seq=5", "clock_ok=0")
    with pytest.raises(ArchiveError, match="chain of checksums is broken"):
        archive_day(path)
    change(mains(kept)[1], "UPDATE run SET title='x'")
    with pytest.raises(ArchiveError, match="not the file that was sealed"):
        archive_day(mains(kept)[1])


def test_a_run_that_was_killed_is_sealed_when_the_next_begins(state: Path, tmp_path: Path) -> None:
    journal = sailed(state, days=2, close=False)
    left = tmp_path / "left"
    wait_until(lambda: seal_of(mains(state)[0]).exists())
    shutil.copytree(state, left)
    journal.close()
    assert [d.sealed_by != "" for d in verify(left)] == [True, False]
    assert problems(left) == []
    sailed(left, name="r2")
    found = verify(left)
    assert all(d.sealed_by for d in found)
    assert read_seal(seal_of(mains(left)[1]))["how"] == "found closed when a run began"


def test_what_is_damaged_is_not_sealed_at_the_next_start(state: Path, tmp_path: Path) -> None:
    journal = sailed(state, days=1, close=False)
    left = tmp_path / "left"
    shutil.copytree(state, left)
    journal.close()
    change(mains(left)[0], "UPDATE cycle SET clock_ok=0 WHERE seq=5")
    sailed(left, name="r2")
    assert not seal_of(mains(left)[0]).exists()
    assert any("cycle 5: it is not as it was written" in p for p in problems(left))


def test_a_key_that_is_none_seals_nothing_and_stops_nothing(
    state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (state / "seal.key").write_text("nothing")
    (state / "seal.key").chmod(0o600)
    sailed(state)
    assert [d.sealed_by for d in verify(state)] == ["", "", ""]
    assert problems(state) == []
    assert "not sealed" in caplog.text
    with pytest.raises(HistorianError, match="move it away"):
        signer_of(state)


def test_an_earlier_version_is_counted_and_goes_on_checked(state: Path) -> None:
    import gzip

    packed = Path(__file__).parents[1] / "golden" / "journal-v3.db.gz"
    folder = state / "journal" / "r1"
    folder.mkdir(parents=True)
    (folder / "2014-01-24.db").write_bytes(gzip.decompress(packed.read_bytes()))
    (day,) = verify(state)
    assert (day.cycles, day.checked, day.problems) == (130, False, [])
    journal = Journal(state, a_run(), CHANNELS)
    journal.append(a_record(130))
    journal.close()
    (day,) = verify(state)
    assert (day.cycles, day.checked, day.problems) == (131, True, [])
    with closing(schema.open_to_read(folder / "2014-01-24.db")) as db:
        head = read_head(db)
    assert head is not None
    assert (head.first_seq, head.first_event) == (130, 3)
    change(folder / "2014-01-24.db", "UPDATE cycle SET crc=NULL WHERE seq=130")
    assert any("cycle 130: it is not" in p for p in problems(state))


def test_notes_stand_behind_the_events_that_had_a_number_before(state: Path) -> None:
    """What waits for the disk has lower numbers: the chain, and who polls by number, see each."""
    journal = Journal(state, a_run(), CHANNELS, commit_every=30, patient=True)
    seen: list[int] = []
    with JournalReader(state) as reader:
        for seq in range(200):
            if seq == 100:
                assert journal.flush()
                journal._sealed.append("a day sealed meanwhile")
            journal.append(a_record(seq), [an_event(seq)])
            if seq > 50 and seq % 7 == 0 and journal.acknowledged >= 0:
                seen += [e.id for e in reader.events("r1", since_id=seen[-1] if seen else 0)]
        journal.close()
        seen += [e.id for e in reader.events("r1", since_id=seen[-1])]
        events = reader.events("r1")
    assert seen == [e.id for e in events] == list(range(1, 202))
    assert [e.state for e in events if e.kind == "system"] == ["SEALED"]
    assert problems(state) == []


def test_linked_rows_follow_each_other() -> None:
    rows, end = linked(b"start", [(1, "a"), (2, "b")])
    again, _ = linked(b"start", [(1, "a")])
    assert rows[0] == again[0]
    assert rows[1][-1] == end == next_link(again[0][-1], canonical((2, "b")))  # type: ignore[arg-type]


def test_many_problems_are_counted() -> None:
    day = Day("r", "d")
    for i in range(20):
        day.tell(str(i))
    assert (len(day.problems), day.more) == (12, 8)


def test_the_command_prints_each_day_and_fails_on_damage(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from seastack.verifying import verify_record

    assert verify_record(kept, "", "", as_json=False) == 0
    said = capsys.readouterr().out
    assert "3 days, 3 sealed, 0 damaged; 60 cycles" in said
    assert own_key(kept) in said
    assert verify_record(kept, "r1", "00" * 32, as_json=True) == 1
    document = json.loads(capsys.readouterr().out)
    assert all("sealed by another key" in d["problems"][0] for d in document["days"])
    change(mains(kept)[1], "UPDATE cycle SET t_ns=t_ns+1 WHERE seq=25")
    assert verify_record(kept, "", "", as_json=False) == 1
    assert "r1 2014-01-25: cycle 25: it is not as it was written" in capsys.readouterr().out


def test_what_a_damaged_file_says_is_one_clean_line(kept: Path) -> None:
    path = mains(kept)[1]
    data = path.read_bytes()
    at = data.index(b"CREATE TABLE cycle(seq INTEGER") + len(b"CREATE TABLE cycle(")
    path.write_bytes(data[:at] + b"\x0e\n\x1b[31m" + data[at + 7 :])
    assert any("cannot be read" in p for p in problems(kept))
    assert all(p.isprintable() for p in problems(kept))
    with JournalReader(kept) as reader:
        (why,) = reader.unreadable()["r1"].values()
    assert why.isprintable()


def test_days_that_were_taken_from_the_front_are_told(kept: Path) -> None:
    first = mains(kept)[0]
    seal_of(first).unlink()
    first.unlink()
    assert problems(kept) == [], "the limit of the journal does the same"
    assert [d.note for d in verify(kept)] == ["the days before it are not here", ""]
