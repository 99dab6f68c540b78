"""The fitted numbers of the columns, read from the one file that holds them."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Campaign:
    """How one campaign's loading analyser reads: truth minus reading, mol/mol, with its prior."""

    name: str
    lean_loading_bias: float
    prior_mean: float
    prior_sd: float
    prior: str


@dataclass(frozen=True)
class Fitted:
    """Plant-wide factors and the campaigns' biases."""

    area_factor: float
    gas_film_factor: float
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
            name, one["lean_loading_bias"], one["prior_mean"], one["prior_sd"], one["prior"]
        )
        for name, one in raw["campaign"].items()
    }
    return Fitted(plant["area_factor"], plant["gas_film_factor"], plant["fitted_on"], campaigns)
