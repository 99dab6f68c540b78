"""A voyage as the other commands will read it: what it holds, what was taken for granted."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from seastack.bench.figure import Figure
from seastack.problems import UserError, nearest
from seastack.validation.chart import Panel, chart
from seastack.validation.report import Finding
from sim.voyagefile import GAPS, POWER, TIME
from sim.voyages import Voyage, load

HOUR_S, DAY_S = 3600.0, 86400.0


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
    t, power = np.array(voyage.times_s), np.array(voyage.series[POWER])
    length = voyage.end_s - voyage.start_s
    engines = np.array([voyage.at(float(at)).n_engines for at in t])
    means = {name: float(np.trapezoid(v, t)) / length for name, v in voyage.series.items()}
    power_kW = means.pop(POWER)
    return [
        Figure("length", length / DAY_S, "days"),
        Figure("usual step", float(np.median(np.diff(t))), "s"),
        Figure("mean power", power_kW, "kW"),
        Figure("most power", float(power.max()), "kW"),
        Figure("least power", float(power.min()), "kW"),
        Figure("energy", 1e-3 * power_kW * length / HOUR_S, "MWh"),
        Figure("points without a main engine", 100.0 * float((engines == 0).mean()), "%"),
        *(Figure(f"mean {name}", mean) for name, mean in means.items()),
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
