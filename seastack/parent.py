"""A child of the demo ends when the demo ends, however the demo ends.

The demo keeps the writing end of a pipe and never writes; when it dies, even
by SIGKILL, the kernel closes that end and the child reads end-of-file.
"""

import os
import signal
import threading
import time

GRACE_S = 10.0  # for an orderly end; a child that hangs longer is ended hard


def end_with_parent(pipe: int | None) -> None:
    """Send this process SIGTERM once the pipe's other end is closed; None: never."""
    if pipe is not None:
        threading.Thread(target=_watch, args=(pipe,), name="parent", daemon=True).start()


def _watch(pipe: int) -> None:
    while os.read(pipe, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os._exit(1)
