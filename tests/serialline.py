"""A serial line between two ends of this process: two ptys and a copy task."""

import asyncio
import os
import termios
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class SerialLine:
    """`near` and `far` are device names; what is written to one comes out of the other.

    `late_s` holds back what comes from the far end: the line stays one queue,
    so nothing overtakes.
    """

    def __init__(self) -> None:
        self._fds: list[int] = []
        self._masters = []
        names = []
        for _ in range(2):
            master, slave = os.openpty()
            tty.setraw(slave)
            os.set_blocking(master, False)
            self._fds += [master, slave]  # our slave stays open: closing it would end the master
            self._masters.append(master)
            names.append(os.ttyname(slave))
        self.near, self.far = names
        self.late_s = 0.0

    def _copy(self, source: int, target: int, from_far: bool) -> None:
        data = os.read(source, 4096)
        if from_far and self.late_s:
            loop = asyncio.get_running_loop()
            loop.call_later(self.late_s, os.write, target, data)
        else:
            os.write(target, data)

    def open(self) -> None:
        loop = asyncio.get_running_loop()
        near, far = self._masters
        loop.add_reader(near, self._copy, near, far, False)
        loop.add_reader(far, self._copy, far, near, True)

    def close(self) -> None:
        loop = asyncio.get_running_loop()
        for master in self._masters:
            loop.remove_reader(master)
            termios.tcflush(master, termios.TCIOFLUSH)
        for fd in self._fds:
            os.close(fd)


@asynccontextmanager
async def serial_line() -> AsyncIterator[SerialLine]:
    line = SerialLine()
    line.open()
    try:
        yield line
    finally:
        line.close()
