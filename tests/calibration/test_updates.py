"""Arrivals of all kinds: no posterior that an update calls trusted is far from sampling everything anew.

Each arrival is compared with its own refit. What differs between these is the error of the correction and Monte Carlo
error of both, so the limit of 0.2 sd (``reliability.md`` B2) is asked of the difference itself.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from clusterscore.model.simulate import simulate
from clusterscore.observations.observed import Observations
from clusterscore.posterior.identity import Sampler
from clusterscore.posterior.record import TRUSTED, Posterior
from clusterscore.posterior.update import REWEIGHTED, update
from tests.calibration.trial import EDITION, PLAN, UNITS, asked, document, sent

N_ARRIVALS, N_WORLDS = 200, 4
SAMPLER = Sampler(draws=2000)
LIMIT = 0.2
KINDS = ("figure", "correction", "withdrawal", "questionnaire", "rater", "unit", "year", "batch")
LATE_UNIT, LATE_YEAR, LATE_RATERS = UNITS[-1], UNITS[3], ("R20", "R21", "R22")


class Resampled(Exception):
    """Everything would be sampled anew."""


def no_sampling(*_: object) -> Posterior:
    """Stand in for the sampler."""
    raise Resampled


def part(whole: Observations, figures: pd.Series, answers: pd.Series) -> Observations:
    """Return some figures and answers and who they are about."""
    kept, given = whole.figures[figures].reset_index(drop=True), whole.answers[answers].reset_index(drop=True)
    known = {*kept["unit"], *given["unit"]}
    return replace(
        whole,
        units=whole.units[whole.units["unit"].isin(known)].reset_index(drop=True),
        figures=kept,
        answers=given,
    )


class World:
    """One association: what is known at first, and what then arrives."""

    def __init__(self, whole: Observations, seed: int) -> None:
        self.whole, self.rng = whole, np.random.default_rng(seed)
        figures, answers = whole.figures, whole.answers
        late_figure = pd.Series(self.rng.uniform(size=len(figures)) < 0.05, index=figures.index)
        sheet = answers.groupby(["rater", "unit", "year"]).ngroup()
        late_sheet = pd.Series(np.isin(sheet, self.rng.choice(sheet.max() + 1, (sheet.max() + 1) // 20)), sheet.index)
        apart = [self._late(frame) for frame in (figures, answers)]
        self.figures = ~(apart[0] | late_figure)
        self.answers = ~(apart[1] | late_sheet | answers["rater"].isin(LATE_RATERS))
        by_late = answers["rater"].isin(LATE_RATERS)
        self.late_figures, self.late_sheets = late_figure & ~apart[0], late_sheet & ~apart[1] & ~by_late
        self.sheet, self.base = sheet, part(whole, self.figures, self.answers)

    def arrive(self, kind: str) -> Observations:
        """Return what is known when something of a kind has arrived."""
        figures, answers, whole = self.figures.copy(), self.answers.copy(), self.whole
        if kind == "withdrawal":
            figures &= figures.index != self.rng.choice(np.flatnonzero(figures))
        if kind in {"figure", "batch"}:
            figures |= self._some(self.late_figures, 1 if kind == "figure" else 10)
        if kind in {"questionnaire", "batch"}:
            answers |= self._sheets(self.late_sheets, 1 if kind == "questionnaire" else 5)
        if kind == "rater":
            by = whole.answers["rater"] == self.rng.choice(LATE_RATERS)
            answers |= self._sheets(by & ~self._late(whole.answers), 1)
        if kind in {"unit", "year"}:
            unit = LATE_UNIT if kind == "unit" else LATE_YEAR
            figures |= self._late(whole.figures) & (whole.figures["unit"] == unit) & (whole.figures["year"] == EDITION)
            about = self._late(whole.answers) & (whole.answers["unit"] == unit) & (whole.answers["year"] == EDITION)
            answers |= self._sheets(about & ~whole.answers["rater"].isin(LATE_RATERS), 2)
        state = part(whole, figures, answers)
        return self._corrected(state) if kind == "correction" else state

    def _late(self, frame: pd.DataFrame) -> pd.Series:
        """Return which rows are about the unit or the year that is not known at first."""
        return (frame["unit"] == LATE_UNIT) | ((frame["unit"] == LATE_YEAR) & (frame["year"] == EDITION))

    def _corrected(self, state: Observations) -> Observations:
        measured = np.flatnonzero(state.figures["value"] % 1.0)  # a count stays one
        wrong = state.figures.index == self.rng.choice(measured)
        right = state.figures["value"] * (1.0 + 0.1 * self.rng.normal())
        return replace(state, figures=state.figures.assign(value=state.figures["value"].mask(wrong, right)))

    def _some(self, mask: pd.Series, n: int) -> pd.Series:
        chosen = self.rng.choice(np.flatnonzero(mask), min(n, int(mask.sum())), replace=False)
        return pd.Series(np.isin(np.arange(len(mask)), chosen), index=mask.index)

    def _sheets(self, mask: pd.Series, n: int) -> pd.Series:
        there = np.unique(self.sheet[mask])
        return mask & self.sheet.isin(self.rng.choice(there, min(n, len(there)), replace=False))


def arrivals(observed: Callable[..., Observations]) -> Iterator[tuple[str, float, str]]:
    """Yield kind, way and the largest difference from the refit of each arrival."""
    from clusterscore.posterior.fit import fit  # noqa: PLC0415 - imports the sampler

    function = document()
    for seed in range(N_WORLDS):
        drawn = simulate(function, PLAN, 100 + seed)
        world = World(observed(sent(drawn.figures), asked(drawn.answers)), seed)
        start = fit(function, world.base, EDITION, SAMPLER)
        if start.run.status != TRUSTED:
            continue
        for number in range(N_ARRIVALS // N_WORLDS):
            kind = KINDS[number % len(KINDS)]
            state = world.arrive(kind)
            try:
                found, told = update(start, state, refit=no_sampling)
            except Resampled:
                yield kind, 0.0, "sampled"
                continue
            truth, now = fit(function, state, EDITION, SAMPLER).standing_in(EDITION), found.standing_in(EDITION)
            yield kind, float(((now["mean"] - truth["mean"]) / truth["sd"]).abs().max()), told.way


@pytest.mark.slow
def test_no_update_is_far_from_its_refit(
    observed: Callable[..., Observations], capsys: pytest.CaptureFixture[str]
) -> None:
    """By 0.2 posterior standard deviations at any unit; most need no sampling."""
    rows = []
    for row in arrivals(observed):
        rows.append(row)
        with capsys.disabled():
            sys.stdout.write(f"\n{row[0]:14s} {row[2]:10s} {row[1]:.3f} sd")
            sys.stdout.flush()
    found = pd.DataFrame(rows, columns=["kind", "far", "way"])
    with capsys.disabled():
        sys.stdout.write(f"\n{Counter(zip(found['kind'], found['way'], strict=True))}\n")
        kept = found[found["way"] != "sampled"]
        sys.stdout.write(f"{kept.groupby(['kind', 'way'])['far'].describe()[['count', '50%', 'max']]}\n")
    assert len(found) >= N_ARRIVALS * 3 // 4
    assert kept["far"].max() <= LIMIT
    assert (found["way"] == REWEIGHTED).mean() > 0.4
