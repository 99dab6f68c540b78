"""How old the newest record is, judged without trusting any one clock.

Plant time of a fast or replayed demo is not the wall's time, so the age is
taken from the wall only when both agree; otherwise from when the record was
seen to change, or from when the journal file was last written.
"""

from dataclasses import dataclass
from typing import Final

AGREE_S: Final = 5.0  # plant time this near the wall's is the wall's
DEAD_S: Final = 3.5  # three cycles and the page's own second


@dataclass(slots=True)
class Freshness:
    """Remembers when the record last changed; one per journal, behind a lock."""

    seq: int = -1
    run: str = ""
    changed_s: float | None = None
    live_offset: bool = False

    def observe(
        self, run: str, seq: int, t_ns: int, wall_ns: int, mono_s: float, written_ns: int
    ) -> float:
        """Return the age of record (run, seq) in wall seconds.

        `written_ns` is when the journal was last written by the wall clock,
        `mono_s` the reader's monotonic time.
        """
        first, changed = self.changed_s is None, (run, seq) != (self.run, self.seq)
        if changed:
            self.run, self.seq, self.changed_s = run, seq, mono_s
            lag_s = (wall_ns - t_ns) / 1e9
            self.live_offset = abs(lag_s) <= AGREE_S
            if first and not self.live_offset:
                self.changed_s = mono_s - max(0.0, (wall_ns - written_ns) / 1e9)
        since_s = mono_s - (self.changed_s if self.changed_s is not None else mono_s)
        if self.live_offset:
            return max(since_s, (wall_ns - t_ns) / 1e9, 0.0)
        return max(0.0, since_s)


def age_text(age_s: float) -> str:
    """Return an age as shown: 0.4 s, 12 s, 5 min, 3 h."""
    if age_s < 9.95:
        return f"{age_s:.1f} s"
    if age_s < 120:
        return f"{age_s:.0f} s"
    return f"{age_s / 60:.0f} min" if age_s < 7200 else f"{age_s / 3600:.0f} h"
