"""How long an update takes against sampling everything anew, in one run.

An association drawn from the model is fitted without one cluster, one rater, and some figures and questionnaires. Then
each of these arrives by itself, and what it takes to correct the posterior in memory is measured, with the way that was
taken. The refit is the package's own from a warm cache, the harder comparison. The figures and questionnaires arrive
again as files, each at a workspace of its own, by ``clusterscore update`` as a process. Last, a whole new year is
sampled from where the last sampling ended and from nothing, per effective sample of what mixes least among what is
published.

Run alone: ``python benchmarks/update.py``. The last line holds fractions of the refit, the larger of both workloads:
medians of one figure or questionnaire about what is known (``update_vs_refit``), and of a questionnaire by a new rater
and of a new cluster with its figures and three questionnaires (``local_vs_refit``); ``warm_vs_cold`` of the new year.
``process_seconds`` is the larger median of the processes that needed no refit.

With ``--rival`` the first figure also arrives in the two ways that are at hand today, and the last line says how many
times as long they take: ``pm.sample()`` of everything again, stopped after ``--limit`` seconds (how long it would have
taken follows from the share of its iterations that were done), and a step of BlackJAX's SMC tempered with data, from
points of the same posterior (:mod:`rivals.tempered`).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
from fit import HERE, environment, run
from rivals.workloads import WORKLOADS, function, invent, observations
from rivals.workspaces import COLUMNS, made, written

from clusterscore.observations.observed import Observations
from clusterscore.posterior.basis import Basis
from clusterscore.posterior.fit import fit
from clusterscore.posterior.record import Posterior
from clusterscore.posterior.update import MOVED, REWEIGHTED, update

N_ARRIVALS = 12
LATE_UNIT, LATE_RATER, N_SHEETS = "U03", "R07", 3
LONGEST = 60  # seconds of a process; beyond, it samples
WITHIN, LOCAL = ("figure", "questionnaire"), ("new rater", "new cluster")


class Resampled(Exception):
    """Everything would be sampled anew."""


@dataclass(frozen=True)
class Arrival:
    """What is known when something has arrived."""

    kind: str
    state: Observations


def main() -> None:
    """Measure both workloads and print a table each, then the fractions."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS))
    parser.add_argument("--rival", action="store_true", help="measure pm.sample() and BlackJAX besides")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds after which pm.sample() is stopped")
    asked = parser.parse_args()
    found = [measured(name, asked.limit if asked.rival else None) for name in asked.workloads]
    worst = {label: (min if label.startswith("times") else max)(one[label] for one in found) for label in found[0]}
    print("\n" + " ".join(f"{label}={value:.5g}" for label, value in worst.items()))


def measured(name: str, limit: float | None) -> dict[str, float]:
    """Print one workload's table; return the median fractions of the refit, and the rivals' multiples where asked."""
    workload, rivals = WORKLOADS[name], dict[str, float]()
    with tempfile.TemporaryDirectory() as folder:
        invent(workload, Path(folder))
        whole = observations(workload, Path(folder))
        if limit is not None:
            rivals["times_pymc"] = again(name, Path(folder), limit)
    known, arrivals = divided(whole, workload.edition)
    print(f"\n{name}: {workload.title}", flush=True)
    start = fit(function(), known, workload.edition)
    took = time.perf_counter()
    refitted = fit(function(), whole, workload.edition)
    refit = time.perf_counter() - took
    print(f"refit {refit:.1f} s, {refitted.run.status}", flush=True)
    if rivals:
        rivals["times_blackjax"] = tempered(name, start, known, arrivals[0].state)
    shares = table(start, arrivals, refit)
    return {
        **shares,
        "process_seconds": processes(start, replace(known, units=whole.units), arrivals),
        "warm_vs_cold": warm(whole, workload.edition, refitted, refit),
        **{label: seconds / (shares["update_vs_refit"] * refit) for label, seconds in rivals.items()},
    }


def again(name: str, files: Path, limit: float) -> float:
    """Print and return about how many seconds ``pm.sample()`` of everything takes."""
    draws = files / "draws.npz"
    command = [environment("pymc"), "-m", "rivals.plain", "pymc", name, files, draws]
    found = run(command, draws, files / "caches", limit)
    seconds = found.seconds / found.share if found.share else float("inf")
    print(f"\npm.sample() {seconds:.0f} s, of which {found.share:.0%} were waited for", flush=True)
    return seconds


def tempered(name: str, start: Posterior, before: Observations, after: Observations) -> float:
    """Return the seconds of one step of BlackJAX, compiled beforehand, from points of the posterior before."""
    basis = start.basis
    assert isinstance(basis, Basis)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for side, state in (("before", before), ("after", after)):
            for rows in ("figures", "answers"):
                written(folder / side / f"{rows}.csv", rows, state)
        blocks = basis.density.layout.blocks
        points = {b.name: basis.points[:, b.start : b.end].reshape(-1, *b.shape).astype(float) for b in blocks}
        np.savez(folder / "points.npz", **points)
        given = [folder / "before", folder / "after", folder / "points.npz", folder / "seconds.npz"]
        command = [environment("blackjax"), "-m", "rivals.tempered", name, *given]
        variables = os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent / "src")])}
        subprocess.run(command, env=variables, check=True, stdout=subprocess.DEVNULL)
        with np.load(folder / "seconds.npz") as kept:
            print(f"figure by BlackJAX {float(kept['seconds']):.1f} s", flush=True)
            return float(kept["seconds"])


def processes(start: Posterior, known: Observations, arrivals: list[Arrival]) -> float:
    """Print and return the median of the seconds that the command takes for a figure or a questionnaire."""
    seconds: dict[str, list[float]] = {kind: [] for kind in WITHIN}
    with tempfile.TemporaryDirectory() as folder:
        origin = made(Path(folder) / "origin", known, start).root
        for number, arrival in enumerate(one for one in arrivals if one.kind in WITHIN):
            workspace, name = Path(folder) / str(number), "figures" if arrival.kind == "figure" else "answers"
            shutil.copytree(origin, workspace)
            rows = pd.concat([getattr(known, name), getattr(arrival.state, name)]).drop_duplicates(
                COLUMNS[name], keep=False
            )
            file = written(workspace / "sent" / f"{name}.csv", name, rows)
            command = [Path(sys.executable).with_name("clusterscore"), "update", file, "--demonstration"]
            took = time.perf_counter()
            try:
                told = subprocess.run(
                    command, check=False, cwd=workspace, capture_output=True, text=True, timeout=LONGEST
                )
            except subprocess.TimeoutExpired:
                continue  # it samples
            took = time.perf_counter() - took
            if told.returncode == 0 and REWEIGHTED in told.stdout:
                seconds[arrival.kind].append(took)
            shutil.rmtree(workspace)
    for kind, times in seconds.items():
        print(f"clusterscore update, {kind:14s} {median(times):6.2f} s  {len(times)} of {N_ARRIVALS} without refit")
    return max(map(median, seconds.values()))


def warm(whole: Observations, edition: int, cold: Posterior, seconds: float) -> float:
    """Print and return how long a new year takes from where the sampling before ended, of what it takes from nothing.

    Both per effective sample. Where the years before know too little for a beginning, everything is sampled from
    nothing, and the fraction is 1.
    """
    before = part(whole, whole.figures["year"] < edition, whole.answers["year"] < edition)
    start = fit(function(), before, edition - 1).basis
    assert start is not None
    took = time.perf_counter()
    found = fit(function(), whole, edition, warm=start)
    took = time.perf_counter() - took
    if "warm" not in found.run.sampler:
        print("new year: the years before know too little for a beginning")
        return 1.0
    ess = [posterior.basis.ess for posterior in (cold, found) if posterior.basis]
    share = took / ess[1] / (seconds / ess[0])
    print(
        f"new year: cold {seconds:.1f} s, {ess[0]:.0f} effective; warm {took:.1f} s, {ess[1]:.0f}: {100 * share:.0f} %"
    )
    return share


def table(start: Posterior, arrivals: list[Arrival], refit: float) -> dict[str, float]:
    """Correct a posterior for each arrival by itself; print medians, return them as fractions of the refit."""
    update(start, arrivals[0].state, refit=no_sampling)  # fills what is worked out once
    seconds: dict[str, list[float]] = {}
    ways: dict[str, list[str]] = {}
    for arrival in arrivals:
        took = time.perf_counter()
        try:
            way = update(start, arrival.state, refit=no_sampling)[1].way
        except Resampled:
            way = "sampled"
        seconds.setdefault(arrival.kind, []).append(time.perf_counter() - took)
        ways.setdefault(arrival.kind, []).append(way)
    for kind, times in seconds.items():
        held = sum(way in {REWEIGHTED, MOVED} for way in ways[kind])
        share = median(times) / refit
        print(f"{kind:14s} {1000 * median(times):8.0f} ms  {100 * share:7.3f} %  {held} of {len(times)} without refit")
    return {
        "update_vs_refit": max(median(seconds[kind]) for kind in WITHIN) / refit,
        "local_vs_refit": max(median(seconds[kind]) for kind in LOCAL) / refit,
    }


def divided(whole: Observations, edition: int) -> tuple[Observations, list[Arrival]]:
    """Return what is known at first, and everything that then arrives by itself."""
    rng = np.random.default_rng(1)
    figures, answers = whole.figures, whole.answers
    late_unit = [frame["unit"] == LATE_UNIT for frame in (figures, answers)]
    late_rater = answers["rater"] == LATE_RATER
    there = np.flatnonzero(~late_unit[0] & (figures["year"] == edition))
    single = rng.choice(there, N_ARRIVALS, replace=False)
    sheets = answers[~late_unit[1] & ~late_rater & (answers["year"] == edition)].groupby(["rater", "unit"]).indices
    chosen = [list(sheets)[k] for k in rng.choice(len(sheets), N_ARRIVALS, replace=False)]
    asked = pd.MultiIndex.from_frame(answers[["rater", "unit"]])
    late_sheets = asked.isin(chosen) & (answers["year"] == edition)
    held_figures = ~late_unit[0] & ~np.isin(np.arange(len(figures)), single)
    held_answers = ~late_unit[1] & ~late_rater & ~late_sheets
    base = part(whole, held_figures, held_answers)
    arrivals = [Arrival("figure", part(whole, held_figures | (figures.index == k), held_answers)) for k in single]
    for sheet in chosen:
        arrived = held_answers | (late_sheets & (asked == sheet))
        arrivals += [Arrival("questionnaire", part(whole, held_figures, arrived))]
    arrivals += local(whole, edition, held_figures, held_answers)
    return base, arrivals


def local(whole: Observations, edition: int, figures: pd.Series, answers: pd.Series) -> Iterator[Arrival]:
    """Yield questionnaires of the new rater, one by one, and the new cluster with some of its questionnaires."""
    rows = whole.answers
    by = rows[(rows["rater"] == LATE_RATER) & (rows["unit"] != LATE_UNIT)]
    for _, sheet in list(by.groupby(["unit", "year"]))[:N_ARRIVALS]:
        yield Arrival("new rater", part(whole, figures, answers | rows.index.isin(sheet.index)))
    about = rows[(rows["unit"] == LATE_UNIT) & (rows["year"] == edition) & (rows["rater"] != LATE_RATER)]
    raters = about["rater"].unique()
    own = (whole.figures["unit"] == LATE_UNIT) & (whole.figures["year"] == edition)
    for first in range(min(4, len(raters) - N_SHEETS + 1)):
        some = about[about["rater"].isin(raters[first : first + N_SHEETS])]
        yield Arrival("new cluster", part(whole, figures | own, answers | rows.index.isin(some.index)))


def part(whole: Observations, figures: pd.Series, answers: pd.Series) -> Observations:
    """Return some of the figures and answers, and the units that they are about."""
    kept, given = whole.figures[figures].reset_index(drop=True), whole.answers[answers].reset_index(drop=True)
    known = {*kept["unit"], *given["unit"]}
    units = whole.units[whole.units["unit"].isin(known)].reset_index(drop=True)
    return replace(whole, units=units, figures=kept, answers=given)


def no_sampling(*_: object) -> Posterior:
    """Stand in for the sampler."""
    raise Resampled


if __name__ == "__main__":
    main()
