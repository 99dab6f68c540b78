"""`bench watch --named`: every named fault of docs/faults.md, as the page tells it.

The page is built from the controller's own records, as the dashboard builds it.  A cause is
named when the words that mean it are on the page: on screen (0 clicks) or in the alarm that
one click opens (1 click).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from rich.table import Table

from controller.config import PlantConfig
from controller.historian.eventlog import StandingAlarm
from controller.historian.reader import Frame
from controller.historian.record import Event, Record, Run
from dashboard.frame import Page, page_of
from seastack.bench.figure import Figure
from seastack.bench.sail import Sailing
from seastack.bench.watch_trial import Said, copied
from seastack.console import console
from sim.faults import Fault

HORIZON_S: Final = 3600
_NAN: Final = float("nan")


@dataclass(frozen=True, slots=True)
class Named:
    """A fault and the words, as a pattern, that name its cause to a person."""

    fault: Fault
    words: str

    @property
    def title(self) -> str:
        """Return the fault as docs/faults.md names it."""
        return f"{self.fault.name} {self.fault.target}".strip()


NAMED: Final = (
    Named(Fault("analyser_drift", "AT-301", 6.0), r"AT-301|outlet|disagree"),
    Named(Fault("analyser_stuck", "AT-301"), r"AT-301"),
    Named(Fault("analyser_nan", "AT-301"), r"AT-301"),
    Named(Fault("ma_3_5", "LT-361"), r"LT-361"),
    Named(Fault("ma_3_5", "FT-401"), r"FT-401"),
    Named(Fault("ma_3_5", "PT-101"), r"PT-101"),
    Named(Fault("swapped_words"), r"word order"),
    Named(Fault("late_server"), r"[Ll]ink to the PLC lost|No data from the PLC"),
    Named(Fault("hung_server"), r"[Ll]ink to the PLC lost|No data from the PLC"),
    Named(Fault("frozen_heartbeat"), r"heartbeat"),
    Named(Fault("plc_restart"), r"PLC stopped|PLC restart"),
    Named(Fault("steam_loss"), r"[Bb]oiler"),
    Named(Fault("sea_water_plus_8"), r"[Ss]ea.?water"),
    Named(Fault("engine_stop", "1"), r"[Ee]ngine"),
    Named(Fault("back_pressure"), r"[Bb]ack-pressure"),
    Named(Fault("caustic_loss"), r"[Cc]austic"),
    Named(Fault("blower_trip"), r"Blower tripped"),
    Named(Fault("esd"), r"Emergency shut-down"),
    Named(Fault("process_value", "GT-801", 0.9), r"CO2 in the air of space 1"),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What the page said of a fault; s of plant time after it, NaN: never.

    `sign` is the first line on the screen that was not there before, `cause` the line that
    names the cause, `clicks` how many it takes to read it.
    """

    sign: str = ""
    sign_s: float = _NAN
    alarm: Said = field(default_factory=Said)
    cause: str = ""
    cause_s: float = _NAN
    clicks: int = -1


class Watcher:
    """Takes the records of a sailing in the journal's place, and builds the page from them."""

    def __init__(self, config: PlantConfig) -> None:
        self._config = config
        name = config.plant.name
        self._run = Run("bench", "bench", name, config.config_hash, "bench", None, 0)
        self._alarms: dict[str, StandingAlarm] = {}
        self._record: Record | None = None
        self.events: Sequence[Event] = ()

    def append(
        self, record: Record, events: Sequence[Event] = (), snapshot: bytes | None = None
    ) -> None:
        """Keep the newest record, its events, and the alarms that stand."""
        self._record, self.events = record, events
        for event in events:
            if event.kind != "alarm":
                continue
            known = self._alarms.get(event.source)
            if event.state == "ACTIVE":
                self._alarms[event.source] = StandingAlarm(
                    event.source, event.priority, True, False, event.t_ns, event.text, event.data
                )
            elif known is not None:
                self._alarms[event.source] = replace(known, active=False)

    def page(self) -> Page:
        """Return the page as it is now."""
        r = self._record
        if r is None:
            raise ValueError("no record yet")
        frame = Frame(
            "bench", r.seq, r.t_ns, r.value, r.quality, r.reason, r.age_ms, self._config.layout
        )
        return page_of(frame, self._run, list(self._alarms.values()), (), 0.0)


def screen(page: Page) -> list[str]:
    """Return the lines of words a person sees without a click."""
    head, banner = cast(dict[str, Any], page["head"]), cast(dict[str, Any], page["banner"])
    texts = [banner["title"], banner["text"], head["constraint"]]
    texts += [head[key] for key in ("line1", "line2", "line3") if head.get(key)]
    return [str(t) for t in (*texts, *(row["title"] for row in _rows(page))) if t]


def opened(page: Page) -> list[str]:
    """Return the lines that opening an alarm shows."""
    return [f"{word}: {text}" for row in _rows(page) for word, text in row["details"]]


def _rows(page: Page) -> list[dict[str, Any]]:
    return cast(list[dict[str, Any]], cast(dict[str, Any], page["alarms"])["rows"])


def told(base: Sailing, named: Named) -> Told:
    """Inject a fault into a copy of the rig and return what the page said of it."""
    sailing = copied(base)
    watcher = Watcher(sailing.config)
    sailing.store = watcher
    sailing.cycle()
    before = {_bare(line) for line in screen(watcher.page())}
    sailing.rig.inject(named.fault)
    found = Told()
    for k in range(1, HORIZON_S + 1):
        sailing.cycle()
        found = _looked(found, named, watcher, before, k)
        if found.clicks >= 0 and found.alarm.alarm:
            break
    return found


def _looked(found: Told, named: Named, watcher: Watcher, before: set[str], k: int) -> Told:
    page, seconds = watcher.page(), float(k)

    def new(lines: Sequence[str]) -> list[str]:
        return [line for line in lines if _bare(line) not in before]

    on_screen = new(screen(page))
    if not found.sign and on_screen:
        found = replace(found, sign=on_screen[0], sign_s=seconds)
    raised = [e for e in watcher.events if (e.kind, e.state) == ("alarm", "ACTIVE")]
    if not found.alarm.alarm and raised:
        first = raised[0]
        said = Said(first.source, first.text, first.priority, seconds)
        found = replace(found, alarm=said)
    for clicks, lines in enumerate((on_screen, new(opened(page)))):
        cause = [line for line in lines if re.search(named.words, line)]
        if found.clicks < 0 and cause:
            found = replace(found, cause=cause[0], cause_s=seconds, clicks=clicks)
    return found


def _bare(line: str) -> str:
    """Return a line without its numbers: a percentage that moves is no sign."""
    return re.sub(r"[\d.]+", "#", line)


@dataclass(frozen=True, slots=True)
class NamedFigure(Figure):
    """Seconds until the page named the cause of a fault; never is a bar missed."""

    title: str = ""
    told: Told = field(default_factory=Told)


def figure(named: Named, said: Told) -> NamedFigure:
    """Return the figure of one fault."""
    return NamedFigure(
        f"{named.title}: cause named, clicks {said.clicks}", said.cause_s, "s", "<=",
        float(HORIZON_S), title=named.title, told=said,
    )  # fmt: skip


def show_named(figures: Sequence[Figure]) -> list[Figure]:
    """Print the faults as a table; return the other figures."""
    table = Table(title="what the page says of each named fault, s of plant time")
    for title in ("fault", "first sign", "first alarm", "cause named", "clicks"):
        table.add_column(title)
    for one in figures:
        if isinstance(one, NamedFigure):
            table.add_row(one.title, *cells(one.told))
    console().print(table)
    return [f for f in figures if not isinstance(f, NamedFigure)]


def cells(said: Told) -> tuple[str, str, str, str]:
    """Return the cells of one fault after its name."""
    return (
        f"{_time(said.sign_s)} {said.sign}",
        f"{_time(said.alarm.seconds)} P{said.alarm.priority} {said.alarm.text}"
        if said.alarm.alarm
        else "none",
        f"{_time(said.cause_s)} {said.cause}" if said.clicks >= 0 else "[bold red]not named[/]",
        str(said.clicks) if said.clicks >= 0 else "",
    )


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds == seconds else "never"


def run_named(base: Sailing) -> Iterator[NamedFigure]:
    """Yield the figure of every named fault, one after the other."""
    for named in NAMED:
        yield figure(named, told(base, named))
