"""How far effects are drawn centred follows from how much the data are expected to say."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from clusterscore.model.centring import centring
from clusterscore.model.design import make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations

Observe = Callable[..., Observations]


def test_positions_with_many_figures_are_centred_and_others_less(
    functions: dict[str, Function], small: Function, regions: Observations, patchwork: Observations
) -> None:
    """Every degree is a share; an exact index settles where a region stands."""
    exact = centring(make_design(functions["regional"], regions))
    vague = centring(make_design(small, patchwork))
    assert exact.entry.tolist() == [1.0]
    assert (vague.step < exact.step).all()
    for degree in (*vague.entry, *vague.step, *vague.shock):
        assert 0.0 <= degree <= 1.0


def test_severities_are_centred_only_with_many_raters_who_answer_much(small: Function, observed: Observe) -> None:
    """Otherwise their standard deviation may be almost 0, where the centred form is a funnel."""

    def severity(n_raters: int, n_units: int) -> float:
        rows = [
            (f"U{unit}", 2016, f"R{rater}", item.id, 1 + (unit + rater) % 2)
            for unit in range(n_units)
            for rater in range(n_raters)
            for item in small.items
        ]
        answers = pd.DataFrame(rows, columns=["unit", "year", "rater", "item", "answer"])
        return centring(make_design(small, observed(answers=answers))).severity

    assert [severity(12, 60), severity(12, 4), severity(5, 60)] == [1.0, 0.0, 0.0]


def test_nothing_to_answer_is_nothing_to_centre(functions: dict[str, Function], regions: Observations) -> None:
    """A function without peers has no severities."""
    assert np.isclose(centring(make_design(functions["regional"], regions)).severity, 0.0)
