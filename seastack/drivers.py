"""A factory of drivers for every link of a plant."""

import datetime as dt
import logging
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from sensors.certificates import CertificateOf, certificates_in
from sensors.clock import Clock
from sensors.driver import Driver
from sensors.drivers import make_driver
from sensors.errors import ConfigError
from sensors.pki import load_pki
from sensors.plantfile import Plant

LOOK_EVERY_S: Final = 3600.0

_LOG: Final = logging.getLogger("seastack.pki")


def ending_soon(folder: Path) -> list[CertificateOf]:
    """Return the certificates of a pki folder that end within 30 days or have ended."""
    return [c for c in certificates_in(folder, dt.datetime.now(dt.UTC)) if c.ends_soon]


class CertificateWatch:
    """Tells whether a certificate of a pki folder ends soon; looks once an hour."""

    def __init__(self, folder: Path, monotonic_s: Callable[[], float]) -> None:
        self._folder, self._monotonic_s = folder, monotonic_s
        self._due_s, self._ending = -math.inf, False

    def __call__(self) -> bool:
        """Return the last answer, a new one when that is an hour old."""
        now_s = self._monotonic_s()
        if now_s >= self._due_s:
            self._due_s = now_s + LOOK_EVERY_S
            try:
                self._ending = bool(ending_soon(self._folder))
            except (OSError, ConfigError):  # half-written in an exchange: look again next hour
                _LOG.warning("cannot read the certificates in %s", self._folder)
        return self._ending


def driver_factories(plant: Plant, state: Path, clock: Clock) -> dict[str, Callable[[], Driver]]:
    """Return what makes a fresh driver, by link name.

    Keys and the OPC UA password come from `state`/pki.  Raises ConfigError when
    a secured link has none; a certificate in its last 30 days is logged.
    """
    # First what a link needs: its errors say what to do about each file.
    factories = {name: driver_factory(plant, name, state, clock) for name in plant.links}
    if any(spec.security != "None" for spec in plant.links.values()):
        for one in ending_soon(state / "pki"):
            _LOG.warning("%s; see seastack pki", one)
    return factories


def driver_factory(plant: Plant, name: str, state: Path, clock: Clock) -> Callable[[], Driver]:
    """Return what makes a fresh driver for one link; see `driver_factories`."""
    spec = plant.links[name]
    secured = spec.security != "None"
    pki = load_pki(state / "pki", name, spec.signs_in_with) if secured else None
    return partial(make_driver, spec, plant.tags_of(name), security=pki, clock=clock)
