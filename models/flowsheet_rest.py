"""Everything of the flowsheet but the gas in the packing: liquid on its way round, vessels.

One scalar text without branches on values.  `rest` takes what the packing exchanges
(`take`: CO2, water, heat per cell) and the gas streams `z` as given, fills rates and
boundary flows into `out` (states, then boundary), and measures into y.
"""

from numpy import exp, log

from models import flowsheet_names as fx
from models import plant_names as ix
from models import plant_outputs as yx
from models.flowsheet_cell import above, gas_enthalpy, held, liquid_t
from models.flowsheet_names import Mesh
from models.flowsheet_packing import GRADED, below, drain
from models.flowsheet_vessels import (
    HOLD_S,
    M_CO2,
    M_H2O,
    M_MEA,
    MEA_PER_KG,
    hold,
    mass_kg,
    overhead,
    suction,
    vessels,
)
from models.kernel import kernel
from models.numbers import F64
from models.solution import h_water
from models.vle import h_liquid, p_water


@kernel
def face(here: float, upstream: float) -> float:
    """Return a positive quantity half a cell downstream: second order, positive, bounded."""
    return 2.0 * here * here / (here + upstream + 1e-30)


@kernel
def flow_on(
    x: F64, at: int, mea: float, f_in: float, f_out: float, q: F64, up: F64, out: F64
) -> None:
    """Let liquid pass a cell of `mea` kmol: q (CO2, water, energy flow) comes, then goes.

    `up` holds the composition per MEA upstream (a, w, sensible) and moves on too.
    """
    a, w, e = x[at] / mea, x[at + 1] / mea, x[at + 2] / mea
    s = e + 85000.0 * a + 200.0 * (170.0 + 75.6 * w)
    a_f, w_f, s_f = face(a, up[0]), face(w, up[1]), face(s, up[2])
    up[0], up[1], up[2] = a, w, s
    out[at] += q[0]
    out[at + 1] += q[1]
    out[at + 2] += q[2]
    q[0], q[1] = f_out * a_f, f_out * w_f
    q[2] = f_out * (s_f - 85000.0 * a_f - 200.0 * (170.0 + 75.6 * w_f))
    out[at] -= q[0]
    out[at + 1] -= q[1]
    out[at + 2] -= q[2]


@kernel
def ghost(x: F64, at: int, mea: float, up: F64) -> None:
    """Move what enters the first cell, half a cell upstream, to where a whole cell would be."""
    a, w, e = x[at] / mea, x[at + 1] / mea, x[at + 2] / mea
    s = e + 85000.0 * a + 200.0 * (170.0 + 75.6 * w)
    up[0], up[1], up[2] = up[0] * up[0] / a, up[1] * up[1] / w, up[2] * up[2] / s


@kernel
def enter(a: float, w: float, e: float, up: F64) -> None:
    """Set what stands upstream of the first cell."""
    up[0], up[1], up[2] = a, w, e + 85000.0 * a + 200.0 * (170.0 + 75.6 * w)


@kernel
def leave(f: float, least: float, q: F64, up: F64) -> None:
    """Set what stands upstream to what leaves (q with f kmol/s MEA); without flow it stays."""
    m = 1.0 / (f + least)
    s = q[2] + 85000.0 * q[0] + 200.0 * (170.0 * f + 75.6 * q[1])
    up[0], up[1] = (q[0] + least * up[0]) * m, (q[1] + least * up[1]) * m
    up[2] = (s + least * up[2]) * m


@kernel
def join(water: float, energy: float, f: float, q: F64, up: F64) -> None:
    """Let water join a stream of f kmol/s MEA, and what stands upstream of the next cell."""
    q[1] += water
    q[2] += energy
    up[1] += water / f
    up[2] += (energy + 200.0 * 75.6 * water) / f


@kernel
def tap(x: F64, at: int, flow_kg: float, q: F64, out: F64) -> float:
    """Take kg/s out of a vessel into q; return the MEA flow, kmol/s."""
    share = flow_kg / (mass_kg(x, at) + 1e-9)
    q[0], q[1], q[2] = share * x[at], share * x[at + 1], share * x[at + 3]
    out[at] -= q[0]
    out[at + 1] -= q[1]
    out[at + 2] -= share * x[at + 2]
    out[at + 3] -= q[2]
    result: float = share * x[at + 2]
    return result


@kernel
def fill(at: int, mea: float, q: F64, out: F64) -> None:
    """Give q and its MEA flow to a vessel."""
    out[at] += q[0]
    out[at + 1] += q[1]
    out[at + 2] += mea
    out[at + 3] += q[2]


@kernel
def wash(
    z: F64, u: F64, d: F64, p: F64, inert: float, wet: float, t_top: float, q: F64, y: F64, b: F64
) -> tuple[float, float]:
    """Cool the gas to saturation at the wash temperature.

    Water missing for saturation is taken from q while the top cell (t_top degC) is wetted.
    Returns the MEA that slips away and the water that condenses, kmol/s.
    """
    t = u[ix.T_WASH]
    y_w = 1e-3 * p_water(t) / d[ix.P_ABS]
    dry = inert + z[0]
    surplus = z[1] - dry * y_w / (1.0 - y_w)
    condensed, drawn = above(surplus, 1e-6), wet * above(-surplus, 1e-6)
    slip = 1e-6 * p[fx.SLIP_PPM] * dry * wet
    water = z[1] - condensed + drawn
    h_slip = slip * 174.0 * t
    # as warm as it is: a wash hotter than the bed does not take the heat from it
    h_drawn = drawn * h_water(t_top)
    h_out = gas_enthalpy(inert, z[0], water, t) + h_slip
    q[1] -= drawn
    q[2] -= h_drawn + h_slip
    b[yx.B_GAS_OUT_CO2], b[yx.B_GAS_OUT_WATER], b[yx.B_GAS_OUT_MEA] = z[0], water, slip
    b[yx.B_GAS_OUT_HEAT] = h_out
    b[yx.B_WASH_COOLER_HEAT] = (
        gas_enthalpy(inert, z[0], z[1], z[2]) + h_slip + h_drawn - h_out - condensed * h_water(t)
    )
    y[yx.Y_CO2_OUT] = z[0] * M_CO2
    y[yx.Y_GAS_OUT] = inert * 28.7 + z[0] * M_CO2 + water * M_H2O
    y[yx.Y_DRY_OUT] = z[0] / (dry + 1e-12)
    y[yx.Y_T_GAS_OUT] = t
    return slip, condensed


@kernel
def absorber_liquid(
    x: F64,
    z: F64,
    u: F64,
    d: F64,
    p: F64,
    mesh: Mesh,
    inert: float,
    q: F64,
    up: F64,
    out: F64,
    y: F64,
    b: F64,
) -> float:
    """Tank through lean cooler to the top cell, down the beds to the sump; MEA flow there."""
    lump = 3 * (mesh.absorber + mesh.stripper + 2 * mesh.line)
    tank = lump + fx.TANK
    full = 0.5 * p[fx.ABS_HOLDUP] * MEA_PER_KG
    design = p[fx.DESIGN_FLOW] * MEA_PER_KG
    cells = mesh.absorber // 2
    a, w, e = held(x[tank], x[tank + 1], x[tank + 2], x[tank + 3])
    t_tank = liquid_t(e, a, w)
    lean_kg = u[ix.LEAN_FLOW] * suction(mass_kg(x, tank), p[fx.TANK_NOM])
    f_in = tap(x, tank, lean_kg, q, out)
    t_lean = t_tank - above(t_tank - u[ix.T_LEAN], 0.02)
    e_lean = h_liquid(t_lean, a, w)
    cooled = f_in * (e - e_lean)
    q[2] -= cooled
    b[yx.B_LEAN_COOLER_HEAT] = cooled
    y[yx.Y_T_LEAN_IN], y[yx.Y_T_TANK], y[yx.Y_LEAN_LOADING] = t_lean, t_tank, a
    y[yx.Y_LEAN_FLOW] = lean_kg
    enter(a, w, e_lean, up)
    wet = drain(x[lump + 1], full, design)
    # a top cell that has run dry gives the gas no more water
    at = 3 * (mesh.absorber - 1)
    left = 1.0 - exp(-0.5 * cells * x[at + 1] / x[lump + 1])
    m = cells / x[lump + 1]
    t_top = liquid_t(x[at + 2] * m, x[at] * m, x[at + 1] * m)
    slip, water = wash(z, u, d, p, inert, left * wet / (wet + 0.1 * design), t_top, q, y, b)
    # without solvent to mix with, condensate runs down by itself
    mixed = 1.0 - exp(-wet / (0.05 * design))
    past, h_past = (1.0 - mixed) * water, h_water(u[ix.T_WASH])
    join(water - past, (water - past) * h_past, f_in + 1e-3 * design, q, up)
    out[lump + fx.SUMP + 1] += past
    out[lump + fx.SUMP + 3] += past * h_past
    for bed in range(1, -1, -1):
        mea = x[lump + bed]
        f_out = drain(mea, full, design)
        out[lump + bed] += f_in - f_out
        for k in range(cells - 1, -1, -1):
            if bed == 1 and k == cells - 1:
                ghost(x, 3 * (mesh.absorber - 1), mea / cells, up)
            low = f_out + (f_in - f_out) * k / cells
            flow_on(x, 3 * (bed * cells + k), mea / cells, f_in, low, q, up, out)
        f_in = f_out
    out[lump + 1] -= slip
    fill(lump + fx.SUMP, f_in, q, out)
    result: float = q[0] * M_CO2 + q[1] * M_H2O + f_in * M_MEA
    return result


@kernel
def exchange(x: F64, rich_kg: float, lean_kg: float, p: F64, mesh: Mesh, out: F64, y: F64) -> None:
    """Exchange heat between the sides of the lean/rich exchanger, cell against cell."""
    rich = 3 * (mesh.absorber + mesh.stripper)
    lean = rich + 3 * mesh.line
    mea = p[fx.LINE] * MEA_PER_KG / mesh.line
    load = 0.5 * (rich_kg + lean_kg) / p[fx.DESIGN_FLOW] + 1e-4
    ua = p[fx.HX_UA] / mesh.line * exp(0.7 * log(load))
    total = 0.0 * load
    before = (total, total)
    for k in range(mesh.line):
        i, j = rich + 3 * k, lean + 3 * (mesh.line - 1 - k)
        t_rich = liquid_t(x[i + 2] / mea, x[i] / mea, x[i + 1] / mea)
        t_lean = liquid_t(x[j + 2] / mea, x[j] / mea, x[j + 1] / mea)
        heat = ua * (t_lean - t_rich)
        out[i + 2] += heat
        out[j + 2] -= heat
        total = total + heat
        # outlets: half a cell beyond the last centres
        if k == 1:
            y[yx.Y_T_LEAN_HX] = 1.5 * before[1] - 0.5 * t_lean
        y[yx.Y_T_RICH_HX] = 1.5 * t_rich - 0.5 * before[0]
        before = t_rich, t_lean
    y[yx.Y_Q_HX] = total


@kernel
def line(
    x: F64,
    at: int,
    cells: int,
    mea: float,
    f: float,
    a: float,
    w: float,
    e: float,
    q: F64,
    up: F64,
    out: F64,
) -> None:
    """Let liquid pass one side of the exchanger."""
    enter(a, w, e, up)
    ghost(x, at, mea / cells, up)
    for k in range(cells):
        flow_on(x, at + 3 * k, mea / cells, f, f, q, up, out)


@kernel
def stripper_liquid(
    x: F64, u: F64, p: F64, mesh: Mesh, rich_kg: float, q: F64, up: F64, out: F64, y: F64
) -> float:
    """Sump through the exchanger and with the reflux down the stripper; kg/s to the reboiler."""
    lump = 3 * (mesh.absorber + mesh.stripper + 2 * mesh.line)
    sump, drum = lump + fx.SUMP, lump + fx.DRUM
    a, w, e = held(x[sump], x[sump + 1], x[sump + 2], x[sump + 3])
    f_in = tap(x, sump, rich_kg, q, out)
    at = 3 * (mesh.absorber + mesh.stripper)
    line(x, at, mesh.line, p[fx.LINE] * MEA_PER_KG, f_in, a, w, e, q, up, out)
    leave(f_in, 1e-6 * p[fx.DESIGN_FLOW] * MEA_PER_KG, q, up)
    kg = x[drum] * M_H2O
    reflux = u[ix.REFLUX_FLOW] * suction(kg, p[fx.DRUM_NOM])
    share = reflux / (kg + 1e-9)
    bed = lump + fx.BEDS
    full, design = p[fx.STR_HOLDUP] * MEA_PER_KG, p[fx.DESIGN_FLOW] * MEA_PER_KG
    f_out = drain(x[bed], full, design)
    # without solvent to mix with, water runs down by itself
    mixed = 1.0 - exp(-f_out / (0.05 * design))
    back = mixed * share
    join(back * x[drum], back * x[drum + 1], f_in + 1e-3 * design, q, up)
    out[lump + fx.REBOILER + 1] += (share - back) * x[drum]
    out[lump + fx.REBOILER + 3] += (share - back) * x[drum + 1]
    out[drum] -= share * x[drum]
    out[drum + 1] -= share * x[drum + 1]
    y[yx.Y_REFLUX_FLOW] = reflux
    out[bed] += f_in - f_out
    n = mesh.stripper
    for k in range(n - 1, -1, -1):
        under = below(k, n, GRADED)
        share = below(k + 1, n, GRADED) - under
        low = f_out + (f_in - f_out) * under
        if k == n - 1:
            ghost(x, 3 * (mesh.absorber + k), x[bed] * share, up)
        flow_on(x, 3 * (mesh.absorber + k), x[bed] * share, f_in, low, q, up, out)
    fill(lump + fx.REBOILER, f_out, q, out)
    result: float = q[0] * M_CO2 + q[1] * M_H2O + f_out * M_MEA
    return result


@kernel
def lean_line(x: F64, p: F64, mesh: Mesh, lean_kg: float, q: F64, up: F64, out: F64) -> None:
    """Reboiler through the exchanger to the lean tank."""
    lump = 3 * (mesh.absorber + mesh.stripper + 2 * mesh.line)
    reb = lump + fx.REBOILER
    a, w, e = held(x[reb], x[reb + 1], x[reb + 2], x[reb + 3])
    f = tap(x, reb, lean_kg, q, out)
    at = 3 * (mesh.absorber + mesh.stripper + mesh.line)
    line(x, at, mesh.line, p[fx.LINE] * MEA_PER_KG, f, a, w, e, q, up, out)
    fill(lump + fx.TANK, f, q, out)


@kernel
def rest(
    x: F64,
    z: F64,
    u: F64,
    d: F64,
    p: F64,
    mesh: Mesh,
    inert: float,
    p_hold: float,
    q: F64,
    up: F64,
    out: F64,
    y: F64,
) -> None:
    """Fill rates and boundary flows into `out`, measures into y; see the module's docstring.

    `q` and `up` (3 each) are work space.  With p_hold > 0 levels, that pressure and
    the water are held (for steady states): flows that do so are written into u.
    """
    n = 3 * (mesh.absorber + mesh.stripper)
    lump = n + 6 * mesh.line
    b = out[lump + fx.N_LUMPS :]
    sump, reb, drum = lump + fx.SUMP, lump + fx.REBOILER, lump + fx.DRUM
    drained = absorber_liquid(x, z, u, d, p, mesh, inert, q, up, out, y, b)
    m_sump, m_reb = mass_kg(x, sump), mass_kg(x, reb)
    if p_hold > 0.0:
        u[ix.RICH_FLOW] = above(drained + (m_sump - p[fx.SUMP_NOM]) / HOLD_S, 1e-3)
        u[ix.REFLUX_FLOW] = x[drum] * M_H2O / 200.0
    rich_kg = u[ix.RICH_FLOW] * suction(m_sump, p[fx.SUMP_NOM])
    stripped = stripper_liquid(x, u, p, mesh, rich_kg, q, up, out, y)
    if p_hold > 0.0:
        u[ix.BOTTOMS_FLOW] = above(stripped + (m_reb - p[fx.REB_NOM]) / HOLD_S, 1e-3)
    lean_kg = u[ix.BOTTOMS_FLOW] * suction(m_reb, p[fx.REB_NOM])
    lean_line(x, p, mesh, lean_kg, q, up, out)
    exchange(x, rich_kg, lean_kg, p, mesh, out, y)
    overhead(x, z, u, d, p, lump, out, y, b)
    vessels(x, z, u, d, p, lump, out, y, b)
    y[yx.Y_ABSORBER_DRAIN], y[yx.Y_STRIPPER_DRAIN] = drained, stripped
    y[yx.Y_RICH_FLOW], y[yx.Y_BOTTOMS_FLOW] = rich_kg, lean_kg
    if p_hold > 0.0:
        hold(x, u, d, p, lump, p_hold, out, y)
