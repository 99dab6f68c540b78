"""All steps of one plant, and what they show as figures with bars."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from seastack.bench.figure import Figure, Op
from seastack.steps.experiment import BASES, LEAN, SHORT, STEPS, Experiment, Response
from seastack.steps.reference import INVENTORY_OVER_FLOW_MIN, KNOWN
from seastack.steps.shape import Shape

WORDS: Final = {
    "capture": ("capture", "points"),
    "lean_loading": ("lean loading", "mol/mol"),
    "rich_loading": ("rich loading", "mol/mol"),
    "t_reboiler": ("T reboiler", "K"),
}
ROUND: Final = (
    ("duty", "capture"),
    ("duty", "t_reboiler"),
    ("duty", "lean_loading"),
    ("lean", "t_reboiler"),
    ("lean", "lean_loading"),
    ("half", "rich_loading"),
)
"""Responses that wait for the solvent: their times go with inventory over flow."""
WITHIN: Final = 2.0
"""A time is like the reference's when the ratio, either way, is no more than this."""


@dataclass(frozen=True)
class Study:
    """Every step from one plant's design point, and lean flow where solvent is short."""

    name: str
    inventory_over_flow_min: float
    responses: dict[str, Response]
    short: Response

    def shape(self, step: str, quantity: str) -> Shape:
        """Return the shape of a response by the names of step and quantity."""
        return self.responses[step].shape(quantity)

    @property
    def slower(self) -> float:
        """Return how much longer solvent takes to go round than at the reference."""
        return self.inventory_over_flow_min / INVENTORY_OVER_FLOW_MIN


def study(name: str, progress: Callable[[str], None] | None = None) -> Study:
    """Run all steps of "demo" or "pilot"; progress is told what comes next."""
    tell = progress if progress is not None else lambda _: None
    tell(f"{name}: coming to rest (a first run compiles the plant)")
    plant, responses = Experiment(BASES[name]), {}
    for step in STEPS:
        tell(f"{name}: {step.title}")
        responses[step.name] = plant.run(step)
    short = Experiment(SHORT[name]).run(LEAN)
    return Study(name, plant.inventory_over_flow_min, responses, short)


def figures(found: Study) -> list[Figure]:
    """Return signs, fade, inverse response and times, each with its bar."""
    return [*_finals(found), *_shapes(found), *_times(found)]


def _finals(found: Study) -> list[Figure]:
    """Return the final change of every response the reference tells of; its sign is the bar."""
    out = []
    for (step, quantity), known in KNOWN.items():
        words, unit = WORDS[quantity]
        op: Op = ">" if known.final > 0.0 else "<"
        name = f"{found.name}, {found.responses[step].step.title}: {words}, final"
        final = found.shape(step, quantity).final
        out.append(Figure(f"{name} (reference {known.final:+g})", final, unit, op, 0.0))
    short = found.short.shape("capture").final
    name = f"{found.name} short of solvent, lean flow +10 %: capture, final (reference +2.1)"
    return [*out, Figure(name, short, "points", ">", 0.0)]


def _shapes(found: Study) -> list[Figure]:
    """Return fades, what comes first, and what is faster than what."""
    at = found.name
    lean, duty = found.shape("lean", "capture"), found.shape("duty", "capture")
    both, gas, co2 = (found.shape(s, "capture") for s in ("both", "gas", "co2"))
    faded = (lean.peak - lean.final) / lean.peak
    faster = duty.t63_min / max(both.t63_min, 1.0 / 6.0)
    return [
        Figure(f"{at}, lean flow +10 %: capture after 10 s (reference +0.7)",
               lean.first, "points", ">", 0.0),
        Figure(f"{at}, lean flow +10 %: peak of capture (reference +5.4)",
               lean.peak, "points", ">", 0.0),
        Figure(f"{at}, lean flow +10 %: part of the peak that fades (reference 0.61)",
               faded, "", ">=", 0.5),
        Figure(f"{at}, lean and duty: capture 63 % sooner than by duty alone (reference 11 x)",
               faster, "x", ">=", 3.0),
        Figure(f"{at}, gas +10 %: capture after 10 s, part of final (reference 0.22)",
               gas.first / gas.final, "", ">", 0.0),
        Figure(f"{at}, CO2 fraction +10 %: capture, first against final (reference +1.5)",
               co2.against, "points", ">", 0.0),
    ]  # fmt: skip


def _times(found: Study) -> list[Figure]:
    """Return how far times are off when the reference's go with inventory over flow."""
    off = 1.0
    for step, quantity in ROUND:
        ratio = found.shape(step, quantity).t63_min / KNOWN[step, quantity].t63_min / found.slower
        off = max(off, ratio, 1.0 / ratio)
    at = found.name
    return [
        Figure(f"{at}: inventory over flow (reference 13)", found.inventory_over_flow_min, "min"),
        Figure(f"{at}: t63 of six slow responses, largest factor off", off, "x", "<=", WITHIN),
    ]
