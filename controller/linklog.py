"""Tell in the log what became of the links: one line for one cause.

A switch that dies takes every link behind it; a wire that flutters comes and goes.
What goes down together is told together, the first link back waits a moment for the
others, and what came back before anybody could read of it is one line.  The journal's
events hold every change at its own time.  All times here are wall seconds.
"""

import logging
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from sensors.link import LinkState

TELL_S: Final = 1.0
REUNION_S: Final = 5.0

_LOG: Final = logging.getLogger("seastack.link")


@dataclass(slots=True)
class _Story:
    """One link: how it is, what was told (None: nothing yet), what happened since."""

    name: str
    state: LinkState | None = None
    told_up: bool | None = None
    told_refused: bool = False
    down_at_s: float = 0.0
    losses: int = 0  # since it was told last
    away_s: float = 0.0
    error: str = ""

    @property
    def up(self) -> bool:
        return self.state is not None and self.state.up


class LinkLog:
    """Collects the changes of links (`changed`) and writes the lines that are due (`tell`)."""

    def __init__(self, names: Iterable[str]) -> None:
        self._stories = {name: _Story(name) for name in names}
        self._since_s = math.inf  # of the first change that was not told

    def changed(self, name: str, state: LinkState, now_s: float) -> None:
        """Take note of a link that came up, went down or is refused."""
        story = self._stories[name]
        if state.up and not story.up and story.state is not None:
            story.away_s += now_s - story.down_at_s
        if not state.up:
            story.error = state.last_error
            if story.up or story.state is None:
                story.down_at_s = now_s
                story.losses += 1
        story.state = state
        self._since_s = min(self._since_s, now_s)

    def tell(self, now_s: float) -> None:
        """Write what is due at `now_s`; infinity: whatever is left, at the end."""
        age_s = now_s - self._since_s
        if self._since_s == math.inf or age_s < (TELL_S if self._any_bad() else 0.0):
            return
        if not self._any_bad() and age_s < REUNION_S and not self._all_up():
            return
        known = [s for s in self._stories.values() if s.state is not None]
        texts = [text for story in known for text in _texts(story)]
        if texts:
            _LOG.log(logging.WARNING if self._any_bad() else logging.INFO, "; ".join(texts))
        for story in known:
            _forget(story)
        self._since_s = math.inf

    def _any_bad(self) -> bool:
        """Return whether a loss or a refusal waits to be told."""
        return any(_is_new_loss(s) or _is_blip(s) for s in self._stories.values())

    def _all_up(self) -> bool:
        return all(s.up for s in self._stories.values())


def _is_new_loss(story: _Story) -> bool:
    if story.state is None or story.up:
        return False
    return story.told_up is not False or (story.state.refused and not story.told_refused)


def _is_blip(story: _Story) -> bool:
    return story.up and story.losses > 0 and story.told_up is True


def _texts(story: _Story) -> Iterator[str]:
    """Say what became of one link since it was told last; nothing new: nothing."""
    times = f"{story.losses} times, " if story.losses > 1 else ""
    if _is_new_loss(story):
        yield f"link {story.name} is down: {story.error}"
    elif _is_blip(story):
        yield f"link {story.name} was away {times}for {story.away_s:.1f} s: {story.error}"
    elif story.up and not story.told_up and story.state is not None:
        who = story.state.identity
        after = f" after {story.away_s:.1f} s" if story.told_up is False else ""
        name_plate = f": {who.product} {who.version}" if who else ""
        yield f"link {story.name} is up{after}{name_plate}"


def _forget(story: _Story) -> None:
    story.told_up = story.up
    story.told_refused = story.state is not None and not story.up and story.state.refused
    story.losses = 0
    if story.up:
        story.away_s = 0.0
