"""Verbs of self-correction on a workspace: observations taken in and the posterior corrected, and its history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pandas as pd
from scipy.special import ndtr

from clusterscore import steps
from clusterscore.errors import DiagnosticsFailed, NotFitted, UnknownName
from clusterscore.model.evidence import hears
from clusterscore.model.function import Function
from clusterscore.observations.ingest import Taken
from clusterscore.observations.ledger import Action, Head, Ledger, lock_in, locked
from clusterscore.observations.observed import Observations, observe
from clusterscore.paths import Workspace
from clusterscore.posterior import running, store
from clusterscore.posterior.identity import heard
from clusterscore.posterior.lineage import corrections, lineage, newest
from clusterscore.posterior.record import FAILED, TRUSTED, Posterior, Run
from clusterscore.posterior.update import KNOWN, SAMPLED, Refit, Update, basis_of, without
from clusterscore.posterior.update import update as corrected
from clusterscore.progress import Progress, silent
from clusterscore.scores.history import path_of

GROUPINGS: Final = ("batch", "indicator", "rater")


@dataclass(frozen=True)
class Corrected:
    """What became of the posterior of one function.

    Attributes
    ----------
    run
        Record of the posterior now.
    way
        How it was found, as :class:`clusterscore.posterior.update.Update` calls it.
    update
        What was done; None where nothing had to be, or where package or document had changed and all was sampled.
    """

    run: Run
    way: str
    update: Update | None = None


def update(  # noqa: PLR0913 - everything that somebody says of files that come
    workspace: Workspace,
    paths: Iterable[Path] = (),
    *,
    who: str | None = None,
    source: str = "received",
    demonstration: bool = False,
    locale: Literal["ro", "en"] | None = None,
    encoding: str | None = None,
    progress: Progress | None = None,
) -> tuple[list[Taken], Head, list[Corrected]]:
    """Take files in and correct the posterior of every function that has one.

    What the ledger has acknowledged counts even where a correction was interrupted: the next call makes up for it.

    Returns
    -------
    what became of each file, the ledger's head, and each posterior

    Raises
    ------
    InputRefused
        With every fault of every file; nothing changes.
    DiagnosticsFailed
        Where all had to be sampled anew and the draws miss a gate; the posterior before stays.
    """
    files = list(paths)
    taken: list[Taken] = []
    if files:
        taken, _ = steps.ingest(
            workspace,
            files,
            who=who,
            source=source,
            demonstration=demonstration,
            locale=locale,
            encoding=encoding,
        )
    observed = observe(Ledger(workspace.ledger))
    corrected = []
    for name in steps.functions_of(workspace):
        found = correct(workspace, name, observed, progress)
        if found is not None:
            corrected.append(found)
    return taken, observed.head, corrected


def correct(
    workspace: Workspace, name: str, observed: Observations, progress: Progress | None = None
) -> Corrected | None:
    """Correct the posterior of one function for everything that was observed; None where it has none yet."""
    with locked(lock_in(workspace.posteriors)):
        run, function = newest(workspace, name), steps.function_of(workspace, name)
        if run is None:
            return None
        seed = int(run.sampler["seed"])
        if not running.is_of(workspace, run, function):
            return Corrected(steps.fit(workspace, name, None, seed, progress, observed)[0], SAMPLED)
        if not hears(function, Ledger(workspace.ledger).since(Head.parse(run.head)), observed):
            return Corrected(run, KNOWN)
        found, record = corrected(running.restore(workspace, run, function), observed, progress=progress or silent)
        if record.way == KNOWN:
            store.make_current(workspace, found.run)
            return Corrected(found.run, KNOWN, record)
        stored = _stored(workspace, function, found, record, observed)
        if corrections(workspace, stored) >= running.EVERY:
            stored = steps.fit(workspace, name, stored.edition, seed, progress, observed)[0]
        return Corrected(stored, record.way, record)


def _stored(workspace: Workspace, function: Function, found: Posterior, record: Update, observed: Observations) -> Run:
    """Store a posterior with the record of how it was found, and return its own record.

    Raises
    ------
    DiagnosticsFailed
        Where it was sampled and its draws miss a gate.
    """
    run, ground = found.run, basis_of(found).run
    seen, _ = heard(function, observed, run.edition)
    told = record.record() | {"basis_edition": ground.edition}
    found = replace(found, run=replace(run, update=told, digests=run.digests | {"observations": seen.digest}))
    if record.way == SAMPLED and run.status == TRUSTED:
        from clusterscore.posterior.sensitivity import examined  # noqa: PLC0415 - imports ArviZ

        found = examined(function, found, observed)
    folder = store.save(workspace, found)
    if run.status == FAILED:
        raise DiagnosticsFailed(workspace.relative(folder), run.diagnostics["failures"])
    return store.read_run(folder)


def history(workspace: Workspace, name: str, unit: str) -> pd.DataFrame:
    """Return a unit's score over time of arrival, the newest posterior first; see :mod:`clusterscore.scores.history`.

    Raises
    ------
    NotFitted
        Where there is no posterior.
    UnknownName
        Where no posterior knows the unit.
    """
    run = newest(workspace, name)
    if run is None:
        raise NotFitted(f"no posterior of {name!r}; run: clusterscore fit --function {name}")
    return path_of(workspace, run, unit)


def explain(
    workspace: Workspace,
    name: str,
    unit: str,
    since: Head | None = None,
    by: str = "batch",
    *,
    refit: Refit | None = None,
) -> pd.DataFrame:
    """Return how much each batch, indicator or rater moved a unit's score since an earlier head.

    What a group of observations did is the difference that its absence would make: the posterior is re-weighted to
    everything but the group, and sampled without it where that cannot be relied on.

    Parameters
    ----------
    workspace, name, unit
        The function and the unit that is asked about.
    since
        Observations after this head are explained; None for all since the posterior before.
    by
        ``batch`` (file), ``indicator`` or ``rater``.
    refit
        What samples, such as :func:`clusterscore.posterior.update.sampler`; None where minutes would be too long: a row
        then says that it is not known.

    Returns
    -------
    group, n (observations), without (score without them), shift (score points that they added), sd_shift (the same in
    standard deviations of the standing), way (``reweighted``, ``sampled`` or ``unknown``), pareto_k, reliable; without
    anything that speaks of the unit there is no score, and these numbers are missing

    Raises
    ------
    UnknownName
        Where the posterior does not know the unit, or there is no such grouping.
    NotFitted
        Where there is no posterior.
    """
    if by not in GROUPINGS:
        raise UnknownName("grouping of observations", by, GROUPINGS)
    run, observed, posterior = _running(workspace, name)
    head = since or Head.parse([*lineage(workspace, run), run][1].head)
    now = posterior.standing_in(run.edition)
    if unit not in now.index:
        raise UnknownName("unit", unit, now.index)
    records = Ledger(workspace.ledger).read()
    files = {record.number: record.file for record in records}
    names = {record.file: str(record.data["name"]) for record in records if record.action is Action.FILE}
    rows = []
    for group, figures, answers in _groups(observed, head.count, by, files):
        kept = replace(observed, figures=observed.figures[~figures], answers=observed.answers[~answers])
        found = without(posterior, kept, run.edition, refit)
        mean = found.posterior.standing_in(run.edition)["mean"].get(unit, np.nan) if found else np.nan
        rows.append(
            {
                "group": names.get(group, group),
                "n": int(figures.sum() + answers.sum()),
                "without": 100.0 * float(ndtr(mean)),
                "shift": 100.0 * float(ndtr(now["mean"][unit]) - ndtr(mean)),
                "sd_shift": float((now["mean"][unit] - mean) / now["sd"][unit]),
                "way": found.way if found else "unknown",
                "pareto_k": found.pareto_k if found else np.nan,
                "reliable": found is not None,
            }
        )
    columns = ["group", "n", "without", "shift", "sd_shift", "way", "pareto_k", "reliable"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("sd_shift", key=abs, ascending=False, na_position="first").reset_index(drop=True)


def _running(workspace: Workspace, name: str) -> tuple[Run, Observations, Posterior]:
    """Return the running posterior with its basis, and what it rests on."""
    run = newest(workspace, name)
    function = steps.function_of(workspace, name)
    if run is None or not running.is_of(workspace, run, function):
        raise NotFitted(f"no posterior of {name!r} that can be corrected; run: clusterscore fit --function {name}")
    posterior = running.restore(workspace, run, function)
    return run, observe(Ledger(workspace.ledger), Head.parse(run.head)), posterior


def _groups(
    observed: Observations, after: int, by: str, files: dict[int, str]
) -> Iterator[tuple[str, pd.Series[bool], pd.Series[bool]]]:
    """Yield groups of the observations after a record, with masks of the figures and the answers in each."""
    figures, answers = observed.figures, observed.answers
    keys = {
        "batch": (figures["record"].map(files), answers["record"].map(files)),
        "indicator": (figures["indicator"], answers["item"]),
        "rater": (pd.Series("", index=figures.index), answers["rater"]),
    }[by]
    late = [frame["record"] > after for frame in (figures, answers)]
    groups = {key for keyed, mask in zip(keys, late, strict=True) for key in keyed[mask].unique()} - {""}
    for group in sorted(groups):
        first, second = ((keyed == group) & mask for keyed, mask in zip(keys, late, strict=True))
        yield str(group), first, second


def at(workspace: Workspace, name: str, head: Head | None, edition: int | None = None) -> tuple[Run, pd.DataFrame]:
    """Return what was known at a head: the scores, from the posterior that was stored then or one drawn again.

    What is current stays so.

    Raises
    ------
    LedgerBroken
        Where the ledger never had that head.
    """
    observed = observe(Ledger(workspace.ledger), head)
    through = edition or steps.latest_edition(steps.function_of(workspace, name), observed)
    stored = [store.read_run(path.parent) for path in workspace.posteriors.glob(f"{name}/{through}/*/{store.RUN}")]
    known = [run for run in stored if run.head == str(head) and run.status == TRUSTED and run.basis is None]
    run = known[0] if known else steps.fit(workspace, name, through, observations=observed, current=False)[0]
    return run, steps.computed(workspace, run).scores


def head_of(text: str | None) -> Head | None:
    """Return a head from its printed form, or None for none.

    Raises
    ------
    UnknownName
        Where the text is no head.
    """
    if text is None:
        return None
    try:
        return Head.parse(text)
    except ValueError:
        raise UnknownName("head of the ledger (count:digest)", text, ()) from None
