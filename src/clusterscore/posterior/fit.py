"""Draw the posterior with nutpie, look at the diagnostics, and say whether it may be published."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import xarray as xr

from clusterscore.model.compiled.density import Density, density_of
from clusterscore.model.design import Design, make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.diagnostics import diagnose
from clusterscore.posterior.identity import Sampler, code_digest, heard, identify, source_digest, versions
from clusterscore.posterior.laplace import approximate
from clusterscore.posterior.sampling import Draw, from_density, from_pymc, named
from clusterscore.posterior.store import APPROXIMATE, FAILED, TRUSTED, Posterior, Run
from clusterscore.progress import Progress, silent
from clusterscore.vocabulary import CELL, CHAIN, DRAW, Channel

if TYPE_CHECKING:
    import pymc as pm

_KEPT: Final = (
    "state",
    "function",
    "standing",
    "weight",
    "slope",
    "intercept",
    "error_sd",
    "overdispersion",
    "member_sd",
    "member_error_sd",
    "degrees_of_freedom",
    "pillar_scale",
    "general_share",
    "innovation_sd",
    "shock_sd",
    "slope_sd",
    "severity",
    "severity_path",
    "severity_sd",
    "drift_sd",
    "consistency",
    "consistency_sd",
    "halo_sd",
    "overall_slope",
    "discrepancy",
    "discrepancy_sd",
)

NOT_PUBLISHED: Final = "a first look in seconds: approximate, and never published"


@dataclass(frozen=True, eq=False)
class _Outcome:
    """Draws, whether they can be trusted, and what was found of them."""

    draws: xr.Dataset
    status: str
    diagnostics: dict[str, Any]


def fit(  # noqa: PLR0913 - options by name
    function: Function,
    observations: Observations,
    edition: int,
    sampler: Sampler | None = None,
    *,
    parent: str | None = None,
    progress: Progress | None = None,
    channel: Channel | None = None,
    model: Callable[[Design], pm.Model] | None = None,
) -> Posterior:
    """Draw the posterior of a function through an edition.

    Parameters
    ----------
    function
        The function document.
    observations
        Everything observed; later years than ``edition`` are left out.
    edition
        Last year that counts.
    sampler
        Settings, or None for the defaults.
    parent
        Id of the posterior that this one corrects.
    progress
        Told the stages ``compile`` and ``sample``, or ``approximate``.
    channel
        Whose word alone counts, or None for everything observed.
    model
        A researcher's own: what makes a PyMC model of a design, such as a changed copy of
        :func:`clusterscore.model.build.build`. None for the package's own, compiled beforehand.

    Returns
    -------
    posterior with a run record whose status is ``failed`` where a diagnostic gate is missed, and ``approximate`` where
    it was not sampled

    Raises
    ------
    NothingToFit
        Where there are no observations.
    Disconnected
        Where raters and units fall into unconnected parts.
    NoApproximation
        Where an approximation was asked for and cannot be had.
    """
    settings, told = sampler or Sampler(), progress or silent
    seen, start = heard(function, observations, edition, channel)
    design, own = make_design(function, seen, start), {} if model is None else {"model": source_digest(model)}
    started = time.perf_counter()
    told("compile", 0.0)
    draw = _method(design, settings, model)
    told("compile", 1.0)
    ready = time.perf_counter()
    found = draw(settings, told)
    done = time.perf_counter()
    draws = _labelled(found.draws, design)
    run = Run(
        id=identify(function, seen, edition, settings, start, **own),
        function=function.function,
        edition=edition,
        channel=channel,
        status=found.status,
        parent=parent,
        head=str(observations.head),
        digests={"function": function.digest, "observations": seen.digest, "code": code_digest()} | own,
        demonstration=seen.demonstration,
        sampler=asdict(settings) | {"chains": draws.sizes[CHAIN], "draws": draws.sizes[DRAW]},
        diagnostics=found.diagnostics,
        design=_sizes(design),
        versions=versions(),
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        seconds={"compile": round(ready - started, 1), "sample": round(done - ready, 1)},
    )
    return Posterior(draws, run)


def _method(
    design: Design, settings: Sampler, model: Callable[[Design], pm.Model] | None
) -> Callable[[Sampler, Progress], _Outcome]:
    """Return what draws the posterior of a design in the way that the settings name."""
    if model is not None and settings.method != "nuts":
        raise ValueError("a model of one's own is sampled, not approximated")
    if model is not None:
        return partial(_sampled, from_pymc(model(design)))
    density = density_of(design)
    density(density.middle)  # compiles, the first time on a machine
    return partial(_approximated, density) if settings.method == "laplace" else partial(_sampled, from_density(density))


def _approximated(density: Density, settings: Sampler, told: Progress) -> _Outcome:
    """Return draws from Laplace's approximation: whatever is found of them, they are not to be published."""
    approximation = approximate(density, settings.chains * settings.draws, settings.seed, told)
    chains = np.split(approximation.points, settings.chains)
    found = {"failures": [NOT_PUBLISHED], "pareto_k": approximation.pareto_k, "reweighted": approximation.reweighted}
    return _Outcome(_kept(named(density, chains)), APPROXIMATE, found)


def _sampled(draw: Draw, settings: Sampler, told: Progress) -> _Outcome:
    """Return draws that are trusted, or the best that can be had, and what was found in the first and in the last."""
    draws, stats = _drawn(draw, settings, told)
    first = found = diagnose(draws, stats)
    for number in range(1, settings.longer):
        if not found.only_too_few:
            break
        more, more_stats = _drawn(draw, settings.further(number), told)
        draws, stats = _joined(draws, more), _joined(stats, more_stats)
        found = diagnose(draws, stats)
    if found.failures and not found.only_too_few:
        draws, stats = _drawn(draw, settings.careful(), told)
        found = diagnose(draws, stats)
    record = found.record() | {"first_round": first.failures}
    return _Outcome(draws, FAILED if found.failures else TRUSTED, record)


def _joined(one: xr.Dataset, other: xr.Dataset) -> xr.Dataset:
    """Join chains; they are numbered anew."""
    joined = xr.concat([one, other], dim=CHAIN)
    return joined.assign_coords({CHAIN: np.arange(joined.sizes[CHAIN])})


def _drawn(draw: Draw, settings: Sampler, told: Progress) -> tuple[xr.Dataset, xr.Dataset]:
    draws, stats = draw(settings, told)
    return _kept(draws), stats


def _kept(draws: xr.Dataset) -> xr.Dataset:
    families = ("threshold_", *(f"{grouping}_" for grouping in ("country", "region", "sector")))
    names = [name for name in map(str, draws.data_vars) if name in _KEPT or name.startswith(families)]
    return draws[names]


def _labelled(draws: xr.Dataset, design: Design) -> xr.Dataset:
    """Say which unit and year each cell is, and which cells carry the base cohort's scale."""
    units = np.asarray(design.units, dtype=object)[design.cell_unit]
    years = np.asarray(design.years)[design.cell_year]
    base = np.isin(np.arange(design.n_cells), design.base_cells)
    labelled = draws.assign_coords(unit_of_cell=(CELL, units), year_of_cell=(CELL, years), base_cell=(CELL, base))
    return labelled.drop_attrs()


def _sizes(design: Design) -> dict[str, Any]:
    return {
        "cells": design.n_cells,
        "units": len(design.units),
        "years": list(design.years),
        "base_units": int(design.base_unit.sum()),
        "raters": len(design.raters),
        "figures": len(design.figures) + len(design.counts),
        "members": int(design.members.groups["n_members"].sum()),
        "answers": len(design.answers),
        "questionnaires": len(design.questionnaires),
        "unused": design.unused,
    }
