"""Daily fuel of a simulated ship against its crew's meters; nothing is fitted.

Ship power becomes engines on line and load by the rig's own rule (`sim.voyages`); main
engines burn what their shop test measured at that load (`models.exhaust`, clamped below
25 %), auxiliaries 215 g/kWh; boilers are exhaust-fired in the rig, and the crew's boiler
meters are no part of the total that is compared.

The meters see the two heavy-fuel lines.  Auxiliary 3 of MS Birka burns marine diesel from
elsewhere: its fuel comes at about 30 degC (fuel inlet temperatures in the data's
repository) where heavy fuel must be heated above 100, and its hours leave no trace in the
meters (`fuel_per_hour`).  So the like-with-like comparison leaves out its share of the
electric load: its share of the auxiliaries' running hours in the same log.  Another ship's
log is compared with all engines, unless it is said that its meters do not see AE3 either.
"""

import math
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

import numpy as np

from models.exhaust import AUXILIARY_KG_KWH, EngineTable
from models.numbers import F64
from seastack.bench.figure import Figure
from seastack.fuellog import COUNTER, DIESEL, METER, LogDay, read_log
from sim.voyages import Voyage, load

STEP_S: Final = 900.0
DAY_S: Final = 86400.0
LONGEST_HOLE_S: Final = 3600.0
SHORT_DIESEL_H: Final = 4.0
BAR_PCT: Final = 3.0
AUXILIARY_STEP: Final = 0.005
"""kg/kWh by which the assumed fuel of the auxiliaries is moved, to tell what hangs on it."""
LOG_DAYS: Final = 20
"""Days a log needs before its meters can be set against hours."""
TABLE: Final = "4stroke_6L46B"


@dataclass(frozen=True, slots=True)
class FuelDay:
    """One day compared: t of fuel of all engines, of the metered ones; shares and hours.

    main_t: of the main engines alone; excess_t: what the look-ups below the table burn
    above the fuel line prolonged.
    """

    log: LogDay
    all_t: float
    metered_t: float
    main_t: float
    main_h: float
    clamped_h: float
    clamped_t: float
    excess_t: float

    @property
    def ratio(self) -> float:
        """Return simulated fuel of the metered engines over the meters."""
        return self.metered_t / self.log.meter

    @property
    def ratio_prolonged(self) -> float:
        """Return `ratio` with the fuel line prolonged below the table instead of clamped."""
        return (self.metered_t - self.excess_t) / self.log.meter

    @property
    def ratio_all(self) -> float:
        """Return simulated fuel of all engines, metered or not, over the meters."""
        return self.all_t / self.log.meter


@dataclass(frozen=True, slots=True)
class FuelCheck:
    """Days compared, days left out with the reason, and gap rows that were bridged.

    diesel_metered: the log's meters see the auxiliary that is otherwise left out; assumed:
    what was taken for granted.
    """

    days: tuple[FuelDay, ...]
    left_out: tuple[tuple[str, str], ...]
    held_rows: int
    diesel_metered: bool = False
    assumed: tuple[str, ...] = ()


def check_fuel(
    log: Path | None = None, power: str | Path = "birka", *, ae3_unmetered: bool = False
) -> FuelCheck:
    """Compare a crew's log (None: MS Birka, Feb - May 2014) with a voyage's simulated fuel.

    `ae3_unmetered`: the meters of the log do not see AE3, as MS Birka's do not.  Raises
    ConfigError for a file that cannot be used.
    """
    voyage = load(power)
    if log is not None:
        said: list[str] = []
        found = compare(read_log(log, said), voyage, ae3_unmetered=ae3_unmetered)
        return replace(found, assumed=(*said, *found.assumed))
    with as_file(files("sim") / "data" / "birka_daily_fuel.csv") as path:
        return compare(read_log(path), voyage, ae3_unmetered=True)


def compare(log: list[LogDay], voyage: Voyage, *, ae3_unmetered: bool = False) -> FuelCheck:
    """Return the comparison day by day; see `check_fuel`.

    A power of exactly zero is a data gap: the last value is held.  A day whose power
    series has a hole above one hour, zeros counted, is left out; so is one without a
    positive meter reading.
    """
    table = EngineTable.load(TABLE)
    zeros = np.array(voyage.gaps)
    points = np.array(voyage.times_s)
    alive = points[~np.isin(points, zeros)]
    days, left_out, held = [], [], 0
    metered = not ae3_unmetered or sees_diesel(log)
    for day in log:
        reason = _unusable(day, alive)
        if reason:
            left_out.append((day.date, reason))
            continue
        held += int(np.sum((zeros >= day.start_s) & (zeros < day.end_s)))
        days.append(_sail(day, voyage, table, metered))
    return FuelCheck(tuple(days), tuple(left_out), held, metered, _assumed(log, voyage))


def _assumed(log: list[LogDay], voyage: Voyage) -> tuple[str, ...]:
    """Return what was taken for granted of ship, voyage and days."""
    size = voyage.size
    ship = (
        f"the ship is taken with {size.engines} engines of {size.engine_mcr_kW:g} kW and "
        f"{size.hotel_power_kW:g} kW for its hotel; main engines burn as the 6L46B, "
        f"auxiliaries {1000.0 * AUXILIARY_KG_KWH:g} g/kWh"
    )
    noon = sum(day.start_s % DAY_S != 0.0 or day.length_s != DAY_S for day in log)
    days = [f"{noon} rows have a time of day: each is what ended then"] if noon else []
    return (ship, *days, *(f"voyage {voyage.name}: {note}" for note in voyage.notes))


def _unusable(day: LogDay, points: F64) -> str:
    """Return why a day cannot be compared, or an empty string."""
    if not day.meter > 0.0:
        return "no meter reading"
    start, end = day.start_s, day.end_s
    near = points[(points > start - DAY_S) & (points < end + DAY_S)]
    before, after = near[near <= start], near[near >= end]
    inside = near[(near > start) & (near < end)]
    # a series may end with the last step of a day
    first = before[-1:] if before.size else np.array([start - DAY_S])
    last = after[:1] if after.size else np.array([end])
    hole = float(np.max(np.diff(np.concatenate([first, inside, last]))))
    return f"power series has a hole of {hole / 3600.0:.1f} h" if hole > LONGEST_HOLE_S else ""


def _sail(day: LogDay, voyage: Voyage, table: EngineTable, all_metered: bool) -> FuelDay:
    times = day.start_s + np.arange(0.0, day.length_s, STEP_S)
    states = [voyage.at(float(t)) for t in times]
    engines = np.array([float(s.n_engines) for s in states])
    loads = np.array([s.load_frac for s in states])
    exhaust = table.at(loads)
    hours = STEP_S / 3600.0
    main_t = 1e-3 * hours * engines * exhaust.fuel_kg_h
    auxiliary_t = 1e-3 * hours * AUXILIARY_KG_KWH * sum(s.hotel_kW for s in states)
    total = float(main_t.sum()) + auxiliary_t
    auxiliary_h = sum(day.auxiliary_h)
    unmetered = 0.0 if all_metered or not auxiliary_h > 0.0 else day.diesel_h / auxiliary_h
    return FuelDay(
        day,
        total,
        total - unmetered * auxiliary_t,
        float(main_t.sum()),
        hours * float(engines.sum()),
        hours * float((engines * exhaust.clamped).sum()),
        float((main_t * exhaust.clamped).sum()),
        float((main_t * table.clamp_excess(loads)).sum()),
    )


def fuel_figures(check: FuelCheck) -> list[Figure]:
    """Return what is printed: mean ratio with its bar, scatter, what was compared and how."""
    days = check.days
    if not days:
        why = "; ".join(f"{date}: {reason}" for date, reason in check.left_out[:3])
        return [Figure(f"days compared (left out: {why})", 0.0, "d", ">=", 1.0)]
    ratio = np.array([d.ratio for d in days])
    unmetered = any(d.metered_t < d.all_t for d in days)
    what = "metered engines (all but AE3 on diesel)" if unmetered else "all engines"
    return [
        Figure("days compared", float(len(days)), "d"),
        Figure("days left out", float(len(check.left_out)), "d"),
        Figure(f"mean of {METER} (mass meters)", _mean([d.log.meter for d in days]), "t/d"),
        Figure(f"mean ratio, {what} / meters", float(ratio.mean())),
        Figure("its distance from 1", abs(100.0 * (float(ratio.mean()) - 1.0)), "%", "<=", BAR_PCT),
        Figure("daily scatter (standard deviation)", 100.0 * _scatter(ratio), "%"),
        Figure("all days together, simulated / meters", _together(days)),
        Figure(f"lowest day ({days[int(ratio.argmin())].log.date})", float(ratio.min())),
        Figure(f"highest day ({days[int(ratio.argmax())].log.date})", float(ratio.max())),
        *_by_month(days),
        *_otherwise(days, what),
        *_engine_figures(check),
        *_evidence(days),
    ]


def _by_month(days: tuple[FuelDay, ...]) -> list[Figure]:
    """Return the mean ratio of each month, when there is more than one."""
    months = dict.fromkeys(d.log.date[:7] for d in days)
    if len(months) < 2:
        return []
    return [
        Figure(f"mean ratio of {month}", _mean([d.ratio for d in days if d.log.date[:7] == month]))
        for month in months
    ]


def _otherwise(days: tuple[FuelDay, ...], what: str) -> list[Figure]:
    """Return the same ratio with other choices, so that nothing hides in the choice."""
    raw = np.array([d.ratio_all for d in days])
    short = np.array([d.ratio_all for d in days if d.log.diesel_h <= SHORT_DIESEL_H])
    counted = np.array([d.metered_t / d.log.counter for d in days if d.log.counter > 0.0])
    got = [
        Figure("mean ratio, all engines though one is not metered", float(raw.mean())),
        Figure("its daily scatter", 100.0 * _scatter(raw), "%"),
    ]
    if short.size:
        name = f"the same on the {short.size} days AE3 ran <= {SHORT_DIESEL_H:g} h"
        got += [Figure(name, float(short.mean()))]
        got += [Figure("its daily scatter, those days", 100.0 * _scatter(short), "%")]
    if counted.size:
        got.append(Figure(f"{what} / {COUNTER}", float(counted.mean())))
        meters = _mean([d.log.meter / d.log.counter for d in days if d.log.counter > 0.0])
        got.append(Figure("meters / counters (mass / volume)", meters))
    return got


def _engine_figures(check: FuelCheck) -> list[Figure]:
    days = check.days
    hours = sum(d.main_h for d in days)
    clamped_h = 100.0 * sum(d.clamped_h for d in days) / hours if hours else math.nan
    clamped_t = 100.0 * sum(d.clamped_t for d in days) / sum(d.all_t for d in days)
    prolonged = [d.ratio_prolonged for d in days]
    burnt = sum(d.metered_t for d in days)
    auxiliaries = burnt - sum(d.main_t for d in days)
    dearer = auxiliaries / AUXILIARY_KG_KWH * AUXILIARY_STEP / sum(d.log.meter for d in days)
    boilers = [1e-3 * (d.log.boiler_port + d.log.boiler_starboard) for d in days]
    return [
        Figure("main-engine hours, simulated", hours / len(days), "h/d"),
        Figure("main-engine hours, crew", _mean([d.log.main_h for d in days]), "h/d"),
        Figure("main-engine hours below 25 % load (clamped)", clamped_h, "%"),
        Figure("fuel from clamped look-ups", clamped_t, "%"),
        Figure("mean ratio with the fuel line prolonged instead", _mean(prolonged)),
        Figure("auxiliaries' share of the fuel compared", 100.0 * auxiliaries / burnt, "%"),
        Figure("ratio gained by 5 g/kWh more in the auxiliaries", dearer),
        Figure("oil-fired boilers by their own meters, not compared", _mean(boilers), "t/d"),
        Figure("rows of zero power bridged (last value held)", float(check.held_rows)),
    ]


def fuel_per_hour(log: list[LogDay]) -> tuple[F64, F64]:
    """Return kg the meters see per running hour, and its standard error, shape (5,).

    A main engine, then each auxiliary: least squares over the log alone, no model in it;
    empty when the log is too short, lacks the hours or cannot tell the engines apart.
    """
    rows = [[d.main_h, *d.auxiliary_h] for d in log if d.meter > 0.0]
    hours = np.array(rows)
    if len(rows) < LOG_DAYS or np.isnan(hours).any() or np.linalg.matrix_rank(hours) < 5:
        return np.array([]), np.array([])
    meter = np.array([1e3 * d.meter for d in log if d.meter > 0.0])
    rates: F64 = np.linalg.lstsq(hours, meter, rcond=None)[0]
    variance = float(np.sum((meter - hours @ rates) ** 2)) / (len(rows) - 5)
    error: F64 = np.sqrt(variance * np.diag(np.linalg.inv(hours.T @ hours)))
    return rates, error


def sees_diesel(log: list[LogDay]) -> bool:
    """Tell whether the log's own meters see the auxiliary that burns diesel on MS Birka.

    True only on clear evidence: its fuel per hour above two standard errors and above half
    of what the other auxiliaries show.
    """
    rates, error = fuel_per_hour(log)
    if not rates.size:
        return False
    own = 1 + DIESEL
    others = [float(r) for i, r in enumerate(rates) if i not in (0, own)]
    return bool(rates[own] > max(2.0 * error[own], 0.5 * sum(others) / len(others)))


def _evidence(days: tuple[FuelDay, ...]) -> list[Figure]:
    """Return what the log itself says about which auxiliaries the meters see."""
    rates, _ = fuel_per_hour([d.log for d in days])
    names = [f"meters per hour of AE{i} (log alone)" for i in (1, 2, 3, 4)]
    return [Figure(n, float(r), "kg/h") for n, r in zip(names, rates[1:], strict=bool(rates.size))]


def _mean(values: list[float]) -> float:
    known = [v for v in values if not math.isnan(v)]
    return sum(known) / len(known) if known else math.nan


def _together(days: tuple[FuelDay, ...]) -> float:
    return sum(d.metered_t for d in days) / sum(d.log.meter for d in days)


def _scatter(ratio: F64) -> float:
    return float(ratio.std(ddof=1)) if ratio.size > 1 else math.nan
