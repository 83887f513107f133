"""Can the draws be trusted? The gates of publication, computed on named quantities."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import xarray as xr
from arviz_stats.base import array_stats

from clusterscore.posterior.keep import is_published
from clusterscore.vocabulary import INTERVAL_TAIL


@dataclass(frozen=True, slots=True)
class Gate:
    """What draws must reach.

    Attributes
    ----------
    r_hat
        Rank-normalised R-hat must be below it.
    ess
        Bulk and tail effective sample size must reach it.
    """

    r_hat: float
    ess: float


PUBLISHED_GATE: Final = Gate(1.01, 400.0)
OTHER_GATE: Final = Gate(1.05, 100.0)
"""Variance parameters behind the published ones mix more slowly and are not shown; they are held to this."""
INTERVAL: Final = (INTERVAL_TAIL, 1.0 - INTERVAL_TAIL)
E_BFMI: Final = 0.3
"""Smallest energy Bayesian fraction of missing information of any chain."""


@dataclass(frozen=True, slots=True)
class Worst:
    """The worst value of each diagnostic over the elements of one variable."""

    variable: str
    published: bool
    size: int
    r_hat: float
    ess_bulk: float
    ess_tail: float


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """All diagnostics of one fit; ``only_too_few`` says that nothing but the number of draws stands against it."""

    worst: tuple[Worst, ...]
    divergences: int
    e_bfmi: tuple[float, ...]
    failures: tuple[str, ...]
    only_too_few: bool

    def record(self) -> dict[str, Any]:
        """Return plain data for the run record."""
        return asdict(self)


def diagnose(draws: xr.Dataset, stats: xr.Dataset) -> Diagnostics:
    """Return diagnostics of draws.

    Parameters
    ----------
    draws
        dims (chain, draw, ...).
    stats
        dims (chain, draw): ``diverging`` and ``energy``.
    """
    worst = tuple(_worst(str(name), array) for name, array in draws.data_vars.items() if array.dtype.kind == "f")
    divergences = int(stats["diverging"].sum())
    e_bfmi = tuple(_e_bfmi(stats["energy"].transpose("chain", "draw").to_numpy()))
    few, other = _too_few(worst), _broken(divergences, e_bfmi)
    return Diagnostics(worst, divergences, e_bfmi, (*few, *other), bool(few) and not other)


@dataclass(frozen=True, eq=False)
class Element:
    """One number of one variable.

    Attributes
    ----------
    variable, label
        Which; the label names its place along each dimension and is empty for a single number.
    values
        dims (chain, draw).
    r_hat, ess_bulk
        As in :class:`Worst`.
    """

    variable: str
    label: str
    values: np.ndarray
    r_hat: float
    ess_bulk: float


def least_mixed(draws: xr.Dataset, number: int) -> list[Element]:
    """Return the element with the fewest effective draws of each of the variables that mix least, worst first."""
    floats = [(str(name), array) for name, array in draws.data_vars.items() if array.dtype.kind == "f"]
    found = [_least_mixed(name, array) for name, array in floats if bool((array != array.isel(chain=0, draw=0)).any())]
    return sorted(found, key=lambda one: one.ess_bulk)[:number]


def _least_mixed(name: str, array: xr.DataArray) -> Element:
    ordered = array.transpose("chain", "draw", ...)
    values = ordered.to_numpy().astype(np.float64)
    shape = values.shape[2:]
    values = values.reshape(*values.shape[:2], -1)
    moving = np.flatnonzero(np.ptp(values, axis=(0, 1)) > 0)
    bulk = array_stats.ess(values[:, :, moving], chain_axis=0, draw_axis=1, method="bulk")
    at, least = int(moving[np.argmin(bulk)]), float(np.min(bulk))
    where = zip(ordered.dims[2:], np.unravel_index(at, shape) if shape else (), strict=True)
    label = ", ".join(str(_label(ordered, str(dim), int(place))) for dim, place in where)
    r_hat = float(array_stats.rhat(values[:, :, at], chain_axis=0, draw_axis=1))
    return Element(name, label, values[:, :, at], r_hat, least)


def _label(array: xr.DataArray, dim: str, place: int) -> Any:
    """Return the label of a place; of a cell its unit and year."""
    about = [f"{what}_of_{dim}" for what in ("unit", "year") if f"{what}_of_{dim}" in array.coords]
    if about:
        return " ".join(str(array.coords[name].to_numpy()[place]) for name in about)
    return array.coords[dim].to_numpy()[place] if dim in array.coords else place


def _worst(name: str, array: xr.DataArray) -> Worst:
    values = array.transpose("chain", "draw", ...).to_numpy().astype(np.float64)
    values = values.reshape(*values.shape[:2], -1)
    if not np.isfinite(values).all():
        return Worst(name, is_published(name), values.shape[2], np.nan, np.nan, np.nan)
    moving = values[:, :, np.ptp(values, axis=(0, 1)) > 0]
    published = is_published(name)
    if not moving.shape[2]:
        size = float(values.shape[0] * values.shape[1])
        return Worst(name, published, 0, 1.0, size, size)
    r_hat = array_stats.rhat(moving, chain_axis=0, draw_axis=1)
    bulk = array_stats.ess(moving, chain_axis=0, draw_axis=1, method="bulk")
    tail = array_stats.ess(moving, chain_axis=0, draw_axis=1, method="tail", prob=INTERVAL)
    return Worst(name, published, moving.shape[2], float(np.max(r_hat)), float(np.min(bulk)), float(np.min(tail)))


def _e_bfmi(energy: np.ndarray) -> list[float]:
    return [float(np.square(np.diff(chain)).mean() / chain.var()) for chain in energy]


def _too_few(worst: tuple[Worst, ...]) -> list[str]:
    failures = []
    for row in worst:
        gate = PUBLISHED_GATE if row.published else OTHER_GATE
        if not row.r_hat < gate.r_hat:
            failures.append(f"{row.variable}: R-hat {row.r_hat:.3f}, must be below {gate.r_hat}")
        for kind, ess in (("bulk", row.ess_bulk), ("tail", row.ess_tail)):
            if not ess >= gate.ess:
                failures.append(f"{row.variable}: {kind} ESS {ess:.0f}, must be at least {gate.ess:.0f}")
    return failures


def _broken(divergences: int, e_bfmi: tuple[float, ...]) -> list[str]:
    failures = [f"{divergences} divergent transitions, must be 0"] if divergences else []
    low = [(number, value) for number, value in enumerate(e_bfmi, start=1) if not value >= E_BFMI]
    return failures + [f"chain {number}: E-BFMI {value:.2f}, must be at least {E_BFMI}" for number, value in low]
