"""Numbers that no sentence is made of are written as the language writes them: on axes, in conditions of levels."""

import pandas as pd
import pytest

from clusterscore.report import conditions
from clusterscore.report.display import figure_of, new_axes, svg_of
from clusterscore.report.figures import plot_levels
from clusterscore.report.language import ENGLISH, ROMANIAN, speaking
from clusterscore.report.style import styled
from tests.report.test_figures import FINDING


@pytest.mark.parametrize(("language", "written", "other"), [(ENGLISH, "0.5", "0,5"), (ROMANIAN, "0,5", "0.5")])
def test_an_axis_has_the_decimal_mark_of_its_language(language: str, written: str, other: str) -> None:
    """Whatever put its ticks there."""
    with speaking(language), styled():
        axes = new_axes(4, 2)
        axes.set(xlim=(0, 1), ylim=(0, 1))
        axes.set_xticks([0.0, 0.5, 1.0])
        drawn = svg_of(figure_of(axes))
    assert (f">{written}<" in drawn, f">{other}<" in drawn) == (True, False)


@pytest.mark.parametrize(("language", "written"), [(ENGLISH, "4.57"), (ROMANIAN, "4,57")])
def test_a_logarithmic_axis_of_one_level_says_it_in_figures(language: str, written: str) -> None:
    """Where no round number lies between the ends, three digits of the level itself stand there, and no power."""
    with speaking(language), styled():
        table = pd.DataFrame([{"title": "own", "median": 4.567, "low": 4.5, "high": 4.6, "own": True}])
        axes = plot_levels(table, ax=new_axes(4, 2), finding=FINDING, label="euro", logarithmic=True)
        drawn = svg_of(figure_of(axes))
    assert f">{written}<" in drawn


@pytest.mark.parametrize(
    ("language", "said"), [(ENGLISH, "P(score >= 62.5): 80 %"), (ROMANIAN, "P(scor >= 62,5): 80 %")]
)
def test_a_condition_has_the_decimal_mark_of_its_language(language: str, said: str) -> None:
    """What was found and what is needed, on pages and on certificates."""
    assert conditions.words("P(score >= 62.5): 80 %", language) == said
