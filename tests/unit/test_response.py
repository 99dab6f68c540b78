"""The rig answers, answers late, or does not answer at all."""

import pytest

from controller.response import AT_REST, Patience, Watch, advance
from tests.unit.bench_rig import BenchRig

S = 1_000_000_000
NAN = float("nan")
PATIENCE = Patience(near=0.05, progress=0.01, patience_s=30.0)
Row = tuple[int, float, float, bool]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([(0, 0.5, 0.5, False), (500, 0.54, 0.5, False)], id="near is there"),
        pytest.param(
            [(0, 0.8, 0.5, False), (29, 0.8, 0.5, False), (30, 0.8, 0.5, True)],
            id="no progress in its patience",
        ),
        pytest.param(
            [(t, 0.8, 0.5 + 0.0006 * t, False) for t in range(0, 400, 10)],
            id="slow, but it comes nearer",
        ),
        pytest.param(
            [(t, 0.3 + 0.002 * t, 0.24 + 0.002 * t, False) for t in range(200)],
            id="a constant lag behind a ramp, short of patience",
        ),
        pytest.param(
            [
                (0, 0.8, 0.5, False),
                (30, 0.8, 0.5, True),
                (31, 0.9, 0.5, True),
                (40, 0.9, 0.6, False),
            ],
            id="a failure stays one until it is answered",
        ),
        pytest.param(
            [(0, 0.8, 0.5, False), (30, 0.8, 0.5, True), (31, 0.8, NAN, False)],
            id="what is not known is not held against it",
        ),
    ],
)
def test_table(rows: list[Row]) -> None:
    watch: Watch = AT_REST
    for t_s, setpoint, value, failed in rows[:30]:
        watch = advance(watch, setpoint, value, PATIENCE, (1000 + t_s) * S)
        assert watch.failed is failed, t_s


def test_a_valve_that_does_not_answer_is_one_alarm_that_clears() -> None:
    rig = BenchRig().armed()
    rig.run(60)
    rig.say(FT_521=400.0)  # the steam valve sticks nearly shut
    rig.run(120)
    raised = [s for kind, s, state in rig.events if (kind, state) == ("alarm", "ACTIVE")]
    assert raised == ["rig_does_not_answer"]
    assert rig.calc("not_answering") == 1.0
    rig.say(FT_521=float(rig.value[rig.plant.table.index["FIC-521.SPR"]]))
    rig.run(1)
    assert rig.calc("not_answering") == 0.0


def test_a_rig_that_is_not_ours_is_not_judged() -> None:
    rig = BenchRig()
    rig.say(FT_521=400.0)
    rig.run(200)
    assert rig.calc("not_answering") == 0.0
