"""Columns over the whole range of plants: positive flows, closed balances, directions."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.absorber import Absorber, absorb
from models.feed import heat_to_boil
from models.packed import Intercooler
from models.streams import Solvent, flue_gas
from models.stripper import Stripper, strip

PACKINGS = ("mellapakplus-252y", "mellapak-250y", "pall-ring-25", "imtp-50", "flexipac-1y")
sizes = st.sampled_from([0.1, 0.125, 0.25, 0.43, 0.64, 1.1])
strengths = st.floats(0.18, 0.40)


@settings(max_examples=40, derandomize=True)
@given(
    sizes, st.sampled_from(PACKINGS), st.floats(0.4, 2.2), st.floats(0.7, 8.0),
    st.floats(0.02, 0.18), st.floats(0.03, 0.40), strengths, st.booleans(),
)  # fmt: skip
def test_absorbers_of_any_size_are_positive_closed_and_better_with_leaner_solvent(
    size: float, packing: str, u: float, ratio: float, y: float, loading: float, mea: float,
    cooled: bool,
) -> None:  # fmt: skip
    flow = u * 0.785 * size**2 * 1.15 * 3600.0
    gas, lean = flue_gas(flow, 42.0, 106.0, y), Solvent(ratio * flow, 42.0, loading, mea)
    coolers = (Intercooler(42.0),) if cooled else ()
    column = Absorber(size, 8.0, packing, coolers, heat_loss_W_m2_K=6.0, gas_film_factor=0.5)
    out = absorb(column, gas, lean)
    for part in (out.gas_co2, out.gas_water, out.liquid_co2, out.liquid_water):
        assert float(np.min(part)) > 0.0
    assert out.capture_pct < 100.0
    for gained, lost in ((out.liquid_co2, out.gas_co2), (out.liquid_water, out.gas_water)):
        change = (gained[0] - gained[-1]) - (lost[0] - lost[-1])
        assert abs(change) <= 1e-7 * (gained[-1] + lost[0])
    leaner = absorb(column, gas, replace(lean, loading=loading - 0.01))
    assert leaner.capture_pct >= out.capture_pct - 1e-3
    more = absorb(replace(column, area_factor=1.2), gas, lean)
    # at a rich pinch more area only warms the liquid that leaves: some room
    assert abs(more.capture_pct) >= abs(out.capture_pct) - 1.5


@settings(max_examples=40, derandomize=True)
@given(
    sizes, st.sampled_from(PACKINGS), st.floats(6.0, 50.0), st.floats(0.25, 0.52), strengths,
    st.floats(88.0, 112.0), st.floats(130.0, 220.0), st.floats(1.6, 6.0),
)  # fmt: skip
def test_strippers_of_any_size_give_leaner_solvent_for_more_heat(
    size: float, packing: str, load: float, loading: float, mea: float, t: float, p: float,
    plenty: float,
) -> None:  # fmt: skip
    rich = Solvent(load * 0.785 * size**2 * 1050.0, t, loading, mea)
    column = Stripper(size, 9.0, packing, (None,), heat_loss_W_m2_K=3.0)
    least = 1e-3 * (heat_to_boil(rich, 1e3 * p) + 80e3 / 3.6e3 * rich.flow_kg_h)
    loss = 3.0 * 3.15 * size * 9.0 * 0.1
    out = strip(column, rich, p, plenty * (least + loss))
    assert 0.0 <= out.lean_loading < loading
    for part in (out.gas_co2, out.gas_water, out.liquid_co2, out.liquid_water):
        assert float(np.min(part)) > 0.0
    more = strip(column, rich, p, 1.1 * plenty * (least + loss))
    assert more.lean_loading <= out.lean_loading + 1e-6
