"""Simulation-based calibration: ``python -m tests.calibration.sbc --fits 200``, or ``make calibrate``.

Talts et al. (2020): where truths are drawn from the prior and fits are right, the rank of the truth among the draws of
its fit is uniform, for every quantity. Besides parameters and states these are quantities that hang on the data (Modrák
et al. 2023), without which a likelihood that was left out would go unnoticed: the joint log-likelihood, that of the
answers, and the log-prior at the top of the hierarchy.

Each rank is written to ``docs/calibration.csv`` as soon as it is known; a run that was stopped goes on where it was.
``simuk`` compiles a PyMC model for every fit; here each is the package's own, diagnostics and all.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from clusterscore.model.design import Design, make_design
from clusterscore.model.simulate import Simulated, simulate
from clusterscore.observations.observed import Observations
from clusterscore.posterior.fit import fit
from clusterscore.posterior.identity import Sampler, heard
from clusterscore.posterior.likelihood import log_likelihood, samples_of
from clusterscore.posterior.sensitivity import log_prior
from clusterscore.report.display import svg_of
from clusterscore.research.calibration import N_DRAWS, RANKS, Calibration, calibration_plate
from tests.calibration.trial import EDITION, PLAN, RATERS, UNITS, asked, document, sent
from tests.conftest import observations_of_rows

FIRST_SEED = 10_000
SAMPLER = Sampler(chains=2, tune=500, draws=600, longer=1)
LONGER = Sampler(chains=4, tune=1000, draws=2000, longer=2)
HYPER = (
    *("pillar_scale", "innovation_sd", "shock_sd", "general_share", "slope_sd", "error_sd", "overdispersion"),
    *("overall_slope", "severity_sd", "halo_sd", "discrepancy_sd"),
)

Samples = Mapping[str, np.ndarray]


def truth(drawn: Simulated, design: Design) -> Samples:
    """Return the truth as a single sample, dims (1, ...), under the names and in the order of the draws."""
    cells = list(zip(np.array(UNITS)[design.cell_unit], np.array(design.years)[design.cell_year], strict=True))
    state = drawn.state.loc[cells]
    reported = {"error_sd": design.figures, "overdispersion": design.counts}
    values = {name: np.asarray(drawn.parameters[name], dtype=float) for name in (*HYPER, "weight", "slope")}
    values |= {name: values[name][np.unique(rows["indicator"])] for name, rows in reported.items()}
    values |= {name: np.asarray(drawn.parameters[name]) for name in ("intercept", "severity", "discrepancy")}
    values |= {"state": state.drop(columns="function").to_numpy(), "function": state["function"].to_numpy()}
    reached = [np.cumsum(share)[:-1] for share in drawn.parameters["answer_share"]]
    cuts = [np.log(below / (1.0 - below)) for below in reached]
    sizes = design.scales["categories"].to_numpy()
    for size in np.unique(sizes):
        chosen = design.scales["item"].to_numpy()[sizes == size]
        values[f"threshold_{size}"] = np.array([cuts[item] for item in chosen])
    assert list(design.raters) == RATERS
    return {name: value[None] for name, value in values.items()}


def quantities(design: Design, samples: Samples) -> dict[str, np.ndarray]:
    """Return what is ranked, dims (sample), of draws and of the truth alike."""
    found = {}
    for name in HYPER:
        values = samples[name].reshape(len(samples[name]), -1)
        found |= {f"{name} {number}" if values.shape[1] > 1 else name: v for number, v in enumerate(values.T, start=1)}
    state, function = samples["state"], samples["function"]
    middle, last = design.n_cells // 2, design.n_cells - 1
    newest = np.flatnonzero(design.cell_year == len(design.years) - 1)
    log_likelihoods = log_likelihood(design, samples)
    return found | {
        "weight 1": samples["weight"][:, 0],
        "slope 1": samples["slope"][:, 0],
        "intercept 1": samples["intercept"][:, 0],
        "severity 1": samples["severity"][:, 0],
        "severity 2": samples["severity"][:, 1],
        "discrepancy 1": samples["discrepancy"][:, 0],
        "threshold 1": samples["threshold_5"][:, 0, 0],
        "threshold 4": samples["threshold_5"][:, 0, 3],
        "state, first unit": state[:, 0, 0],
        "state, another": state[:, middle, 1],
        "state, a late unit": state[:, last, 2],
        "difference of two states": state[:, 0, 0] - state[:, middle, 0],
        "function, first unit": function[:, 0],
        "function, a late unit": function[:, last],
        "rank of the first unit": (function[:, newest] > function[:, newest[:1]]).sum(axis=1).astype(float),
        "log-likelihood": log_likelihoods.total,
        "log-likelihood of answers": log_likelihoods.questionnaires.sum(axis=1),
        "log-prior": log_prior(design, samples),
    }


def rank(draws: np.ndarray, true: float, rng: np.random.Generator) -> int:
    """Return how many of the draws lie below the truth; equal ones are put to either side by lot."""
    return int((draws < true).sum() + rng.integers(0, (draws == true).sum(), endpoint=True))


def ranks(seed: int) -> dict[str, int | str]:
    """Draw a truth and observations of it, fit these, and return the ranks; ``failed`` says what the draws missed."""
    function = document()
    drawn = simulate(function, PLAN, seed)
    observations: Observations = observations_of_rows(sent(drawn.figures), asked(drawn.answers))
    posterior = fit(function, observations, EDITION, SAMPLER)
    if broken(posterior.run.diagnostics):
        posterior = fit(function, observations, EDITION, LONGER)
    design = make_design(function, *heard(function, observations, EDITION))
    true = quantities(design, truth(drawn, design))
    draws = quantities(design, {n: np.asarray(v, float) for n, v in samples_of(posterior.draws, N_DRAWS).items()})
    rng = np.random.default_rng(seed)
    failed = broken(posterior.run.diagnostics)
    return {"seed": seed, "failed": failed} | {n: rank(draws[n], float(true[n][0]), rng) for n in true}


def broken(found: Mapping[str, Any]) -> str:
    """Return why draws do not count: known from their diagnostics alone, whatever the truth."""
    wild = [row["variable"] for row in found["worst"] if not row["r_hat"] < 1.05]
    divergent = [f"{found['divergences']} divergences"] if found["divergences"] else []
    return "; ".join(divergent + [f"R-hat of {name}" for name in wild])


def main() -> None:
    """Go on until there are as many fits as asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fits", type=int, default=200)
    parser.add_argument("--ranks", type=Path, default=RANKS)
    options = parser.parse_args()
    go_on(options.ranks, range(FIRST_SEED, FIRST_SEED + options.fits), ranks)


def go_on(path: Path, seeds: Iterable[int], ranked: Callable[[int], Mapping[str, int | str]]) -> None:
    """Write the ranks of each seed that is not in the file yet, one row each, and say and draw what all tell."""
    done = set()
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            done = {int(row["seed"]) for row in csv.DictReader(file)}
    for seed in track([seed for seed in seeds if seed not in done], description="calibrating"):
        row = ranked(seed)
        new = not path.exists()
        with path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(row), lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerow(row)
    found = Calibration.read(path)
    if found is None:
        sys.stdout.write("Fewer than two fits count: nothing can be said yet.\n")
        return
    plate = calibration_plate(found)
    path.with_suffix(".svg").write_text(svg_of(plate.figure), encoding="utf-8")
    sys.stdout.write(f"{len(found.ranks)} fits count, {found.n_failed} do not. {plate.finding}. {found.coverage}\n")


if __name__ == "__main__":
    main()
