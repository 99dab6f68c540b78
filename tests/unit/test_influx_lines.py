"""Line protocol: what goes in comes out, whatever the values and names."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from controller.historian.lines import LineMaker, escaped
from controller.historian.record import Channel, Record
from tests.journals import CHANNELS, NOON_NS, a_record, a_run


def parsed(line: str) -> tuple[str, dict[str, str], dict[str, str], int]:
    """Read a line by the grammar of InfluxDB: measurement, tags, fields, time."""
    head, fields, stamp = re.split(r"(?<!\\) ", line)
    measurement, *tags = re.split(r"(?<!\\),", head)
    pairs = [re.split(r"(?<!\\)=", p) for p in [*tags, *re.split(r"(?<!\\),", fields)]]
    assert all(len(p) == 2 and p[0] and p[1] for p in pairs)
    plain = [(re.sub(r"\\([,= ])", r"\1", k), re.sub(r"\\([,= ])", r"\1", v)) for k, v in pairs]
    return measurement, dict(plain[: len(tags)]), dict(plain[len(tags) :]), int(stamp)


def a_line(value: list[float], quality: list[int], seq: int = 7) -> dict[str, str]:
    record = Record(
        seq,
        NOON_NS,
        0,
        1,
        np.array(value),
        np.array(quality, np.uint8),
        np.zeros(4, np.uint32),
        np.zeros(4, np.int32),
    )
    return parsed(LineMaker(a_run(), CHANNELS).line(record))[2]


def test_a_line_tells_run_plant_time_and_seq() -> None:
    measurement, tags, fields, ms = parsed(LineMaker(a_run(), CHANNELS).line(a_record(3)))
    assert measurement == "record"
    assert tags == {"plant": "demo", "kind": "live", "run": "r1"}
    assert fields["seq"] == "3i"
    assert ms == NOON_NS // 1_000_000 + 3000


def test_every_channel_is_a_float_whatever_words_it_has() -> None:
    """A field that changes its type costs the whole line: type hangs on no plant folder."""
    fields = a_line([6.25, 3.0, 58.0, 24000.0], [2, 2, 2, 2])
    assert fields == {
        "seq": "7i",
        "q": "2i",
        "AT-101": "6.25",
        "HS-PC-UNIT": "3.0",
        "capture_best_pct": "58.0",
        "FIC-401.SP": "24000.0",
    }


def test_a_bad_value_is_a_gap_with_its_quality() -> None:
    fields = a_line([2.4e-41, 3.0, 58.0, math.nan], [0, 1, 2, 2])
    assert "AT-101" not in fields
    assert fields["q_AT-101"] == "0i"
    assert (fields["HS-PC-UNIT"], fields["q_HS-PC-UNIT"]) == ("3.0", "1i")
    assert "FIC-401.SP" not in fields
    assert fields["q"] == "0i"


def test_a_channel_may_not_take_a_name_of_the_format() -> None:
    with pytest.raises(ValueError, match="q_x"):
        LineMaker(a_run(), [Channel("q_x", "", "in")])


@given(
    value=arrays(np.float64, 4, elements=st.floats(width=64)),
    quality=arrays(np.uint8, 4, elements=st.integers(0, 2)),
    seq=st.integers(0, 2**53),
)
def test_every_finite_value_survives_to_the_bit(
    value: np.ndarray[tuple[int], np.dtype[np.float64]],
    quality: np.ndarray[tuple[int], np.dtype[np.uint8]],
    seq: int,
) -> None:
    fields = a_line(value.tolist(), quality.tolist(), seq)
    assert fields["seq"] == f"{seq}i"
    for channel, v, q in zip(CHANNELS, value.tolist(), quality.tolist(), strict=True):
        shown = fields.get(channel.name)
        if not math.isfinite(v) or q == 0:
            assert shown is None
        else:
            assert shown is not None
            assert float(shown) == v


@given(st.text(max_size=30), st.text(min_size=1, max_size=30))
def test_any_name_and_run_gives_one_parsable_line(run: str, name: str) -> None:
    record = a_record(1, n=1)
    maker = LineMaker(a_run(run), [Channel("x" + name, "", "in")])
    measurement, tags, fields, _ = parsed(maker.line(record))
    assert measurement == "record"
    assert set(tags) == {"plant", "kind", "run"}
    assert {"seq", "q"} <= set(fields)


@given(st.text(min_size=1))
def test_escaping_leaves_nothing_that_ends_a_line(text: str) -> None:
    assert not re.search(r"[\x00-\x1f\x7f]|\\(?![,= ])|(?<!\\)[,= ]", escaped(text))
