"""Step responses of the rate-based plant: signs, fades, inverse responses, and their picture."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from models import coefficients as coef
from models import flowsheet_names as fx
from models.flux import flux
from seastack.problems import UserError
from seastack.steps.experiment import BASES, LEAN, QUANTITIES, Experiment, Step, quantities
from seastack.steps.picture import picture
from seastack.steps.reference import KNOWN
from seastack.steps.report import HEADS, rows
from seastack.steps.run import run_steps
from seastack.steps.shape import shape
from seastack.steps.study import Study, figures, study


@pytest.fixture(scope="module")
def demo() -> Study:
    return study("demo")


@pytest.fixture(scope="module")
def pilot() -> Study:
    return study("pilot")


@pytest.fixture(params=["demo", "pilot"])
def found(request: pytest.FixtureRequest) -> Study:
    either: Study = request.getfixturevalue(request.param)
    return either


def test_shape_of_a_first_order_lag() -> None:
    t = np.arange(0.0, 100.0, 0.01)
    s = shape(t, -3.0 * (1.0 - np.exp(-t / 5.0)))
    assert s.t63_min == pytest.approx(5.0, abs=0.02)
    assert s.settled_min == pytest.approx(15.0, abs=0.05)
    assert s.final == pytest.approx(-3.0)
    assert s.against == 0.0
    assert not s.fades


def test_shape_of_a_fade_and_of_an_inverse_response() -> None:
    t = np.arange(0.0, 200.0, 0.01)
    fade = shape(t, 5.0 * np.exp(-t / 20.0) * (1.0 - np.exp(-t)) + 2.0 * (1.0 - np.exp(-t)))
    assert fade.fades
    assert fade.peak > 6.0
    assert fade.final == pytest.approx(2.0, abs=0.01)
    assert fade.t63_min < 2.0 < fade.t_peak_min < 5.0
    inverse = shape(t, 1.5 * np.exp(-t) - 5.8 * (1.0 - np.exp(-t)))
    assert inverse.against == pytest.approx(1.5)
    assert not inverse.fades


def test_at_rest_nothing_moves() -> None:
    still = Experiment(BASES["demo"]).run(Step("none", "nothing"), hours=1.0)
    assert np.abs(still.change).max(axis=0) == pytest.approx([0.0] * 4, abs=0.01)


def test_a_response_ends_at_the_steady_state_of_its_inputs(demo: Study) -> None:
    plant = Experiment(BASES["demo"])
    end = quantities(plant.steady(*plant.stepped(LEAN)).y)
    run = demo.responses["lean"]
    off = np.abs(run.change[-1] + run.start - end)
    assert (off < [0.02, 1e-4, 1e-4, 0.01]).all()


@pytest.mark.parametrize(("step", "quantity"), sorted(set(KNOWN) - {("lean", "capture")}))
def test_final_changes_have_the_signs_of_the_reference(
    found: Study, step: str, quantity: str
) -> None:
    final = found.shape(step, quantity).final
    assert final * KNOWN[step, quantity].final > 0.0
    assert 0.4 < final / KNOWN[step, quantity].final < 2.0


def test_more_solvent_helps_at_once_and_then_fades(found: Study) -> None:
    s = found.shape("lean", "capture")
    assert s.first > 0.1
    assert 3.0 < s.peak < 7.0
    assert s.t_peak_min < 15.0
    assert s.final < 0.5 * s.peak


def test_what_stays_of_more_solvent_hangs_on_where_the_plant_stands(found: Study) -> None:
    """At the design point lean flow is past its flat optimum; short of solvent it is not."""
    assert -1.5 < found.shape("lean", "capture").final < 0.5
    short = found.short.shape("capture")
    assert short.final > 1.5
    assert short.peak > 1.3 * short.final


def test_heat_is_slow_and_heat_with_solvent_is_not(found: Study) -> None:
    duty, both = found.shape("duty", "capture"), found.shape("both", "capture")
    assert abs(duty.first) < 0.01
    assert duty.t63_min > 15.0
    assert duty.t63_min > 3.0 * both.t63_min
    assert duty.settled_min > both.settled_min
    assert found.shape("duty", "t_reboiler").t63_min < 0.5 * duty.t63_min


def test_richer_gas_in_both_plants(demo: Study, pilot: Study) -> None:
    """Near the rich pinch capture rises first; where the film's amine runs short it does not."""
    assert pilot.shape("co2", "capture").against > 0.1
    assert demo.shape("co2", "capture").against < 0.05
    for plant in (demo, pilot):
        assert plant.shape("co2", "rich_loading").final > 0.002


def test_why_the_demo_does_not_rise_first() -> None:
    """In its beds amine runs short in the film: flux grows less than the pressure of CO2."""
    plant = Experiment(BASES["demo"]).plant
    c, p = plant.coefficients[0].copy(), plant.default_p()
    c[coef.SECTION] = 0.25 * np.pi * p[fx.ABS_D] ** 2
    c[coef.AREA_FACTOR], c[coef.KINETICS_FACTOR] = p[fx.AREA], 1.0

    def grows(mode: int, loading: float, t: float, y: float) -> float:
        """Return d ln flux / d ln p of a bed with 30 mol/s MEA and 178 mol/s inert gas."""

        def co2(more: float) -> float:
            liquid = (30.0 * loading, 237.0, 30.0, t)
            return float(flux(c, *liquid, 178.0 * y * more, 16.0, 178.0, t, 1.03e5, mode)[0])

        return (co2(1.001) / co2(1.0) - 1.0) / 0.001

    for bed in ((0.468, 43.5, 0.063), (0.36, 53.0, 0.04), (0.25, 55.0, 0.025)):
        assert 0.75 < grows(coef.FILM, *bed) < 0.96
        assert grows(coef.IDAES, *bed) > 1.0


def test_gas_acts_at_once_and_half_of_it_leaves_the_solvent_lean(found: Study) -> None:
    gas = found.shape("gas", "capture")
    assert gas.final < gas.first < 0.0
    half = found.shape("half", "rich_loading")
    assert half.final < -0.05
    assert half.final == pytest.approx(half.peak, rel=0.02)


def test_slow_times_go_with_inventory_over_flow(found: Study) -> None:
    figure = next(f for f in figures(found) if "largest factor" in f.name)
    assert figure.ok
    assert figure.value > 1.0


def test_the_missed_bars_are_the_known_ones(demo: Study, pilot: Study) -> None:
    missed = [f.name.split(" (")[0] for plant in (demo, pilot) for f in figures(plant) if not f.ok]
    assert missed == [
        "demo, lean flow +10 %: capture, final",
        "demo, CO2 fraction +10 %: capture, first against final",
        "pilot, lean flow +10 %: capture, final",
    ]


def test_the_table_has_every_known_response_with_the_reference_beside(demo: Study) -> None:
    table = rows(demo)
    assert len(table) == len(KNOWN) + 1
    assert all(len(row) == len(HEADS) for row in table)
    assert "(+2.1)" in table[0][HEADS.index("final")] + table[1][HEADS.index("final")]
    assert not any("-0.000" in cell for row in table for cell in row)


def test_the_picture_shows_each_quantity_and_step(demo: Study) -> None:
    svg = ElementTree.fromstring(picture(list(demo.responses.values())))
    texts = [e.text or "" for e in svg.iter("{http://www.w3.org/2000/svg}text")]
    for response in demo.responses.values():
        assert response.step.title in texts
    for word in ("capture from", "lean loading", "rich loading", "reboiler"):
        assert any(text.startswith(word) for text in texts)
    drawn = list(svg.iter("{http://www.w3.org/2000/svg}polyline"))
    assert len(drawn) == 5 * len(QUANTITIES) + 5 + 1 + 6  # and six zero lines


def test_a_wrong_plant_or_folder_is_a_plain_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no plant called 'pilto'"):
        run_steps("pilto", None)
    with pytest.raises(UserError, match="no such folder"):
        run_steps("demo", tmp_path / "none")
