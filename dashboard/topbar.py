"""The top bar and the banner: whose rig it is, who commands it, is the page alive."""

from datetime import UTC, datetime
from typing import Final

from controller.historian.record import Run
from dashboard.freshness import DEAD_S, age_text
from dashboard.rigstate import Bypass, Trip, point_named, trip_of
from dashboard.values import DASH, Values
from sensors.quality import Reason

PANEL: Final = "Bypass: push button on the capture panel, ECR."
LOCAL: Final = "The PLC takes the rig within 5 s; check the panel."
_PLC_SILENT: Final = "A PLC that lives takes the rig within 5 s; check the panel."
_SILENT: Final = int(Reason.LINK | Reason.HEARTBEAT | Reason.STALE)
_HELD: Final = ("OOS", "MAN")
_WORST: Final = {0: "", 1: "a1", 2: "a2", 3: "a3"}


def clock(t_ns: int) -> str:
    """Return hours, minutes and seconds of a UTC time."""
    return datetime.fromtimestamp(t_ns / 1e9, UTC).strftime("%H:%M:%S")


def topbar(
    values: Values,
    run: Run,
    t_ns: int,
    age_s: float,
    alarms: tuple[int, int, int],
    bypass: Bypass,
) -> dict[str, object]:
    """Return the texts of the top bar; `alarms`: how many new, standing, the worst priority."""
    new, standing, worst = alarms
    identity = values["HS-IDENT"]
    simulator = identity.on if identity.good else run.simulator
    return {
        "badge": "SIMULATOR" if simulator else "SHIP",
        "badge_class": "sim" if simulator else "",
        "name": run.title or run.plant,
        "sub": _engines(values),
        **_unit(values, bypass),
        **_command(values),
        **_control(values),
        "control_note": _by_hand(values),
        "alarms": "unknown" if age_s > DEAD_S else _counts(new, standing),
        "alarm_class": f"{_WORST.get(worst, '')} {'new' if new else ''}".strip(),
        "age": age_text(age_s),
        "utc": clock(t_ns),
    }


def _control(values: Values) -> dict[str, str]:
    """Return the tier; MONITOR that no person wanted is nothing to overlook."""
    if values["nobody_steers"].on:
        return {"control": "nobody steers", "control_class": "bad"}
    return {"control": values["tier"].label(), "control_class": ""}


def _by_hand(values: Values) -> str:
    """Return the authority, and which loops a person holds: nobody may overlook one."""
    authority = values["authority"].label()
    modes = [c.name for c in values.channels if c.name.startswith("mode_")]
    held = [
        f"{name.removeprefix('mode_')} {values[name].label()}"
        for name in modes
        if values[name].label() in _HELD
    ]
    if len(held) == 1:
        return f"{authority}, {held[0]}"
    return f"{authority}, {len(held)} loops held" if held else authority


def _engines(values: Values) -> str:
    running, load = values["engines_running"], values["engine_load_pct"]
    if not running.good:
        return "engines unknown"
    of = len(values.family("engine_running"))
    if running.value < 0.5:
        return "no engine on line"
    mean = f", {load.text(0)} % load" if load.known else ""
    return f"{running.value:.0f} of {of} engines{mean}"


def _unit(values: Values, bypass: Bypass) -> dict[str, str]:
    unit, asked = values["HS-UNIT"], values["HS-UNIT-ASKED"]
    trip = trip_of(values)
    note = ""
    if trip.state:
        note = _latched(trip)
    elif bypass.contradicted:
        note = "bypass contradicted"
    elif bypass.latched:
        late = "bypass not proven" if bypass.overdue or not bypass.left_s else "bypassing"
        note = "bypassed" if bypass.proven else late
    elif bypass.pending:
        note = "bypass asked"
    elif held := point_named(values, "hold_cause"):
        note = f"held: {held.channel.name}"
    elif asked.good and unit.good and asked.value != unit.value:
        note = f"asked {asked.label()}"
    return {"state": unit.label(), "state_note": note, "state_class": "bad" if trip.state else ""}


def _latched(trip: Trip) -> str:
    """Return what is latched; an ESD alone is its own first-out."""
    if trip.state == "ESD" and not trip.beneath:
        return "shut down"
    return trip.first_out or "latched"


def _command(values: Values) -> dict[str, str]:
    place, key, lease = values["HS-PLACE"], values["HS-KEY"], values["lease"]
    who = "LOCAL panel" if key.off else place.label()
    word = lease.label()
    note = "" if word == DASH else f"lease {word}"
    refused, why = values["setpoints_refused"], values["HS-REJECT"]
    if refused.known and refused.value:
        reason = f": {why.label()}" if why.good and why.value else ""
        note = f"{refused.value:.0f} refused{reason}"
    return {"command": who, "command_note": note}


def _counts(new: int, standing: int) -> str:
    if not standing:
        return "none"
    return f"{new} new · {standing} standing" if new else f"{standing} standing"


def banner(values: Values, age_s: float) -> dict[str, object]:
    """Return what must be said before anything else; an empty title says nothing.

    `dead`: what the rig says is old; `silent`: nobody is there to answer a request.
    """
    if age_s > DEAD_S:
        title = f"No data from the controller for {age_text(age_s)}."
        return said(title, f"{LOCAL} {PANEL}", dead=True, silent=True)
    for name in ("HS-PLC-BEAT", "HS-OWNER"):  # a bypass may read the first beside a dead link
        word = values[name]
        if not word.reason & _SILENT:
            continue
        title = f"No data from the PLC for {age_text(word.age_s)}."
        return said(title, f"{_PLC_SILENT} {PANEL}", dead=True)
    analyser = values["AT-101"]
    if analyser.reason & int(Reason.LINK):
        title = f"No data from the analysers for {age_text(analyser.age_s)}."
        return said(title, "Hollow values are not measured now.", dead=False)
    return said("", "", dead=False)


def said(title: str, text: str, dead: bool, silent: bool = False) -> dict[str, object]:
    """Return a banner in the words of `banner`."""
    return {"title": title, "text": text, "dead": dead, "silent": silent}
