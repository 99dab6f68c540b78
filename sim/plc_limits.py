"""Limits the rig should never stand beyond: counted by the PLC, episode by episode."""

from dataclasses import dataclass, field
from typing import Final

from sensors.plantfile import PlantSpec
from sim.plc_io import Sensed

_STAND_S: Final = 60.0
_LEVELS: Final = ("absorber_sump", "reboiler", "reflux", "lean_tank")


@dataclass(slots=True)
class Counters:
    """What the PLC counted since the start; the rig keeps it over a restart of the PLC."""

    trips: int = 0
    limit_violations: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class LimitWatch:
    """Counts how often each limit was exceeded for longer than a minute.

    An episode counts once, however long it lasts.
    """

    spec: PlantSpec
    _since: dict[str, float] = field(default_factory=dict)
    _over: set[str] = field(default_factory=set)

    def scan(
        self,
        now: Sensed,
        lean: float,
        exhaust_kg_h: float,
        worst_back_pressure: float,
        capturing: bool,
        counters: Counters,
        dt_s: float,
    ) -> None:
        """See one scan; `lean` is the filtered lean flow, `exhaust_kg_h` what is available."""
        spec, over = self.spec, []
        solvent = spec.solvent
        if now.t_reb > spec.reboiler.max_temperature_degC:
            over.append("reboiler_temperature")
        if worst_back_pressure > spec.back_pressure.high_mbar:
            over.append("back_pressure")
        if now.steam > 1.05 * now.steam_available + 40.0:
            over.append("steam_over_available")
        if now.treated > 1.03 * spec.gas.available_fraction * exhaust_kg_h + 500.0:
            over.append("treated_over_available")
        if lean > 1.02 * solvent.max_flow_kg_h or (
            capturing and lean < 0.98 * solvent.min_flow_kg_h
        ):
            over.append("lean_flow")
        if now.p_stripper > 230.0:
            over.append("stripper_pressure")
        levels = (now.level_sump, now.level_reb, now.level_reflux, now.level_tank)
        if min(levels) < 10.0 or max(levels) > 90.0:
            pairs = zip(_LEVELS, levels, strict=True)
            over += [f"level_{name}" for name, x in pairs if not 10.0 <= x <= 90.0]
        if over or self._since:
            self._count(over, counters.limit_violations, dt_s)

    def _count(self, over: list[str], counts: dict[str, int], dt_s: float) -> None:
        since = self._since
        for name in [name for name in since if name not in over]:
            del since[name]
            self._over.discard(name)
        for name in over:
            since[name] = since.get(name, 0.0) + dt_s
            if since[name] > _STAND_S and name not in self._over:
                self._over.add(name)
                counts[name] = counts.get(name, 0) + 1
