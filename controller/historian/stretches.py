"""A stretch of time of a run: from roll-ups and cycles, over days, around damage."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from controller.historian import series
from controller.historian.damage import is_damage
from controller.historian.errors import UNSOUND
from controller.historian.rollup import NS
from controller.historian.segments import OpenSegment, tell

T = TypeVar("T")


def answer(
    names: Sequence[str], blocks: Sequence[series.Block], max_points: int
) -> dict[str, NDArray[np.generic]]:
    """Return blocks as `JournalReader.series` says them, thinned to about max_points."""
    block = series.thinned(series.Block.joined(blocks), max_points)
    answer: dict[str, NDArray[np.generic]] = {"t_ns": block.t_ns}
    for i, name in enumerate(names):
        answer[name] = block.value[:, i]
        answer[f"{name}:lo"], answer[f"{name}:hi"] = block.low[:, i], block.high[:, i]
        answer[f"{name}:q"] = block.quality[:, i]
    return answer


def blocks_of(
    segments: Sequence[OpenSegment], names: Sequence[str], t0_ns: int, t1_ns: int
) -> list[series.Block]:
    """Return a stretch from the finest roll-up that is not too long."""
    counted = list(of_each(segments, lambda s: (s, s.cycles.about(t0_ns, t1_ns))))
    widths = series.widths_for(sum(count for _, count in counted))
    filled = [segment for segment, count in counted if count]
    blocks = [series.Block.empty(len(names))]
    for found in of_each(filled, lambda s: _of_segment(s, names, widths, t0_ns, t1_ns)):
        blocks += found
    return blocks


def of_each(segments: Sequence[OpenSegment], ask: Callable[[OpenSegment], T]) -> Iterator[T]:
    """Yield what each segment says; one that is damaged there is left out and told once."""
    for segment in segments:
        try:
            said = ask(segment)
        except UNSOUND as error:
            if isinstance(error, sqlite3.Error) and not is_damage(error):
                raise  # busy, or a disk that is gone: no damage
            tell(segment.path, f"is damaged in part: {error}")
            continue
        yield said


def _of_segment(
    segment: OpenSegment, names: Sequence[str], widths: Sequence[int], t0_ns: int, t1_ns: int
) -> list[series.Block]:
    """Return roll-ups, the widest first, and what is younger than they are cycle by cycle."""
    index = {c.name: i for i, c in enumerate(segment.channels)}
    n, known = len(segment.channels), [name for name in names if name in index]
    columns = [index[name] for name in known]
    blocks = []
    for width_s in widths:
        block = series.spans(segment.db, width_s, n, columns, t0_ns, t1_ns)
        if block.t_ns.size:
            blocks.append(block)
            t0_ns = max(t0_ns, int(block.t_ns[-1]) + width_s * NS // 2)
    blocks.append(segment.cycles.raw(columns, t0_ns, t1_ns))
    if len(known) == len(names):
        return blocks
    return [block.spread([names.index(name) for name in known], len(names)) for block in blocks]
