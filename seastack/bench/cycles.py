"""`bench cycles`: random rigs and requests through the pure step, and the rules that must hold."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

import numpy as np
from rich.console import Console
from rich.progress import Progress

from controller.config import PlantConfig, configure
from controller.cycle import step
from controller.recording import inputs_of, record_of, sent_values
from controller.snapshot import state_from_bytes, state_to_bytes
from controller.types import Command, Inputs, Outputs, State
from seastack.bench.anyrequest import goodbye, inheritance, requests
from seastack.bench.cyclerules import Cycle, Seen, broken
from seastack.bench.figure import BenchOptions, Figure
from seastack.bench.paperrig import PaperRig
from seastack.plantargs import plant_of

CYCLES: Final = 100_000
TOLD: Final = 10  # broken rules told with their cycle
AGAIN_EVERY: Final = 211  # cycles: decided once more from the record
START_NS: Final = 1_700_000_000_000_000_000
_STEPS_S: Final = (1.0,) * 40 + (0.1, 0.1, 0.001, 2.0, 10.0, 10.0, 60.0, 3600.0)


@dataclass(slots=True)
class Tally:
    """What was met, and what was broken: rule -> how often; `told`: the first ones."""

    met: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)

    def fault(self, rule: str, where: str) -> None:
        """Count a broken rule; the first ones are told with their place."""
        self.broken[rule] += 1
        if len(self.told) < TOLD:
            self.told.append(f"{where}: {rule}")


class Fuzz:
    """Random cycles from a seed; `tally` says what they met and broke.

    `listen` is told what went in and what came out of each cycle.
    """

    def __init__(
        self,
        config: PlantConfig,
        seed: int,
        listen: Callable[[Inputs, Outputs], None] | None = None,
    ) -> None:
        self._listen = listen
        self.config, self.seed = config, seed
        self.rng = Random(seed)
        self.rig, self.tally, self._seen = PaperRig(config, self.rng), Tally(), Seen()
        self._by_name = {t.name: t for t in config.table.tags}
        self.state, self._seq, self._t_ns, self._born = self._unborn(), 0, START_NS, True
        self._owner, self._nonce = 1, 1
        self._asked: tuple[Command, ...] = ()

    def cycle(self) -> None:
        """Run one cycle, judge it, and let the rig hear of it."""
        rng = self.rng
        if rng.random() < 0.002:
            self._restart()
        self.rig.move()
        inputs = self._inputs()
        try:
            after, outputs = step(self.state, inputs, self.config)
            if self._seq % AGAIN_EVERY == 0:
                self._again(inputs, outputs)
        except Exception as error:  # noqa: BLE001 - whatever it is, it would end a controller
            self.tally.fault(f"{type(error).__name__}: {error}"[:200], self._where())
            self._restart()
            return
        for rule in broken(
            Cycle.of(self.config, inputs, outputs, self._by_name), self._seen, self._by_name
        ):
            self.tally.fault(rule, self._where())
        self._count(outputs)
        if self._listen is not None:
            self._listen(inputs, outputs)
        self.state, self._born = after, False
        self.rig.obey(sent_values(self.config, outputs), outputs.bypass)
        if rng.random() < 0.003:
            self.state = state_from_bytes(state_to_bytes(self.state))
        self._seq += 1

    def ask(self, *commands: Command) -> None:
        """Put requests into the next cycle, beside the random ones."""
        self._asked += commands

    def press(self) -> None:
        """Press bypass in the next cycle."""
        self.ask(Command(1 + self._seq, "bypass", "E/watch", self._t_ns, {}))

    def _where(self) -> str:
        return f"seed {self.seed}, cycle {self._seq}"

    def _unborn(self) -> State:
        return State.initial(self.config.table, self.config.control.target.capture_pct)

    def _restart(self) -> None:
        """End one life, in order or not, and begin another, of this installation or of a copy."""
        rng = self.rng
        self._heir = inheritance(rng, self.state, self._t_ns) if rng.random() < 0.8 else None
        self.state, self._born = self._unborn(), True
        self._seen.forget()
        self._nonce = rng.randrange(65536)
        if rng.random() < 0.1:
            self._owner = 1 + rng.randrange(65535)
        self.tally.met["restarts"] += 1

    _heir: Command | None = None

    def _inputs(self) -> Inputs:
        rng = self.rng
        dt_s = rng.choice(_STEPS_S)
        dt_ns = round(dt_s * 1e3) * 1_000_000
        # The machine's clock may be stepped: either way, or stand still.
        step_ns = dt_ns if rng.random() < 0.995 else rng.choice((0, -3600, 3600)) * 1_000_000_000
        self._t_ns += step_ns
        commands = (*requests(rng, self.state, 1 + self._seq), *self._asked)
        self._asked = ()
        if self._born and self._heir is not None:
            commands, self._heir = (self._heir, *commands), None
        if rng.random() < 0.0005:
            commands = (*commands, goodbye(self._t_ns))
        return Inputs(
            self._seq,
            self._t_ns,
            dt_ns,
            self.rig.image(self._t_ns),
            commands,
            None,
            self.rig.written(),
            self.rig.health(),
            self._owner,
            self._nonce,
        )

    def _again(self, inputs: Inputs, outputs: Outputs) -> None:
        """Decide the cycle once more from its record: replay must be exact."""
        config = self.config
        sent = sent_values(config, outputs)
        record = record_of(config, inputs, outputs, sent, 0)
        again = step(self.state, inputs_of(record, inputs.commands, config), config)[1]
        other = record_of(config, inputs, again, sent_values(config, again), 0)
        if not np.array_equal(record.value, other.value, equal_nan=True):
            unlike = ~((record.value == other.value) | np.isnan(record.value + other.value))
            place = int(np.flatnonzero(unlike)[0]) if unlike.any() else 0
            self.tally.fault(f"replay differs in {config.layout[place].name}", self._where())
        self.tally.met["decided again from the record"] += 1

    def _count(self, outputs: Outputs) -> None:
        def calc(name: str) -> float:
            return float(outputs.calc[self.config.calc[name]])

        met = self.tally.met
        met["armed"] += calc("authority") == 1.0
        met["lease held"] += calc("lease") == 2.0
        met["steam in cascade"] += calc("mode_steam") == 5.0
        met["steam or gas held in OOS, IMAN, MAN or AUTO, with the lease"] += calc(
            "lease"
        ) == 2.0 and (
            calc("mode_steam") in (0.0, 1.0, 3.0, 4.0)
            or calc("mode_treated") in (0.0, 1.0, 3.0, 4.0)
        )
        met["held down by a limit"] += calc("setpoints_limited") > 0
        met["bypass asked or latched"] += calc("bypass_state") > 0
        met["other master"] += calc("other_master") == 1.0
        met["nobody steers"] += calc("nobody_steers") == 1.0


def run(options: BenchOptions) -> list[Figure]:
    """Run the cycles and return what was broken, which must be nothing, and what was met."""
    fuzz = Fuzz(configure(plant_of("demo")), options.seed)
    cycles = CYCLES if options.cycles is None else options.cycles
    console = Console(stderr=True)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("random cycles", total=cycles)
        for done in range(cycles):
            fuzz.cycle()
            if done % 500 == 0:
                bar.update(task, completed=done)
    for line in fuzz.tally.told:
        console.print(line, markup=False, highlight=False)
    return figures(fuzz.tally, cycles)


def figures(tally: Tally, cycles: int) -> list[Figure]:
    """Return the figures of a tally."""
    met = [Figure(f"cycles: {what}", n) for what, n in tally.met.items()]
    rules = [Figure(f"broken: {rule}", n, "", "==", 0) for rule, n in tally.broken.items()]
    return [
        Figure("cycles", cycles),
        *met,
        Figure("broken rules", sum(tally.broken.values()), "", "==", 0),
        *rules,
    ]
