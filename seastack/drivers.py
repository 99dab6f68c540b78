"""A factory of drivers for every link of a plant."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from sensors.clock import Clock
from sensors.driver import Driver
from sensors.drivers import make_driver
from sensors.pki import load_pki
from sensors.plantfile import Plant


def driver_factories(plant: Plant, state: Path, clock: Clock) -> dict[str, Callable[[], Driver]]:
    """Return what makes a fresh driver, by link name.

    Keys and the OPC UA password come from `state`/pki.  Raises ConfigError when
    a secured link has none.
    """
    factories: dict[str, Callable[[], Driver]] = {}
    for name, spec in plant.links.items():
        pki = load_pki(state / "pki", name, spec.signs_in_with) if spec.security != "None" else None
        factories[name] = partial(make_driver, spec, plant.tags_of(name), security=pki, clock=clock)
    return factories
