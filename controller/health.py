"""Tell the service manager how we are: the sd_notify datagram, nothing else.

Source: systemd's sd_notify(3).  Without NOTIFY_SOCKET every call is a no-op,
so the controller behaves the same under any supervisor.
"""

import os
import socket
from contextlib import suppress
from typing import Final

from sensors.foreigntext import clean

MOST_CHARS: Final = 500  # of a notice


class Notifier:
    """Sends READY, WATCHDOG, STATUS and STOPPING to the service manager."""

    def __init__(self, address: str | None = None) -> None:
        path = os.environ.get("NOTIFY_SOCKET", "") if address is None else address
        self._path = "\0" + path[1:] if path.startswith("@") else path

    def ready(self) -> None:
        """Say that the controller runs its cycle."""
        self._send("READY=1")

    def alive(self) -> None:
        """Feed the watchdog; call only at the end of a good cycle."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the controller hands the rig back and ends."""
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """Show one line of text in the service manager."""
        self._send(f"STATUS={text}")

    def _send(self, message: str) -> None:
        if not self._path:
            return
        # A service manager that is gone, or whose queue is full, must neither hold the cycle
        # nor be lost for ever: this notice is lost, and the next cycle sends again.
        with suppress(OSError, ValueError), _datagram() as sock:
            sock.sendto(clean(message, MOST_CHARS).encode(), socket.MSG_DONTWAIT, self._path)


def _datagram() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
