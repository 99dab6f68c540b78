"""A replay decides as the recording did, to the bit, and says where it does not."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from controller.config import PlantConfig, configure
from controller.cycle import step
from controller.historian.errors import UnknownRun
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.record import Event, Record, Run
from controller.recording import record_of, sent_values
from controller.snapshot import state_to_bytes
from controller.types import Command, Health, Inputs, State, Written
from controller.voyage.replay import NotReplayable, replay
from seastack.recorded import replay_run
from sensors.image import Image
from sensors.plantfile import load_plant
from sensors.quality import Reason
from tests.damage import leaves, spoil, the_segment
from tests.journals import NOON_NS, SECOND_NS

CYCLES = 400
SNAPSHOT_EVERY = 100
Doctor = Callable[[Record], Record]


@pytest.fixture(scope="module")
def config(demo_folder: Path) -> PlantConfig:
    return configure(load_plant(demo_folder))


def an_image(config: PlantConfig, seq: int, rng: np.random.Generator) -> Image:
    """Return an image of a restless rig: noise, jumps, dead links, wrong values."""
    low = np.array([t.lo for t in config.table.tags])
    high = np.array([t.hi for t in config.table.tags])
    value = np.round(low + (high - low) * (0.5 + 0.02 * rng.normal(size=len(low))), 4)
    labelled = np.array([bool(t.labels) or t.kind != "float" for t in config.table.tags])
    value[labelled] = np.floor(value[labelled])
    reason = np.zeros(len(low), dtype=np.uint32)
    value[rng.integers(len(low))] = (np.nan, 2.4e-41, 1e9)[seq % 3]
    if 150 <= seq < 180:
        reason[:90] = int(Reason.LINK)
    reason[list(config.table.index.values())[3]] |= int(Reason.CALIBRATING) if seq % 50 < 5 else 0
    age_ms = rng.integers(0, 1500, len(low)).astype(np.int32)
    return Image.of(config.table, NOON_NS + seq * SECOND_NS, value, reason, age_ms)


def requests(seq: int) -> tuple[Command, ...]:
    asked = {
        10: ("arm", {}),
        40: ("capture_target", {"pct": 55.0}),
        60: ("nonsense", {}),
        200: ("bypass", {}),
        220: ("disarm", {}),
    }
    if seq not in asked:
        return ()
    kind, args = asked[seq]
    return (Command(seq, kind, "2nd engineer", NOON_NS - 5, dict(args)),)


def record_run(
    state_dir: Path, config: PlantConfig, left_out: Sequence[int] = (), doctor: Doctor | None = None
) -> None:
    """Record a run as the service does, with every kind of input in it."""
    run = Run("r1", "live", "demo", config.config_hash, "0.1.0", None, NOON_NS)
    journal = Journal(state_dir, run, config.layout, patient=True)
    state = State.initial(config.table, config.control.target.capture_pct)
    rng = np.random.default_rng(3)
    for seq in range(CYCLES):
        refused = ((config.written[2], "limit"),) if seq % 97 == 5 else ()
        inputs = Inputs(
            seq,
            NOON_NS + seq * SECOND_NS,
            (1000 + seq % 3) * 1_000_000,
            an_image(config, seq, rng),
            requests(seq),
            written_last=Written(not refused, refused),
            health=Health(0.1 * seq, seq // 100, seq % 60 == 7, seq % 90 == 11, 0.1 * seq),
        )
        state, outputs = step(state, inputs, config)
        record = record_of(config, inputs, outputs, sent_values(config, outputs), seq, True)
        link = Event(seq, inputs.t_ns, "link", "plc", "UP", "Link plc is up")
        events = [link, *outputs.events] if seq == 180 else outputs.events
        snapshot = state_to_bytes(state) if seq % SNAPSHOT_EVERY == 0 else None
        if seq not in left_out:
            journal.append(doctor(record) if doctor else record, events, snapshot)
    journal.close()
    assert journal.fault is None


def test_nothing_differs_when_nothing_changed(state: Path, config: PlantConfig) -> None:
    record_run(state, config)
    report = replay(state, "r1", config)
    assert report.differences == ()
    assert (report.cycles, report.skipped, report.differing) == (CYCLES, 0, 0)
    assert report.same_config
    assert report.plant_seconds == CYCLES - 1
    with JournalReader(state) as reader:
        kinds = {e.source for e in reader.events("r1", kind="command")}
    assert kinds == {"arm", "capture_target", "nonsense", "bypass", "disarm"}


def test_two_replays_are_bit_identical_and_may_be_kept(state: Path, config: PlantConfig) -> None:
    record_run(state, config)
    first = replay(state, "r1", config, save_as="again")
    second = replay(state, "again", config)
    assert first.digest == second.digest
    assert second.differing == 0
    with JournalReader(state) as reader:
        assert reader.run("again").kind == "replay"
        assert reader.newest_run() == "r1"


def test_a_changed_decision_is_found_with_cycle_and_channel(
    state: Path, config: PlantConfig
) -> None:
    column = next(i for i, c in enumerate(config.layout) if c.name == "target_pct")

    def one_ulp(record: Record) -> Record:
        if record.seq != 77:
            return record
        value = record.value.copy()
        value[column] = np.nextafter(value[column], np.inf)
        return replace(record, value=value)

    record_run(state, config, doctor=one_ulp)
    report = replay(state, "r1", config)
    assert report.differing == 1
    found = report.differences[0]
    assert (found.seq, found.what) == (77, "target_pct")


def test_other_tuning_is_seen_as_other_decisions(state: Path, config: PlantConfig) -> None:
    record_run(state, config)
    target = config.control.target.model_copy(update={"min_pct": 57.0})
    control = config.control.model_copy(update={"target": target})
    report = replay(state, "r1", replace(config, control=control, config_hash="other"))
    assert not report.same_config
    assert report.differences[0].seq == 40


def test_after_a_gap_it_goes_on_from_the_next_snapshot(state: Path, config: PlantConfig) -> None:
    record_run(state, config, left_out=range(30, 50))
    report = replay(state, "r1", config)
    assert (report.cycles, report.skipped) == (CYCLES - 20 - 51, 51)
    assert report.differing == 0


def test_damaged_cycles_are_counted_told_and_no_success(
    state: Path, config: PlantConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    record_run(state, config)
    segment = the_segment(state)
    spoil(segment, leaves(segment)[30])
    report = replay(state, "r1", config)
    (hole,) = report.holes
    assert report.differing == 0
    assert 0 < report.unreadable < 10
    assert report.cycles + report.skipped + report.unreadable == CYCLES
    assert replay_run(state, "last", plant="demo", save=False) == 1
    said = capsys.readouterr().out
    assert f"{report.unreadable} cycles are damaged and were not replayed" in said
    assert str(hole) in said
    assert "decisions differ nowhere in what can be read" in said


def test_a_run_of_other_channels_or_no_run_is_refused(state: Path, config: PlantConfig) -> None:
    record_run(state, config)
    with pytest.raises(NotReplayable, match="other channels"):
        replay(state, "r1", replace(config, layout=config.layout[1:]))
    with pytest.raises(UnknownRun, match="r5"):
        replay(state, "r5", config)
