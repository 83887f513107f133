"""Halos integrated out of questionnaires by Gauss-Hermite quadrature: one pass over all answers, compiled."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from clusterscore.model.compiled.jit import compiled

_FOLD: Final = 1.0e100  # product of denominators at which its logarithm is taken


@compiled
def integrate(  # noqa: C901, PLR0913, PLR0917 - what Numba compiles takes arrays, and loops over them
    height: Any,
    low: Any,
    high: Any,
    log_gap: Any,
    start: Any,
    halo_sd: Any,
    node: Any,
    log_weight: Any,
) -> Any:
    """Return the log-likelihood of questionnaires, dims (sample, questionnaire).

    ``low`` and ``high`` are exp of the cuts around each answer, and ``log_gap`` log(high - low): dims (sample, answer).

    As in :mod:`clusterscore.model.graded`, one exponential an answer serves both cuts, and here all nodes as well.
    """
    n_samples, n_questionnaires, n_nodes = height.shape[0], len(start) - 1, len(node)
    result = np.empty((n_samples, n_questionnaires))
    total, product, factor = np.empty(n_nodes), np.empty(n_nodes), np.empty(n_nodes)
    for sample in range(n_samples):
        for k in range(n_nodes):
            factor[k] = np.exp(halo_sd[sample] * node[k])
        for questionnaire in range(n_questionnaires):
            constant, n_below_top = 0.0, 0
            total[:] = log_weight
            product[:] = 1.0
            for answer in range(start[questionnaire], start[questionnaire + 1]):
                t = np.exp(-height[sample, answer])
                below, above = t * low[sample, answer], t * high[sample, answer]
                highest = np.isinf(above)
                if not highest:
                    constant += log_gap[sample, answer] - height[sample, answer]
                    n_below_top += 1
                if highest:
                    for k in range(n_nodes):
                        product[k] *= 1.0 + factor[k] * below
                else:
                    for k in range(n_nodes):
                        product[k] *= (1.0 + factor[k] * below) * (1.0 + factor[k] * above)
                if product[n_nodes - 1] > _FOLD:  # the largest: nodes ascend
                    total -= np.log(product)
                    product[:] = 1.0
            largest = -np.inf
            for k in range(n_nodes):
                total[k] += n_below_top * halo_sd[sample] * node[k] - np.log(product[k])
                largest = max(largest, total[k])
            result[sample, questionnaire] = constant + largest + np.log(np.exp(total - largest).sum())
    return result
