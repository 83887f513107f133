"""Halos integrated out of questionnaires by Gauss-Hermite quadrature: one pass over all answers, compiled."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from clusterscore.model.compiled.jit import compiled

_FOLD: Final = 1.0e100  # product of denominators at which its logarithm is taken


@compiled
def integrate(
    below: Any,
    above: Any,
    log_gap: Any,
    start: Any,
    log_factor: Any,
    factor: Any,
    log_weight: Any,
) -> Any:
    """Return the log-likelihood of questionnaires, dims (sample, questionnaire).

    As in :mod:`clusterscore.model.graded`, one exponential an answer serves both cuts, and here all nodes as well.

    Parameters
    ----------
    below, above
        dims (sample, answer): exp of the cuts around each answer less its height; infinite above the highest category.
    log_gap
        dims (sample, answer): log of their difference.
    start
        dims (questionnaire + 1): where the answers of each begin.
    log_factor, factor
        dims (sample, node): what a halo adds to all heights of its questionnaire, and exp of it.
    log_weight
        dims (node).
    """
    n_samples, n_questionnaires, n_nodes = below.shape[0], len(start) - 1, len(log_weight)
    result = np.empty((n_samples, n_questionnaires))
    total, product = np.empty(n_nodes), np.empty(n_nodes)
    for sample in range(n_samples):
        for questionnaire in range(n_questionnaires):
            constant, n_below_top = 0.0, 0
            total[:] = log_weight
            product[:] = 1.0
            for answer in range(start[questionnaire], start[questionnaire + 1]):
                low, high = below[sample, answer], above[sample, answer]
                if np.isinf(high):
                    for k in range(n_nodes):
                        product[k] *= 1.0 + factor[sample, k] * low
                else:
                    constant += log_gap[sample, answer]
                    n_below_top += 1
                    for k in range(n_nodes):
                        product[k] *= (1.0 + factor[sample, k] * low) * (1.0 + factor[sample, k] * high)
                if product[n_nodes - 1] > _FOLD:  # the largest: nodes ascend
                    total -= np.log(product)
                    product[:] = 1.0
            largest = -np.inf
            for k in range(n_nodes):
                total[k] += n_below_top * log_factor[sample, k] - np.log(product[k])
                largest = max(largest, total[k])
            result[sample, questionnaire] = constant + largest + np.log(np.exp(total - largest).sum())
    return result
