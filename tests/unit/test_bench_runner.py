"""A bench's verdict: figures against bars, JSON, exit codes."""

import json
import math
import sys
from types import ModuleType

import pytest
from typer.testing import CliRunner

from seastack.bench.figure import BenchOptions, Figure, MissingProgram
from seastack.bench.runner import run_bench
from seastack.cli import app


def pretend(monkeypatch: pytest.MonkeyPatch, *figures: Figure, absent: str = "") -> None:
    """Put a bench called `cycle` in place that measures what it is told."""

    def run(options: BenchOptions) -> list[Figure]:
        if absent:
            raise MissingProgram(absent)
        return list(figures)

    module = ModuleType("seastack.bench.cycle")
    vars(module)["run"] = run
    monkeypatch.setitem(sys.modules, "seastack.bench.cycle", module)


@pytest.mark.parametrize(
    ("value", "op", "bar", "ok"),
    [
        (1.0, "<=", 1.0, True),
        (1.1, "<=", 1.0, False),
        (99.0, ">=", 99.0, True),
        (0.0, "==", 0.0, True),
        (1.0, "==", 0.0, False),
        (math.nan, "<=", 1.0, False),
        (math.nan, "", None, True),
    ],
)
def test_a_figure_meets_its_bar_or_not(value: float, op: str, bar: float | None, ok: bool) -> None:
    assert Figure("x", value, "", op, bar).ok is ok  # type: ignore[arg-type]


def test_json_has_the_schema_and_no_nan(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(monkeypatch, Figure("speed", 3.0, "x", ">=", 2.0), Figure("gap", math.nan, "s"))
    assert run_bench("cycle", BenchOptions(seed=7), as_json=True) == 0
    document = json.loads(capsys.readouterr().out)
    assert set(document) == {"bench", "version", "machine", "seed", "figures"}
    assert document["seed"] == 7
    speed, gap = document["figures"]
    assert speed == {
        "name": "speed", "value": 3.0, "unit": "x", "op": ">=", "bar": 2.0, "ok": True,
    }  # fmt: skip
    assert gap["value"] is None


def test_a_missed_bar_is_exit_code_1_and_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(monkeypatch, Figure("late cycles", 2.0, "", "==", 0.0))
    assert run_bench("cycle", BenchOptions(), as_json=False) == 1
    assert "missed" in capsys.readouterr().out


def test_an_absent_program_is_exit_code_77_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(monkeypatch, absent="victoria-metrics")
    assert run_bench("cycle", BenchOptions(), as_json=True) == 77
    assert "victoria-metrics" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--faults", "--kills", "--minutes", "--days"])
def test_less_than_nothing_is_refused(option: str) -> None:
    result = CliRunner().invoke(app, ["bench", "storm", option, "-1"])
    assert result.exit_code == 2
    assert option in result.output
