"""Pumps, valves and dampers: rate limits, lag, stiction, and a size nobody knows exactly."""

from dataclasses import dataclass


@dataclass(slots=True)
class Actuator:
    """Follows a command in %: stiction band, then rate limit, then a first-order lag.

    `opening`, `closing` in %/s; `tau_s` lag; `stick` % of command change that does not
    move it; `size` the true capacity relative to the nominal one (drawn by seed).
    """

    opening: float
    closing: float
    tau_s: float
    stick: float = 0.0
    size: float = 1.0
    position: float = 0.0
    _stem: float = 0.0
    _goal: float = 0.0

    def step(self, command: float, dt_s: float, fast: bool = False) -> float:
        """Return the new position, %; `fast` closes by spring at ten times the rate."""
        if abs(command - self._goal) > self.stick or command <= 0.0:
            self._goal = command
        closing = 10.0 * self.closing if fast else self.closing
        delta = self._goal - self._stem
        self._stem += min(self.opening * dt_s, max(-closing * dt_s, delta))
        self.position += (self._stem - self.position) * dt_s / (self.tau_s + dt_s)
        return self.position

    def place(self, position: float) -> None:
        """Put it at a position at once."""
        self.position = self._stem = self._goal = position

    @property
    def flow_share(self) -> float:
        """Return the true share of nominal capacity, 0..about 1."""
        return 0.01 * self.position * self.size
