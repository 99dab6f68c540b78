"""The regulatory loops of the rig: flows, levels, pressure, reboiler temperature, water.

Plain PI loops with feed-forward, all in the PLC's own engineering units.  The permanent
overrides on steam (header pressure: the ship first; reboiler temperature) are low-selects
downstream of whatever set-point is in force.
"""

from dataclasses import dataclass, field
from typing import Final

from sensors.plantfile import PlantSpec
from sim import plc_io as io
from sim.plc_io import Commands, Sensed
from sim.plc_loops import PI, Lag
from sim.plc_water import WaterBalance

HEADER_SP_barg: Final = 3.2  # below this the ship wins
T_OVERRIDE_degC: Final = 121.4
LEAN_PER_STEAM: Final = 12.2  # kg/kg: 3.8 GJ/t at a loading change of 0.22
VENT_MARGIN_kPa: Final = 9.0
LEVEL_SP: Final = 50.0


@dataclass(slots=True)
class Regulators:
    """All loops and their filters; `flows`, `levels` and `water` write the commands."""

    spec: PlantSpec
    fic_110: PI = field(default_factory=lambda: PI(0.3 / 250.0, 8.0, 0.0, 100.0))
    fic_401: PI = field(default_factory=lambda: PI(0.3 / 360.0, 6.0, 0.0, 100.0))
    fic_521: PI = field(default_factory=lambda: PI(0.4 / 30.0, 6.0, 0.0, 100.0))
    tic_521: PI = field(default_factory=lambda: PI(90.0, 300.0, -900.0, 500.0))
    pic_501: PI = field(default_factory=lambda: PI(-2.0, 60.0, 0.0, 100.0))
    lic_361: PI = field(default_factory=lambda: PI(-300.0, 1200.0, -9000.0, 9000.0))
    lic_521: PI = field(default_factory=lambda: PI(-300.0, 1200.0, -9000.0, 9000.0))
    lic_561: PI = field(default_factory=lambda: PI(-40.0, 800.0, 0.0, io.REFLUX_KG_H, 400.0))
    lean: Lag = field(default_factory=lambda: Lag(3.0))
    treated: Lag = field(default_factory=lambda: Lag(3.0))
    steam: Lag = field(default_factory=lambda: Lag(2.0))
    p_strip: Lag = field(default_factory=lambda: Lag(3.0))
    rich_ff: Lag = field(default_factory=lambda: Lag(15.0))
    bottoms_ff: Lag = field(default_factory=lambda: Lag(15.0))
    t_reb: Lag = field(default_factory=lambda: Lag(4.0))
    co2_in: Lag = field(default_factory=lambda: Lag(20.0))
    header: Lag = field(default_factory=lambda: Lag(3.0))
    # What holds steam back begins by holding nothing back: at the reboiler's maximum.
    tic_high: PI = field(init=False)
    pic_810: PI = field(init=False)
    steam_cap: float = field(init=False)
    balance: WaterBalance = field(init=False)

    def __post_init__(self) -> None:
        full = self.steam_cap = self.spec.reboiler.max_steam_kg_h
        self.tic_high = PI(250.0, 60.0, 0.0, full, full)
        self.pic_810 = PI(-1500.0, 90.0, 0.0, full, full)
        self.balance = WaterBalance(self.spec)

    def filter(self, now: Sensed, dt_s: float) -> None:
        """Take in this scan's measurements; an analyser out of reason is not followed."""
        self.lean.step(now.lean, dt_s)
        self.treated.step(now.treated, dt_s)
        self.steam.step(now.steam, dt_s)
        self.p_strip.step(now.p_stripper, dt_s)
        self.t_reb.step(now.t_reb, dt_s)
        self.header.step(now.p_header, dt_s)
        if 2.0 < now.co2_in < 10.0:
            self.co2_in.step(now.co2_in, dt_s)

    def local_lean(self, treated_kg_h: float, ratio: float) -> float:
        """Return the local ratio default of the lean flow, kg/h: CO2 in, capped by heat."""
        solvent = self.spec.solvent
        co2_kg_h = treated_kg_h * 1.52e-2 * (self.co2_in.value or 6.3)
        wanted = min(ratio * co2_kg_h, LEAN_PER_STEAM * self.steam_cap)
        return min(max(wanted, solvent.min_flow_kg_h), solvent.max_flow_kg_h)

    def local_steam(self, lean_kg_h: float, t_sp: float, dt_s: float) -> float:
        """Return TIC-521's steam flow, kg/h: feed-forward from lean flow plus a PI trim."""
        ahead = lean_kg_h / LEAN_PER_STEAM
        t_reb = self.t_reb.value or t_sp
        wanted = ahead + self.tic_521.step(t_sp, t_reb, dt_s)
        if wanted > self.steam_cap:  # the selector has it: no wind-up
            self.tic_521.out = max(self.tic_521.lo, self.steam_cap - ahead)
            return self.steam_cap
        return max(0.0, wanted)

    def caps(self, now: Sensed, dt_s: float) -> float:
        """Return what the steam flow may be now, kg/h: available, header, temperature."""
        steam = self.steam.value or 0.0
        t_reb, header = self.t_reb.value or 0.0, self.header.value or 0.0
        limit = self.spec.reboiler.max_steam_kg_h
        above = min(limit, steam + 150.0)
        high = self.tic_high.step(T_OVERRIDE_degC, t_reb, dt_s)
        low = self.pic_810.step(HEADER_SP_barg, header, dt_s)
        # An override that is not in charge waits just above the flow: it acts at once.
        if t_reb < T_OVERRIDE_degC - 0.3:
            self.tic_high.out = high = max(high, above)
        if header > HEADER_SP_barg + 0.05:
            self.pic_810.out = low = max(low, above)
        free = limit if t_reb < T_OVERRIDE_degC - 0.3 else high
        by_header = limit if header > HEADER_SP_barg + 0.1 else low
        self.steam_cap = max(0.0, min(limit, now.steam_available, free, by_header))
        return self.steam_cap

    def flows(self, targets: list[float], out: Commands, dt_s: float) -> None:
        """Run the solvent, steam and gas flow loops on `targets` (order of the set-points)."""
        lean_sp, steam_sp, out.t_lean, p_sp, treated_sp = targets
        out.lean = self._flow(self.fic_401, lean_sp, self.lean.value, dt_s)
        out.steam = self._flow(self.fic_521, min(steam_sp, self.steam_cap), self.steam.value, dt_s)
        if out.inlet_open:
            out.blower = self._flow(self.fic_110, treated_sp, self.treated.value, dt_s)
        else:
            out.blower = 0.0
            self.fic_110.hold(0.0)
        self._pressure(p_sp, out, dt_s)

    @staticmethod
    def _flow(loop: PI, sp: float, pv: float | None, dt_s: float) -> float:
        if sp <= 0.0:
            loop.hold(0.0)
            return 0.0
        return loop.step(sp, pv or 0.0, dt_s)

    def _pressure(self, p_sp: float, out: Commands, dt_s: float) -> None:
        p = self.p_strip.value or p_sp
        out.compressor = self.pic_501.step(p_sp, p, dt_s)
        out.vent = min(100.0, max(0.0, (p - p_sp - VENT_MARGIN_kPa) * 6.0))

    def levels(self, now: Sensed, out: Commands, dt_s: float) -> None:
        """Run the averaging level loops."""
        lean, rich = self.lean.value or 0.0, now.rich
        ahead = self.rich_ff.step(lean, dt_s)
        rich_sp = ahead * 1.04 + self.lic_361.step(LEVEL_SP, now.level_sump, dt_s)
        out.rich = min(100.0, max(0.0, 100.0 * rich_sp / io.RICH_KG_H))
        ahead = self.bottoms_ff.step(rich, dt_s)
        bottoms = ahead * 0.96 + self.lic_521.step(LEVEL_SP, now.level_reb, dt_s)
        out.bottoms = min(100.0, max(0.0, 100.0 * bottoms / io.BOTTOMS_KG_H))
        if out.steam < 1.0 and now.level_reflux < LEVEL_SP + 10.0:  # nothing condenses
            self.lic_561.hold(0.0)
            out.reflux = 0.0
            return
        reflux = self.lic_561.step(LEVEL_SP, now.level_reflux, dt_s)
        out.reflux = 100.0 * reflux / io.REFLUX_KG_H

    def water(self, now: Sensed, out: Commands, dt_s: float) -> None:
        """Hold the solvent's strength by wash temperature and make-up water."""
        lean = self.lean.value or 0.0
        out.makeup, out.t_wash = self.balance.step(now, lean, out.inlet_open, dt_s)
