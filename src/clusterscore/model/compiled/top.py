"""Priors at the top of the hierarchy, and the few special functions that the density needs."""

from __future__ import annotations

import math

from clusterscore.model.compiled.jit import inner
from clusterscore.model.compiled.layout import BETA, GAMMA, HALF_NORMAL, LOG_NORMAL, NORMAL, Floats, Top

HALF_LOG_2_PI = 0.5 * math.log(2.0 * math.pi)
_SERIES_FROM = 6.0


@inner
def softplus(x: float) -> float:
    """Return log(1 + exp(x))."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


@inner
def expit(x: float) -> float:
    """Return 1 / (1 + exp(-x))."""
    small = math.exp(-abs(x))
    return 1.0 / (1.0 + small) if x >= 0.0 else small / (1.0 + small)


@inner
def digamma(x: float) -> float:
    """Return the derivative of log-gamma for x > 0: by recurrence, then by its asymptotic series."""
    shift = 0.0
    while x < _SERIES_FROM:
        shift -= 1.0 / x
        x += 1.0
    square = 1.0 / (x * x)
    tail = 1.0 / 240.0 - square * (1.0 / 132.0 - square * (691.0 / 32760.0 - square / 12.0))
    series = square * (1.0 / 12.0 - square * (1.0 / 120.0 - square * (1.0 / 252.0 - square * tail)))
    return shift + math.log(x) - 0.5 / x - series


@inner
def priors(point: Floats, top: Top, value: Floats, gradient: Floats) -> float:
    """Fill in the natural values at the top, add the derivatives of their log-prior, and return that.

    The log-density is that of the unbounded form. Derivatives everywhere are by the point's elements: for a positive
    quantity by its logarithm, for a share by its log-odds.
    """
    total = 0.0
    for row in range(len(top.position)):
        at, first, second = top.position[row], top.first[row], top.second[row]
        x, family = point[at], top.family[row]
        if family in (NORMAL, LOG_NORMAL):
            value[at] = x if family == NORMAL else math.exp(x)
            z = (x - first) / second
            total -= 0.5 * z * z + math.log(second) + HALF_LOG_2_PI
            gradient[at] -= z / second
        elif family == HALF_NORMAL:
            value[at] = math.exp(x)
            z = value[at] / first
            total += math.log(2.0 / first) - HALF_LOG_2_PI - 0.5 * z * z + x
            gradient[at] += 1.0 - z * z
        elif family == BETA:
            value[at] = expit(x)
            norm = math.lgamma(first) + math.lgamma(second) - math.lgamma(first + second)
            total -= first * softplus(-x) + second * softplus(x) + norm
            gradient[at] += first * (1.0 - value[at]) - second * value[at]
        elif family == GAMMA:
            value[at] = math.exp(x)
            total += first * (math.log(second) + x) - second * value[at] - math.lgamma(first)
            gradient[at] += first - second * value[at]
    return total


@inner
def deviations(coefficients: Floats, out: Floats) -> None:
    """Fill in deviations that sum to zero, as :func:`clusterscore.model.contrasts.deviations`; dims (n - 1) and (n)."""
    n = len(out)
    total = 0.0
    for i in range(n - 1):
        total += coefficients[i]
    shift = total / (n + math.sqrt(n))
    for i in range(n - 1):
        out[i] = coefficients[i] - shift
    out[n - 1] = -total / math.sqrt(n)


@inner
def add_by_coefficients(by_deviation: Floats, gradient: Floats) -> None:
    """Add derivatives by deviations that sum to zero to those by their coefficients; dims (n) and (n - 1)."""
    n = len(by_deviation)
    total = 0.0
    for i in range(n - 1):
        total += by_deviation[i]
    shift = total / (n + math.sqrt(n)) + by_deviation[n - 1] / math.sqrt(n)
    for i in range(n - 1):
        gradient[i] += by_deviation[i] - shift


@inner
def normals(point: Floats, start: int, end: int, sd: float, gradient: Floats) -> tuple[float, float]:
    """Add the derivatives of independent normals; return their log-density and its derivative by the sd's logarithm."""
    total = 0.0
    for at in range(start, end):
        z = point[at] / sd
        total += z * z
        gradient[at] -= z / sd
    n = end - start
    return -0.5 * total - n * (math.log(sd) + HALF_LOG_2_PI), total - n
