"""Every element of a point is found again by its label."""

from collections.abc import Callable

from clusterscore.model.compiled.labels import labels_of
from clusterscore.model.compiled.layout import layout_of
from clusterscore.model.design import make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations


def test_no_two_elements_have_the_same_label(document: Function, invented: Observations) -> None:
    """And each has one."""
    design = make_design(document, invented)
    layout = layout_of(design)
    labels = labels_of(design, layout)
    assert len(labels) == len(set(labels)) == layout.size


def test_labels_do_not_hang_on_what_else_is_known(
    document: Function, invented: Observations, observed: Callable[..., Observations]
) -> None:
    """Without the unit that came last, all labels are among those with it."""
    early = observed(
        invented.figures.loc[invented.figures["unit"] != "G", ["unit", "year", "indicator", "value"]],
        invented.answers.loc[invented.answers["unit"] != "G", ["unit", "year", "rater", "item", "answer"]],
    )
    few, all_of_them = (
        set(labels_of(design, layout_of(design)))
        for design in (make_design(document, early), make_design(document, invented))
    )
    assert few < all_of_them
