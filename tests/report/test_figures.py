"""Figures draw on the axes they are given, from the numbers they are given, and touch nothing else."""

import warnings
from collections.abc import Callable

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.axes import Axes

from clusterscore.report import figures
from clusterscore.report.display import new_axes, svg_of
from clusterscore.report.style import ORANGE, styled
from clusterscore.vocabulary import Verdict
from tests.report.payloads import FOREIGN, PAYLOADS

FINDING = "Three of four stand above the middle"
Draw = Callable[[Axes, str], Axes]


def _field(ax: Axes, name: str) -> Axes:
    table = pd.DataFrame(
        {"unit": ["C-01", "C-02"], "score_median": [61.0, 40.0], "q05": [55.0, 30.0], "q95": [70.0, 52.0]}
    )
    table["verdict"] = [str(Verdict.VALIDATED), str(Verdict.CONTRADICTED)]
    return figures.plot_field(table, {"C-01": name, "C-02": "other"}, ax=ax, finding=FINDING, highlight="C-01")


def _nameless(ax: Axes, _name: str) -> Axes:
    table = pd.DataFrame(
        {"unit": ["C-01"], "score_median": [61.0], "q05": [55.0], "q95": [70.0], "verdict": ["validated"]}
    )
    return figures.plot_field(table, {}, ax=ax, finding=FINDING)


def _dots(ax: Axes, _name: str) -> Axes:
    return figures.plot_dots(pd.Series(range(40, 60)), ax=ax, finding=FINDING)


def _path(ax: Axes, _name: str) -> Axes:
    table = pd.DataFrame(
        {"year": [2021, 2022, 2023], "score_median": [50.0, 55.0, 58.0], "edition": [True, False, True]}
    )
    return figures.plot_path(table.assign(q05=40.0, q95=70.0), ax=ax, finding=FINDING)


def _pillars(ax: Axes, name: str) -> Axes:
    table = pd.DataFrame({"title": [name, "other"], "mean": [60.0, 40.0], "q05": [50.0, 30.0], "q95": [70.0, 55.0]})
    return figures.plot_pillars(table.assign(field=50.0), ax=ax, finding=FINDING)


def _weights(ax: Axes, name: str) -> Axes:
    table = pd.DataFrame({"title": [name, "other"], "prior_mean": [0.5, 0.5], "mean": [0.6, 0.4]})
    return figures.plot_weights(table.assign(q05=0.3, q95=0.7), ax=ax, finding=FINDING)


def _drifting(ax: Axes, name: str) -> Axes:
    table = pd.DataFrame(
        {"title": [name, "other"], "prior_mean": [0.5, 0.5], "before": [0.55, 0.45], "mean": [0.6, 0.4]}
    )
    return figures.plot_weights(table.assign(q05=0.3, q95=0.7), ax=ax, finding=FINDING)


def _validation(ax: Axes, name: str) -> Axes:
    table = pd.DataFrame({"label": [name, "peers"], "mean": [0.5, -0.5], "q05": [0.1, -0.9], "q95": [0.9, -0.1]})
    table = pd.concat(
        [table.assign(source=["figures", "peers"], alone=alone) for alone in (True, False)], ignore_index=True
    )
    return figures.plot_validation(table, 1.5, ax=ax, finding=FINDING)


DRAWN: dict[str, Draw] = {
    function.__name__.removeprefix("_"): function
    for function in (_field, _nameless, _dots, _path, _pillars, _weights, _drifting, _validation)
}
NAMED = {name: draw for name, draw in DRAWN.items() if name in {"field", "pillars", "weights", "drifting"}}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_a_plot_function_returns_the_axes_it_was_given(draw: Draw) -> None:
    """A caller goes on with them."""
    with styled():
        axes = new_axes(5, 2)
        assert draw(axes, "name") is axes


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_a_plot_leaves_no_trace_in_global_state(draw: Draw) -> None:
    """No figure that pyplot knows, no parameter changed: one page never colours the next."""
    before, known = dict(mpl.rcParams), plt.get_fignums()
    _svg(draw, "name")
    assert plt.get_fignums() == known
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_the_title_is_the_finding(draw: Draw) -> None:
    """A figure says what it shows."""
    with styled():
        assert draw(new_axes(5, 2), "name").get_title(loc="left") == FINDING


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_the_axis_of_values_says_its_unit(draw: Draw) -> None:
    """A number without its unit is no number."""
    with styled():
        axes = draw(new_axes(5, 2), "name")
    label = axes.get_xlabel() + axes.get_ylabel()
    assert "0 to 100" in label or "%" in label or "standard deviations" in label


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_the_same_figure_has_the_same_bytes(draw: Draw) -> None:
    """A rebuilt page is the same page, so that digests mean something."""
    assert _svg(draw, "name") == _svg(draw, "name")


@pytest.mark.parametrize("draw", NAMED.values(), ids=NAMED)
def test_the_words_of_a_figure_are_text(draw: Draw) -> None:
    """They can be searched and scale with the page; as outlines they take ten times the room."""
    assert ">name<" in _svg(draw, "name")


@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.parametrize("draw", NAMED.values(), ids=NAMED)
def test_a_hostile_label_is_drawn_as_it_was_written(draw: Draw, name: str) -> None:
    """Nothing is parsed as mathematics, nothing raises, nothing is hidden for its first character."""
    with styled():
        axes = draw(new_axes(5, 2), name)
        label = axes.get_yticklabels()[0]
    assert label.get_text() == figures.shortened(name)
    assert not label.get_parse_math()


@pytest.mark.parametrize("name", [*PAYLOADS[::8], r"$\frac{1}$", "]]><script>alert(1)</script><![CDATA["])
def test_a_picture_with_a_hostile_label_is_well_formed(name: str) -> None:
    """The label ends up escaped, or as an outline."""
    svg = _svg(_field, name)
    assert "<script" not in svg
    assert svg.count("<svg") == 1


@pytest.mark.parametrize("name", FOREIGN)
def test_a_name_in_any_script_is_drawn_without_a_warning(name: str) -> None:
    """A warning is printed text, and printed text fails the page: one such name would stop a whole edition."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert f">{name}<" in _svg(_field, name)  # as text, for which the reader's machine finds a font


def test_letters_that_the_font_lacks_have_room() -> None:
    """A full-width letter is as wide as it is high; the label beside the axis never runs out of the picture."""
    name = "\N{CJK UNIFIED IDEOGRAPH-65E5}" * 20
    with styled():
        axes = _field(new_axes(5, 2), name)
    svg_of(axes.get_figure(root=True))
    label = axes.get_yticklabels()[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # measured outside of `svg_of`
        extent = label.get_window_extent()
    assert extent.x0 >= 0.0
    assert extent.width >= len(name) * label.get_fontsize() * axes.get_figure(root=True).dpi / 72.0


def test_the_unit_of_the_page_stands_out() -> None:
    """A reader finds the own name at once."""
    with styled():
        own, other = _field(new_axes(5, 2), "own").get_yticklabels()
    assert (own.get_color(), own.get_fontweight()) == (ORANGE, "bold")
    assert other.get_color() != ORANGE


def test_a_long_name_is_cut_with_an_ellipsis() -> None:
    """A name never pushes the figure off the page."""
    assert figures.shortened("W" * 200) == "W" * 25 + "…"
    assert figures.shortened("W" * 26) == "W" * 26


def test_twenty_dots_that_fall_together_stay_inside_the_picture() -> None:
    """A very certain score is a high column."""
    with styled():
        axes = figures.plot_dots(pd.Series([50.0] * 20), ax=new_axes(5, 2), finding=FINDING)
    assert axes.get_ylim()[1] > 20


def test_what_was_set_before_the_house_style_comes_back() -> None:
    """The style is worn only while drawing."""
    with mpl.rc_context({"font.size": 33.0}):
        with styled():
            assert mpl.rcParams["font.size"] == 10.0
        assert mpl.rcParams["font.size"] == 33.0


def _svg(draw: Draw, name: str) -> str:
    """Draw as a page does: the style ends before the picture is written."""
    with styled():
        axes = draw(new_axes(5, 2), name)
    return svg_of(axes.get_figure(root=True))
