"""A voyage as the other commands will read it: what it holds, what was taken for granted."""

import csv
import io
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from seastack.bench.figure import Figure
from seastack.problems import UserError, nearest
from seastack.validation.chart import Panel, chart
from seastack.validation.report import Finding
from sim.voyagefile import GAPS, POWER, TIME
from sim.voyages import Voyage, load

HOUR_S = 3600.0


def validate(path: Path, gaps: str) -> tuple[Voyage, Finding]:
    """Return a voyage and what to know of it; raise UserError or ConfigError if it is none."""
    if gaps not in GAPS:
        choices = ", ".join(GAPS)
        raise UserError(f"--gaps {gaps}: must be one of {choices}{nearest(gaps, GAPS)}")
    voyage = load(path, gaps=gaps)
    size = voyage.size
    notes = [
        f"{_when(voyage.start_s)} to {_when(voyage.end_s)} UTC, {len(voyage.times_s)} points",
        f"the ship is taken as the demo's: {size.engines} engines of {size.engine_mcr_kW:g} kW, "
        f"{size.hotel_power_kW:g} kW for its hotel",
        *voyage.notes,
    ]
    return voyage, Finding([], notes, _figures(voyage))


def _figures(voyage: Voyage) -> list[Figure]:
    power = voyage.series[POWER]
    hours = (voyage.end_s - voyage.start_s) / HOUR_S
    t = voyage.times_s
    energy = sum(
        0.5 * (power[i] + power[i + 1]) * (t[i + 1] - t[i]) / HOUR_S for i in range(len(t) - 1)
    )
    steps = sorted(b - a for a, b in pairwise(t))
    engines = [voyage.at(at).n_engines for at in t]
    return [
        Figure("length", hours / 24.0, "days"),
        Figure("usual step", steps[len(steps) // 2], "s"),
        Figure("mean power", energy / hours, "kW"),
        Figure("most power", max(power), "kW"),
        Figure("least power", min(power), "kW"),
        Figure("energy", 1e-3 * energy, "MWh"),
        Figure("points without a main engine", 100.0 * engines.count(0) / len(engines), "%"),
        *(
            Figure(f"mean {name}", sum(v) / len(v))
            for name, v in voyage.series.items()
            if name != POWER
        ),
    ]


def picture(voyage: Voyage) -> str:
    """Return an SVG of power and engines on line over the calendar."""
    t = list(voyage.times_s)
    power = Panel(
        "power", "UTC", "kW", lines=[("total power", t, list(voyage.series[POWER]))],
        width=900.0, height=260.0, x_text=_short,
    )  # fmt: skip
    engines = Panel(
        "main engines on line", "UTC", "",
        lines=[("engines", t, [float(voyage.at(at).n_engines) for at in t])],
        width=900.0, height=120.0, x_text=_short,
    )  # fmt: skip
    return chart([power, engines], across=1)


def write(voyage: Voyage, out: Path) -> None:
    """Write a voyage as a plain CSV file: UTC, kW, degC, no gaps; raise UserError if it cannot."""
    text = io.StringIO()
    series = voyage.series
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([TIME, *series])
    for i, t_s in enumerate(voyage.times_s):
        moment = datetime.fromtimestamp(t_s, UTC).isoformat()
        rows.writerow([moment, *(repr(values[i]) for values in series.values())])
    try:
        out.write_text(text.getvalue(), encoding="utf-8")
    except OSError as problem:
        raise UserError(f"{out}: cannot be written ({problem.strerror})") from problem


def _when(t_s: float) -> str:
    return datetime.fromtimestamp(t_s, UTC).strftime("%Y-%m-%d %H:%M")


def _short(t_s: float) -> str:
    return datetime.fromtimestamp(t_s, UTC).strftime("%d %b %H:%M")
