"""A real VictoriaMetrics on a loopback port, started and stopped as an outage would."""

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from itertools import count
from pathlib import Path
from typing import Final, Self

from controller.historian.lines import MEASUREMENT
from seastack.bench.figure import MissingProgram
from seastack.problems import pick_port

PROGRAM: Final = "victoria-metrics"
FIRST_PORT: Final = 20_000  # below what systems give to clients
PORTS: Final = 10_000
START_S: Final = 20.0
STOP_S: Final = 30.0

_NUMBER: Final = count()


class Victoria:
    """The server with its storage below `folder`; raises MissingProgram when absent."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which(PROGRAM)
        if program is None:
            raise MissingProgram(PROGRAM)
        # A port of our own: during an outage it is free, and a second server of this
        # kind on it would take the rows that are meant for this one.
        self._port = pick_port(FIRST_PORT + next(_NUMBER) + os.getpid() % PORTS)
        self.url = f"http://127.0.0.1:{self._port}"
        self._log = folder / "victoria.log"
        self._command = [
            program,
            "-retentionPeriod=100y",
            "-dedup.minScrapeInterval=1ms",
            f"-storageDataPath={folder / 'victoria'}",
            f"-httpListenAddr=127.0.0.1:{self._port}",
            "-search.latencyOffset=0s",
            "-search.disableCache",
            "-memory.allowedBytes=256MB",
            "-loggerLevel=WARN",
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers; raises TimeoutError with its last words."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self._get("/health")
            except OSError:
                time.sleep(0.05)
            else:
                return
        self.kill()
        said = self._log.read_text(errors="replace")[-500:]
        raise TimeoutError(f"{PROGRAM} does not answer on {self.url}: {said}")

    def stop(self) -> None:
        """Stop by SIGTERM and wait, as a host that shuts down does."""
        if self._process is not None:
            self._process.terminate()
            self._gone(self._process)

    def kill(self) -> None:
        """Kill by SIGKILL: what it acknowledged in the last seconds may be gone."""
        if self._process is not None:
            self._process.kill()
            self._gone(self._process)

    def _gone(self, process: subprocess.Popen[bytes]) -> None:
        process.wait(STOP_S)
        self._process = None

    def seqs(self, run: str) -> set[int]:
        """Return the seqs of a run that the server holds now."""
        return set(self.rows(run))

    def rows(self, run: str, since_s: float = 0.0) -> list[int]:
        """Return the seq of every row of a run since a UTC time in seconds."""
        self._get("/internal/force_flush")  # else new rows show only after seconds
        match = urllib.parse.quote(f'{MEASUREMENT}_seq{{run="{run}"}}')
        lines = self._get(f"/api/v1/export?match[]={match}&start={since_s:.3f}").splitlines()
        return [int(v) for line in lines for v in json.loads(line)["values"]]

    def newest(self, run: str) -> int:
        """Return the highest seq of the last minutes, -1 without any."""
        return max(self.rows(run, time.time() - 300.0), default=-1)

    def _get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=20.0) as answer:
            body: bytes = answer.read()
        return body.decode()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
