"""How much a published standing would change if the prior, or the data, counted a little more or less.

Power-scaling (Kallioinen et al. 2024, doi 10.1007/s11222-023-10366-5): the prior, or the likelihood, is raised to a
power close to 1; Pareto-smoothed importance weights give the posterior that follows, without another fit; the
cumulative Jensen-Shannon distance between both says how far a quantity moved. Sensitivity to the prior without
sensitivity to the likelihood means that the prior decides; sensitivity to both, that prior and data pull against each
other.

Only the top of the hierarchy is scaled, as the authors advise: the priors of scales, standard deviations, weights,
intercepts, overall slopes and answer shares, whose numbers a methodologist chose. The distributions of states, slopes,
severities, halos and discrepancies given those belong to the model, and are scaled with neither.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from arviz_stats.base import array_stats
from numpy.typing import NDArray
from scipy.special import expit

from clusterscore.model.design import Design, make_design
from clusterscore.model.distributions import distribution
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.likelihood import Samples, log_likelihood, samples_of
from clusterscore.posterior.store import Posterior

Floats = NDArray[np.float64]

SENSITIVE: Final = 0.05
"""Sensitivity from which on it counts: the mean of a normal moves by about 0.3 sd when the power doubles."""
POWERS: Final = (0.99, 1.01)
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
    diagnosis (in words), prior_driven (bool: the prior's is at least 0.05 and the likelihood's below)
    """
    design = make_design(function, observations.about(function.kind, through=posterior.run.edition))
    samples = samples_of(posterior.draws)
    return standing_sensitivity(design, samples, log_likelihood(design, samples).total, posterior.run.edition)


def standing_sensitivity(design: Design, samples: Samples, log_likelihood_total: Floats, year: int) -> pd.DataFrame:
    """Return the table of :func:`sensitivity` where the log-likelihood of each sample is known already."""
    cells = np.flatnonzero(np.asarray(design.years)[design.cell_year] == year)
    standing = samples["standing"][:, cells]
    table = pd.DataFrame({"unit": np.asarray(design.units)[design.cell_unit[cells]]})
    table["prior"] = power_scaling(standing, log_prior(design, samples))
    table["likelihood"] = power_scaling(standing, log_likelihood_total)
    by_prior, by_data = table["prior"] >= SENSITIVE, table["likelihood"] >= SENSITIVE
    table["diagnosis"] = np.select([by_prior & by_data, by_prior], [CONFLICT, DRIVEN], UNREMARKABLE)
    table["prior_driven"] = by_prior & ~by_data
    return table


def power_scaling(quantities: Floats, log_component: Floats) -> Floats:
    """Return the power-scaling sensitivity of quantities to one component of the joint density.

    Parameters
    ----------
    quantities
        dims (sample, quantity).
    log_component
        dims (sample), nats: log-prior or log-likelihood, up to a constant.

    Returns
    -------
    dims (quantity)
    """
    low, high = (np.exp(array_stats.power_scale_lw(log_component, alpha=power)) for power in POWERS)
    low, high = low / low.sum(), high / high.sum()
    columns = (quantities[None, :, number] for number in range(quantities.shape[1]))
    return np.array(
        [float(array_stats.power_scale_sense(column, low[None], high[None], *POWERS)) for column in columns]
    )


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
