"""Calibration for data that we have: ``make calibrate FUNCTION=regional``.

Simulation-based calibration from the prior (:mod:`tests.calibration.sbc`) says that fits are right over all that the
prior thinks possible, most of which is unlike any association. Posterior calibration (arXiv 2502.03279) asks about what
was observed: a truth is drawn from the posterior of an edition, a second set of observations of the same design from
that truth, and both sets together are fitted. The rank of the truth among the draws of that fit is uniform where fits
are right. Units and raters stay who they are; questionnaires get halos of their own, and members are other ones, of the
same number.

Ranks go to ``docs/calibration-FUNCTION.csv``, one row a fit; a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from clusterscore.errors import DiagnosticsFailed
from clusterscore.model.compiled.density import density_of
from clusterscore.model.design import Design, make_design
from clusterscore.model.members import Collapsed, collapse
from clusterscore.observations.observed import Observations
from clusterscore.posterior.checks import replicate
from clusterscore.posterior.diagnostics import diagnose
from clusterscore.posterior.fit import fit
from clusterscore.posterior.identity import Sampler
from clusterscore.posterior.keep import kept
from clusterscore.posterior.likelihood import expected_figures, log_likelihood, log_members, samples_of
from clusterscore.posterior.sampling import from_density
from clusterscore.posterior.sensitivity import log_prior
from clusterscore.research.calibration import N_DRAWS, ranks_of
from clusterscore.research.study import Study, study
from tests.calibration.sbc import FIRST_SEED, HYPER, LONGER, SAMPLER, Samples, broken, go_on, rank

N_TRUTHS = 1000
SAME = 1e-9
ELEMENTS = (*HYPER, "weight", "slope", "intercept", "severity", "discrepancy", "member_sd", "member_error_sd")


@dataclass(frozen=True, eq=False)
class Given:
    """An edition's design, truths to try, dims (sample, ...), and which of their elements are ranked."""

    design: Design
    truths: Samples
    ranked: Mapping[str, tuple[str, int]]

    @classmethod
    def of(cls, studied: Study, every: int) -> Given:
        """Fit every so-manieth unit of an edition; its draws, in any order, are truths."""
        seen = some(studied.observations, every)
        posterior = fit(studied.function, seen, studied.edition, Sampler())
        if posterior.run.diagnostics["failures"]:
            raise DiagnosticsFailed("nothing", posterior.run.diagnostics["failures"])
        samples = samples_of(posterior.draws, N_TRUTHS)
        order = np.random.default_rng(FIRST_SEED).permutation(N_TRUTHS)
        truths = {name: np.asarray(values, float)[order] for name, values in samples.items()}
        return cls(make_design(studied.function, seen), truths, ranked(truths))

    def ranks(self, seed: int) -> dict[str, int | str]:
        """Draw observations from a truth, fit them with those that were made, and return the ranks of the truth."""
        rng, number = np.random.default_rng(seed), seed - FIRST_SEED
        truth = {name: values[number : number + 1] for name, values in self.truths.items()}
        twice = both(self.design, again(self.design, truth, rng))
        draw = from_density(density_of(twice))
        for settings in (SAMPLER, LONGER):
            drawn = draw(replace(settings, seed=seed), lambda *_: None)
            draws = kept(drawn.draws)
            failed = broken(diagnose(draws, drawn.stats).record())
            if not failed:
                break
        samples = {name: np.asarray(values, float) for name, values in samples_of(draws, N_DRAWS).items()}
        found, true = (quantities(twice, values, self.ranked) for values in (samples, truth))
        return {"seed": seed, "failed": failed} | {name: rank(found[name], float(true[name][0]), rng) for name in true}


def some(observations: Observations, every: int) -> Observations:
    """Return what is observed of every so-manieth unit, in the order of their ids, and of its members."""
    own = sorted(observations.units.loc[observations.units["kind"] != "member", "unit"])[::every]
    about = observations.units["unit"].isin(own) | observations.units["parent"].isin(own)
    units = observations.units[about]
    figures, answers = (rows[rows["unit"].isin(units["unit"])] for rows in (observations.figures, observations.answers))
    return replace(observations, units=units, figures=figures, answers=answers)


def again(design: Design, truth: Samples, rng: np.random.Generator) -> Design:
    """Return observations of the same design drawn from a truth, dims (1, ...)."""
    drawn = replicate(design, truth, rng)
    return replace(drawn, members=other_members(design, truth, rng)) if len(design.members.groups) else drawn


def other_members(design: Design, truth: Samples, rng: np.random.Generator) -> Collapsed:
    """Return what as many other members of each group would report in the same years."""
    groups, means = design.members.groups, design.members.means
    rows = means.loc[means.index.repeat(groups["n_members"].to_numpy()[means["group"]])].reset_index(drop=True)
    group, cell = (rows[name].to_numpy(np.int64) for name in ("group", "cell"))
    member, member_of_row = np.unique([group, rows.groupby(["group", "cell"]).cumcount()], axis=1, return_inverse=True)
    indicator = groups["indicator"].to_numpy(np.int64)
    _, number = np.unique(indicator, return_inverse=True)
    own = truth["member_sd"][0, number[member[0]]] * rng.normal(size=member.shape[1])
    error = truth["member_error_sd"][0, number[group]] * rng.normal(size=len(rows))
    level = expected_figures(design, truth, cell, indicator[group])[0]
    reported = rows.assign(
        member=member_of_row,
        unit=groups["unit"].to_numpy()[group],
        indicator=indicator[group],
        year=design.cell_year[cell],
        value=level + own[member_of_row] + error,
    )
    return collapse(reported.drop(columns=["group", "mean"]))


def both(one: Design, other: Design) -> Design:
    """Return the design of two sets of observations of the same cells by the same raters."""
    groups = (one.members.groups, other.members.groups)
    later = other.members.means.assign(group=other.members.means["group"] + len(groups[0]))
    sheets = other.answers.assign(questionnaire=other.answers["questionnaire"] + len(one.questionnaires))
    return replace(
        one,
        figures=joined(one.figures, other.figures),
        counts=joined(one.counts, other.counts),
        answers=joined(one.answers, sheets),
        questionnaires=joined(one.questionnaires, other.questionnaires),
        members=Collapsed(joined(*groups), joined(one.members.means, later)),
    )


def joined(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of both."""
    return pd.concat([one, other], ignore_index=True) if len(one) else one


def ranked(truths: Samples) -> dict[str, tuple[str, int]]:
    """Return the first and the last element that vary of each parameter; the weight of a single pillar does not."""
    chosen = {}
    for name in ELEMENTS:
        values = truths[name].reshape(N_TRUTHS, -1) if name in truths else np.empty((N_TRUTHS, 0))
        vary = np.flatnonzero(np.ptp(values, axis=0) > SAME)
        edges = vary[[0, -1]] if len(vary) else vary
        chosen |= {f"{name} {at + 1}" if values.shape[1] > 1 else name: (name, int(at)) for at in edges}
    return chosen


def quantities(design: Design, samples: Samples, elements: Mapping[str, tuple[str, int]]) -> dict[str, np.ndarray]:
    """Return what is ranked, dims (sample), of draws and of a truth alike."""
    found = {label: samples[name].reshape(len(samples[name]), -1)[:, at] for label, (name, at) in elements.items()}
    state, function = samples["state"], samples["function"]
    middle, last = design.n_cells // 2, design.n_cells - 1
    newest = np.flatnonzero(design.cell_year == len(design.years) - 1)
    found |= {
        "state, first unit": state[:, 0, 0],
        "state, another": state[:, middle, state.shape[2] // 2],
        "state, last unit": state[:, last, -1],
        "difference of two states": state[:, 0, 0] - state[:, middle, 0],
        "function, first unit": function[:, 0],
        "function, last unit": function[:, last],
        "rank of the first unit": (function[:, newest] > function[:, newest[:1]]).sum(axis=1).astype(float),
        "log-prior": log_prior(design, samples),
    }
    parts = log_likelihood(design, samples)
    members = log_members(design, samples).sum(axis=1) if len(design.members.groups) else np.zeros(len(state))
    found["log-likelihood"] = parts.total + members
    if len(design.questionnaires):
        found["log-likelihood of answers"] = parts.questionnaires.sum(axis=1)
    return found


def main() -> None:
    """Go on until there are as many fits as asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("function")
    parser.add_argument("--workspace", type=Path, default=Path())
    parser.add_argument("--edition", type=int, default=0, help="its last year; 0 for the newest")
    parser.add_argument("--every", type=int, default=1, help="take every so-manieth unit only")
    parser.add_argument("--fits", type=int, default=200)
    parser.add_argument("--ranks", type=Path)
    options = parser.parse_args()
    studied = study(options.workspace, options.function, options.edition)
    given = Given.of(studied, options.every)
    path = options.ranks or ranks_of(studied.workspace, options.function)
    go_on(path, range(FIRST_SEED, FIRST_SEED + options.fits), given.ranks)


if __name__ == "__main__":
    main()
