"""`seastack arm | disarm | bypass | target | unit | loop | ack`: requests to a running controller.

A request is a row in the inbox; the controller's verdict comes back through
the journal, where both stay as the audit trail.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from seastack.asker import asker
from seastack.commands.options import State
from seastack.problems import state_dir

PANEL = "Ask a running controller"


class UnitName(StrEnum):
    """Unit states a person may ask for."""

    READY = "READY"
    WARM = "WARM"
    CAPTURE = "CAPTURE"
    TURNDOWN = "TURNDOWN"
    HOLD = "HOLD"
    COOLDOWN = "COOLDOWN"
    OFF = "OFF"


By = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="NAME",
        help="Who asks; your login name stands beside it in any case.",
        show_default=False,
    ),
]


def _send(state: Path | None, kind: str, args: Mapping[str, float | str], by: str) -> None:
    """Ask, say the verdict; raise typer.Exit, 1 for a refusal."""
    from seastack.ask import ask

    verdict = ask(state_dir(state), kind, args, asker(by))
    typer.echo(verdict.text)
    if not verdict.accepted:
        raise typer.Exit(1)


def arm(state: State = None, by: By = "") -> None:
    """Let the controller write set-points (it starts in MONITOR and writes none).

    Needs the rig's key in REMOTE and the PLC's grant of the lease. The demo arms
    itself; a rig on a ship never does.

    [bold]Examples[/bold]

        seastack arm --by "2nd engineer"

        seastack arm --state /var/lib/seastack
    """
    _send(state, "arm", {}, by)


def disarm(state: State = None, by: By = "") -> None:
    """Hand the rig back to its own local control; the controller only watches.

    [bold]Example[/bold]

        seastack disarm
    """
    _send(state, "disarm", {}, by)


def bypass(state: State = None, by: By = "") -> None:
    """Ask the PLC to take the exhaust past the capture plant, now.

    Works armed or not, with or without the lease. If no controller answers it says
    so: then use the push button on the LOCAL panel, which needs no computer.

    [bold]Example[/bold]

        seastack bypass
    """
    _send(state, "bypass", {}, by)


def target(
    percent: Annotated[
        float, typer.Argument(min=0.0, max=100.0, help="Capture of the treated gas, per cent.")
    ],
    state: State = None,
    by: By = "",
) -> None:
    """Set the capture target; what heat does not allow is named, not forced.

    [bold]Example[/bold]

        seastack target 55
    """
    _send(state, "capture_target", {"pct": percent}, by)


def unit(
    name: Annotated[
        UnitName,
        typer.Argument(metavar="STATE", help="The state to ask for.", case_sensitive=False),
    ],
    wait: Annotated[
        float,
        typer.Option(min=0.0, max=3600.0, metavar="SECONDS", help="How long to watch the rig."),
    ] = 15.0,
    state: State = None,
    by: By = "",
) -> None:
    """Ask the PLC for a unit state, and say what the rig did; the PLC decides.

    \b
    READY     stand by; resets a trip or ESD whose cause is gone, takes a bypass back
    WARM      circulate and heat the reboiler, the inlet shut
    CAPTURE   capture: through WARM by itself, and back from HOLD by itself
    TURNDOWN  capture with the least gas
    HOLD      stop capture, stay hot; exhaust to the funnel
    COOLDOWN  let it cool
    OFF       cool down, then stop the pumps

    Needs an armed controller that holds the lease. After TRIP or ESD: remove the
    cause, then READY, then CAPTURE. Exit code 1: refused, or without effect.

    [bold]Examples[/bold]

        seastack unit READY

        seastack unit CAPTURE --wait 120
    """
    from seastack.ask import ask
    from seastack.unitwatch import watch

    folder, who = state_dir(state), asker(by)
    verdict = ask(folder, "unit", {"state": name.value}, who)
    typer.echo(verdict.text)
    if not verdict.accepted:
        raise typer.Exit(1)
    seen = watch(folder, name.value, wait, verdict.seq)
    typer.echo(seen.text)
    if not seen.taken:
        raise typer.Exit(1)


def loop(
    name: Annotated[str, typer.Argument(help="capture, lean, steam, treated, lean_t or pressure.")],
    mode: Annotated[str, typer.Argument(help="MAN, AUTO, CAS or OOS; each loop permits some.")],
    setpoint: Annotated[
        float | None,
        typer.Argument(help="In the loop's unit (capture: trim in %); default: what is in force."),
    ] = None,
    state: State = None,
    by: By = "",
) -> None:
    """Put a loop into a mode, with a set-point of its own in MAN or AUTO.

    A hand-over has no bump: a loop begins at what is in force and moves at its rate.
    Modes and set-points last over a restart of the controller.

    [bold]Examples[/bold]

        seastack loop lean MAN 18000

        seastack loop lean_t AUTO 42

        seastack loop lean CAS
    """
    _send(state, "loop_mode", {"loop": name, "mode": mode}, by)
    if setpoint is not None:
        _send(state, "loop_setpoint", {"loop": name, "value": setpoint}, by)


def ack(
    alarm: Annotated[str, typer.Argument(help="The alarm's id, or all that stand now: all.")],
    state: State = None,
    by: By = "",
) -> None:
    """Acknowledge an alarm; it stays on the list until its cause is gone.

    What is acknowledged is what stands now: one that is raised again a moment later is not.

    [bold]Examples[/bold]

        seastack ack lease_lost

        seastack ack all
    """
    from seastack.ask import standing

    raised = standing(state_dir(state))
    # One that does not stand is asked for too, at no time: the controller says what is wrong.
    wanted = raised if alarm == "all" and raised else {alarm: raised.get(alarm, 0)}
    for name, raised_ms in wanted.items():
        _send(state, "ack", {"alarm": name, "raised_ms": raised_ms}, by)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (arm, disarm, bypass, target, unit, loop, ack):
        # A trim of the capture loop may be negative: -5 is a number, not an option.
        numbers = {"ignore_unknown_options": command is loop}
        app.command(rich_help_panel=PANEL, context_settings=numbers)(command)
