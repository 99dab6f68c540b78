"""How old the newest record is, on the wall's time.

A run says how its time follows the wall's (`Run.speed`, `Run.wall_ns`): then the
age is the wall's time now minus that of the record, however late it came.  Of a
run that says nothing only a record on the wall's own time has such an age; that
of a fast demo or a bench is taken from when the record was seen to change, and
at first from when the journal file was last written.
"""

from dataclasses import dataclass
from typing import Final

from controller.historian.record import Run

AHEAD_S: Final = 5.0  # plant time this much before the wall's is not the wall's
LATE_S: Final = 86400.0  # nor is it when further behind; less is taken for lateness
STEP_S: Final = 1.0  # less is a slew
DEAD_S: Final = 3.5  # three cycles and the page's own second


@dataclass(slots=True)
class Freshness:
    """Remembers when the record last changed; one per journal, behind a lock."""

    seq: int = -1
    run: str = ""
    changed_s: float | None = None
    on_wall: bool = False
    apart_s: float | None = None  # of wall and monotonic time, when this began

    def observe(
        self,
        run: str,
        seq: int,
        t_ns: int,
        wall_ns: int,
        mono_s: float,
        written_ns: int,
        about: Run | None = None,
    ) -> float:
        """Return the age of record (run, seq) in wall seconds, 0 or more.

        `written_ns` is when the journal was last written by the wall clock,
        `mono_s` the reader's monotonic time, `about` the run if it is known.
        """
        first, lag_s = self.changed_s is None, (wall_ns - t_ns) / 1e9
        if (run, seq) != (self.run, self.seq):
            self.run, self.seq, self.changed_s = run, seq, mono_s
            self.on_wall = -AHEAD_S <= lag_s <= LATE_S
            if first and not self.on_wall:
                self.changed_s = mono_s - max(0.0, (wall_ns - written_ns) / 1e9)
        since_s = mono_s - (self.changed_s if self.changed_s is not None else mono_s)
        stated_s = None if about is None else wall_age_s(about, t_ns, wall_ns)
        if stated_s is None:
            stated_s = lag_s if self.on_wall else 0.0
        return max(since_s, self._over_steps(stated_s, wall_ns / 1e9 - mono_s), 0.0)

    def _over_steps(self, age_s: float, apart_s: float) -> float:
        """Return an age by the wall, whose clock may have been stepped since this began.

        Then the run's time followed, or it goes on as before (a demo's does, and after a
        pause of the machine): whichever makes the record newer.
        """
        self.apart_s = apart_s if self.apart_s is None else self.apart_s
        step_s = apart_s - self.apart_s
        return age_s if abs(step_s) < STEP_S else min(age_s, age_s - step_s, key=abs)


def wall_age_s(run: Run, t_ns: int, wall_ns: int) -> float | None:
    """Return how many wall seconds ago a run had the time `t_ns`, None if it does not say."""
    if run.speed is None or run.wall_ns is None:
        return None
    return (wall_ns - run.wall_ns) / 1e9 - (t_ns - run.started_ns) / 1e9 / run.speed


def age_text(age_s: float) -> str:
    """Return an age as shown: 0.4 s, 12 s, 5 min, 3 h."""
    if age_s < 9.95:
        return f"{age_s:.1f} s"
    if age_s < 120:
        return f"{age_s:.0f} s"
    return f"{age_s / 60:.0f} min" if age_s < 7200 else f"{age_s / 3600:.0f} h"
