"""One record of the journal as the page shows it: plain data, no drawing."""

import math
from collections.abc import Sequence

from controller.historian.eventlog import LoggedEvent, StandingAlarm
from controller.historian.reader import Frame
from controller.historian.record import Run
from dashboard.alarmlist import alarm_list, counts
from dashboard.commandbar import bypass_state, command_bar
from dashboard.freshness import DEAD_S
from dashboard.headline import headline
from dashboard.mimic import mimic
from dashboard.numbers import numbers
from dashboard.rigstate import Trip, bypass_of, trip_of
from dashboard.stopped import stopped
from dashboard.topbar import PANEL, banner, clock, topbar
from dashboard.values import Values
from dashboard.witnesses import witnesses

Page = dict[str, object]


def values_of(frame: Frame, age_s: float = 0.0) -> Values:
    """Return the points of a frame by channel name, `age_s` after its cycle read them."""
    arrays = (frame.value, frame.quality, frame.reason, frame.age_ms)
    return Values(frame.channels, *arrays, age_s)


def page_of(
    frame: Frame,
    run: Run,
    alarms: Sequence[StandingAlarm],
    commands: Sequence[LoggedEvent],
    age_s: float,
) -> Page:
    """Return everything the page draws from one record, its alarms and last commands."""
    values = values_of(frame, age_s if age_s > DEAD_S else 0.0)
    said = banner(values, age_s)
    dead, silent = bool(said["dead"]), bool(said["silent"])
    bypass = bypass_of(values, dead, silent)
    trip = Trip("") if dead else trip_of(values)
    since = clock(frame.t_ns - round(trip.for_s * 1e9)) if math.isfinite(trip.for_s) else ""
    return {
        "top": topbar(values, run, frame.t_ns, age_s, counts(alarms), bypass),
        "banner": said,
        "head": {**headline(values, bypass), **stopped(values, trip, since)},
        "wit": witnesses(values),
        "nums": numbers(values),
        "alarms": alarm_list(alarms, silent),
        "mimic": mimic(values),
        "cmd": command_bar(values, commands),
        "bypass": bypass_state(bypass, silent, commands),
        "panel": PANEL,
        "seq": frame.seq,
    }
