"""What `bench watch` prints: a row an input, a cell a fault."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.table import Table

from seastack.bench.figure import Figure
from seastack.bench.watch_trial import FAULTS, Said
from seastack.console import console
from sensors.tag import Tag


@dataclass(frozen=True, slots=True)
class Cell(Figure):
    """One fault of one input, seconds until it was said; for information."""

    row: "Row | None" = None


@dataclass(slots=True)
class Row:
    """An analogue input, what uses it, and what was said of each of its faults."""

    tag: Tag
    used: tuple[str, ...]
    said: dict[str, Said] = field(default_factory=dict)

    @property
    def used_to_steer(self) -> bool:
        """Return whether control, limits, levels or accounting use it."""
        return bool({"control", "accounting", "levels"} & set(self.used))

    def figures(self) -> list[Cell]:
        """Return one figure a fault: the alarm and its seconds."""
        return [
            Cell(f"{self.tag.name}, {fault}: {_words(said)}", said.seconds, "s", row=self)
            for fault, said in self.said.items()
        ]

    def cell(self, fault: str) -> str:
        """Return what a table says of one fault."""
        said = self.said.get(fault)
        if said is None:
            return ""
        if not said.alarm:
            return "[bold red]silent[/]" if self.used_to_steer else "silent"
        if said.seconds != said.seconds:
            return said.alarm
        own = said.alarm == f"sensor:{self.tag.name}"
        return (
            f"{said.seconds:.0f} s"
            if own
            else f"{said.alarm} P{said.priority} {said.seconds:.0f} s"
        )


def _words(said: Said) -> str:
    return f"{said.alarm} P{said.priority}" if said.priority else said.alarm or "silent"


def show_cells(figures: Sequence[Figure]) -> list[Figure]:
    """Print the rows of a bench as one table; return the other figures."""
    rows: dict[str, Row] = {}
    for figure in figures:
        if isinstance(figure, Cell) and figure.row is not None:
            rows[figure.row.tag.name] = figure.row
    table = Table(
        title="the first alarm of each fault; seconds alone: the instrument's own fault alarm",
        title_justify="left",
    )
    for title in ("point", "role", "used by", *FAULTS):
        table.add_column(title)
    for row in rows.values():
        role = " ".join(str(x) for x in (row.tag.role, row.tag.index or "", row.tag.witness) if x)
        used = ", ".join(row.used) or "shown"
        table.add_row(row.tag.name, role, used, *(row.cell(f) for f in FAULTS))
    console().print(table)
    return [f for f in figures if not isinstance(f, Cell)]
