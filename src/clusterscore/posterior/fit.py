"""Draw the posterior with nutpie, look at the diagnostics, and say whether it may be published."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clusterscore.model.compiled.density import Density, density_of
from clusterscore.model.design import Design, make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.posterior.basis import Basis, thinned
from clusterscore.posterior.diagnostics import diagnose
from clusterscore.posterior.identity import Sampler, code_digest, heard, identify, source_digest, versions
from clusterscore.posterior.keep import kept, labelled, named, sizes
from clusterscore.posterior.laplace import approximate
from clusterscore.posterior.record import APPROXIMATE, FAILED, TRUSTED, Posterior, Run
from clusterscore.posterior.sampling import Draw, Drawn, from_density, from_pymc
from clusterscore.posterior.start import Start, start_from
from clusterscore.progress import Progress, silent
from clusterscore.vocabulary import CHAIN, DRAW, Channel

if TYPE_CHECKING:
    import pymc as pm

NOT_PUBLISHED: Final = "a first look in seconds: approximate, and never published"


@dataclass(frozen=True, eq=False)
class _Outcome:
    """Draws, whether they can be trusted, what was found of them, and where the sampler was."""

    draws: xr.Dataset
    status: str
    diagnostics: dict[str, Any]
    points: list[NDArray[np.float64]] = field(default_factory=list)


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
    warm: Basis | None = None,
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
    warm
        A sampling of much the same observations: begin where it ended, with its measures of length, where that helps.

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
    begin = start_from(warm, design) if warm and model is None and settings.method == "nuts" else None
    draw = _method(design, settings, model, begin)
    told("compile", 1.0)
    ready = time.perf_counter()
    found = draw(settings, told)
    done = time.perf_counter()
    draws, kept = labelled(found.draws, design), thinned(found.points)
    run = Run(
        id=identify(function, seen, edition, settings, start, **own, warm=begin.origin if begin else None),
        function=function.function,
        edition=edition,
        channel=channel,
        status=found.status,
        parent=parent,
        head=str(observations.head),
        digests={"function": function.digest, "observations": seen.digest, "code": code_digest()} | own,
        demonstration=seen.demonstration,
        sampler=asdict(settings)
        | {"chains": draws.sizes[CHAIN], "draws": draws.sizes[DRAW]}
        | ({"warm": begin.origin, "form": begin.density.form.record()} if begin else {}),
        diagnostics=found.diagnostics,
        design=sizes(design),
        versions=versions(),
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        seconds={"compile": round(ready - started, 1), "sample": round(done - ready, 1)},
    )
    return Posterior(draws, run, basis=Basis(function, observations, draws, run, lambda: kept))


def _method(
    design: Design, settings: Sampler, model: Callable[[Design], pm.Model] | None, begin: Start | None
) -> Callable[[Sampler, Progress], _Outcome]:
    """Return what draws the posterior of a design in the way that the settings name."""
    if model is not None and settings.method != "nuts":
        raise ValueError("a model of one's own is sampled, not approximated")
    if model is not None:
        return partial(_sampled, from_pymc(model(design)))
    density = begin.density if begin else density_of(design)
    density(density.middle)  # compiles, the first time on a machine
    if settings.method == "laplace":
        return partial(_approximated, density)
    return partial(_sampled, from_density(density, begin))


def _approximated(density: Density, settings: Sampler, told: Progress) -> _Outcome:
    """Return draws from Laplace's approximation: whatever is found of them, they are not to be published."""
    approximation = approximate(density, settings.chains * settings.draws, settings.seed, told)
    chains = np.split(approximation.points, settings.chains)
    found = {"failures": [NOT_PUBLISHED], "pareto_k": approximation.pareto_k, "reweighted": approximation.reweighted}
    return _Outcome(kept(named(density, chains)), APPROXIMATE, found)


def _sampled(draw: Draw, settings: Sampler, told: Progress) -> _Outcome:
    """Return draws that are trusted, or the best that can be had, and what was found in the first and in the last."""
    drawn = _drawn(draw, settings, told)
    first = found = diagnose(drawn.draws, drawn.stats)
    for number in range(1, settings.longer):
        if not found.only_too_few:
            break
        drawn = _joined(drawn, _drawn(draw, settings.further(number), told))
        found = diagnose(drawn.draws, drawn.stats)
    if found.failures and not found.only_too_few:
        drawn = _drawn(draw, settings.careful(), told)
        found = diagnose(drawn.draws, drawn.stats)
    record = found.record() | {"first_round": first.failures}
    return _Outcome(drawn.draws, FAILED if found.failures else TRUSTED, record, drawn.points)


def _joined(one: Drawn, other: Drawn) -> Drawn:
    """Join chains; they are numbered anew."""
    draws, stats = (xr.concat(pair, dim=CHAIN) for pair in zip(one[:2], other[:2], strict=True))
    number = {CHAIN: np.arange(draws.sizes[CHAIN])}
    return Drawn(draws.assign_coords(number), stats.assign_coords(number), one.points + other.points)


def _drawn(draw: Draw, settings: Sampler, told: Progress) -> Drawn:
    drawn = draw(settings, told)
    return drawn._replace(draws=kept(drawn.draws))
