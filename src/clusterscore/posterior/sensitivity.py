"""How much a published standing would change if the prior, or the data, counted a little more or less.

Power-scaling (Kallioinen et al. 2024, doi 10.1007/s11222-023-10366-5): the prior, or the likelihood, is raised to a
power close to 1; Pareto-smoothed importance weights give the posterior that follows, without another fit; the
cumulative Jensen-Shannon distance between both says how far a quantity moved. Sensitivity to the prior without
sensitivity to the likelihood means that the prior decides; sensitivity to both, that prior and data pull against each
other.

Only the top of the hierarchy is scaled, as the authors advise: the priors of scales, standard deviations, weights,
intercepts, overall slopes and answer shares, whose numbers a methodologist chose. The distributions of states, slopes,
severities, halos and discrepancies given those belong to the model, and are scaled with neither. Figures of members are
not among the data that are scaled.

Whether a standing is prior-driven is asked without the prior of the weights. They are agreed, not believed: that a
standing hangs on them is what they are for, and how far the data moved them is published beside them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd
from arviz_stats.base import array_stats
from numpy.typing import NDArray
from scipy.special import expit

from clusterscore.model.design import Design, make_design
from clusterscore.model.distributions import distribution
from clusterscore.model.evidence import concerning
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.likelihood import LogLikelihood, log_likelihood, samples_of
from clusterscore.posterior.predict import Samples
from clusterscore.posterior.record import Posterior

Floats = NDArray[np.float64]

SENSITIVE: Final = 0.05
"""Sensitivity from which on it counts: the mean of a normal moves by about 0.3 sd when the power doubles."""
AGREED: Final = "weight"
"""The prior that is an agreement."""
POWERS: Final = (0.99, 1.01)
_FEWEST: Final = 100  # draws that have a tail to be smoothed
_DEGREE: Final = 2  # of the regression; exact for a normal quantity and normal errors
CONFLICT: Final = "prior and data may disagree"
DRIVEN: Final = "the prior decides"
UNREMARKABLE: Final = "unremarkable"

TOP_PRIORS: Final = (
    "pillar_scale",
    "general_share",
    "innovation_sd",
    "shock_sd",
    "slope_sd",
    "intercept",
    "error_sd",
    "overdispersion",
    "member_sd",
    "member_error_sd",
    "degrees_of_freedom",
    "severity_sd",
    "drift_sd",
    "consistency_sd",
    "halo_sd",
    "overall_slope",
    "discrepancy_sd",
)
"""Variables whose prior is the prior of the same name; besides, the groups' sd, the weights and the answer shares."""


def sensitivity(function: Function, posterior: Posterior, observations: Observations) -> pd.DataFrame:
    """Return how sensitive each unit's standing in the edition's last year is.

    Parameters
    ----------
    function
        The document that was fitted.
    posterior
        Kept draws.
    observations
        What was fitted; later years than the edition are left out.

    Returns
    -------
    unit, prior and likelihood (sensitivities: cumulative Jensen-Shannon distance per doubling of the power),
    diagnosis (in words), prior_driven (bool: the prior's is at least 0.05 and the likelihood's below), foremost (the
    single prior to which the standing is most sensitive); all priors but that of the weights
    """
    design = make_design(function, concerning(function, observations, posterior.run.edition))
    samples = samples_of(posterior.draws)
    return standing_sensitivity(design, samples, log_likelihood(design, samples), posterior.run.edition)


def examined(function: Function, posterior: Posterior, observations: Observations) -> Posterior:
    """Return a posterior whose record says how sensitive each unit's standing is; nothing where draws are too few."""
    if posterior.draws.sizes["chain"] * posterior.draws.sizes["draw"] < _FEWEST:
        return posterior
    table = sensitivity(function, posterior, observations)
    columns = ["unit", "prior", "likelihood", "prior_driven", "foremost"]
    rows = [dict(zip(columns, row, strict=True)) for row in table[columns].to_numpy(dtype=object).tolist()]
    return replace(posterior, run=replace(posterior.run, sensitivity=rows))


def standing_sensitivity(design: Design, samples: Samples, likelihood: LogLikelihood, year: int) -> pd.DataFrame:
    """Return the table of :func:`sensitivity` where the log-likelihood is known already.

    The likelihood that is scaled is that of the unit's own observations: what the prior competes with, and ten times
    less noisy than that of all.
    """
    cells = np.flatnonzero(np.asarray(design.years)[design.cell_year] == year)
    own, priors = _by_unit(design, likelihood), log_priors(design, samples)
    priors = {name: density for name, density in priors.items() if name != AGREED} or priors
    top, rows = np.sum(list(priors.values()), axis=0), []
    for unit, standing in zip(design.cell_unit[cells], samples["standing"][:, cells].T, strict=True):
        by_name = {name: power_scaling(standing, density) for name, density in priors.items()}
        foremost = max(by_name, key=by_name.__getitem__)
        sensitivities = power_scaling(standing, top), power_scaling(standing, own[:, unit])
        rows.append((design.units[unit], *sensitivities, foremost))
    table = pd.DataFrame(rows, columns=["unit", "prior", "likelihood", "foremost"])
    by_prior, by_data = table["prior"] >= SENSITIVE, table["likelihood"] >= SENSITIVE
    table["diagnosis"] = np.select([by_prior & by_data, by_prior], [CONFLICT, DRIVEN], UNREMARKABLE)
    table["prior_driven"] = by_prior & ~by_data
    return table[["unit", "prior", "likelihood", "diagnosis", "prior_driven", "foremost"]]


def prior_sensitivity(design: Design, samples: Samples, year: int) -> pd.DataFrame:
    """Return to which prior the standings of a year are sensitive: prior, median, largest; most sensitive first."""
    cells = np.flatnonzero(np.asarray(design.years)[design.cell_year] == year)
    standings = samples["standing"][:, cells].T
    rows = []
    for name, density in log_priors(design, samples).items():
        found = [power_scaling(standing, density) for standing in standings]
        rows.append((name, float(np.median(found)), max(found)))
    table = pd.DataFrame(rows, columns=["prior", "median", "largest"])
    return table.sort_values("largest", ascending=False, ignore_index=True)


def _by_unit(design: Design, likelihood: LogLikelihood) -> Floats:
    """Return the log-likelihood of each unit's observations; dims (sample, unit)."""
    cell = np.concatenate(
        [frame["cell"].to_numpy(np.int64) for frame in (design.figures, design.counts, design.questionnaires)]
    )
    member = design.cell_unit[cell][:, None] == np.arange(len(design.units))
    return np.asarray(likelihood.by_row @ member)


def power_scaling(quantity: Floats, log_component: Floats) -> float:
    """Return the power-scaling sensitivity of a quantity to one component of the joint density.

    To first order the marginal of the quantity depends on the component through its mean given the quantity alone, so
    the component is first replaced by its quadratic regression on the quantity. A log-likelihood of thousands of
    observations varies by tens of nats for reasons that have nothing to do with one unit; as importance weights these
    were mostly noise (0.19 for draws without any relation, where 0.05 counts).

    Parameters
    ----------
    quantity
        dims (sample).
    log_component
        dims (sample), nats: log-prior or log-likelihood, up to a constant.
    """
    spread = quantity.std()
    if not spread > 0.0:
        return 0.0
    basis = np.vander((quantity - quantity.mean()) / spread, _DEGREE + 1)
    explained = basis @ np.linalg.lstsq(basis, log_component - log_component.mean(), rcond=None)[0]
    if not np.ptp(explained) > 0.0:
        return 0.0
    low, high = (np.exp(array_stats.power_scale_lw(explained, alpha=power)) for power in POWERS)
    weights = (low[None] / low.sum(), high[None] / high.sum())
    return float(array_stats.power_scale_sense(quantity[None], *weights, *POWERS))


def log_prior(design: Design, samples: Samples) -> Floats:
    """Return the log-density of all priors at the top of the hierarchy, up to a constant; dims (sample), nats."""
    return np.sum(list(log_priors(design, samples).values()), axis=0)


def log_priors(design: Design, samples: Samples) -> dict[str, Floats]:
    """Return the log-density of each prior at the top of the hierarchy, up to a constant; dims (sample), nats.

    Densities are those of the quantities as the model declares them: standard deviations as such, shares of answers
    (not thresholds) under their Dirichlet.
    """
    function, n_samples = design.function, len(samples["state"])
    named = {name: name for name in TOP_PRIORS} | {f"{grouping}_sd": "group_sd" for grouping in design.groups}
    parts = {
        variable: _summed(distribution(function.prior(prior)).logpdf(samples[variable]))
        for variable, prior in named.items()
        if variable in samples
    }
    if len(function.pillars) > 1:
        agreed = np.array(list(function.agreed_weights.values()))
        parts["weight"] = _summed((function.weights.concentration * agreed - 1.0) * np.log(samples["weight"]))
    concentration = function.prior("answer_share")["concentration"]
    shares = [_shares(values) for name, values in samples.items() if name.startswith("threshold_")]
    if shares:
        parts["answer_share"] = np.sum([_summed((concentration - 1.0) * np.log(share)) for share in shares], axis=0)
    return parts or {"none": np.zeros(n_samples)}


def _shares(thresholds: Floats) -> Floats:
    """Return the shares of categories for an average unit and rater; dims (sample, scale, category)."""
    reached = expit(thresholds)
    edge = np.zeros((*reached.shape[:-1], 1))
    return np.diff(np.concatenate([edge, reached, edge + 1.0], axis=-1), axis=-1)


def _summed(density: Floats) -> Floats:
    return np.asarray(density.reshape(len(density), -1).sum(axis=1))
