"""Daily fuel of a crew's log beside what the simulated ship burnt; nothing is fitted."""

import datetime
from pathlib import Path

from seastack.fuelcheck import BAR_PCT, FuelCheck, check_fuel, fuel_figures
from seastack.validation.chart import Panel, chart
from seastack.validation.report import Finding
from seastack.validation.result import Comparison

METERED, ALL = "fuel_t_d", "fuel_all_engines_t_d"


def validate(
    log: Path | None, voyage: str, *, ae3_unmetered: bool = False
) -> tuple[FuelCheck, Finding]:
    """Return the comparison of a log (None: MS Birka's) with a ship's power series.

    Two quantities a day: `fuel_t_d` of the engines the meters see, and
    `fuel_all_engines_t_d`.  Raises ConfigError for a file that cannot be used.
    """
    check = check_fuel(log, voyage, ae3_unmetered=ae3_unmetered)
    found = []
    for day in check.days:
        found.append(Comparison(day.log.date, METERED, day.metered_t, day.log.meter))
        found.append(Comparison(day.log.date, ALL, day.all_t, day.log.meter))
    which = "all engines but AE3 (diesel the meters do not see) where the log has its hours"
    if check.diesel_metered:
        which = "all engines; where the meters do not see AE3's fuel, give --ae3-unmetered"
    notes = [
        "measured: Total_day_FO_meters, t/d; simulated without any fit from the ship's power",
        f"{METERED}: {which}; {ALL}: every engine",
        *check.assumed,
        *(f"{date} left out: {why}" for date, why in check.left_out),
    ]
    return check, Finding(found, notes, fuel_figures(check))


def picture(check: FuelCheck) -> str:
    """Return an SVG: parity of every day, and the ratio over the calendar."""
    days = check.days
    meter = [d.log.meter for d in days]
    ends = [min(meter), max(meter)]
    tips = [f"{d.log.date}: {d.metered_t:.1f} t, meters {d.log.meter:.1f} t" for d in days]
    parity = Panel(
        "fuel of a day, t",
        "meters",
        "simulated",
        points=[
            ("engines the meters see", meter, [d.metered_t for d in days]),
            ("all engines", meter, [d.all_t for d in days]),
        ],
        lines=[("", ends, ends)],
        tips=tips,
        width=330.0,
        height=330.0,
        square=True,
    )
    start = [d.log.start_s for d in days]
    whole = [min(start), max(start)]
    low, high = 1.0 - 0.01 * BAR_PCT, 1.0 + 0.01 * BAR_PCT
    calendar = Panel(
        "simulated over meters, day by day",
        "ship's date",
        "ratio",
        points=[
            ("engines the meters see", start, [d.ratio for d in days]),
            ("all engines", start, [d.ratio_all for d in days]),
        ],
        lines=[
            ("", whole, [1.0, 1.0]),
            (
                f"{BAR_PCT:g} % either side",
                [*whole, *reversed(whole), whole[0]],
                [high, high, low, low, high],
            ),
        ],
        tips=tips,
        width=620.0,
        height=330.0,
        x_text=_date,
    )
    return chart([parity, calendar])


def _date(t_s: float) -> str:
    return datetime.datetime.fromtimestamp(t_s, datetime.UTC).strftime("%d %b")
