"""Captured CO2 by every route there is, each with its standard uncertainty.

Inputs `u_*` are standard uncertainties (k=1) in the unit of their quantity and
taken as independent; what comes back is (value, standard uncertainty).  Instrument
accuracies are usually quoted for k=2: halve them before, double the result for
publishing.  All functions take floats or arrays alike; a quantity that is
undefined (no CO2 coming in, no flow) is nan, never an exception.
"""

from models.numbers import N, positive
from models.properties import M_CO2, M_H2O, M_INERT, M_MEA


def capture_gas(y_in: N, y_out: N, u_in: N, u_out: N) -> tuple[N, N]:
    """Return the capture fraction of the treated gas by the inert balance, and u.

    eta = 1 - y_out (1 - y_in) / (y_in (1 - y_out)), dry mole fractions before
    and after the absorber.  Needs no flow; a leak of air reads as capture.
    """
    before, after = positive(y_in), positive(1.0 - y_out)
    eta = 1.0 - y_out * (1.0 - y_in) / (before * after)
    by_out = (1.0 - y_in) / (before * after * after) * u_out
    by_in = y_out / (before * before * after) * u_in
    return eta, (by_out * by_out + by_in * by_in) ** 0.5


def air_ingress(y_o2_in: N, y_o2_out: N, y_co2_in: N, y_co2_out: N) -> N:
    """Return y_O2,out (1 - y_CO2,in) / (y_O2,in (1 - y_CO2,out)) - 1: 0 without a leak of air."""
    return y_o2_out * (1.0 - y_co2_in) / positive(y_o2_in * (1.0 - y_co2_out)) - 1.0


def capture_flows(
    f_in: N, y_in: N, f_out: N, y_out: N, u_f_in: N, u_y_in: N, u_f_out: N, u_y_out: N
) -> tuple[N, N]:
    """Return the capture fraction 1 - F_out y_out / (F_in y_in) from molar flows, and u.

    Flows and fractions on one basis, both dry or both wet; any molar unit.
    """
    came = positive(f_in * y_in)
    share = f_out * y_out / came
    by_in = (share * u_f_in / positive(f_in)) ** 2 + (share * u_y_in / positive(y_in)) ** 2
    by_out = (y_out * u_f_out / came) ** 2 + (f_out * u_y_out / came) ** 2
    return 1.0 - share, (by_in + by_out) ** 0.5


def captured_liquid_kg_h(
    lean_kg_h: N, w_mea: N, a_lean: N, a_rich: N, u_lean: N, u_w: N, u_a_lean: N, u_a_rich: N
) -> tuple[N, N]:
    """Return CO2 taken up by the solvent, kg/h, and u.

    lean flow * w_mea * (44.01/61.08) * (a_rich - a_lean); w_mea is kg MEA per
    kg of LOADED lean solvent (`properties.solution_mass_fraction_mea`).
    """
    amine = lean_kg_h * w_mea * (M_CO2 / M_MEA)
    swing = a_rich - a_lean
    u_amine = ((w_mea * u_lean) ** 2 + (lean_kg_h * u_w) ** 2) ** 0.5 * (M_CO2 / M_MEA)
    u_swing2 = u_a_lean * u_a_lean + u_a_rich * u_a_rich
    return amine * swing, ((u_amine * swing) ** 2 + amine * amine * u_swing2) ** 0.5


def captured_product_kg_h(
    product_kg_h: N, x_co2: N, stored_kg_h: N, u_product: N, u_x: N, u_stored: N
) -> tuple[N, N]:
    """Return CO2 captured as seen at the product meter, kg/h, and u.

    product flow * CO2 mass fraction + what solvent and gas space gained
    (stored_kg_h > 0 while the plant fills with CO2).
    """
    u2 = (x_co2 * u_product) ** 2 + (product_kg_h * u_x) ** 2 + u_stored * u_stored
    return product_kg_h * x_co2 + stored_kg_h, u2**0.5


def capture_mass(captured_kg_h: N, co2_in_kg_h: N, u_captured: N, u_in: N) -> tuple[N, N]:
    """Return a captured mass flow as a fraction of CO2 in the treated gas, and u."""
    came = positive(co2_in_kg_h)
    share = captured_kg_h / came
    return share, ((u_captured / came) ** 2 + (share * u_in / came) ** 2) ** 0.5


def co2_flow_kg_h(wet_kg_h: N, y_co2_dry: N, y_water: N, u_wet: N, u_co2: N) -> tuple[N, N]:
    """Return CO2 in a wet gas flow, kg/h, and u, from dry CO2 and wet water mole fractions.

    The rest is taken as exhaust inert, 28.7 kg/kmol; y_water as exact.
    """
    dry = y_co2_dry * M_CO2 + (1.0 - y_co2_dry) * M_INERT
    mean = dry * (1.0 - y_water) + M_H2O * y_water
    share = y_co2_dry * (1.0 - y_water) * M_CO2 / mean
    flow = wet_kg_h * share
    heavy = y_co2_dry * (M_CO2 - M_INERT) * (1.0 - y_water) / mean
    slope = share / positive(y_co2_dry) * (1.0 - heavy)
    return flow, ((share * u_wet) ** 2 + (wet_kg_h * slope * u_co2) ** 2) ** 0.5


def dry_from_wet(y_wet: N, y_water: N) -> N:
    """Return a dry mole fraction from a wet one and the water mole fraction of the wet gas."""
    return y_wet / positive(1.0 - y_water)


def wet_from_dry(y_dry: N, y_water: N) -> N:
    """Return a wet mole fraction from a dry one and the water mole fraction of the wet gas."""
    return y_dry * (1.0 - y_water)


def reboiler_duty_GJ_t(q_kW: N, captured_kg_h: N, u_q: N, u_captured: N) -> tuple[N, N]:
    """Return the specific reboiler duty, GJ per t of CO2, and u; nan without capture."""
    mass = positive(captured_kg_h)
    duty = 3.6 * q_kW / mass
    return duty, ((3.6 * u_q / mass) ** 2 + (duty * u_captured / mass) ** 2) ** 0.5


def ship_gross(captured_kg: N, emitted_kg: N, u_captured: N, u_emitted: N) -> tuple[N, N]:
    """Return captured CO2 over all CO2 made by the ship's fuel in the same window, and u.

    emitted_kg is the sum over main engines, auxiliaries and boilers of fuel *
    carbon factor: gross, before capture.
    """
    return capture_mass(captured_kg, emitted_kg, u_captured, u_emitted)


def combine(values: list[N], us: list[N]) -> tuple[N, N]:
    """Return the inverse-variance mean of independent estimates of one quantity, and u.

    Both nan where one of them is.  Raises ValueError when there is nothing to combine.
    """
    if not values or len(values) != len(us):
        raise ValueError("combine needs as many uncertainties as values, at least one")
    weight = 1.0 / positive(us[0] * us[0])
    total = values[0] * weight
    for value, u in zip(values[1:], us[1:], strict=True):
        w = 1.0 / positive(u * u)
        weight = weight + w
        total = total + value * w
    mean = total / weight
    return mean, (1.0 / weight) ** 0.5 + 0.0 * mean
