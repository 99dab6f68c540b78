"""Derivatives of a packed cell's exchange: `flowsheet_packing.passing`, differentiated by hand.

The properties behind it are differentiated by the complex step; here, where ten directions
meet a few dozen operations, real arithmetic with shared parts costs a tenth.  A test holds
the result against CasADi's derivatives of the one text.
"""

from numpy import exp, sqrt

from models.flowsheet_cell import TRACE, above
from models.flowsheet_packing import BOIL_MOST, Gas, Liquid, approach
from models.flux import LATENT
from models.gasphase import cp_gas, h_co2, h_steam
from models.kernel import kernel
from models.kinetics import film_flux
from models.numbers import F64

H = 1e-30
N = 10
"""Directions: gas CO2, water and degC, equilibrium pressures of CO2 and water below, pressure;
the liquid's CO2, water, energy and its bed's MEA."""
# rows of slopes: the fourteen of Liquid, the four of Gas, pressures below and pressure, results
GAS, BELOW, P, K, ENDS, N_ROWS = 14, 18, 20, 21, 24, 28
"""K: conductances of CO2, water, heat.  ENDS: low and top equilibrium of CO2, of water."""


@kernel
def corner(z: float, width: float) -> float:
    """Return the slope of `above`."""
    result: float = 0.5 * (1.0 + z / sqrt(z * z + width * width))
    return result


@kernel
def _co2_slopes(liquid: Liquid, gas: Gas, p: float, rows: F64) -> float:
    """Set row K to the slopes of CO2's conductance per area, return it; see `conductances`.

    The film's equation F(v) = 0 is not followed through its Newton steps: dv = -dF / F_v.
    """
    _t, _s, _area, kl, h, p_eq, free, d_m, d_i, plus, minus, ha, _held, _film = liquid
    y_c, k_c, _k_w, _heat = gas
    pa = 1e3 * p
    g = 1.0 / k_c
    film = h / (kl * sqrt(1.0 + ha * ha))
    cap = 0.5 * kl * sqrt(d_m) * free
    ion = cap / (kl * sqrt(d_i))
    plus, minus = ion / plus, ion / minus
    flux = film_flux(y_c * pa, p_eq, g, film, cap, plus, minus)
    w = 1.0 - flux / cap
    v = 1.0 / w
    up, um = (1.0 + plus) * v - plus, (1.0 + minus) * v - minus
    f_v = cap * (g * w * w + film) + p_eq * ((1.0 + plus) * um + (1.0 + minus) * up)
    into = cap * w * w / f_v
    q = 2.0 + plus + minus
    limit = 1.0 / (g + film + p_eq * q / cap)
    drive, near = y_c * pa - p_eq, 1e-3 * (y_c * pa + p_eq) + 0.1
    bottom = 1.0 / (drive * drive + near * near)
    k = (flux * drive + limit * near * near) * bottom
    # slopes of k by flux, drive, limit, near; then of what these are made of
    k_n, k_l = drive * bottom, near * near * bottom
    k_drive = (flux - 2.0 * k * drive) * bottom
    k_near = 2e-3 * near * (limit - k) * bottom
    k_l = -k_l * limit * limit
    by_p = k_n * into + k_drive + k_near
    by_eq = -k_n * into * up * um - k_drive + k_near + k_l * q / cap
    by_g = -k_n * into * cap * (1.0 - w) + k_l
    by_film = -k_n * into * cap * (v - 1.0) + k_l
    by_cap = k_n * ((1.0 - w) - into * (1.0 - w) * (g + film * v)) - k_l * p_eq * q / (cap * cap)
    by_plus = -k_n * into * p_eq * um * (v - 1.0) + k_l * p_eq / cap
    by_minus = -k_n * into * p_eq * up * (v - 1.0) + k_l * p_eq / cap
    by_ion = by_plus * plus + by_minus * minus
    by_kl = (by_cap * cap - by_film * film) / kl
    by_free = (by_cap * cap + by_ion) / free
    by_dm = 0.5 * (by_cap * cap + by_ion) / d_m
    by_plus, by_minus = -by_plus * plus / liquid[9], -by_minus * minus / liquid[10]
    by_h, by_ha = by_film * film / h, -by_film * film * ha / (1.0 + ha * ha)
    for j in range(N):
        rows[K, j] = (
            by_p * pa * rows[GAS, j]
            + (by_p * y_c) * 1e3 * rows[P, j]
            - by_g * g * g * rows[GAS + 1, j]
            + by_kl * rows[3, j]
            + by_h * rows[4, j]
            + by_eq * rows[5, j]
            + by_free * rows[6, j]
            + by_dm * rows[7, j]
            - 0.5 * by_ion / d_i * rows[8, j]
            + by_plus * rows[9, j]
            + by_minus * rows[10, j]
            + by_ha * rows[11, j]
        )
    result: float = k
    return result


@kernel
def _conductance_slopes(
    c: F64, liquid: Liquid, gas: Gas, p: float, rows: F64
) -> tuple[float, float, float]:
    """Set rows K to K + 2, return the conductances themselves (foaming included)."""
    k = _co2_slopes(liquid, gas, p, rows)
    t, s_w, s_c, h_film = liquid[0], liquid[1], 1e-3 * liquid[5], liquid[13]
    k_w, heat = gas[2], gas[3]
    kelvin = t + 273.15
    slope = 1e3 * s_w * LATENT / (8.314462 * kelvin * kelvin)
    whole = h_film + heat + LATENT * k_w * slope
    share = h_film / whole
    bed = liquid[2] * c[0]
    ratio = (s_c + s_w) / p
    foam, foams = above(ratio - 1.0, 0.01), corner(ratio - 1.0, 0.01)
    water = bed * share * k_w
    for j in range(N):
        d_slope = slope * (rows[1, j] / s_w - 2.0 * rows[0, j] / kelvin)
        d_whole = rows[13, j] + rows[GAS + 3, j]
        d_whole += LATENT * (slope * rows[GAS + 2, j] + k_w * d_slope)
        d_bed = c[0] * rows[2, j]
        d_mild = d_bed * share + bed * (rows[13, j] - share * d_whole) / whole
        d_water = d_mild * k_w + bed * share * rows[GAS + 2, j]
        d_ratio = (1e-3 * rows[5, j] + rows[1, j] - ratio * rows[P, j]) / p
        rows[K, j] = d_bed * k + bed * rows[K, j] + d_water * foam + water * foams * d_ratio
        rows[K + 1, j] = d_water
        rows[K + 2, j] = 1e-3 * (d_mild * heat + bed * share * rows[GAS + 3, j])
    return bed * k + water * foam, water, 1e-3 * bed * share * heat


@kernel
def _end_slopes(
    s: float, under: float, p: float, own: int, unit: float, at: int, rows: F64
) -> tuple[float, float]:
    """Set the slopes of a gas's two equilibria (rows ENDS + at), return them.

    `s` and `under`: equilibrium here (its slopes in row `own`, times unit) and below.
    """
    both = 1.0 / (s + under)
    cut = 1.0 / (p + above(s / 3.0 - p, 0.1))
    bend = corner(s / 3.0 - p, 0.1)
    low, top = 2.0 * s * under * both * cut, 2.0 * s * s * both * cut
    across = 2.0 * both * both * cut
    for j in range(N):
        d_s, d_u, d_p = unit * rows[own, j], rows[BELOW + at, j], rows[P, j]
        d_cut = -cut * (d_p * (1.0 - bend) + d_s * bend / 3.0)
        rows[ENDS + 2 * at, j] = across * (under * under * d_s + s * s * d_u) + low * d_cut
        rows[ENDS + 2 * at + 1, j] = (
            across * (s * (s + 2.0 * under) * d_s - s * s * d_u) + top * d_cut
        )
    return low, top


@kernel
def _approached(
    f: float, n: float, came: float, low: float, top: float
) -> tuple[float, float, float, float, float]:
    """Return what leaves, and its slopes by what came, low and top flow, f, and n (not in low)."""
    ntu = f / n + 1e-6
    e = exp(-ntu)
    mean = (1.0 - e) / ntu
    by_ntu = -e * (came - n * low) + n * (low - top) * (e - mean) / ntu
    by_n = (mean - e) * low + (1.0 - mean) * top - by_ntu * f / (n * n)
    return approach(ntu, came, n * low, n * top), e, mean, by_ntu / n, by_n


@kernel
def _uptake_slopes(
    dz: float,
    k_c: float,
    k_w: float,
    s_c: float,
    s_w: float,
    below_c: float,
    below_w: float,
    n_in: float,
    inert: float,
    p: float,
    v: F64,
    rows: F64,
) -> tuple[float, float, float]:
    """Return CO2 and water that leave and the mean gas flow; their slopes go to rows ENDS on."""
    low_c, top_c = _end_slopes(s_c, below_c, p, 5, 1e-3, 0, rows)
    low_w, top_w = _end_slopes(s_w, below_w, p, 1, 1.0, 1, rows)
    lid = 1.0 / (1.0 + k_w / BOIL_MOST)
    over, overs = above(s_c + s_w - p, 0.5), corner(s_c + s_w - p, 0.5)
    first = n_in + 0.5 * dz * k_w * lid * over
    f_c, f_w = k_c * p * dz, k_w * p * dz
    c_1 = _approached(f_c, first, v[0], low_c, top_c)
    w_1 = _approached(f_w, first, v[1], low_w, top_w)
    n = 0.5 * (n_in + inert + c_1[0] + w_1[0] + TRACE)
    c_2 = _approached(f_c, n, v[0], low_c, top_c)
    w_2 = _approached(f_w, n, v[1], low_w, top_w)
    for j in range(N):
        d_c, d_w = 1.0 * (j == 0), 1.0 * (j == 1)
        d_fc = dz * (rows[K, j] * p + k_c * rows[P, j])
        d_fw = dz * (rows[K + 1, j] * p + k_w * rows[P, j])
        d_over = overs * (1e-3 * rows[5, j] + rows[1, j] - rows[P, j])
        d_n = d_c + d_w + 0.5 * dz * lid * (rows[K + 1, j] * lid * over + k_w * d_over)
        e_0, e_1, e_2, e_3 = rows[ENDS, j], rows[ENDS + 1, j], rows[ENDS + 2, j], rows[ENDS + 3, j]
        o_c = c_1[1] * d_c + c_1[3] * d_fc + c_1[4] * d_n
        o_c += first * ((c_1[2] - c_1[1]) * e_0 + (1.0 - c_1[2]) * e_1)
        o_w = w_1[1] * d_w + w_1[3] * d_fw + w_1[4] * d_n
        o_w += first * ((w_1[2] - w_1[1]) * e_2 + (1.0 - w_1[2]) * e_3)
        d_n = 0.5 * (d_c + d_w + o_c + o_w)
        o_c = c_2[1] * d_c + c_2[3] * d_fc + c_2[4] * d_n
        o_c += n * ((c_2[2] - c_2[1]) * e_0 + (1.0 - c_2[2]) * e_1)
        o_w = w_2[1] * d_w + w_2[3] * d_fw + w_2[4] * d_n
        o_w += n * ((w_2[2] - w_2[1]) * e_2 + (1.0 - w_2[2]) * e_3)
        rows[ENDS, j], rows[ENDS + 1, j], rows[ENDS + 2, j] = o_c, o_w, d_n
    return c_2[0], w_2[0], n


@kernel
def passing_slopes(
    c: F64,
    dz: float,
    liquid: Liquid,
    gas: Gas,
    below_c: float,
    below_w: float,
    inert: float,
    p: float,
    v: F64,
    rows: F64,
    jac: F64,
) -> None:
    """Fill jac (4 x N): slopes of CO2, water and heat taken up and of the gas outlet degC.

    v: gas CO2, water, degC; p and its row in `rows` are those of the pressure kept above
    P_LEAST.  Rows of `rows` up to P are given, the others are work space.
    """
    k_c, k_w, k_h = _conductance_slopes(c, liquid, gas, p, rows)
    t, s_c, gas_t = liquid[0], 1e-3 * liquid[5], v[2]
    n_in = inert + v[0] + v[1] + TRACE
    out_c, out_w, n = _uptake_slopes(
        dz, k_c, k_w, s_c, liquid[1], below_c, below_w, n_in, inert, p, v, rows
    )
    y_c, y_w = v[0] / n_in, v[1] / n_in
    cp = cp_gas(gas_t, y_c, y_w)
    cp_t = cp_gas(gas_t + 1e-30j, y_c + 0j, y_w + 0j).imag / H
    cp_i, cp_c, cp_w = cp_gas(gas_t, 0.0, 0.0), cp_gas(gas_t, 1.0, 0.0), cp_gas(gas_t, 0.0, 1.0)
    units = k_h * dz / (n * cp)
    e = exp(-units)
    t_out = t + (gas_t - t) * e
    came = inert * cp_i + v[0] * cp_c + v[1] * cp_w
    went = inert * cp_gas(t_out, 0.0, 0.0) + out_c * cp_gas(t_out, 1.0, 0.0)
    went += out_w * cp_gas(t_out, 0.0, 1.0)
    h_c, h_w, ho_c, ho_w = h_co2(gas_t), h_steam(gas_t), h_co2(t_out), h_steam(t_out)
    for j in range(N):
        d_c, d_w, d_t = 1.0 * (j == 0), 1.0 * (j == 1), 1.0 * (j == 2)
        o_c, o_w, d_n = rows[ENDS, j], rows[ENDS + 1, j], rows[ENDS + 2, j]
        more = (cp_c - cp_i) * (d_c - y_c * (d_c + d_w)) + (cp_w - cp_i) * (d_w - y_w * (d_c + d_w))
        d_cp = cp_t * d_t + more / n_in
        d_units = rows[K + 2, j] * dz / (n * cp) - units * (d_n / n + d_cp / cp)
        d_out = rows[0, j] * (1.0 - e) + d_t * e - (gas_t - t) * e * d_units
        jac[0, j], jac[1, j], jac[3, j] = d_c - o_c, d_w - o_w, d_out
        jac[2, j] = came * d_t + h_c * d_c + h_w * d_w - went * d_out - ho_c * o_c - ho_w * o_w
