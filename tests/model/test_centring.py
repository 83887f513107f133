"""How far effects are drawn centred follows from how much the data are expected to say."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.special import expit

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


def test_thousands_of_units_are_drawn_in_units_of_their_spread(small: Function, observed: Observe) -> None:
    """Their common scale would be a walk of the energy otherwise; a few dozen are centred by the same answers."""
    asked = [item for item in small.items if item.id in small.pillar_of]

    def entry(n_units: int) -> list[float]:
        rows = [
            (f"U{unit}", 2016, f"R{rater}", item.id, 1 + unit % 2)
            for unit in range(n_units)
            for rater in range(12)
            for item in asked
        ]
        answers = pd.DataFrame(rows, columns=["unit", "year", "rater", "item", "answer"])
        return centring(make_design(small, observed(answers=answers))).entry.tolist()

    assert max(entry(30)) == 1.0
    assert max(entry(2000)) == 0.0


def test_severities_are_centred_only_where_many_raters_are_seen_to_differ(small: Function, observed: Observe) -> None:
    """Otherwise their standard deviation may be almost 0, where the centred form is a funnel."""
    rng = np.random.default_rng(1)

    def severity(n_raters: int, spread: float, n_units: int = 20) -> float:
        lenient = {f"R{number:02d}": spread * rng.normal() for number in range(n_raters)}
        rows = [
            (f"U{unit}", 2016, rater, item.id, 1 + int(rng.uniform() < expit(bias)))
            for unit in range(n_units)
            for rater, bias in lenient.items()
            for item in small.items
        ]
        answers = pd.DataFrame(rows, columns=["unit", "year", "rater", "item", "answer"])
        return centring(make_design(small, observed(answers=answers))).severity

    assert severity(24, 2.0) == 1.0
    assert [severity(24, 0.0), severity(5, 2.0), severity(24, 0.5, n_units=2)] == [0.0, 0.0, 0.0]


def test_halos_are_centred_only_where_questionnaires_are_seen_to_differ(small: Function, observed: Observe) -> None:
    """By more than chance, and by more than their raters do."""
    rng = np.random.default_rng(2)

    def centred(by_sheet: float, by_rater: float) -> bool:
        rows = []
        for rater in range(24):
            lenient = by_rater * rng.normal()
            for unit in range(20):
                bias = lenient + by_sheet * rng.normal()
                rows += [
                    (f"U{unit}", 2016, f"R{rater:02d}", item.id, 1 + int(rng.uniform() < expit(item.direction * bias)))
                    for item in small.items
                ]
        answers = pd.DataFrame(rows, columns=["unit", "year", "rater", "item", "answer"])
        return centring(make_design(small, observed(answers=answers))).halo

    assert centred(by_sheet=6.0, by_rater=0.0)
    assert [centred(by_sheet=0.0, by_rater=0.0), centred(by_sheet=0.0, by_rater=6.0)] == [False, False]


def test_nothing_to_answer_is_nothing_to_centre(functions: dict[str, Function], regions: Observations) -> None:
    """A function without peers has no severities."""
    assert np.isclose(centring(make_design(functions["regional"], regions)).severity, 0.0)
