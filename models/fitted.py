"""The fitted numbers of the columns, read from the one file that holds them."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Campaign:
    """How one campaign's loading analyser reads: truth minus reading, mol/mol, with its prior.

    lean_loading_bias_sd: how well the fit knows it, mol/mol, one standard deviation.
    hot_end_K: reboiler minus rich liquid behind the lean/rich exchanger, measured.
    """

    name: str
    lean_loading_bias: float
    lean_loading_bias_sd: float
    prior_mean: float
    prior_sd: float
    prior: str
    hot_end_K: float


@dataclass(frozen=True)
class Fitted:
    """Plant-wide gas film factor, heat loss of a column's wall, and the campaigns' biases.

    The area factor is one, by choice: it is held here for who needs all three.  All are fitted
    with the shipped kinetics, whose choice (`models.coefficients.LUO_AMINE`) was made on the
    same cases: neither is worth anything without the other.
    """

    area_factor: float
    gas_film_factor: float
    heat_loss_W_m2_K: float
    fitted_on: str
    campaigns: dict[str, Campaign]


@cache
def fitted() -> Fitted:
    """Return what models/data/fitted.toml says."""
    text = files("models").joinpath("data/fitted.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    plant = raw["plant"]
    campaigns = {
        name: Campaign(
            name,
            one["lean_loading_bias"],
            one["lean_loading_bias_sd"],
            one["prior_mean"],
            one["prior_sd"],
            one["prior"],
            one["hot_end_K"],
        )
        for name, one in raw["campaign"].items()
    }
    return Fitted(
        plant["area_factor"],
        plant["gas_film_factor"],
        plant["heat_loss_W_m2_K"],
        plant["fitted_on"],
        campaigns,
    )
