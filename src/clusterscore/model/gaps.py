"""How shares of answer categories are moved by the sampler: through the cuts between them, from the middle outwards.

The cut in the middle of a scale is well placed by the answers; from there each further cut is a gap. A category that
hardly anybody chose then has one wild gap of its own. In coordinates that compare every share with all others, as the
usual transform of a simplex does, the wild one is in all of them: the overall item's lowest threshold had an effective
sample of 414 of 4,000 draws.
"""

from __future__ import annotations

from typing import Any, override

import pytensor.tensor as pt
from pymc.logprob.transforms import Transform


class OutwardGaps(Transform):  # type: ignore[misc] # PyMC types it as Any
    """From shares, dims (..., category), to a middle cut and logarithms of gaps, dims (..., category - 1)."""

    name = "outward"
    ndim_supp = 1

    @override
    def forward(self, value: Any, *inputs: Any) -> Any:
        reached = pt.cumsum(value, axis=-1)[..., :-1]
        cut = pt.log(reached) - pt.log1p(-reached)
        middle = cut.type.shape[-1] // 2
        gap = pt.log(cut[..., 1:] - cut[..., :-1])
        return pt.concatenate([gap[..., :middle], cut[..., middle : middle + 1], gap[..., middle:]], axis=-1)

    @override
    def backward(self, value: Any, *inputs: Any) -> Any:
        reached = pt.sigmoid(_cuts(value))
        edge = pt.zeros_like(reached[..., :1])
        return pt.concatenate([reached, edge + 1.0], axis=-1) - pt.concatenate([edge, reached], axis=-1)

    @override
    def log_jac_det(self, value: Any, *inputs: Any) -> Any:
        cut, middle = _cuts(value), value.type.shape[-1] // 2
        of_sigmoid = -(pt.softplus(cut) + pt.softplus(-cut)).sum(axis=-1)
        return of_sigmoid + value.sum(axis=-1) - value[..., middle]


def _cuts(value: Any) -> Any:
    middle = value.type.shape[-1] // 2
    centre, gap = value[..., middle : middle + 1], pt.exp(value)
    above = centre + pt.cumsum(gap[..., middle + 1 :], axis=-1)
    below = centre - pt.cumsum(gap[..., :middle][..., ::-1], axis=-1)[..., ::-1]
    return pt.concatenate([below, centre, above], axis=-1)
