"""Small regulatory loops: a PI controller and a first-order filter, plain floats."""

from dataclasses import dataclass


@dataclass(slots=True)
class PI:
    """Incremental PI: `gain` in output per PV unit, `ti_s` in s, output clamped.

    The output is its own integrator, so clamping it is the anti-windup and setting it is a
    bumpless transfer.  Positive gain: the output rises when PV is below SP.
    """

    gain: float
    ti_s: float
    lo: float
    hi: float
    out: float = 0.0
    _error: float | None = None

    def step(self, sp: float, pv: float, dt_s: float) -> float:
        """Return the new output."""
        error = sp - pv
        before = error if self._error is None else self._error
        self._error = error
        out = self.out + self.gain * (error - before + error * dt_s / self.ti_s)
        self.out = out = min(self.hi, max(self.lo, out))
        return out

    def hold(self, out: float) -> None:
        """Track: the next step starts at `out` without a kick."""
        self.out = min(self.hi, max(self.lo, out))
        self._error = None


@dataclass(slots=True)
class Lag:
    """First-order filter of a measurement; the first value passes at once."""

    tau_s: float
    value: float | None = None

    def step(self, x: float, dt_s: float) -> float:
        """Return the filtered value."""
        if self.value is None:
            self.value = x
        else:
            self.value += (x - self.value) * dt_s / (self.tau_s + dt_s)
        return self.value
