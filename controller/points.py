"""Where control finds each role in an image: channel numbers, resolved once.

A role the plant does not bind has channel -1 and reads as NaN, like a value
that is not GOOD; roles without which the plant cannot be controlled at all
are an error at start.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sensors.errors import ConfigError
from sensors.image import Image
from sensors.tag import TagTable

NAN = float("nan")
GOOD = 2
# Roles control cannot do without, besides those every plant folder must bind, and why.
NEEDED: Final = {
    "lean_flow": "control needs it",
    "steam_flow": "control needs it",
    "treated_flow": "without it the CO2 that comes in is unknown",
    "quench_temperature": "without it the water in the gas, so the CO2 that comes in, is unknown",
    "co2_in": "without it the CO2 that comes in is unknown",
    "lease_owner": "control needs it",
    "remote_key": "control needs it",
    "unit_state": "control needs it",
    "unit_requested": "without it a request the PLC dropped would be made again",
    "permissive_word": "without it a bypass somebody latched cannot be seen",
    "lean_flow_sp_active": "set-points begin at what is in force",
    "steam_flow_sp_active": "set-points begin at what is in force",
    "lean_temperature_sp_active": "set-points begin at what is in force",
    "stripper_pressure_sp_active": "set-points begin at what is in force",
}


@dataclass(frozen=True, slots=True)
class EnginePoints:
    """Channels of one engine's inlet group."""

    number: int
    back_pressure: int
    power: int
    fuel_flow: int
    running: int
    damper_open: int
    exhaust_t: int


@dataclass(frozen=True, slots=True)
class SetpointPoints:
    """One written set-point: tag name, limits, rate of change and its read-back."""

    name: str
    low: float
    high: float
    active: int


@dataclass(frozen=True, slots=True)
class Points:
    """Channel numbers by role (same names), engines and set-points."""

    role: dict[str, int]
    reboiler_b: int
    engines: tuple[EnginePoints, ...]
    lean: SetpointPoints
    steam: SetpointPoints
    treated: SetpointPoints | None
    lean_t: SetpointPoints
    pressure: SetpointPoints

    @property
    def reboiler(self) -> tuple[int, ...]:
        """Return the channels of the reboiler temperature, the loop's own first."""
        found = (self.role.get("reboiler_temperature", -1), self.reboiler_b)
        return tuple(c for c in found if c >= 0)

    def setpoints(self) -> tuple[SetpointPoints | None, ...]:
        """Return all written set-points in their fixed order."""
        return (self.lean, self.steam, self.treated, self.lean_t, self.pressure)


def points_of(table: TagTable, engines: int) -> Points:
    """Return the channels of a plant; ConfigError names a role that is missing."""
    role = {
        t.role: i
        for i, t in enumerate(table.tags)
        if t.role and t.index == 0 and not t.witness and t.direction != "setpoint"
    }
    for name, why in NEEDED.items():
        if name not in role:
            raise ConfigError("tags.toml", "role", f"no tag is bound to '{name}'", why)
    second = table.find("reboiler_temperature", 0, "B")
    if second is None and "reboiler_temperature" not in role:
        remedy = "bind one with index 0 and no witness, or witness 'B'"
        raise ConfigError("tags.toml", "role", "no usable 'reboiler_temperature'", remedy)
    return Points(
        role=role,
        reboiler_b=-1 if second is None else second,
        engines=tuple(_engine(table, i) for i in range(1, engines + 1)),
        lean=_required(table, "lean_flow"),
        steam=_required(table, "steam_flow"),
        treated=_setpoint(table, "treated_flow"),
        lean_t=_required(table, "lean_temperature"),
        pressure=_required(table, "stripper_pressure"),
    )


def hold_points(points: Points) -> Iterator[int]:
    """Yield every channel without which capture cannot go on, in a fixed order."""
    for role in ("treated_flow", "quench_temperature", "co2_in", "lean_flow"):
        yield points.role[role]
    yield points.lean.active
    yield from points.reboiler
    yield points.steam.active


def doubt_points(points: Points) -> Iterator[int]:
    """Yield every channel whose loss narrows what control knows, the worst first."""
    yield from hold_points(points)
    for role in ("co2_out", "steam_available", "absorber_pressure", "steam_header_pressure"):
        if role in points.role:
            yield points.role[role]
    for engine in points.engines:
        if engine.power >= 0:
            yield engine.power


def _engine(table: TagTable, number: int) -> EnginePoints:
    def at(role: str) -> int:
        found = table.find(role, number)
        return -1 if found is None else found

    return EnginePoints(
        number,
        at("engine_back_pressure"),
        at("engine_power"),
        at("engine_fuel_flow"),
        at("engine_running"),
        at("inlet_damper_open"),
        at("engine_exhaust_temperature"),
    )


def _setpoint(table: TagTable, stem: str) -> SetpointPoints | None:
    target, active = table.find(f"{stem}_sp"), table.find(f"{stem}_sp_active")
    if target is None or active is None:
        return None
    tag = table.tags[target]
    return SetpointPoints(tag.name, tag.lo, tag.hi, active)


def _required(table: TagTable, stem: str) -> SetpointPoints:
    found = _setpoint(table, stem)
    if found is None:
        raise ConfigError("tags.toml", "role", f"'{stem}_sp' or its read-back is not bound")
    return found


class View:
    """An image as plain numbers: NaN wherever a value is not GOOD.

    Control reads only through this, so a value that is not GOOD can never
    enter a formula unseen: it makes the result NaN.
    """

    __slots__ = ("_role", "quality", "value")

    def __init__(self, image: Image, points: Points) -> None:
        self.value: list[float] = image.value.tolist()
        self.quality: list[int] = image.quality.tolist()
        self._role = points.role

    def at(self, channel: int) -> float:
        """Return a channel's value, NaN unless it is bound and GOOD."""
        return self.value[channel] if channel >= 0 and self.quality[channel] == GOOD else NAN

    def of(self, role: str) -> float:
        """Return a role's value (index 0), NaN unless it is bound and GOOD."""
        channel = self._role.get(role, -1)
        return self.value[channel] if channel >= 0 and self.quality[channel] == GOOD else NAN

    def has(self, role: str) -> bool:
        """Return whether the plant binds a role (index 0)."""
        return role in self._role

    def quality_of(self, role: str) -> int:
        """Return a role's quality, BAD (0) when it is not bound."""
        channel = self._role.get(role, -1)
        return self.quality[channel] if channel >= 0 else 0
