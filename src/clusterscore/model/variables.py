"""Random variables of a PyMC model, from priors that are values."""

from __future__ import annotations

import numpy as np
import pymc as pm
from pytensor.tensor.variable import TensorVariable

from clusterscore.model.priors import Prior


def draw(name: str, prior: Prior, dims: str | None = None) -> TensorVariable:
    """Return a random variable of the model at hand, or an array of them along a dimension."""
    match prior.family:
        case "normal":
            return pm.Normal(name, prior["mean"], prior["sd"], dims=dims)
        case "half_normal":
            return pm.HalfNormal(name, prior["sd"], dims=dims)
        case "log_normal":
            return pm.LogNormal(name, np.log(prior["median"]), prior["log_sd"], dims=dims)
        case "beta":
            return pm.Beta(name, prior["a"], prior["b"], dims=dims)
        case "gamma":
            return pm.Gamma(name, prior["shape"], prior["rate"], dims=dims)
        case _:
            raise ValueError(f"{name}: a {prior.family} prior is not drawn by itself")
