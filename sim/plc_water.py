"""The rig's water balance: the treated gas carries out what is too much.

Gas comes in saturated at the quench and leaves saturated at the wash: a wash 1 K warmer than
neutral takes about 50 kg/h of water out, 0.13 wt% of MEA an hour at design flow.  Strength,
not level, says how much water there is: levels move by more than a tonne when the columns
drain, and what the columns hold is an estimate.  Levels only forbid: an analyser that lies
can neither dry the rig out nor fill it up.  What is read in HOLD and soon after a start is
not followed: the steam of the stripper has condensed into the solvent, 0.2 wt% or so.
"""

from dataclasses import dataclass, field
from typing import Final

from sensors.plantfile import PlantSpec
from sim.plc_io import Sensed
from sim.plc_loops import Lag

OVER_QUENCH_K: Final = 0.5
"""Neutral wash over quench: CO2 that is taken out carries no water away, moist product does."""
WASH_LO_degC: Final = 25.0
WASH_HI_degC: Final = 55.0
_NORMAL_degC: Final = 40.0  # gas behind the quench, until it is measured
_TRIM_K: Final = 6.0
_GAIN_K: Final = 3.0  # per wt%: 2.6 h on the 0.13 wt%/h of a kelvin
_RESET_S: Final = 8.0 * 3600.0
_QUIET_WT: Final = 0.05  # closer to its target than this strength moves nothing
_BELIEVED_WT: Final = (20.0, 42.0)
_SETTLE_S: Final = 2700.0  # after a start: columns wetted, tank mixed
_LOW_KG, _HIGH_KG = -800.0, 800.0  # off the charge, 2.4 wt%: the strength is doubted
_FORCED_KG: Final = 50.0  # per kelvin that levels then force
_MAKEUP_FROM_WT: Final = 0.3
_MAKEUP_PCT: Final = 25.0  # of the valve per wt% beyond: 375 kg/h
_MAKEUP_MOST_PCT: Final = 25.0
_UNCOOLED_K: Final = 1.0  # this far above its set-point the wash has no more cold water
# Solvent, kg: per % of level, and in the columns per kg/h of lean flow.  The rig is charged
# until every vessel stands at its middle at the design flow.
_TANK_KG, _SUMP_KG, _REBOILER_KG, _COLUMNS_H = 100.0, 32.0, 36.0, 0.064
_MIDDLE_PCT: Final = 50.0


@dataclass(slots=True)
class WaterBalance:
    """QIC-403: strength trims the wash temperature; make-up only for strong, scarce solvent.

    `step` returns (make-up valve %, wash set-point degC).  Only while gas flows: without it
    nothing carries water in or out, and what moves between columns and tank is no loss.
    """

    spec: PlantSpec
    integral_K: float = 0.0
    makeup: float = 0.0
    t_wash: float = _NORMAL_degC + OVER_QUENCH_K
    strength: Lag = field(default_factory=lambda: Lag(900.0))
    quench: Lag = field(default_factory=lambda: Lag(300.0))
    wetting: Lag = field(default_factory=lambda: Lag(120.0))
    surplus: Lag = field(default_factory=lambda: Lag(600.0))
    washed: Lag = field(default_factory=lambda: Lag(300.0))
    _gas_s: float = 0.0

    def step(self, now: Sensed, lean: float, gas: bool, dt_s: float) -> tuple[float, float]:
        """See one scan: filtered lean flow kg/h, and whether the inlet is open."""
        self._gas_s = self._gas_s + dt_s if gas else 0.0
        believed = _BELIEVED_WT[0] < now.strength < _BELIEVED_WT[1]
        follow = believed and self._gas_s > _SETTLE_S
        self._measure(now, lean, follow, dt_s)
        self.makeup = 0.0
        if not gas:
            return self.makeup, self.t_wash
        target = self.spec.plant.mea_wt_pct
        off = (self.strength.value or target) - target
        surplus = self.surplus.value or 0.0
        self._trim(off, surplus, follow, dt_s)
        # Levels read low until the columns have filled: no water for that.
        if follow and surplus < 0.0 and off > _MAKEUP_FROM_WT:
            self.makeup = min(_MAKEUP_MOST_PCT, _MAKEUP_PCT * (off - _MAKEUP_FROM_WT))
        return self.makeup, self.t_wash

    def _measure(self, now: Sensed, lean: float, follow: bool, dt_s: float) -> None:
        if follow:
            self.strength.step(now.strength, dt_s)
        self.quench.step(now.t_quench, dt_s)
        self.washed.step(now.t_wash, dt_s)
        wetting = self.wetting.step(lean, dt_s) - self.spec.solvent.design_flow_kg_h
        surplus = (
            _TANK_KG * (now.level_tank - _MIDDLE_PCT)
            + _SUMP_KG * (now.level_sump - _MIDDLE_PCT)
            + _REBOILER_KG * (now.level_reb - _MIDDLE_PCT)
            + _COLUMNS_H * wetting
        )
        self.surplus.step(surplus, dt_s)

    def _trim(self, off: float, surplus: float, learn: bool, dt_s: float) -> None:
        """Set the wash: warmer (positive) for weak solvent, colder for strong."""
        error = -off - min(_QUIET_WT, max(-_QUIET_WT, -off))
        least = min(_TRIM_K, max(-_TRIM_K, (surplus - _HIGH_KG) / _FORCED_KG))
        most = min(_TRIM_K, max(-_TRIM_K, (surplus - _LOW_KG) / _FORCED_KG))
        trim = _GAIN_K * error + self.integral_K
        uncooled = (self.washed.value or 0.0) > self.t_wash + _UNCOOLED_K
        stuck = (trim <= least or uncooled) if error < 0.0 else trim >= most
        if learn and not stuck:
            step = _GAIN_K * error * dt_s / _RESET_S
            self.integral_K = min(_TRIM_K, max(-_TRIM_K, self.integral_K + step))
        neutral = (self.quench.value or _NORMAL_degC) + OVER_QUENCH_K
        goal = neutral + min(most, max(least, trim))
        self.t_wash = min(WASH_HI_degC, max(WASH_LO_degC, goal))
