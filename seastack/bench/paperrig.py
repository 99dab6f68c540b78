"""A rig on paper that says anything: instruments, PLC, shell, one random cycle after the other.

No physics.  It begins as a rig that captures; then values, qualities, words, keys, owners
and links are disturbed at random, mildly or wildly for a while, and now and then all is
well again, so that every state is met: armed, held, steering, bypassed, tripped, blind.
"""

from collections.abc import Mapping
from random import Random
from typing import Final

import numpy as np

from controller.config import PlantConfig
from controller.types import Health, Written
from sensors.image import Image
from sensors.quality import CHECK_MASK, Reason
from sensors.tag import Tag

# What a rig says that captures with two engines, by role; all else in the middle of its range.
STEADY: Final[Mapping[str, float]] = {
    "identity": 1, "lease_owner": 0, "remote_key": 1, "unit_state": 3, "unit_requested": 3,
    "permissive_word": 0, "trip_word": 0, "first_out": 0, "bypass_active": 0, "sequence_ack": 0,
    "setpoint_ok_word": 31, "reject_reason": 0, "lean_flow_sp_active": 21000,
    "steam_flow_sp_active": 1890, "lean_temperature_sp_active": 40,
    "stripper_pressure_sp_active": 190, "treated_flow_sp_active": 20000, "treated_flow": 20000,
    "blower_running": 1, "inlet_shut": 0, "quench_temperature": 40, "absorber_pressure": 101.3,
    "lean_flow": 21000, "lean_temperature": 40, "stripper_pressure": 190,
    "reboiler_temperature": 120.6, "steam_flow": 1890, "product_flow": 1080, "vent_flow": 0,
    "steam_header_pressure": 3.5, "steam_available": 3300, "co2_in": 6.0, "co2_out": 2.5,
    "so2_quench": 2, "product_o2": 10, "product_purity": 99.9, "lean_loading": 0.24,
    "rich_loading": 0.455, "mea_strength": 30, "lco2_level": 30, "lco2_pressure": 16,
    "instrument_air_pressure": 7, "space_co2": 0.05, "space_o2": 20.9, "ventilation_running": 1,
    "mea_slip": 1, "rig_power": 200, "auxiliary_fuel_flow": 300,
}  # fmt: skip
_ENGINE: Final = {
    "engine_power": (3500, 0),
    "engine_fuel_flow": (700, 0),
    "engine_running": (1, 0),
    "inlet_damper_open": (1, 0),
    "inlet_damper_shut": (0, 1),
    "engine_back_pressure": (12, 0),
}
ON_LINE: Final = 2  # engines that run
# Words and values on which much hangs: disturbed more often than the rest.
TELLING: Final = (
    "lease_owner", "remote_key", "unit_state", "unit_requested", "permissive_word", "trip_word",
    "first_out", "bypass_active", "sequence_ack", "setpoint_ok_word", "reject_reason",
    "steam_available", "steam_header_pressure", "reboiler_temperature", "co2_in", "co2_out",
    "treated_flow", "blower_running", "inlet_shut", "steam_flow_sp_active",
    "treated_flow_sp_active", "plc_heartbeat",
)  # fmt: skip
_WORDS: Final = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 1024, 1056, 40_000, 65_535)
_ODD: Final = (float("nan"), float("inf"), -float("inf"), -1e9, 1e9, 1e-300, 0.0)
# What a driver may say; the checks add the rest themselves.
_REASONS: Final = tuple(int(r) for r in Reason if r and not r & CHECK_MASK)
SILENT: Final = 4  # cycles without its owner's beat: the PLC takes the rig


class PaperRig:
    """Says something each cycle, and obeys what is written, or does not."""

    def __init__(self, config: PlantConfig, rng: Random) -> None:
        self.config, self.rng = config, rng
        tags = config.table.tags
        self._steady = np.array([steady(t) for t in tags])
        self._tags = {t.name: t for t in tags}
        find = config.table.find
        self._telling = [i for role in TELLING if (i := find(role)) is not None]
        for role in (
            "engine_running",
            "engine_fuel_flow",
            "inlet_damper_open",
            "reboiler_temperature",
        ):
            self._telling += [i for i, t in enumerate(tags) if t.role == role]
        self._of_link = {
            link: np.array([t.source.link == link for t in tags]) for link in config.plant.links
        }
        self.value, self.reason = self._steady.copy(), np.zeros(len(tags), dtype=np.uint32)
        self._wild, self._obeys, self._cut = 0.0, 1.0, ""
        self._unheard, self._beats = 0, 0

    def move(self) -> None:
        """Say something new: now and then another mood, a lost link, or all well again."""
        rng = self.rng
        if rng.random() < 0.01:
            self._wild = rng.choice((0.0, 0.02, 0.1, 0.4))
            self._obeys = rng.choice((1.0, 1.0, 0.9, 0.5, 0.0))
        if rng.random() < 0.03:
            self.value, self.reason = self._steady.copy(), np.zeros_like(self.reason)
        if rng.random() < 0.01:
            self._scarce()
        if rng.random() < 0.004:
            self._cut = rng.choice(("", *self._of_link))
        self._live()
        while rng.random() < self._wild:
            self._disturb()

    def image(self, t_ns: int) -> Image:
        """Return what the links bring now."""
        reason = self.reason.copy()
        if self._cut:
            reason[self._of_link[self._cut]] |= np.uint32(Reason.LINK)
        age = np.zeros(len(reason), dtype=np.int32)
        if self.rng.random() < 0.01:
            age[:] = self.rng.choice((0, 900, 5_000, 2**31 - 1))
        return Image.of(self.config.table, t_ns, self.value.copy(), reason, age)

    def health(self) -> Health:
        """Return what the shell says of itself."""
        rng = self.rng
        if rng.random() < 0.98:
            return Health(cycle_ms=rng.random())
        odd = [rng.random() < 0.5 for _ in range(3)]
        return Health(rng.random(), rng.randrange(9), odd[0], odd[1], 100 * rng.random(), odd[2])

    def written(self) -> Written:
        """Return what became of the last write."""
        if self.rng.random() < 0.98:
            return Written()
        names = self.config.written
        refused = self.rng.sample(names, self.rng.randrange(len(names)))
        return Written(not refused, tuple((name, "") for name in refused))

    def obey(self, sent: Mapping[str, float], bypass: bool) -> None:
        """Take what was written, as a PLC would, if it is in the mood."""
        rng, roles = self.rng, {self._tags[n].role or n: v for n, v in sent.items()}
        self._lease(roles)
        if rng.random() >= self._obeys or self._cut:
            return
        if bypass and rng.random() < 0.3:
            self._bypass()
        elif roles.get("unit_request") == 1 and rng.random() < 0.3:
            self._put("permissive_word", 0)
        for name in sent:
            back = self.config.table.find(f"{self._tags[name].role}_active")
            if back is not None:
                self.value[back] = sent[name]
        for role, back_role in (
            ("unit_request", "unit_requested"),
            ("write_sequence", "sequence_ack"),
        ):
            if role in roles:
                self._put(back_role, roles[role])
        if rng.random() < 0.1 and "unit_request" in roles:
            self._put("unit_state", roles["unit_request"])

    def _lease(self, roles: Mapping[str, float]) -> None:
        """Grant, keep or take back the lease."""
        owner, now = roles.get("owner_id"), self._get("lease_owner")
        if owner == 0 or (owner is not None and now == 0 and self._get("remote_key") == 1):
            if self.rng.random() < self._obeys:
                self._put("lease_owner", owner)
        elif now != 0 and owner != now:
            self._unheard += 1
            if self._unheard >= SILENT and self.rng.random() < 0.5:
                self._put("lease_owner", 0)
            return
        self._unheard = 0

    def _bypass(self) -> None:
        word = 1 << self.config.control.unit.bypass_permissive_bit
        said = {"permissive_word": word, "unit_state": 5, "unit_requested": 5, "bypass_active": 1}
        for role, value in {
            **said,
            "inlet_shut": 1,
            "blower_running": 0,
            "treated_flow": 0,
        }.items():
            if self.rng.random() < 0.9:
                self._put(role, value)

    def _get(self, role: str) -> float:
        channel = self.config.table.find(role)
        return float("nan") if channel is None else float(self.value[channel])

    def _put(self, role: str, value: float | None) -> None:
        channel = self.config.table.find(role)
        if channel is not None and value is not None:
            self.value[channel] = value

    def _live(self) -> None:
        """Move what moves in a living rig: heartbeat, analyser noise."""
        self._beats += 1
        self._put("plc_heartbeat", self._beats % 65536)
        for role in ("co2_in", "co2_out"):
            self._put(role, self._get(role) + (1e-4 if self._beats % 2 else -1e-4))

    def _scarce(self) -> None:
        """Leave less heat and exhaust, or a hotter reboiler, for a while."""
        rng = self.rng
        less = rng.choice((1.0, 0.6, 0.3, 0.1))
        self._put("steam_available", 3300.0 * less)
        self._put("steam_header_pressure", rng.choice((3.5, 3.5, 2.8, 2.4)))
        self._put("reboiler_temperature", rng.choice((120.6, 120.6, 122.4, 124.5)))
        for i, tag in enumerate(self.config.table.tags):
            if tag.role in ("engine_fuel_flow", "engine_power"):
                self.value[i] = steady(tag) * rng.choice((1.0, less))

    def _disturb(self) -> None:
        rng = self.rng
        channel = (
            rng.choice(self._telling) if rng.random() < 0.6 else rng.randrange(len(self.value))
        )
        tag = self.config.table.tags[channel]
        self.value[channel] = anything(tag, rng)
        self.reason[channel] = rng.choice(_REASONS) if rng.random() < 0.3 else 0


def steady(tag: Tag) -> float:
    """Return what a tag of a rig that captures says."""
    if tag.role in _ENGINE and tag.index:
        return float(_ENGINE[tag.role][0 if tag.index <= ON_LINE else 1])
    if (value := STEADY.get(tag.role or "")) is not None:
        return min(max(float(value), tag.lo), tag.hi)
    low, high = tag.normal or (tag.lo, tag.hi)
    return 0.5 * (low + high)


def anything(tag: Tag, rng: Random) -> float:
    """Return a value that an instrument or a wire may bring."""
    kind = rng.random()
    if kind < 0.6:
        value = rng.uniform(tag.lo, tag.hi)
        return float(round(value)) if tag.kind != "float" else value
    if kind < 0.8:
        return float(rng.choice(_WORDS))
    if kind < 0.9:
        return rng.choice((tag.lo, tag.hi, tag.hi + 1.0, tag.lo - 1.0))
    return rng.choice(_ODD)
