"""New observations become a new posterior: always that of everything known, in the cheapest way that can be relied on.

There are three ways. Each is taken where the ones before it do not do, and each says so.

1. ``reweighted``: the samples of the last sampling get new weights.
2. ``moved``: samples are shifted towards what is known now, and extended to units, years and raters that are new.
3. ``sampled``: everything is drawn anew, from where the last sampling ended.

The target is the posterior of the whole ledger and the start is the last sampling, never an approximation of it. So the
order in which observations arrive does not matter, and no error is handed on. The target is that of Chopin 2002, the
gate that of Vehtari et al. 2024.
"""

from __future__ import annotations

import datetime
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from clusterscore.errors import ClusterscoreError
from clusterscore.model.evidence import observed_years
from clusterscore.observations.observed import Observations
from clusterscore.posterior.basis import Basis
from clusterscore.posterior.changes import Changes, Grown, changes, log_ratio
from clusterscore.posterior.identity import Sampler
from clusterscore.posterior.record import TRUSTED, Posterior, Run
from clusterscore.posterior.weights import Weights, weigh
from clusterscore.progress import Progress, silent
from clusterscore.vocabulary import Channel

KNOWN: Final = "known"
REWEIGHTED: Final = "reweighted"
MOVED: Final = "moved"
SAMPLED: Final = "sampled"

Refit = Callable[[Posterior, Observations, int], Posterior]
"""What samples anew: the posterior so far, everything observed, and the last year that counts."""


@dataclass(frozen=True)
class Update:
    """What became of a posterior when observations came or went.

    Attributes
    ----------
    way
        ``known`` (nothing differed), ``reweighted``, ``moved`` or ``sampled``.
    why
        Why no cheaper way was taken, in words; empty where the first one did.
    pareto_k, limit
        Shape of the importance ratios, and the largest that can be relied on; None where there were none.
    ess
        Effective samples of the result, the smallest of anything published; of re-weighted samples those of the last
        sampling, times the efficiency of the weights.
    seconds
        Wall time.
    came, went
        Number of rows that are new, and that are no longer there, since the last sampling.
    moved
        unit, before, after, sd, shift: standing in the edition's last year (means), its standard deviation now, and the
        difference in standard deviations as they were before; the most moved first.
    parent, basis
        Ids of the posterior that was corrected, and of the sampling on which the result rests.
    head_before, head
        Heads of the ledger.
    """

    way: str
    why: tuple[str, ...]
    pareto_k: float | None
    limit: float | None
    ess: float
    seconds: float
    came: int
    went: int
    moved: pd.DataFrame
    parent: str
    basis: str
    head_before: str
    head: str

    def record(self) -> dict[str, Any]:
        """Return plain data for the run record."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain | {"why": list(self.why), "moved": self.moved.to_dict("records")}


@dataclass
class _Attempt:
    """One call: what is known now, and why ways were refused."""

    posterior: Posterior
    basis: Basis
    observed: Observations
    edition: int
    started: float
    why: list[str] = field(default_factory=list)
    changed: Changes | None = None


def update(
    posterior: Posterior,
    observations: Observations,
    edition: int | None = None,
    *,
    refit: Refit | None = None,
    progress: Progress | None = None,
) -> tuple[Posterior, Update]:
    """Return the posterior of everything that is known now, and how it was found.

    Parameters
    ----------
    posterior
        What was believed; it stays as it is. It has a basis, as :func:`clusterscore.posterior.fit.fit` gives it.
    observations
        Everything observed by now: new, corrected and withdrawn observations are found by comparison.
    edition
        Last year that counts; by default that of the posterior, or the last year observed where that is later.
    refit
        What samples anew where no correction can be relied on; None for
        :func:`clusterscore.posterior.fit.fit`, begun where the last sampling ended.
    progress
        Told the stages of a sampling.

    Raises
    ------
    ValueError
        Where the posterior has no basis.
    Disconnected
        Where raters and units fall into unconnected parts.
    """
    basis, started = basis_of(posterior), time.perf_counter()
    through = edition or _edition(basis, posterior.run.edition, observations)
    attempt = _Attempt(posterior, basis, observations, through, started)
    for way in (_reweighted, _moved):
        found = way(attempt)
        if found is not None:
            return found
    fresh = (refit or sampler(progress or silent))(posterior, observations, through)
    return fresh, _told(attempt, SAMPLED, fresh, None, fresh.basis.ess if fresh.basis else np.nan)


@dataclass(frozen=True)
class Absent:
    """A posterior without some observations.

    Attributes
    ----------
    posterior
        What would be believed.
    way
        ``reweighted`` or ``sampled``.
    pareto_k
        Shape of the ratios that led to it; NaN where it was sampled.
    """

    posterior: Posterior
    way: str
    pareto_k: float


def without(
    posterior: Posterior, observations: Observations, edition: int, refit: Refit | None = None
) -> Absent | None:
    """Return what would be believed if fewer observations were known; None where that cannot be said.

    Parameters
    ----------
    posterior
        What is believed; it has a basis.
    observations
        Those that are kept.
    edition
        Last year that counts.
    refit
        What samples anew where re-weighting cannot be relied on, such as :func:`sampler`; None for nothing.
    """
    attempt = _Attempt(posterior, basis_of(posterior), observations, edition, time.perf_counter())
    try:
        found = _reweighted(attempt)
        if found:
            return Absent(found[0], REWEIGHTED, -np.inf if found[1].pareto_k is None else found[1].pareto_k)
        fresh = refit(posterior, observations, edition) if refit else None
    except ClusterscoreError:  # without these, raters and units would fall apart, or there would be nothing
        return None
    return Absent(fresh, SAMPLED, np.nan) if fresh and fresh.run.status == TRUSTED else None


def basis_of(posterior: Posterior) -> Basis:
    """Return the basis of a posterior.

    Raises
    ------
    ValueError
        Where it has none.
    """
    if not isinstance(posterior.basis, Basis):
        raise ValueError("a posterior is corrected from what it was drawn from; this one has no basis")  # noqa: TRY004
    return posterior.basis


def _edition(basis: Basis, known: int, observations: Observations) -> int:
    """Return the last year that counts: a later one than before where anything that speaks was observed in it."""
    if max(observations.figures["year"].max(), observations.answers["year"].max(), known) == known:
        return known
    return max(known, observed_years(basis.function, observations)[-1])


def _reweighted(attempt: _Attempt) -> tuple[Posterior, Update] | None:
    """Return the samples with new weights, where every row speaks about what they know."""
    basis = attempt.basis
    try:
        attempt.changed = changes(basis, attempt.observed, attempt.edition)
        if not attempt.changed:
            weights = Weights(np.full(basis.size, 1.0 / basis.size), -np.inf, 1.0)
            return _corrected(attempt, KNOWN, weights)
        weights = weigh(log_ratio(basis, attempt.observed, attempt.edition, attempt.changed))
    except Grown as reason:
        attempt.why.append(f"{REWEIGHTED}: {reason}")
        return None
    passed = _passed(attempt, REWEIGHTED, weights.objection(basis.ess * weights.efficiency))
    return _corrected(attempt, REWEIGHTED, weights) if passed else None


def _moved(attempt: _Attempt) -> tuple[Posterior, Update] | None:
    """Return samples that were shifted towards what is known now, and extended to what is new."""
    from clusterscore.posterior.keep import sizes  # noqa: PLC0415 - imports what is compiled, as the next
    from clusterscore.posterior.moves import moved  # noqa: PLC0415

    if attempt.changed is None:
        return None
    try:
        found = moved(attempt.basis, attempt.observed, attempt.edition)
    except (Grown, ClusterscoreError) as reason:
        attempt.why.append(f"{MOVED}: {reason}")
        return None
    if not _passed(attempt, MOVED, found.weights.objection(found.ess)):
        return None
    run = _run(attempt, MOVED, sizes(found.design))
    posterior = Posterior(found.draws, run, found.weights.resample(), attempt.basis)
    return posterior, _told(attempt, MOVED, posterior, found.weights, found.ess)


def _passed(attempt: _Attempt, way: str, objection: str) -> bool:
    """Say whether nothing stands against a way; where something does, remember it."""
    attempt.why += [f"{way}: {objection}"] if objection else []
    return not objection


def _corrected(attempt: _Attempt, way: str, weights: Weights) -> tuple[Posterior, Update]:
    posterior = Posterior(
        attempt.basis.sampled, _run(attempt, way), None if way == KNOWN else weights.resample(), attempt.basis
    )
    return posterior, _told(attempt, way, posterior, weights, attempt.basis.ess * weights.efficiency)


def _run(attempt: _Attempt, way: str, design: dict[str, Any] | None = None) -> Run:
    """Return the run record: that of the sampling, for what is known now."""
    basis, changed = attempt.basis, attempt.changed
    if way == KNOWN or changed is None:
        return basis.run
    content = "\n".join([basis.run.id, way, changed.digest, str(attempt.edition)])
    return replace(
        basis.run,
        id=hashlib.sha256(content.encode()).hexdigest()[:16],
        edition=attempt.edition,
        status=TRUSTED,
        parent=attempt.posterior.run.id,
        head=str(attempt.observed.head),
        digests={name: basis.run.digests[name] for name in ("function", "code")} | {"changes": changed.digest},
        demonstration=basis.run.demonstration or changed.came.demonstration,
        design=basis.run.design | (design or {}),
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        sensitivity=[],
    )


def _told(attempt: _Attempt, way: str, posterior: Posterior, weights: Weights | None, ess: float) -> Update:
    """Return the record of what was done."""
    changed = attempt.changed
    return Update(
        way=way,
        why=tuple(attempt.why),
        pareto_k=weights.pareto_k if weights else None,
        limit=weights.limit if weights else None,
        ess=ess,
        seconds=round(time.perf_counter() - attempt.started, 4),
        came=changed.n_came if changed else 0,
        went=changed.n_went if changed else 0,
        moved=_shifts(attempt.posterior, posterior, attempt.edition),
        parent=attempt.posterior.run.id,
        basis=posterior.basis.run.id if posterior.basis else posterior.run.id,
        head_before=attempt.posterior.run.head,
        head=str(attempt.observed.head),
    )


def _shifts(before: Posterior, after: Posterior, edition: int) -> pd.DataFrame:
    """Return how far each unit's standing in a year moved, the most moved first."""
    old, new = ({unit: (m, s) for unit, m, s in zip(*p.moments_in(edition), strict=True)} for p in (before, after))
    was = np.array([old.get(unit, (np.nan, np.nan)) for unit in new]).reshape(-1, 2)
    now = np.array(list(new.values())).reshape(-1, 2)
    shift = (now[:, 0] - was[:, 0]) / was[:, 1]
    order = np.argsort(-np.abs(shift), kind="stable")  # what is not a number comes last
    unit = np.array([*new], dtype=object)
    columns = {"unit": unit, "before": was[:, 0], "after": now[:, 0], "sd": now[:, 1], "shift": shift}
    return pd.DataFrame({name: values[order] for name, values in columns.items()})


def _settings(basis: Basis) -> Sampler:
    """Return the settings with which a basis was sampled."""
    return replace(Sampler(), **{name: basis.run.sampler[name] for name in ("seed", "target_accept", "cores")})


def sampler(told: Progress = silent) -> Refit:
    """Return what samples anew, begun where the last sampling ended, and tells its progress."""

    def sample(posterior: Posterior, observations: Observations, edition: int) -> Posterior:
        from clusterscore.posterior.fit import fit  # noqa: PLC0415 - imports the sampler

        run, basis = posterior.run, basis_of(posterior)
        return fit(
            basis.function,
            observations,
            edition,
            _settings(basis),
            parent=run.id,
            progress=told,
            channel=Channel(run.channel) if run.channel else None,
            warm=basis,
        )

    return sample
