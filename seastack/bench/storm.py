"""`bench storm`: random faults of every kind on both protocols, over real sockets.

Two witnesses that the controller cannot falsify: its journal, and what the rig
noted about every step.  Runs at 10 x; one fault begins when the one before is
over and every value is fresh again.
"""

import csv
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.progress import Progress

from controller.historian.reader import JournalReader
from controller.historian.record import Channel
from seastack.ask import ask
from seastack.bench.blows import Blow, draw, kinds_of
from seastack.bench.figure import BenchOptions, Figure
from seastack.bench.relay import Relay
from seastack.bench.stormalarms import counted
from seastack.bench.table import RunTable
from seastack.bench.witness import wrong_good
from seastack.demo import DemoOptions, launch, prepare
from seastack.fleet import Fleet
from seastack.plantargs import plant_of
from seastack.problems import UserError
from seastack.served import Served
from sensors.plantfile import Plant
from sensors.quality import Reason

FAULTS: Final = 1000
SPEED: Final = 10.0
SETTLE_S: Final = 6.0  # wall: until the lease is held and loops steer
# wall: a link may need 0.5 s to notice, its log line and an alarm's delay take another second
CALM_S: Final = 1.6
PATIENCE_S: Final = 12.0  # wall: a fault that is over and not recovered from in this is a failure
BACK_NS: Final = 12_000_000_000  # plant: an answer may wait 1 s on the wire
LEASE_S: Final = 4.0  # plant: without a heartbeat for so long the PLC takes the rig
STALE: Final = np.uint32(
    Reason.LINK | Reason.STALE | Reason.HEARTBEAT | Reason.FIRST_READ | Reason.UNSET
)
COLUMNS: Final = (
    "from_ns",
    "kind",
    "of_link",
    "wall_s",
    "cycles",
    "log_lines",
    "recovered_wall_s",
    "alarms_and_links_plant_s",
)
CAPTURE, TRIP, ESD = 3.0, 7.0, 8.0


@dataclass(frozen=True, slots=True)
class Struck:
    """One fault as it went: plant times, cycles run meanwhile, log lines, recovery in wall s."""

    blow: Blow
    from_ns: int
    to_ns: int
    cycles: int
    log_lines: int
    recovered_s: float


def run(options: BenchOptions) -> list[Figure]:
    """Inject the faults one after the other and return the figures of bar 1."""
    faults = FAULTS if options.faults is None else options.faults
    plant = plant_of("demo")
    kinds = kinds_of(plant.links)
    if options.only not in ("", *kinds):
        raise UserError(f"--only {options.only}: no such fault; known: {', '.join(kinds)}")
    with ExitStack() as stack:
        state = options.state or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        demo = DemoOptions(SPEED, options.voyage, options.start, None, False, None, state)
        plan = prepare(replace(demo, seed=options.seed), _quiet)
        relays = {
            name: stack.enter_context(Relay(port))
            for name, port in zip(plan.links, (plan.modbus_port, plan.opcua_port), strict=True)
        }
        via = relays[plan.links[0]].port, relays[plan.links[1]].port
        witness = (state / "served.bin").absolute()
        with Fleet(replace(plan, via=via, witness=witness)) as fleet:
            launch(fleet, dashboard=False, say=_quiet)
            time.sleep(SETTLE_S)
            began = time.monotonic()
            storm = Storm(fleet, relays, Rigs(plant), random.Random(options.seed), options.only)
            struck = [storm.strike() for _ in _progress(faults)]
            minutes = (time.monotonic() - began) / 60.0
        return [*score(state, witness, plant, struck), Figure("it took", minutes, "min")]


class Rigs:
    """Which columns of a layout belong to which link."""

    def __init__(self, plant: Plant) -> None:
        self.links = {
            name: {t.name for t in plant.tags_of(name) if t.direction != "setpoint"}
            for name in plant.links
        }

    def columns(self, channels: Sequence[Channel]) -> dict[str, list[int]]:
        """Return the positions of each link's points."""
        return {
            link: [i for i, c in enumerate(channels) if c.name in names and c.kind == "in"]
            for link, names in self.links.items()
        }


class Storm:
    """Strikes a running fleet and watches it recover."""

    def __init__(
        self,
        fleet: Fleet,
        relays: Mapping[str, Relay],
        rigs: Rigs,
        rng: random.Random,
        only: str = "",
    ) -> None:
        self._only = only
        self._fleet, self._relays, self._rigs, self._rng = fleet, relays, rigs, rng
        self._reader = JournalReader(fleet.plan.state)
        self._log = fleet.controller.log if fleet.controller else Path()

    def strike(self) -> Struck:
        """Begin a fault, end it, wait until every value is fresh again."""
        fleet, blow = self._fleet, self._drawn()
        fleet.check()
        from_ns, seq, lines = fleet.now_ns(), self._seq(), self._lines()
        blow.begin()
        time.sleep(blow.wall_s)
        blow.end()
        recovered = self._recovered()
        if not blow.of_link:
            self._back_to_capture()
        time.sleep(self._rng.uniform(0.0, 0.3))
        to_ns = fleet.now_ns()
        cycles, said = self._seq() - seq, self._lines() - lines
        return Struck(blow, from_ns, to_ns, cycles, said, recovered)

    def _drawn(self) -> Blow:
        while True:
            blow = draw(self._rng, self._fleet, self._relays)
            if self._only in ("", blow.kind):
                return blow

    def _recovered(self) -> float:
        """Return the wall seconds until every value was fresh and stayed so for CALM_S.

        Infinite when that takes too long.
        """
        began = time.monotonic()
        fresh_since = began
        while (now := time.monotonic()) - fresh_since < CALM_S:
            if self._stale():
                fresh_since = now
            if now - began > PATIENCE_S:
                return float("inf")
            self._fleet.check()
            time.sleep(0.05)
        return fresh_since - began

    def _stale(self) -> bool:
        frame = self._reader.latest()
        if frame is None:
            return True
        at = [i for mine in self._rigs.columns(frame.channels).values() for i in mine]
        return bool((frame.reason[at] & STALE).any())

    def _back_to_capture(self) -> None:
        state = self._fleet.plan.state
        frame = self._reader.latest()
        if frame is None:
            return
        names = {c.name: i for i, c in enumerate(frame.channels)}
        if frame.value[names["HS-UNIT"]] in (TRIP, ESD):
            ask(state, "unit", {"state": "READY"}, "storm")
            time.sleep(0.5)
        if frame.value[names["HS-UNIT"]] != CAPTURE:
            ask(state, "unit", {"state": "CAPTURE"}, "storm")

    def _seq(self) -> int:
        frame = self._reader.latest()
        return -1 if frame is None else frame.seq

    def _lines(self) -> int:
        return self._log.read_bytes().count(b"\n")


def score(state: Path, witness: Path, plant: Plant, struck: Sequence[Struck]) -> list[Figure]:
    """Return the figures of a storm from its journal and the rig's own notes."""
    table = RunTable.load(state)
    served = Served.load(witness, len(plant.tags))
    spans = [(s.from_ns, s.to_ns) for s in struck]
    alarms, own = counted(state, table.run, plant, served, spans)
    fresh = _freshness(state, table.run, plant)
    wrong, good = wrong_good(table, served, plant.tags, BACK_NS)
    _keep(state, table.run, struck)
    of_link = [s.blow.of_link for s in struck]
    lines = [s.log_lines for s in struck if s.blow.of_link]
    link_alarms = [n for n, mine in zip(alarms, of_link, strict=True) if mine]
    plant_alarms = [n for n, mine in zip(alarms, of_link, strict=True) if not mine]
    worst = max((s.recovered_s for s in struck), default=float("nan"))
    longest_s = float(np.diff(table.t_ns).max(initial=0)) * 1e-9
    kinds = Counter(s.blow.kind for s in struck)
    return [
        Figure("faults", len(struck)),
        Figure("of them of links and instruments", sum(of_link)),
        Figure("kinds", len(kinds)),
        Figure("faults without a cycle meanwhile", sum(s.cycles < 1 for s in struck), "", "==", 0),
        Figure("not recovered", sum(s.recovered_s == float("inf") for s in struck), "", "==", 0),
        Figure("slowest recovery, wall", worst, "s"),
        Figure("reconnections", len(fresh)),
        Figure("cycles from a link's return to fresh values", max(fresh, default=0), "", "<=", 2),
        Figure("GOOD values compared with what was served", good),
        Figure("wrong values GOOD", wrong, "", "==", 0),
        Figure("log lines a link fault, most", max(lines, default=0), "", "<=", 2),
        Figure("alarms a link fault, most", max(link_alarms, default=0), "", "<=", 1),
        Figure("alarms a plant fault, most", max(plant_alarms, default=0)),
        Figure("alarms of the plant itself, beyond a limit before the fault", own),
        Figure("cycles skipped", float(table.column("overruns")[-1])),
        Figure("longest time without a cycle", longest_s, "s", "<=", LEASE_S),
        *(Figure(f"kind {kind}", n) for kind, n in sorted(kinds.items())),
    ]


def _keep(state: Path, run: str, struck: Sequence[Struck]) -> None:
    """Leave beside the journal how each fault went: storm.csv."""
    with JournalReader(state) as reader:
        events = [
            e for kind in ("alarm", "link") for e in reader.events(run, kind, limit=1_000_000)
        ]
    events.sort(key=lambda e: e.t_ns)
    with (state / "storm.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for s in struck:
            told = [
                f"{(e.t_ns - s.from_ns) * 1e-9:.1f} {e.source} {e.state}"
                for e in events
                if s.from_ns <= e.t_ns < s.to_ns
            ]
            recovered = f"{s.recovered_s:.2f}"
            numbers = f"{s.blow.wall_s:.2f}", s.cycles, s.log_lines, recovered
            rows.writerow([s.from_ns, s.blow.kind, int(s.blow.of_link), *numbers, "; ".join(told)])


def _freshness(state: Path, run: str, plant: Plant) -> list[int]:
    """Return for each return of a link how many cycles its values took to be fresh.

    A link that went down again before that does not count: nothing could be fresh.
    """
    with JournalReader(state) as reader:
        columns = Rigs(plant).columns(reader.channels(run))
        stale = {
            r.seq: {link: bool((r.reason[at] & STALE).any()) for link, at in columns.items()}
            for r in reader.records(run)
        }
        events = reader.events(run, "link", limit=1_000_000)
    found = []
    for i, event in enumerate(events):
        mine = [e for e in events[i + 1 :] if e.source == event.source]
        if event.state != "UP" or not any(e.source == event.source for e in events[:i]):
            continue
        end = mine[0].seq if mine else max(stale)
        waited = [
            seq
            for seq in range(event.seq, end)
            if not stale.get(seq, {event.source: True})[event.source]
        ]
        if waited:
            found.append(waited[0] - event.seq)
    return found


def _progress(faults: int) -> Iterator[int]:
    with Progress(console=Console(stderr=True), transient=True) as bar:
        yield from bar.track(range(faults), description="storm")


def _quiet(text: str) -> None:
    del text
