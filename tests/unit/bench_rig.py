"""A rig on paper for cycle tests: steady values, and a PLC that grants and follows.

No physics: tests change what the instruments say and look at what is decided.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import numpy as np

from controller.config import PlantConfig, configure
from controller.cycle import step
from controller.recording import sent_values
from controller.types import Command, Health, Inputs, Outputs, State, Written
from seastack.plants.locate import locate
from sensors.image import Image
from sensors.plantfile import load_plant
from sensors.quality import Reason

START_NS: Final = 1_700_000_000_000_000_000

# A rig capturing 60 % of 20 t/h exhaust on two engines, as gas, liquid and product side tell;
# all else in mid-range.
STEADY: Final[dict[str, float]] = {
    "HS-IDENT": 1,
    "HS-OWNER": 0,
    "HS-SEQ-ACK": 0,
    "HS-SP-OK": 31,
    "HS-REJECT": 0,
    "HS-KEY": 1,
    "HS-UNIT": 3,
    "HS-UNIT-ASKED": 3,
    "HS-PERMIT": 0,
    "HS-TRIP": 0,
    "HS-FIRST-OUT": 0,
    "HS-BYPASS": 0,
    "FIC-401.SPR": 21000,
    "FIC-521.SPR": 1890,
    "TIC-401.SPR": 40,
    "PIC-501.SPR": 190,
    "FIC-110.SPR": 20000,
    "FT-110": 20000,
    "XS-110": 1,
    "ZSC-102": 0,
    "TT-202": 40,
    "PT-331": 101.3,
    "FT-401": 21000,
    "TT-401": 40,
    "PT-501": 190,
    "TT-521": 120.6,
    "TT-521B": 120.6,
    "FT-521": 1890,
    "FT-402": 22050,
    "SI-110": 2870,
    "JT-110": 18,
    "PT-521": 2.6,
    "DT-401": 1052.8,
    "FT-601": 1030,
    "FT-701": 1030,
    "FT-651": 0,
    "PT-810": 3.5,
    "FT-810": 3300,
    "AT-101": 6.0,
    "AT-102": 12.7,
    "AT-301": 2.5,
    "AT-211": 2,
    "AT-303": 1,
    "AT-622": 10,
    "AT-623": 99.9,
    "AT-411": 32.4,
    "AT-412": 46.4,
    "AY-401": 0.24,
    "AY-402": 0.473,
    "AY-403": 30,
    "LT-741A": 30,
    "LT-741B": 30,
    "PT-741": 16,
    "PT-841": 7,
    "GT-801": 0.05,
    "GT-802": 0.05,
    "GT-811": 20.9,
    "XS-821": 1,
    "JT-831": 200,
    "JT-902": 1488,
    "JY-801": 500,
    "FT-920": 300,
    "WX-943": 101.3,
}
_ENGINE: Final[dict[int, dict[str, float]]] = {
    1: {
        "TT-10": 341,
        "JT-91": 3500,
        "FT-91": 700,
        "XS-91": 1,
        "ZSO-12": 1,
        "ZSC-12": 0,
        "PT-10": 12,
    },
    2: {
        "TT-10": 341,
        "JT-91": 3500,
        "FT-91": 700,
        "XS-91": 1,
        "ZSO-12": 1,
        "ZSC-12": 0,
        "PT-10": 12,
    },
    3: {"TT-10": 25, "JT-91": 0, "FT-91": 0, "XS-91": 0, "ZSO-12": 0, "ZSC-12": 1, "PT-10": 0},
    4: {"TT-10": 25, "JT-91": 0, "FT-91": 0, "XS-91": 0, "ZSO-12": 0, "ZSC-12": 1, "PT-10": 0},
}
FOLLOWS: Final = {
    "FIC-401.SP": "FIC-401.SPR",
    "FIC-521.SP": "FIC-521.SPR",
    "TIC-401.SP": "TIC-401.SPR",
    "PIC-501.SP": "PIC-501.SPR",
    "FIC-110.SP": "FIC-110.SPR",
    "HS-PC-OWNER": "HS-OWNER",
    "HS-PC-SEQ": "HS-SEQ-ACK",
    "HS-PC-UNIT": "HS-UNIT-ASKED",
}


@lru_cache(maxsize=1)
def demo() -> PlantConfig:
    """Return the demo plant, configured once."""
    return configure(load_plant(locate("demo")))


_ANALYSERS: Final = ("AT-101", "AT-102", "AT-301", "AT-302")
# Of the range: it keeps an instrument alive and moves nothing else.
_NOISE: Final = 1e-8


class BenchRig:
    """Runs cycles; `say` changes what the instruments say from the next cycle on."""

    def __init__(self, plant: PlantConfig | None = None) -> None:
        self.plant = plant or demo()
        tags = self.plant.table.tags
        self.value = np.array([0.5 * (t.lo + t.hi) for t in tags])
        self.reason = np.zeros(len(tags), dtype=np.uint32)
        alive = [t.flatline_s is not None and t.name not in _ANALYSERS for t in tags]
        self._noise = np.array([_NOISE * (t.hi - t.lo) for t in tags]) * alive
        self.state = State.initial(self.plant.table, 60.0)
        self.written = Written()
        self.health = Health()
        self.owner_id, self.nonce = 1, 0
        index = self.plant.table.index
        self.follows = {sp: back for sp, back in FOLLOWS.items() if back in index}
        self.seq, self.t_ns = 0, START_NS
        self.inputs: Inputs | None = None
        self.outputs: Outputs | None = None
        self.events: list[tuple[str, str, str]] = []
        engines = {f"{k}{n}": v for n, values in _ENGINE.items() for k, v in values.items()}
        for name, value in {**STEADY, **engines}.items():
            if name in index:  # a plant may have left it out
                self.value[index[name]] = value

    def say(self, **values: float) -> None:
        """Set values by tag name, `-` as `_` and `.` as `__`; the point becomes GOOD."""
        for name, value in values.items():
            i = self.plant.table.index[name.replace("__", ".").replace("_", "-")]
            self.value[i], self.reason[i] = value, 0

    def bypassed(self) -> None:
        """Say what a rig that is bypassed says: the PLC and every witness."""
        bit = self.plant.control.unit.bypass_permissive_bit
        self.say(HS_PERMIT=1 << bit, HS_BYPASS=1, ZSC_102=1, XS_110=0, FT_110=0)
        self.say(HS_UNIT=5, HS_UNIT_ASKED=5)

    def spoil(self, *names: str, reason: Reason = Reason.DEVICE) -> None:
        """Give tags a reason not to be GOOD."""
        for name in names:
            self.reason[self.plant.table.index[name]] = int(reason)

    def cut(self, link: str) -> None:
        """Take a whole link down."""
        for i, tag in enumerate(self.plant.table.tags):
            if tag.source.link == link:
                self.reason[i] = int(Reason.LINK)

    def mend(self) -> None:
        """Make every point GOOD again."""
        self.reason[:] = 0

    def ask_all(self, *kinds: str, **args: float | str) -> Outputs:
        """Run one cycle with several requests at once, in this order."""
        commands = (
            Command(self.seq + i, k, "tester", self.t_ns, args) for i, k in enumerate(kinds)
        )
        return self._cycle(tuple(commands), 1.0)

    def ask(self, kind: str, /, **args: float | str) -> Outputs:
        """Run one cycle with one request in it."""
        return self._cycle((Command(self.seq, kind, "tester", self.t_ns, args),), 1.0)

    def run(self, seconds: float, dt_s: float = 1.0) -> Outputs:
        """Run cycles for that long; return the outputs of the last."""
        for _ in range(max(1, round(seconds / dt_s))):
            outputs = self._cycle((), dt_s)
        return outputs

    def armed(self) -> "BenchRig":
        """Return the rig armed, lease held, loops moving."""
        self.run(60)
        self.ask("arm")
        self.run(3)
        return self

    def calc(self, name: str) -> float:
        """Return a calculated channel of the last cycle."""
        assert self.outputs is not None
        return float(self.outputs.calc[self.plant.calc[name]])

    def sent(self, name: str) -> float:
        """Return what the last cycle wrote to a tag."""
        assert self.outputs is not None
        return self.outputs.write[name]

    def saw(self, source: str, state: str) -> bool:
        """Return whether such an event happened so far."""
        return any((s, st) == (source, state) for _, s, st in self.events)

    def _cycle(self, commands: tuple[Command, ...], dt_s: float) -> Outputs:
        self.t_ns += int(dt_s * 1e9)
        self._live()
        n = len(self.value)
        raw = Image.of(
            self.plant.table,
            self.t_ns,
            self.value.copy(),
            self.reason.copy(),
            np.zeros(n, dtype=np.int32),
        )
        inputs = Inputs(
            self.seq,
            self.t_ns,
            int(dt_s * 1e9),
            raw,
            commands,
            None,
            self.written,
            self.health,
            self.owner_id,
            self.nonce,
        )
        self.state, outputs = step(self.state, inputs, self.plant)
        self.inputs, self.outputs, self.seq = inputs, outputs, self.seq + 1
        self.events += [(e.kind, e.source, e.state) for e in outputs.events]
        self._follow(sent_values(self.plant, outputs))
        return outputs

    def _live(self) -> None:
        """Move what must move in a living rig: heartbeat, noise of every instrument."""
        index = self.plant.table.index
        self.value[index["HS-PLC-BEAT"]] = self.seq % 65536
        sign = 1.0 if self.seq % 2 else -1.0
        for name in _ANALYSERS:
            if name in index and self.value[index[name]] > 0.01:
                self.value[index[name]] += 1e-4 * sign
        size = np.abs(self.value)
        absurd = (size > 0.0) & (size < 1e-30)  # said to be so: left so
        # Too small for a test to see; around zero as large as a check takes for a value.
        share = np.where(size > 1e3 * self._noise, 1e-4, 1.0)
        self.value += np.where(absurd, 0.0, sign * share * self._noise)

    def _follow(self, sent: Mapping[str, float]) -> None:
        for name, readback in self.follows.items():
            if name in sent:
                self.value[self.plant.table.index[readback]] = sent[name]
