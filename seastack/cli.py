"""The `seastack` command: what exists, with examples; the work is elsewhere.

Every command lives in its own small file and imports what it needs only when
it runs, so that help is instant.  Exit codes: 0 done, 1 a bar was missed or a
replay differs, 2 a user's error in one plain line, 77 a program is absent.
"""

import io
import os
import sys

import typer

from seastack.commands import (
    bench,
    check,
    dashboard,
    demo,
    doctor,
    importing,
    pki,
    replay,
    requests,
    run,
    ship,
    simulate,
    steps,
    validate,
    verify,
    warm,
)
from seastack.logline import LINE_CHARS, log_to_console
from seastack.problems import user_errors
from sensors.foreigntext import clean

app = typer.Typer(
    name="seastack",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Watches and steers an onboard CO2 capture rig; carries a simulated one to try it on.\n\n"
    "Start here:\n\n    seastack demo",
)
COMMANDS = (
    demo,
    simulate,
    run,
    dashboard,
    check,
    doctor,
    pki,
    requests,
    replay,
    importing,
    ship,
    verify,
    bench,
    steps,
    validate,
    warm,
)
for module in COMMANDS:
    module.register(app)


def main() -> None:
    """Run the command line; turn a user's error into one line and exit code 2."""
    # One BLAS thread: the control loop shares its two cores with simulator and page.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    log_to_console()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal may lack a letter that was typed
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output left (`seastack voyages | head`): not an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except user_errors() as problem:
        print(f"seastack: {clean(problem, LINE_CHARS)}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
