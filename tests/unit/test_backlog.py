"""What was dropped is told, and nothing that was kept is."""

from hypothesis import given
from hypothesis import strategies as st

from controller.historian.backlog import Backlog, Stored
from tests.journals import a_record


def stored(seq: int) -> Stored:
    return Stored(a_record(seq), (), None)


@given(st.lists(st.sampled_from(["put", "begin", "commit", "fail"]), max_size=120))
def test_gaps_are_just_what_was_dropped_whatever_the_writer_does(moves: list[str]) -> None:
    backlog, seq = Backlog(4), 0
    kept: set[int] = set()
    marked: set[int] = set()
    under_way: list[Stored] = []
    gaps: tuple[tuple[int, int], ...] = ()
    for move in [*moves, "fail", "begin", "commit"]:
        if move == "put":
            backlog.put(stored(seq))
            seq += 1
        elif move == "begin" and not under_way:
            under_way, gaps = backlog.take(3), tuple(backlog.gaps)
        elif move == "commit" and under_way:
            kept |= {s.record.seq for s in under_way}
            marked |= {n for first, last in gaps for n in range(first, last + 1)}
            backlog.told(gaps)
            under_way = []
        elif move == "fail" and under_way:
            backlog.put_back(under_way)
            under_way = []
    marked |= {n for first, last in backlog.gaps for n in range(first, last + 1)}
    kept |= {s.record.seq for s in backlog.take(4)}
    assert marked == set(range(seq)) - kept
