"""A child process in its own session: started, watched, ended in order."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

GRACE_S = 8.0  # from asking a child to end until it is made to
LOG_BYTES = 5_000_000  # a longer log is put aside when the child starts anew; one is kept


def rotate(log: Path) -> None:
    """Put a log aside that has grown too long, over the one put aside before."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))


class Child:
    """One `seastack` command as a child process, its output in a log file.

    It runs in its own session, so a Ctrl-C in the terminal reaches only the
    parent, which ends its children in the right order.  `pipe` is the reading
    end that tells the child when the parent is gone.
    """

    def __init__(self, name: str, arguments: Sequence[str], log: Path, pipe: int) -> None:
        self.name, self.log = name, log
        command = [sys.executable, "-m", "seastack.cli", *arguments, "--parent-pipe", str(pipe)]
        rotate(log)
        with log.open("ab") as out:
            self._begins = out.tell()  # what stands before is of an earlier start
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                pass_fds=(pipe,),
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self.process.pid

    def alive(self) -> bool:
        """Tell whether the process still runs."""
        return self.process.poll() is None

    def last_words(self, silent: str = "it said nothing") -> str:
        """Return why a child that has ended did so: a signal, or the last line it logged.

        `silent` is for one that has logged nothing yet.
        """
        code = self.process.poll()
        if code is not None and code < 0:
            return f"killed by signal {-code}"
        with self.log.open("rb") as said:
            said.seek(self._begins)
            lines = said.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else silent

    def said(self, words: str) -> bool:
        """Tell whether this process has logged these words."""
        with self.log.open("rb") as log:
            log.seek(self._begins)
            return words.encode() in log.read()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to this process alone; a process that is gone is no error."""
        if self.alive():
            self.process.send_signal(number)

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        self.signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """Ask the process to end in order; make it, if it does not."""
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self.kill()
