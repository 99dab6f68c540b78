"""What the instruments make of the truth: lag, dead time, bias, noise, steps, a range.

All tags at once, as arrays in table order.  Noise sizes follow the within-period standard
deviations of the NCCC 2017 campaign (absorber and stripper of a 0.5 MW pilot plant), taken
relative to the design value; analysers 0.5 % of reading.  Each instrument carries a bias
within its stated accuracy (k=2), drawn by seed, so that nobody's picture equals the truth.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sensors.quality import Reason
from sensors.tag import ModbusSource, Tag, TagTable

F64 = NDArray[np.float64]

_BLOCK: Final = 512
CALIBRATION_S: Final = 90.0
_DAY_S: Final = 86400.0
_CALIBRATED: Final = {"AT-101": 10800.0, "AT-301": 11100.0}  # tag -> second of the UTC day
_FIRST_S: Final = min(_CALIBRATED.values())
_OVER_S: Final = max(_CALIBRATED.values()) + CALIBRATION_S
_LAG_S: Final = {  # by unit
    "degC": 6.0,
    "kg/h": 1.0,
    "kPa": 0.5,
    "mbar": 1.0,
    "barg": 0.5,
    "bar": 0.5,
    "%": 2.0,
    "m3/h": 1.0,
    "kg/m3": 4.0,
    "vol%": 8.0,
    "ppm": 10.0,
    "mol/mol": 30.0,
    "wt%": 30.0,
    "mS/cm": 15.0,
    "pH": 15.0,
}


class _Noise(NamedTuple):
    absolute: float
    relative: float = 0.0


# NCCC 2017 within-period standard deviations; flows relative to the design value.
_NOISE_BY_ROLE: Final = {
    "treated_flow": _Noise(0.016 * 20000.0),
    "lean_flow": _Noise(0.0055 * 24000.0),
    "rich_flow": _Noise(0.01 * 24000.0),
    "stripper_pressure": _Noise(0.6),
    "absorber_pressure": _Noise(0.05),
    "steam_flow": _Noise(4.0, 0.005),
    "steam_available": _Noise(5.0, 0.003),
    "product_flow": _Noise(1.0, 0.003),
    "lco2_flow": _Noise(1.0, 0.003),
    "co2_in": _Noise(0.0, 0.005),
    "co2_out": _Noise(0.003, 0.005),
    "o2_in": _Noise(0.03),
    "o2_out": _Noise(0.03),
    "engine_back_pressure": _Noise(0.2),
    "steam_header_pressure": _Noise(0.01),
    "space_co2": _Noise(0.005),
    "space_o2": _Noise(0.03),
    "lean_loading": _Noise(0.001),
    "rich_loading": _Noise(0.001),
    "product_purity": _Noise(0.005),
    "latitude": _Noise(0.0),
    "longitude": _Noise(0.0),
}
_NOISE_BY_UNIT: Final = {
    "degC": _Noise(0.15),
    "kg/h": _Noise(0.0, 0.004),
    "kW": _Noise(0.5, 0.002),
    "mbar": _Noise(0.08),
    "barg": _Noise(0.005),
    "bar": _Noise(0.003),
    "%": _Noise(0.2),
    "m3/h": _Noise(0.05, 0.003),
    "kg/m3": _Noise(0.1),
    "ppm": _Noise(0.02, 0.005),
    "rpm": _Noise(2.0),
    "pH": _Noise(0.01),
    "wt%": _Noise(0.03),
    "mS/cm": _Noise(0.0, 0.002),
    "kn": _Noise(0.03),
    "deg": _Noise(0.02),
    "kPa": _Noise(0.01),
}


def _noise_of(tag: Tag) -> _Noise:
    if tag.kind != "float" or tag.direction != "in" or tag.role == "voyage_time":
        return _Noise(0.0)
    by_unit = _NOISE_BY_UNIT.get(tag.unit, _Noise(0.0))
    return _NOISE_BY_ROLE.get(tag.role or "", by_unit)


def _resolution(tag: Tag) -> float:
    if tag.kind != "float" or tag.role == "voyage_time":
        return 1.0
    span = tag.hi - tag.lo
    if isinstance(tag.source, ModbusSource):
        if tag.source.ne43:
            return span / 16000.0  # 1 microampere
        if tag.source.type in ("int16", "uint16"):
            return tag.source.scale
    return span / 65536.0


class Instruments:
    """Measures all tags of a table once a step.

    `forced` channel -> value an instrument is stuck at (NaN included); `drift` channel ->
    (since, units per hour).  `seed` draws biases and noise.
    """

    def __init__(self, table: TagTable, seed: int) -> None:
        self.table = table
        tags = table.tags
        n = len(tags)
        self._random = np.random.default_rng([seed, 1])
        measured = np.array([t.kind == "float" and t.direction == "in" for t in tags])
        # Read-backs and set-points are the PLC's own numbers, not measurements.
        rel = np.array([t.accuracy_rel for t in tags]) * measured
        absolute = np.array([t.accuracy_abs for t in tags]) * measured
        self.gain = 1.0 + 0.5 * rel * self._bias(n)
        self.offset = 0.5 * absolute * self._bias(n)
        noise = [_noise_of(t) for t in tags]
        self._sigma = np.array([s.absolute for s in noise])
        self._sigma_rel = np.array([s.relative for s in noise])
        self._tau = np.array([_LAG_S.get(t.unit, 0.0) for t in tags]) * measured
        free = ~measured  # handshake and set-points pass as they are
        self._step = np.where(free, 1e-9, np.array([_resolution(t) for t in tags]))
        self._exact = np.flatnonzero(free)
        self._lo = np.where(free, -np.inf, np.array([t.lo for t in tags]))
        top = np.array([t.hi + 0.03125 * (t.hi - t.lo) for t in tags])
        self._hi = np.where(free, np.inf, top)
        self._dead = np.flatnonzero([t.dead_time_s > 0.0 for t in tags])
        self._dead_s = np.array([tags[i].dead_time_s for i in self._dead])
        self._columns = np.arange(len(self._dead))
        self._calibrated = [
            (table.index[name], at) for name, at in _CALIBRATED.items() if name in table.index
        ]
        self.forced: dict[int, float] = {}
        self.drift: dict[int, tuple[float, float]] = {}
        self._held: dict[int, float] = {}
        self._x = np.zeros(n)
        self._settled = False
        self._dt_s = 0.0
        self._k = 0
        self._row = _BLOCK

    def _bias(self, n: int) -> F64:
        """Draw a bias in standard uncertainties, cut at the stated limits (k=2)."""
        return np.clip(self._random.standard_normal(n), -2.0, 2.0)

    def _tempo(self, dt_s: float) -> None:
        self._dt_s = dt_s
        self._alpha = dt_s / (self._tau + dt_s)
        self._delay = np.rint(self._dead_s / dt_s).astype(np.int64)
        self._length = int(self._delay.max(initial=0)) + 1
        self._ring = np.tile(self._x[self._dead], (self._length, 1))
        self._k = 0

    def settle(self, true: F64) -> None:
        """Forget the past: all lags and sample lines hold the truth of now."""
        self._x = true.copy()
        self._settled = True
        self._dt_s = 0.0

    def read(self, true: F64, t_s: float, dt_s: float) -> F64:
        """Return what the instruments say (float64[n], table order) as a new array."""
        if not self._settled:
            self.settle(true)
        if dt_s != self._dt_s:
            self._tempo(dt_s)
        if self._row >= _BLOCK:
            self._noise = self._random.standard_normal((_BLOCK, len(true)))
            self._row = 0
        x = self._x
        x += (true - x) * self._alpha
        x[self._exact] = true[self._exact]
        seen = x.copy()
        k = self._k = (self._k + 1) % self._length
        self._ring[k] = x[self._dead]
        seen[self._dead] = self._ring[(k - self._delay) % self._length, self._columns]
        sigma = self._sigma + self._sigma_rel * np.abs(seen)
        value: F64 = seen * self.gain
        value += self.offset
        value += sigma * self._noise[self._row]
        self._row += 1
        value = np.rint(value / self._step) * self._step
        np.maximum(value, self._lo, out=value)
        np.minimum(value, self._hi, out=value)
        value[self._exact] = true[self._exact]
        if self.drift or self.forced:
            self._faults(value, t_s)
        return value

    def _faults(self, value: F64, t_s: float) -> None:
        for i, (since, rate) in self.drift.items():
            tag = self.table.tags[i]
            value[i] = min(tag.hi, max(tag.lo, value[i] + rate * (t_s - since) / 3600.0))
        for i, forced in self.forced.items():
            value[i] = forced

    def calibrate(self, value: F64, reason: NDArray[np.uint32], t_s: float) -> None:
        """Hold the analysers that are being calibrated at this time, and say so."""
        second = t_s % _DAY_S
        if not _FIRST_S <= second < _OVER_S:
            if self._held:
                self._held.clear()
            return
        for i, at in self._calibrated:
            if at <= second < at + CALIBRATION_S:
                value[i] = self._held.setdefault(i, float(value[i]))
                reason[i] |= np.uint32(Reason.CALIBRATING)
            else:
                self._held.pop(i, None)
