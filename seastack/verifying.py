"""`seastack verify`: the record's checksums, chains, seals and digests, day by day."""

import json
from dataclasses import asdict
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from controller.historian.errors import HistorianError
from controller.historian.sealing import own_key
from controller.historian.verify import Day, main_files, verify
from seastack.console import console
from seastack.problems import UserError, nearest
from seastack.recorded import progress

DAMAGED, SOUND = 1, 0
_KEY_DIGITS = 64
_SHOWN = 16  # digits of a key


def verify_record(state: Path, run: str, key: str, *, as_json: bool) -> int:
    """Verify a state directory or one run of it, print each day; return 0 when all is sound.

    `key` is the public key that seals must be of, "" for the state directory's own.  Raises
    UserError for a run that is not there or a key that is none, HistorianError.
    """
    wanted = _public(key) if key else _own(state)
    mains = main_files(state)
    runs = {main.parent.name for main in mains}
    if not mains:
        raise UserError(f"no recorded run in state directory {state}")
    if run and run not in runs:
        raise UserError(f"no run {run!r} in {state}{nearest(run, sorted(runs))}")
    total = sum(not run or main.parent.name == run for main in mains)
    with progress("verifying") as tell:
        days: list[Day] = []

        def show(day: Day) -> None:
            days.append(day)
            tell(len(days), total)

        verify(state, run or None, show)
    for day in days:
        if day.sealed_by and wanted and day.sealed_by != wanted:
            day.tell(f"is sealed by another key: {day.sealed_by}")
    print(_document(days, wanted)) if as_json else _print(days, wanted)
    return DAMAGED if any(d.problems for d in days) else SOUND


def _own(state: Path) -> str:
    try:
        return own_key(state)
    except (HistorianError, OSError) as error:
        raise UserError(f"{error}; or give the public key: --key") from error


def _public(key: str) -> str:
    """Return a public key, given as its 64 digits or as a file of them. Raises UserError."""
    path = Path(key)
    text = path.read_text("ascii", "replace")[:1000] if len(key) < _KEY_DIGITS else key
    digits = text.strip().lower()
    if len(digits) != _KEY_DIGITS or set(digits) - set("0123456789abcdef"):
        raise UserError(f"--key: {key[:80]!r} is no public key of {_KEY_DIGITS} hexadecimal digits")
    return digits


def _document(days: list[Day], key: str) -> str:
    found = [
        {k: v for k, v in asdict(d).items() if k not in ("starts", "links", "begins")} for d in days
    ]
    return json.dumps({"key": key, "days": found}, indent=1)


def _print(days: list[Day], key: str) -> None:
    out, table = console(), Table()
    for name in ("run", "day", "cycles", "events", "seal", "found"):
        right = name in ("cycles", "events")
        table.add_column(name, justify="right" if right else "left", no_wrap=name == "run")
    for day in days:
        numbers = (str(day.cycles), str(day.events))
        table.add_row(day.run, day.day, *numbers, _seal(day), _verdict(day))
    out.print(table)
    for day in days:
        for problem in day.problems:
            out.print(f"[red]{escape(f'{day.run} {day.day}: {problem}')}[/]", soft_wrap=True)
        if day.more:
            out.print(f"[red]{day.run} {day.day}: {day.more} more[/]")
    damaged = sum(bool(d.problems) for d in days)
    sealed = sum(bool(d.sealed_by) for d in days)
    print(
        f"{len(days)} days, {sealed} sealed, {damaged} damaged; "
        f"{sum(d.cycles for d in days)} cycles and {sum(d.events for d in days)} events looked at"
    )
    if key:
        print(f"key of this state directory's seals, to be noted ashore: {key}")


def _seal(day: Day) -> str:
    return f"{day.sealed_by[:_SHOWN]}" if day.sealed_by else "not sealed"


def _verdict(day: Day) -> str:
    if day.problems:
        return f"[red]DAMAGED: {len(day.problems) + day.more}[/]"
    if not day.checked:
        return "[yellow]no checksums: of an earlier version[/]"
    return f"[green]as it was written[/]{'; ' if day.note else ''}{day.note}"
