"""The checks as tables: values in, reasons out, time given."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from sensors.checks import CheckState, check
from sensors.codec import BlockCodec, swap_words
from sensors.image import Image
from sensors.plantfile import load_plant
from sensors.quality import Quality, Reason
from sensors.tag import ModbusSource, OpcuaSource, Tag, TagTable
from tests.tablerig import own_values

T0 = 1_700_000_000_000_000_000
BEAT = Tag(
    "BEAT", "", "", "int", 0, 65535, ModbusSource("plc", "input", 0, "uint16"), role="plc_heartbeat"
)
FLOW = Tag("FT", "", "kg/h", "float", 0, 100, ModbusSource("plc", "input", 1, "uint16"))
GAS = Tag(
    "AT", "", "vol%", "float", 0, 10, OpcuaSource("gas", "s=AT"), flatline_s=5.0, rate_max=2.0
)
MODE = Tag("MODE", "", "", "enum", 0, 3, OpcuaSource("gas", "s=MODE"), labels=((0, "A"), (3, "B")))
SLOW = Tag("SLOW", "", "", "float", 0, 10, OpcuaSource("gas", "s=SLOW"), scan_s=10.0)
TABLE = TagTable([BEAT, FLOW, GAS, MODE, SLOW])


@dataclass
class Step:
    """One cycle: what came in, and the reasons expected for each tag."""

    values: Sequence[float]
    expect: Sequence[Reason]
    dt_s: float = 1.0
    age_ms: Sequence[int] = (0, 0, 0, 0, 0)
    given: Sequence[Reason] = (Reason(0),) * 5


OK = Reason.NONE
FINE = (OK,) * 5


def ramp(n: int, gas: float = 5.0, by: float = 0.01) -> list[Step]:
    return [Step((i + 1, 50, gas + by * i, 1, 5), FINE) for i in range(n)]


TABLES = {
    "all is well": ramp(20),
    "outside the range": [
        Step((1, 101.24, 5, 3, 5), FINE),
        Step((2, 101.26, 5.1, 1, 5), (OK, Reason.RANGE, OK, OK, OK)),
        Step((3, -1.26, 5.2, 1, 5), (OK, Reason.RANGE, OK, OK, OK)),
        Step((4, 50, 5.3, 4, 5), (OK, OK, OK, Reason.RANGE, OK)),
        Step((5, 50, 5.4, 1, float("inf")), (OK, OK, OK, OK, Reason.NAN)),
    ],
    "not a number": [
        Step((1, float("nan"), 5, 1, 5), (OK, Reason.NAN, OK, OK, OK)),
        Step((2, 50, float("nan"), 1, 5), (OK, OK, Reason.NAN, OK, OK)),
        Step((3, 50, 5, 1, 5), FINE),
    ],
    "too small to be a measurement": [
        Step((1, 2.4e-41, 5, 1, 5), (OK, Reason.RANGE, OK, OK, OK)),
        Step((2, 0.0, 5.1, 1, 5), FINE),
    ],
    "faster than the process can move": [
        Step((1, 50, 2, 1, 5), FINE),
        Step((2, 50, 3.9, 1, 5), FINE),
        Step((3, 50, 9.0, 1, 5), (OK, OK, Reason.RATE, OK, OK)),
        Step((4, 50, 9.1, 1, 5), (OK, OK, Reason.RATE, OK, OK)),
        Step((5, 50, 9.2, 1, 5), FINE),  # 5.3 in 3 s is credible
    ],
    "a spike leaves no trace": [
        Step((1, 50, 2, 1, 5), FINE),
        Step((2, 50, 9, 1, 5), (OK, OK, Reason.RATE, OK, OK)),
        Step((3, 50, 2.1, 1, 5), FINE),
    ],
    "fast cycles do not make a jump": [
        Step((1, 50, 2, 1, 5), FINE, dt_s=0.1),
        Step((2, 50, 3.8, 1, 5), FINE, dt_s=0.1),
    ],
    "flatline after its limit": [
        Step((1, 50, 4, 1, 5), FINE),
        *[Step((2 + i, 50, 4, 1, 5), FINE) for i in range(5)],
        Step((7, 50, 4, 1, 5), (OK, OK, Reason.FLATLINE, OK, OK)),
        Step((8, 50, 4.1, 1, 5), FINE),
    ],
    "a meter at the end of its range is at rest, not stuck": [
        *[Step((1 + i, 50, 0.125, 1, 5), FINE) for i in range(9)],
        Step((10, 50, 0.126, 1, 5), FINE),
        *[Step((11 + i, 50, 9.875, 1, 5), (OK, OK, Reason.RATE, OK, OK)) for i in range(4)],
        *[Step((15 + i, 50, 9.875, 1, 5), FINE) for i in range(9)],
        *[Step((24 + i, 50, 9.874, 1, 5), FINE) for i in range(6)],
        Step((30, 50, 9.874, 1, 5), (OK, OK, Reason.FLATLINE, OK, OK)),
    ],
    "stale": [
        Step((1, 50, 5, 1, 5), FINE, age_ms=(0, 3000, 0, 0, 3001)),
        Step((2, 50, 5.1, 1, 5), (OK, Reason.STALE, OK, OK, OK), age_ms=(0, 3001, 0, 0, 29_999)),
        Step((3, 50, 5.2, 1, 5), (OK, OK, OK, OK, Reason.STALE), age_ms=(0, 0, 0, 0, 30_001)),
    ],
    "the heartbeat stands still": [
        Step((7, 50, 5.0, 1, 5), FINE),
        Step((7, 50, 5.1, 1, 5), FINE),
        Step((7, 50, 5.2, 1, 5), FINE),
        Step((7, 50, 5.3, 1, 5), FINE),
        Step((7, 50, 5.4, 1, 5), (Reason.HEARTBEAT, Reason.HEARTBEAT, OK, OK, OK)),
        Step((8, 50, 5.5, 1, 5), FINE),
    ],
    "what the driver calls BAD keeps the driver's reason": [
        Step(
            (1, float("nan"), 500, 1, 5),
            (OK, Reason.LINK, Reason.DEVICE, OK, OK),
            age_ms=(0, 60_000, 60_000, 0, 0),
            given=(OK, Reason.LINK, Reason.DEVICE, OK, OK),
        ),
    ],
    "what the driver calls doubtful is judged as well": [
        Step(
            (1, 50, 12, 1, 5),
            (OK, OK, Reason.DOUBTFUL | Reason.RANGE, OK, OK),
            given=(OK, OK, Reason.DOUBTFUL, OK, OK),
        ),
    ],
}


@pytest.mark.parametrize("name", TABLES)
def test_table(name: str) -> None:
    state, t_ns = CheckState.initial(TABLE), T0
    for number, step in enumerate(TABLES[name]):
        t_ns += int(step.dt_s * 1e9)
        image, state = check(_image(TABLE, t_ns, step.values, step.given, step.age_ms), state)
        got = [Reason(int(r)) for r in image.reason]
        assert got == list(step.expect), f"step {number}"


def _image(
    table: TagTable,
    t_ns: int,
    values: Sequence[float],
    reasons: Sequence[Reason] = (),
    ages: Sequence[int] = (),
) -> Image:
    n = len(table)
    return Image.of(
        table,
        t_ns,
        np.array(values, dtype=np.float64),
        np.array([int(r) for r in reasons] or [0] * n, dtype=np.uint32),
        np.array(list(ages) or [0] * n, dtype=np.int32),
    )


def test_a_clock_step_fakes_neither_flatline_nor_silence() -> None:
    state = CheckState.initial(TABLE)
    for i, jump_s in enumerate((0, 1, 2)):
        image, state = check(_image(TABLE, T0 + jump_s * 10**9, (1 + i, 50, 4, 1, 5)), state)
    for i, back_s in enumerate((-3600, -3599)):
        image, state = check(_image(TABLE, T0 + back_s * 10**9, (9 + i, 50, 4, 1, 5)), state)
        assert image.quality.min() == Quality.GOOD


def test_a_step_changes_nothing_it_was_given() -> None:
    state = CheckState.initial(TABLE)
    raw = _image(TABLE, T0, (1, 500, 5, 1, 5))
    _, first = check(raw, state)
    before = {k: v.copy() for k, v in first.arrays().items()}
    check(_image(TABLE, T0 + 10**9, (1, 50, 6, 1, 5)), first)
    for key, array in first.arrays().items():
        np.testing.assert_array_equal(array, before[key])
    assert raw.reason.tolist() == [0] * 5


def test_a_state_survives_as_arrays() -> None:
    state = CheckState.initial(TABLE)
    for i in range(4):
        _, state = check(_image(TABLE, T0 + i * 10**9, (7, 50, 4, 1, 5)), state)
    restored = CheckState.of({k: v.copy() for k, v in state.arrays().items()})
    next_one = _image(TABLE, T0 + 4 * 10**9, (7, 50, 9, 1, 5))
    straight, restarted = check(next_one, state)[0], check(next_one, restored)[0]
    assert straight.reason.tolist() == restarted.reason.tolist()
    assert straight.reason[0] == Reason.HEARTBEAT


@pytest.mark.parametrize("seed", range(20))
def test_swapped_words_never_pass_as_good(demo_folder: Path, seed: int) -> None:
    """Also not the few values that land inside their range by chance."""
    plant = load_plant(demo_folder)
    rng = np.random.default_rng(seed)
    value = own_values(plant.tags) * rng.uniform(0.9, 1.0, len(plant.tags))
    wide = [
        t for t in plant.tags_of("plc") if isinstance(t.source, ModbusSource)
        and t.source.type == "float32" and t.source.table == "input"
    ]  # fmt: skip
    codec = BlockCodec(wide, 0, 188)
    at = [plant.tags.index[t.name] for t in wide]
    value[at] = codec.decode(swap_words(codec.encode(value[at]), codec))[0]
    image, _ = check(_image(plant.tags, T0, value.tolist()), CheckState.initial(plant.tags))
    assert [t.name for t, i in zip(wide, at, strict=True) if image.quality[i] == Quality.GOOD] == []
    narrow = [i for i, t in enumerate(plant.tags.tags) if getattr(t.source, "type", "") == "uint16"]
    assert (image.quality[narrow] == Quality.GOOD).all()


def test_one_absurd_value_does_not_condemn_the_others(demo_folder: Path) -> None:
    table = load_plant(demo_folder).tags
    values = own_values(table)
    values[table.index["FT-521"]] = float("nan")
    image, _ = check(_image(table, T0, values.tolist()), CheckState.initial(table))
    bad = [t.name for t, q in zip(table.tags, image.quality, strict=True) if q != Quality.GOOD]
    assert bad == ["FT-521"]
