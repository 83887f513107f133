"""Where sampling begins: about where the data place the units."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from clusterscore.model.beginnings import rough_entries
from clusterscore.model.compiled.density import density_of
from clusterscore.model.contrasts import deviations
from clusterscore.model.design import make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations

Observe = Callable[..., Observations]
N_UNITS = 40


@pytest.fixture
def told_apart(small: Function, observed: Observe) -> tuple[np.ndarray, Observations]:
    """Return how high each unit stands, and answers that follow it."""
    rng = np.random.default_rng(1)
    level = rng.normal(size=N_UNITS)
    item = next(item for item in small.items if item.id in small.pillar_of)
    rows = [
        (f"U{unit:02d}", 2020, f"R{rater}", item.id, small.categories(item))
        for unit in range(N_UNITS)
        for rater in range(5)
    ]
    answers = pd.DataFrame(rows, columns=["unit", "year", "rater", "item", "answer"])
    seen = np.clip(np.round(3 + level.repeat(5) + 0.3 * rng.normal(size=len(rows))), 1, answers["answer"]).astype(int)
    turned = seen if item.direction > 0 else answers["answer"] + 1 - seen
    return level, observed(answers=answers.assign(answer=turned))


def test_units_are_begun_at_where_answers_place_them(
    small: Function, told_apart: tuple[np.ndarray, Observations]
) -> None:
    """On the pillar that the answers are about, and in the middle on all others."""
    level, observations = told_apart
    rough = rough_entries(make_design(small, observations))
    asked = np.flatnonzero(rough.any(axis=0))
    assert len(asked) == 1
    assert np.corrcoef(rough[:, asked[0]], level)[0, 1] > 0.9


def test_only_entries_on_their_own_scale_are_begun_elsewhere(
    small: Function, told_apart: tuple[np.ndarray, Observations]
) -> None:
    """The other elements begin at the middle of the prior."""
    density = density_of(make_design(small, told_apart[1]))
    moved = np.flatnonzero(density.beginning != density.middle)
    n_pillars, at = len(small.pillars), density.data.at.entry
    entry = np.arange(at, at + (N_UNITS - 1) * n_pillars)
    assert len(moved) > 0
    assert np.isin(moved, entry).all()
    begun = deviations(density.beginning[entry].reshape(-1, n_pillars))
    own = density.data.state.entry_degree == 1.0
    rough = rough_entries(density.design) * own
    assert np.corrcoef(begun[:, own].ravel(), rough[:, own].ravel())[0, 1] > 0.99
    assert not begun[:, ~own].any()
