"""Whatever point a plant leaves out: a clear refusal, or a controller that goes on and says why."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.config import configure
from controller.points import NEEDED
from controller.rolecosts import COSTS, costs_of
from seastack.check import check_plant
from sensors.errors import ConfigError
from sensors.plantfile import load_plant
from sensors.plantrules import PER_ENGINE_ROLES, REQUIRED_ROLES
from sensors.quality import Reason
from sensors.roles import UNIT_OF_ROLE
from tests.unit.bench_rig import BenchRig
from tests.unit.plant_without import plant_without

REFUSED = frozenset({*NEEDED, *REQUIRED_ROLES, *PER_ENGINE_ROLES})
OPTIONAL = sorted(set(UNIT_OF_ROLE) - REFUSED)


def runs(folder: Path) -> BenchRig:
    """Return the rig after 100 cycles, armed half of the time, with some values lost."""
    rig = BenchRig(configure(load_plant(folder)))
    rig.run(30)
    rig.ask("arm")
    rig.run(30)
    rig.spoil("AT-301", reason=Reason.CALIBRATING)
    rig.run(10)
    rig.cut("analysers")
    rig.run(10)
    rig.mend()
    rig.run(20)
    return rig


@pytest.mark.parametrize("role", sorted(REFUSED))
def test_a_role_control_cannot_do_without_is_refused_by_name(role: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"'{role}'"):
        configure(load_plant(plant_without(tmp_path / "demo", {role})))


@pytest.mark.parametrize("role", OPTIONAL)
def test_without_any_other_role_the_controller_runs(role: str, tmp_path: Path) -> None:
    rig = runs(plant_without(tmp_path / "demo", {role}))
    assert role in costs_of(rig.plant.table)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sets(st.sampled_from(OPTIONAL), min_size=2, max_size=len(OPTIONAL)))
def test_without_any_set_of_other_roles_it_runs_too(roles: set[str]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        runs(plant_without(Path(scratch) / "demo", roles))


def test_every_role_has_a_cost_or_is_refused() -> None:
    assert set(COSTS) | REFUSED == set(UNIT_OF_ROLE)
    assert not set(COSTS) & REFUSED


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("rich_loading", "no liquid-side witness"),
        ("product_flow", "no product-side witness"),
        ("steam_available", "steam cannot be capped"),
        ("vent_flow", "no captured mass"),
        ("roll", "only recorded and shown"),
    ],
)
def test_check_says_what_a_missing_role_costs(
    role: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = plant_without(tmp_path / "demo", {role})
    assert check_plant(str(folder), connect=False, links=(), state=None) == 0
    line = next(x for x in capsys.readouterr().out.splitlines() if f"no point for {role}" in x)
    assert said in line


def test_nothing_is_said_of_a_plant_that_has_every_role(capsys: pytest.CaptureFixture[str]) -> None:
    assert check_plant("demo", connect=False, links=(), state=None) == 0
    assert "no point for" not in capsys.readouterr().out


def test_an_alarm_on_a_point_left_out_is_to_be_removed(tmp_path: Path) -> None:
    folder = plant_without(tmp_path / "demo", {"instrument_air_pressure"}, alarms_too=False)
    with pytest.raises(ConfigError) as caught:
        configure(load_plant(folder))
    assert "remove the alarm" in str(caught.value)
    assert "did you mean" not in str(caught.value)
