"""Proper scoring rules of a Student-t forecast: the log score and the continuous ranked probability score.

Both are exact, from the three numbers of the forecast and the figure. The closed form of the second is that of
Jordan, Krüger and Lerch 2019 (doi 10.18637/jss.v090.i12).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import beta, stdtr

from clusterscore.posterior.student import log_density

Floats = NDArray[np.float64]


def log_score(value: Floats, location: Floats, scale: Floats, freedom: Floats) -> Floats:
    """Return the log-density at the figure, in nats: higher is better; the arguments broadcast."""
    return log_density(value, location, scale, freedom)


def crps(value: Floats, location: Floats, scale: Floats, freedom: Floats) -> Floats:
    """Return the continuous ranked probability score, in the unit of the figure: lower is better.

    Parameters
    ----------
    freedom
        Degrees of freedom, above 1.
    """
    z, nu = (value - location) / scale, np.asarray(freedom, dtype=np.float64)
    density = np.exp(log_density(z, np.zeros(1), np.ones(1), nu))
    spread = 2.0 * np.sqrt(nu) / (nu - 1.0) * beta(0.5, nu - 0.5) / beta(0.5, nu / 2.0) ** 2
    reach = z * (2.0 * stdtr(nu, z) - 1.0) + 2.0 * density * (nu + z**2) / (nu - 1.0)
    return np.asarray(scale * (reach - spread))


def place(value: Floats, location: Floats, scale: Floats, freedom: Floats) -> Floats:
    """Return where the figure lies in the forecast, from 0 to 1: uniform where forecasts are right."""
    return np.asarray(stdtr(np.asarray(freedom, dtype=np.float64), (value - location) / scale))
