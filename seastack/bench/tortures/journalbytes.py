"""Changed bytes in a journal: whoever reads it goes round them, and a controller starts.

One journal of a run that was alarmed and bypassed; each input is a copy with changed bytes.
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

from controller.config import PlantConfig, configure
from controller.historian.errors import HistorianError
from controller.historian.journal import Journal
from controller.historian.reader import JournalReader
from controller.historian.record import Run
from controller.leftover import resume_command
from controller.recording import record_of, sent_values
from controller.snapshot import state_to_bytes
from controller.types import Inputs, Outputs
from seastack.bench.cycles import START_NS, Fuzz
from seastack.bench.tortures.mutate import mutated
from seastack.bench.tortures.rules import kind_of
from seastack.bench.tortures.tally import Tally
from seastack.plantargs import plant_of

CYCLES: Final = 120  # in the journal that is damaged
SPAN_NS: Final = 30 * 86_400 * 10**9
RUN: Final = "bench-torture"


def journal_bytes(rng: Random, inputs: int, tally: Tally, shown: Callable[[int], None]) -> None:
    """Change bytes of a journal that often; see the module docstring."""
    config = configure(plant_of("demo"))
    with tempfile.TemporaryDirectory() as folder:
        whole = _sailed(config, Path(folder) / "whole", rng.randrange(2**31))
        copy = Path(folder) / "copy"
        files = {f: f.read_bytes() for f in sorted(whole.rglob("*")) if f.is_file()}
        for done in range(inputs):
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(whole, copy)
            hit = rng.choice(list(files))
            (copy / hit.relative_to(whole)).write_bytes(mutated(files[hit], rng))
            what = f"changed {hit.name}"
            read_all(copy, RUN, what, tally)
            _begin(copy, config, what, tally)
            shown(done)
    tally.inputs += inputs


def _sailed(config: PlantConfig, state: Path, seed: int) -> Path:
    """Write the journal of some random cycles; return its state directory."""
    state.mkdir()
    run = Run(RUN, "live", config.plant.name, config.plant.config_hash, "bench", seed, START_NS)
    journal = Journal(state, run, config.layout, patient=True)

    def keep(inputs: Inputs, outputs: Outputs) -> None:
        record = record_of(config, inputs, outputs, sent_values(config, outputs), inputs.t_ns)
        snapshot = state_to_bytes(fuzz.state) if inputs.seq % (CYCLES // 4) == 0 else None
        journal.append(record, outputs.events, snapshot)

    fuzz = Fuzz(config, seed, keep)
    for _ in range(CYCLES):
        fuzz.cycle()
    journal.close()
    return state


def read_all(state: Path, run: str, what: str, tally: Tally) -> None:
    """Ask a journal all that page, replay, export and shipper ask."""
    with tally.judged(f"{what}: opening", HistorianError), JournalReader(state) as reader:
        asked: tuple[tuple[str, Callable[[], object]], ...] = (
            ("runs", reader.runs),
            ("newest run", reader.newest_run),
            ("latest", lambda: reader.latest(run)),
            ("channels", lambda: reader.channels(run)),
            ("records", lambda: list(reader.records(run, on_hole=lambda hole: None))),
            ("events", lambda: reader.events(run)),
            ("alarms", lambda: reader.alarms(run)),
            ("bounds", lambda: reader.bounds(run)),
            ("turns", lambda: reader.turns(run)),
            ("snapshots", lambda: [reader.snapshot(run, s) for s in reader.snapshots(run)]),
            ("series", lambda: _series(reader, run)),
        )
        for question, ask in asked:
            with tally.judged(f"{what}: {question}", HistorianError):
                ask()
                tally.met["answered"] += 1


def _series(reader: JournalReader, run: str) -> object:
    names = [c.name for c in reader.channels(run)][:3]
    return reader.trend(run, names, START_NS - SPAN_NS, START_NS + SPAN_NS)


def _begin(state: Path, config: PlantConfig, what: str, tally: Tally) -> None:
    """Begin a life after the damaged one: it must start, and bypass must go out."""
    with tally.judged(f"{what}: take over"):
        command = resume_command(state, config.plant.name, START_NS)
        fuzz = Fuzz(config, 1)
        fuzz.ask(*([command] if command else []))
        fuzz.press()
        fuzz.cycle()
        for rule in fuzz.tally.broken:
            tally.fault(kind_of(rule), f"{what}: {rule}")
    with tally.judged(f"{what}: a new journal beside it"):
        run = Run("next", "live", config.plant.name, config.plant.config_hash, "bench", 1, START_NS)
        journal = Journal(state, run, config.layout)
        journal.close()
