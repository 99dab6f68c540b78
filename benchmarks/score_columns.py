"""Score the columns on cases not used in their fit: mean of random 50/50 splits.

    python benchmarks/score_columns.py FOLDER [--splits 10] [--seed 1] [--all | --campaigns]
        [--kinetics luo-amine | luo | putta] [--widen 1.0]

FOLDER holds nccc2014_absorber.csv, nccc2017_absorber.csv and the files beside
them.  Each split fits gas film factor, heat loss and one lean-loading bias per
campaign (with the priors of models/data/fitted.toml) to half of the cases, drawn
within each campaign, and is scored on the other half.  --all fits to every case:
the numbers that models/data/fitted.toml holds.  --campaigns fits to one campaign and
scores the other, whose bias stays at the mean of its prior.  --kinetics: another
reaction set than the shipped one, everything refitted with it.  Half of the cases weigh half
against the priors: the spread of those fits is printed below them, and --widen 1.414 gives
the priors as little to say as in a fit to all.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from models.absorber import Absorbed
from models.coefficients import LUO, LUO_AMINE, PUTTA, Kinetics
from models.errors import ModelError
from models.fitted import fitted
from seastack.validation import absorber as cases_of
from seastack.validation import stripper
from seastack.validation.absorber import Settings
from seastack.validation.cases import beside
from seastack.validation.table import Row, number, read

F64 = NDArray[np.float64]
CAMPAIGNS = ("nccc2014", "nccc2017")
# before any data: ln of the gas film factor about 0 (correlations differ by that much), heat
# loss of a wall in W/m2/K; errors of capture in points and of a case's temperatures in K
FILM_SD, LOSS, LOSS_SD = 0.5, 4.0, 3.0
CAPTURE_SD, T_SD = 1.5, 2.0
SETS = {"luo-amine": LUO_AMINE, "luo": LUO, "putta": PUTTA}
GROUPS = ("all", "2014", "2017", "lean <= 0.30", "capture < 97 %")


@dataclass(frozen=True)
class Case:
    """One measured absorber case."""

    name: str
    campaign: str
    row: Row
    side: Row
    capture: float
    aspen: float
    lean: float
    rich: float
    taps: list[tuple[float, float]]


def load(folder: Path) -> list[Case]:
    """Return the cases of both campaigns."""
    found = []
    for campaign in CAMPAIGNS:
        path = folder / f"{campaign}_absorber.csv"
        side = {r["case"]: r for r in beside(path, "intercooler")}
        taps = cases_of.taps_beside(path, "absorber_temperature")
        for row in read(path):
            name = row["case"]
            values = (
                number(row, *cases_of.CAPTURE),
                number(row, "ccsi_model_capture_pct"),
                number(row, "lean_loading_mol_mol"),
                number(row, "rich_loading_mol_mol"),
            )
            four = [float("nan") if v is None else v for v in values]
            found.append(
                Case(
                    name,
                    campaign,
                    row,
                    side.get(name, {}),
                    four[0],
                    four[1],
                    four[2],
                    four[3],
                    taps.get(name, []),
                )
            )
    return found


def run(case: Case, theta: Sequence[float], kinetics: Kinetics) -> Absorbed | None:
    """Return the case solved with (ln gas film, heat loss, bias 2014, bias 2017), or None."""
    settings = Settings(
        gas_film_factor=float(np.exp(theta[0])),
        heat_loss_W_m2_K=max(0.0, float(theta[1])),
        kinetics=kinetics,
    )
    bias = theta[2 + CAMPAIGNS.index(case.campaign)]
    try:
        return cases_of.predict(case.row, case.side, settings, True, bias)
    except ModelError:
        return None


def long_tailed(e: float) -> float:
    """Return the square root of the soft-L1 loss, with the sign of e."""
    return float(np.sqrt(2.0 * (np.sqrt(1.0 + e * e) - 1.0)) * np.sign(e))


@dataclass(frozen=True)
class Posterior:
    """What is fitted: residuals of capture, bed temperatures and priors, in units of their sd."""

    cases: Sequence[Case]
    kinetics: Kinetics
    widen: float = 1.0

    @property
    def centre(self) -> F64:
        """Return the means of the priors: ln of the gas film, heat loss, two biases."""
        return np.array([0.0, LOSS, *(fitted().campaigns[c].prior_mean for c in CAMPAIGNS)])

    @property
    def width(self) -> F64:
        """Return the standard deviations of the priors."""
        sd = (fitted().campaigns[c].prior_sd for c in CAMPAIGNS)
        return self.widen * np.array([FILM_SD, LOSS_SD, *sd])

    def residuals(self, shifted: F64) -> F64:
        """Return the residuals at parameters counted in prior widths, one being the mean."""
        unit = shifted - 1.0
        theta = (self.centre + self.width * unit).tolist()
        off = []
        for case in self.cases:
            out = run(case, theta, self.kinetics)
            if out is None:
                off += [30.0, 30.0]
                continue
            off.append(long_tailed((out.capture_pct - case.capture) / CAPTURE_SD))
            hot = [out.t_at(z) - t for z, t in case.taps]
            # the taps of a case err together: they count as one number
            off.append(float(np.mean(np.abs(hot))) / T_SD if hot else 0.0)
        return np.array([*off, *unit])


def fit(cases: Sequence[Case], kinetics: Kinetics, widen: float = 1.0) -> F64:
    """Return the most probable parameters: capture, bed temperatures and priors."""
    posterior = Posterior(cases, kinetics, widen)
    found = least_squares(posterior.residuals, np.ones(4), diff_step=[0.05] * 4, max_nfev=10)
    return np.asarray(posterior.centre + posterior.width * (found.x - 1.0))


def standard_deviations(cases: Sequence[Case], theta: F64, kinetics: Kinetics) -> F64:
    """Return how well the parameters are known: of the linearised residuals with their priors."""
    posterior = Posterior(cases, kinetics)
    at = 1.0 + (theta - posterior.centre) / posterior.width
    step = 0.25
    slopes = [
        (posterior.residuals(at + step * e) - posterior.residuals(at - step * e)) / (2.0 * step)
        for e in np.eye(4)
    ]
    j = np.array(slopes).T
    return np.asarray(posterior.width * np.sqrt(np.diag(np.linalg.inv(j.T @ j))))


def of_bias(cases: Sequence[Case], theta: F64, sd: F64, kinetics: Kinetics) -> None:
    """Print what the biases' uncertainty does to the score."""
    for name, sign in (("one sd lower", -1.0), ("as fitted", 0.0), ("one sd higher", 1.0)):
        moved = theta + sign * np.array([0.0, 0.0, sd[2], sd[3]])
        table = errors(cases, moved.tolist(), kinetics)
        text = ", ".join(f"{g} {table[g][0]:.2f}" for g in GROUPS if g in table)
        print(f"biases {name:14s}: capture, points: {text}")


def errors(
    cases: Sequence[Case], theta: Sequence[float], kinetics: Kinetics
) -> dict[str, tuple[float, float, float]]:
    """Return (ours, Aspen's, n) mean absolute errors by group, and other quantities' own."""
    ours: dict[str, list[tuple[float, float]]] = {g: [] for g in GROUPS}
    rich, taps = [], []
    for case in cases:
        out = run(case, theta, kinetics)
        e = 100.0 if out is None else abs(out.capture_pct - case.capture)
        pair = (e, abs(case.aspen - case.capture))
        ours["all"].append(pair)
        ours[case.campaign[-4:]].append(pair)
        if case.lean <= 0.30 + 1e-9:
            ours["lean <= 0.30"].append(pair)
        if case.capture < 97.0:
            ours["capture < 97 %"].append(pair)
        if out is None:
            continue
        bias = theta[2 + CAMPAIGNS.index(case.campaign)]
        if case.campaign == "nccc2014":
            rich.append(abs(out.rich_loading - bias - case.rich))
        taps += [abs(out.t_at(z) - t) for z, t in case.taps]
    table: dict[str, tuple[float, float, float]] = {}
    for group, pairs in ours.items():
        if pairs:
            own, aspen = np.mean(pairs, axis=0)
            table[group] = (float(own), float(aspen), len(pairs))
    nan = float("nan")
    table["rich loading 2014"] = (float(np.mean(rich)) if rich else nan, nan, len(rich))
    table["temperature taps, K"] = (float(np.mean(taps)) if taps else nan, nan, len(taps))
    return table


def halves(cases: Sequence[Case], rng: np.random.Generator) -> tuple[list[Case], list[Case]]:
    """Return two random halves, each with half of either campaign."""
    left, right = [], []
    for k, campaign in enumerate(CAMPAIGNS):
        own = [c for c in cases if c.campaign == campaign]
        order = rng.permutation(len(own))
        cut = (len(own) + k) // 2
        left += [own[i] for i in order[:cut]]
        right += [own[i] for i in order[cut:]]
    return left, right


def show(title: str, table: dict[str, tuple[float, float, float]]) -> None:
    """Print one table of errors."""
    print(title)
    print(f"{'group':22s}{'n':>6s}{'ours':>9s}{'Aspen':>9s}{'ratio':>8s}")
    for group, (own, aspen, n) in table.items():
        print(f"{group:22s}{n:6.1f}{own:9.4f}{aspen:9.2f}{own / aspen:8.2f}")


def spread(found: Sequence[F64]) -> None:
    """Print mean, standard deviation and range of the half-fits."""
    every = np.array(found)
    every[:, 0] = np.exp(every[:, 0])
    for k, name in enumerate(("gas film factor", "wall loss, W/m2/K", "bias 2014", "bias 2017")):
        own = every[:, k]
        print(
            f"{name:18s} of {len(own)} half-fits: mean {own.mean():.3f}, sd {own.std():.3f}, "
            f"from {own.min():.3f} to {own.max():.3f}"
        )


def splits(cases: Sequence[Case], count: int, seed: int, kinetics: Kinetics, widen: float) -> None:
    """Score on random halves not used in the fit."""
    rng = np.random.default_rng(seed)
    tables, fits = [], []
    for k in range(count):
        used, unseen = halves(cases, rng)
        theta = fit(used, kinetics, widen)
        fits.append(theta)
        tables.append(errors(unseen, theta.tolist(), kinetics))
        print(f"split {k + 1}: {np.exp(theta[0]):.2f} {theta[1:].round(3)}", flush=True)
    spread(fits)
    mean = {}
    for group in tables[0]:
        a, b, n = np.mean([t[group] for t in tables if group in t], axis=0)
        mean[group] = (float(a), float(b), float(n))
    show(f"mean of {count} splits, cases not used in the fit", mean)


def duty(folder: Path, theta: Sequence[float], kinetics: Kinetics) -> None:
    """Print the error of the specific duties of 2017 with a fit that never saw that campaign."""
    settings = Settings(
        gas_film_factor=float(np.exp(theta[0])),
        heat_loss_W_m2_K=max(0.0, float(theta[1])),
        lean_bias=float(theta[3]),
        kinetics=kinetics,
    )
    found = stripper.validate(folder / "nccc2017_stripper.csv", settings).found
    own = [c for c in found if c.quantity == "srd_GJ_t"]
    off = [abs(c.error / c.measured) for c in own if c.error is not None and c.measured]
    print(f"specific duty 2017: n {len(off)}, mean {100.0 * float(np.mean(off)):.1f} %")


def campaigns(folder: Path, cases: Sequence[Case], kinetics: Kinetics) -> None:
    """Fit to one campaign, score the other with its bias at the prior's mean."""
    for used in CAMPAIGNS:
        theta = fit([c for c in cases if c.campaign == used], kinetics)
        unseen = [c for c in cases if c.campaign != used]
        show(
            f"fitted to {used} ({np.exp(theta[0]):.2f} {theta[1:].round(3)}), scored on the other",
            errors(unseen, theta.tolist(), kinetics),
        )
        if used == "nccc2014":
            duty(folder, theta.tolist(), kinetics)


def main() -> None:
    """Fit and score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--campaigns", action="store_true")
    parser.add_argument("--widen", type=float, default=1.0)
    parser.add_argument("--kinetics", choices=SETS, default="luo-amine")
    asked = parser.parse_args()
    kinetics = SETS[asked.kinetics]
    cases = load(asked.folder)
    if asked.all:
        theta = fit(cases, kinetics)
        print(f"film {np.exp(theta[0]):.3f}, loss {theta[1]:.2f}, biases {theta[2:].round(4)}")
        sd = standard_deviations(cases, theta, kinetics)
        print(
            f"standard deviations: ln film {sd[0]:.2f}, loss {sd[1]:.2f}, biases {sd[2:].round(4)}"
        )
        of_bias(cases, theta, sd, kinetics)
        show("on the cases it was fitted to", errors(cases, theta.tolist(), kinetics))
    elif asked.campaigns:
        campaigns(asked.folder, cases, kinetics)
    else:
        splits(cases, asked.splits, asked.seed, kinetics, asked.widen)


if __name__ == "__main__":
    main()
