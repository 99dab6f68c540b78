"""An hour of a plausible voyage in a real journal, for tests of what people see.

Every channel of the demo plant, 1 Hz; the numbers balance roughly: 60 % asked,
the steam of two engines at part load allows less, so the page has to say so.
"""

import math
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from controller.channels import layout
from controller.historian.journal import Journal
from controller.historian.record import Channel, Event, Record, Run
from sensors.plantfile import load_plant
from sensors.quality import Reason, qualities_of

HOUR: Final = 3600

# What a channel reads now; anything not named sits in the middle of its normal band.
NOW: Final[Mapping[str, float]] = {
    "HS-IDENT": 1, "HS-OWNER": 1, "HS-KEY": 1, "HS-PLACE": 1, "HS-UNIT": 3, "HS-UNIT-ASKED": 3,
    "HS-PERMIT": 0, "HS-TRIP": 0, "HS-FIRST-OUT": 0, "HS-REJECT": 0, "HS-BYPASS": 0,
    "HS-LEASE-LOST": 0, "PT-101": 12.4, "PT-102": 11.8, "PT-103": 0.4, "PT-104": 0.3,
    "JT-911": 3120, "JT-912": 3075, "JT-913": 0, "JT-914": 0, "XS-911": 1, "XS-912": 1,
    "XS-913": 0, "XS-914": 0, "ZSC-102": 0, "ZT-102": 98, "XS-110": 1, "XS-401": 1, "XS-402": 1,
    "XS-630": 1, "XS-821": 1, "FT-110": 19650, "TT-110": 268, "PT-110": 2.1, "SI-110": 2480,
    "TT-202": 41.2, "LT-211": 47, "TT-311": 44.8, "TT-312": 48.3, "TT-313": 52.6, "TT-314": 56.9,
    "TT-315": 61.4, "TT-316": 64.2, "TT-317": 60.3, "TT-318": 51.7, "PDT-331": 14.2, "LT-361": 52,
    "FT-401": 21350, "FT-402": 22420, "TT-401": 40.1, "TT-402": 47.9, "TT-403": 104.2,
    "TT-405": 54.1, "LT-451": 61, "PT-501": 186, "TT-501": 118.4, "TT-502": 114.2, "TT-503": 110.6,
    "TT-504": 107.4, "TT-505": 103.9, "TT-506": 98.2, "TT-521": 119.8, "TT-521B": 119.9,
    "FT-521": 1730, "LT-521": 55, "TT-561": 31.4, "FT-561": 310, "FT-601": 985, "FT-651": 0,
    "FT-701": 978, "LT-741A": 46.2, "LT-741B": 46.1, "PT-741": 15.8, "PT-810": 3.4, "FT-810": 1785,
    "TT-821": 18.4, "JT-831": 207, "GT-801": 0.05, "GT-802": 0.04, "GT-811": 20.8, "AT-101": 5.94,
    "AT-211": 4.2, "AT-301": 2.62, "AT-303": 1.1, "AY-401": 0.241, "AY-402": 0.452, "AT-623": 99.93,
    "capture_gas_pct": 58.9, "capture_gas_u_pct": 1.9, "capture_liquid_pct": 56.6,
    "capture_liquid_u_pct": 3.8, "capture_product_pct": 58.0, "capture_product_u_pct": 0.9,
    "capture_best_pct": 58.1, "capture_best_u_pct": 0.8, "capture_10min_pct": 57.9,
    "capture_10min_covered_s": 600, "capture_1h_covered_s": 3600, "capture_10min_idle_s": 0,
    "capture_1h_idle_s": 0, "witness_state": 1, "witness_apart": 0.4, "capture_from": 1,
    "capture_10min_u_pct": 0.8, "capture_1h_pct": 57.2, "captured_kg_h": 985,
    "captured_total_t": 41.34, "co2_in_kg_h": 1697, "ship_gross_pct": 18.6, "srd_GJ_t": 3.85,
    "sec_el_kWh_t": 210, "L_G": 1.087, "target_pct": 65, "target_active_pct": 57.8,
    "possible_pct": 58.2, "constraint": 1, "authority": 1, "lease": 2, "unit_goal": 3,
    "steam_margin_kg_h": 12, "hours_to_full": 92.6, "engines_running": 2, "engine_load_pct": 53,
    "available_exhaust_kg_h": 45900, "tier": 2, "back_pressure_margin_1_mbar": 12.6,
    "back_pressure_margin_2_mbar": 13.2, "back_pressure_margin_3_mbar": math.nan,
    "back_pressure_margin_4_mbar": math.nan, "mode_capture": 4, "mode_lean": 5, "mode_steam": 5,
    "mode_treated": 5, "mode_lean_t": 4, "mode_pressure": 4,
}  # fmt: skip
# Standard deviation of what is drawn as a curve.
NOISE: Final[Mapping[str, float]] = {
    "capture_best_pct": 0.25, "capture_gas_pct": 0.6, "possible_pct": 0.1, "FT-110": 60,
    "FT-401": 70, "FT-402": 90, "FT-521": 6, "FT-810": 8, "AT-101": 0.02, "AT-301": 0.02,
}  # fmt: skip


def demo_channels(folder: Path) -> list[Channel]:
    """Return the layout of the demo plant."""
    return layout(load_plant(folder))


def resting(c: Channel) -> float:
    """Return what a channel reads when nothing special happens."""
    if c.name in NOW:
        return float(NOW[c.name])
    if c.normal is not None:
        return sum(c.normal) / 2
    return 0.0 if c.labels or c.lo is None or c.hi is None else c.lo + 0.4 * (c.hi - c.lo)


def hour(channels: list[Channel], cycles: int = HOUR) -> NDArray[np.float64]:
    """Return float64[cycles, channels]: a load change 45 min ago, then settling."""
    rng = np.random.default_rng(7)
    table = np.tile([resting(c) for c in channels], (cycles, 1))
    t = np.arange(cycles) - cycles
    place = {c.name: i for i, c in enumerate(channels)}
    fall = 0.5 * (1 - np.tanh((t + 2000) / 260))  # 1 before the engines slowed down, then 0
    for name, gain in (("FT-810", 0.22), ("FT-521", 0.12), ("FT-401", 0.10), ("FT-402", 0.10)):
        table[:, place[name]] *= 1 + gain * fall
    table[:, place["possible_pct"]] += 11 * fall
    table[:, place["capture_best_pct"]] += 5.5 * fall
    table[:, place["target_pct"]] = np.where(t < -2900, 60.0, 65.0)
    table[:, place["FT-110"]] *= 1 + 0.04 * np.sin(t / 420.0)
    for name, sigma in NOISE.items():
        slow = np.convolve(rng.normal(0, 1, cycles + 59), np.ones(60) / 60, "valid") * 4
        table[:, place[name]] += sigma * (slow + 0.4 * rng.normal(0, 1, cycles))
    return table


def record(
    channels: list[Channel],
    value: NDArray[np.float64],
    seq: int,
    t_ns: int,
    reasons: Mapping[str, Reason] | None = None,
    ages_ms: Mapping[str, int] | None = None,
) -> Record:
    """Return one record; `reasons` and `ages_ms` by channel name, all else GOOD and fresh."""
    place = {c.name: i for i, c in enumerate(channels)}
    reason = np.where(np.isfinite(value), 0, int(Reason.NAN)).astype(np.uint32)
    age = np.full(len(channels), 120, dtype=np.int32)
    for name, why in (reasons or {}).items():
        reason[place[name]] = int(why)
    for name, ms in (ages_ms or {}).items():
        age[place[name]] = ms
    return Record(seq, t_ns, seq * 1_000_000_000, 1, value, qualities_of(reason), reason, age)


def alarm(seq: int, t_ns: int, source: str, text: str, priority: int, **data: object) -> Event:
    """Return the event of an alarm coming."""
    return Event(seq, t_ns, "alarm", source, "ACTIVE", text, priority=priority, data=data)


def story(seq: int, now_ns: int) -> list[Event]:
    """Return an unacknowledged alarm, an acknowledged one, and a request accepted."""
    early, late = now_ns - 1_910_000_000_000, now_ns - 190_000_000_000
    low = alarm(
        seq, late, "steam_header_low", "Steam header pressure low", 2,
        value=2.94, limit=3.0, unit="barg", cause="Engine load fell, the ship's heat goes first.",
        consequence="Less steam for the reboiler: capture falls below its target.",
        action="Raise engine load, lower the target, or accept the lower rate.",
    )  # fmt: skip
    sulphur = alarm(
        seq, early, "so2_after_quench_high", "SO₂ after quench high", 3,
        value=11.2, limit=10.0, unit="ppm", cause="Caustic dosing of the quench is too weak.",
        consequence="Amine is lost as heat-stable salt.", action="Check caustic dosing and pH.",
    )  # fmt: skip
    seen = Event(seq, early + 40_000_000_000, "alarm", sulphur.source, "ACKNOWLEDGED", sulphur.text)
    asked = Event(
        seq, early, "command", "capture_target", "ACCEPTED", "Capture target 60 % -> 65 %",
        by="2/E", old="60", new="65",
    )  # fmt: skip
    return [sulphur, seen, asked, low]


class Voyage:
    """A journal with an hour behind it that can go on, one cycle a call."""

    def __init__(self, state_dir: Path, folder: Path, cycles: int = HOUR) -> None:
        self.channels = demo_channels(folder)
        now_ns = time.time_ns() // 1_000_000 * 1_000_000
        start_ns = now_ns - cycles * 1_000_000_000
        run = Run(
            "20260101T000000-live-1",
            "live",
            "demo",
            "0" * 64,
            "0.1.0",
            1,
            start_ns,
            title="MV Demo",
        )
        self.journal = Journal(state_dir, run, self.channels, commit_every=1, patient=True)
        table = hour(self.channels, cycles)
        self.value, self.seq = table[-1].copy(), cycles
        for i in range(cycles):
            events = story(i, now_ns) if i == cycles - 2 else ()
            t_ns = start_ns + i * 1_000_000_000
            self.journal.append(record(self.channels, table[i], i, t_ns), events)
        self.journal.flush(60)

    def go_on(
        self,
        changes: Mapping[str, float] | None = None,
        reasons: Mapping[str, Reason] | None = None,
        ages_ms: Mapping[str, int] | None = None,
        events: Iterable[Event] = (),
    ) -> None:
        """Append one cycle of this moment; `changes` stay."""
        place = {c.name: i for i, c in enumerate(self.channels)}
        for name, x in (changes or {}).items():
            self.value[place[name]] = x
        t_ns = time.time_ns() // 1_000_000 * 1_000_000
        row = record(self.channels, self.value.copy(), self.seq, t_ns, reasons, ages_ms)
        self.journal.append(row, tuple(events))
        self.seq += 1
        self.journal.flush()

    def close(self) -> None:
        """End the run."""
        self.journal.close()
