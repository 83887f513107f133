"""From observations to index vectors."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from clusterscore.errors import ClusterscoreError, Disconnected, FunctionInvalid, NothingToFit
from clusterscore.model.design import Design, make_design
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations

Observe = Callable[..., Observations]


@pytest.fixture(scope="module")
def design(small: Function, patchwork: Observations) -> Design:
    """Return the design of the patchwork."""
    return make_design(small, patchwork)


def answers_of(*rows: tuple[str, int, str, str, int]) -> pd.DataFrame:
    """Return answers as a table."""
    return pd.DataFrame(rows, columns=["unit", "year", "rater", "item", "answer"])


def figures_of(*rows: tuple[str, int, str, float]) -> pd.DataFrame:
    """Return figures as a table."""
    return pd.DataFrame(rows, columns=["unit", "year", "indicator", "value"])


def content(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    """Return rows in an order of their own, without the number in the ledger."""
    return sorted(frame.drop(columns="record", errors="ignore").itertuples(index=False, name=None))


# Cells -----------------------------------------------------------------------------------------------------------


def test_every_unit_and_year_observed_is_a_cell(design: Design) -> None:
    """Late entry, exit and gaps: a year without any observation of a unit has no cell."""
    cells: dict[str, list[int]] = {}
    for unit, year in zip(design.cell_unit, design.cell_year, strict=True):
        cells.setdefault(design.units[unit], []).append(design.years[year])
    assert cells == {
        "A": [2016, 2017, 2019, 2020, 2021],
        "B": [2016, 2017, 2019, 2020, 2021],
        "C": [2016, 2017],
        "D": [2016, 2020],
        "E": [2019, 2020],
        "F": [2017, 2019, 2020],
    }


def test_a_unit_known_from_tied_raters_only_is_left_out(design: Design) -> None:
    """What a rater says of the own unit is no evidence, so that there is none."""
    assert "G" not in design.units


def test_the_base_cohort_are_the_units_of_the_base_edition(design: Design) -> None:
    """Who enters within the first edition belongs to it, who comes later does not."""
    assert dict(zip(design.units, design.base_unit.tolist(), strict=True)) == {
        name: name != "E" for name in ("A", "B", "C", "D", "E", "F")
    }


def test_a_gap_counts_its_years(design: Design) -> None:
    """A unit that was away for years walked all of them."""
    years = np.asarray(design.years)[design.cell_year[design.later_cells]]
    units = np.asarray(design.units)[design.cell_unit[design.later_cells]]
    gaps = dict(zip(zip(units.tolist(), years.tolist(), strict=True), design.gap_years.tolist(), strict=True))
    assert {cell: gaps[cell] for cell in [("A", 2017), ("A", 2019), ("D", 2020), ("F", 2019)]} == {
        ("A", 2017): 1.0,
        ("A", 2019): 2.0,
        ("D", 2020): 4.0,
        ("F", 2019): 2.0,
    }


def test_the_common_level_starts_after_the_base_edition(design: Design) -> None:
    """Its walk knows how far the years observed lie apart."""
    assert (design.later_years, design.later_year_gaps.tolist()) == ((2019, 2020, 2021), [2.0, 1.0, 1.0])


def test_the_scale_rests_on_each_base_units_last_cell_of_the_base_edition(design: Design) -> None:
    """One cell a unit, so that nobody counts twice."""
    base = {design.units[design.cell_unit[cell]]: design.years[design.cell_year[cell]] for cell in design.base_cells}
    assert base == {"A": 2017, "B": 2017, "C": 2017, "D": 2016, "F": 2017}


# The basis of entry ----------------------------------------------------------------------------------------------


def test_the_base_cohort_comes_first_when_entries_are_put_in_place(design: Design) -> None:
    """Whoever belongs to it; each part keeps its order."""
    mixed = dataclasses.replace(design, base_unit=np.array([False, True, True, False, True]))
    assert mixed.place_of_unit.tolist() == [3, 0, 1, 4, 2]
    assert mixed.n_base == 3


# Rows ------------------------------------------------------------------------------------------------------------


def test_every_figure_is_used_or_counted_as_unused(patchwork: Observations, design: Design) -> None:
    """Nothing disappears."""
    without = design.unused["counts without their exposure"]
    assert len(design.figures) + len(design.counts) + without == len(patchwork.figures)
    assert len(design.answers) + design.unused["answers of tied raters"] == len(patchwork.answers)


def test_a_count_without_its_exposure_is_unused(small: Function, observed: Observe) -> None:
    """A number of patents says nothing where nobody knows how many people could file them."""
    rows = [("A", 2016, "patents", 3.0), ("A", 2016, "markets", 5.0), ("B", 2016, "patents", 2.0)]
    made = make_design(small, observed(figures_of(*rows, ("B", 2016, "employees", 500.0))))
    assert (len(made.counts), made.unused["counts without their exposure"]) == (2, 1)


def test_a_count_is_expected_in_proportion_to_its_exposure(small: Function, observed: Observe) -> None:
    """500 people at 0.002 filings each are one filing."""
    rows = figures_of(("A", 2016, "employees", 500.0), ("A", 2016, "patents", 3.0), ("B", 2016, "markets", 7.0))
    made = make_design(small, observed(rows))
    assert made.counts["log_expected"].to_numpy() == pytest.approx([0.0, np.log(14.0)], abs=1e-12)


def test_an_answer_to_a_reversed_item_is_turned_round(small: Function, observed: Observe) -> None:
    """Full agreement that knowledge is withheld is the lowest category; other items keep theirs."""
    rows = [("A", 2016, "R1", "knowledge_withheld", 5), ("B", 2016, "R1", "joint_projects", 5)]
    made = make_design(small, observed(None, answers_of(*rows, ("B", 2016, "R1", "accredited", 2))))
    numbers = {item.id: number for number, item in enumerate(small.items)}
    category = dict(zip(made.answers["item"], made.answers["category"], strict=True))
    assert [category[numbers[name]] for name in ("knowledge_withheld", "joint_projects", "accredited")] == [0, 4, 1]


def test_a_questionnaire_is_one_rater_on_one_unit_in_one_year(small: Function, observed: Observe) -> None:
    """Its answers share a halo; another year or unit is another questionnaire."""
    rows = [
        (unit, year, "R1", item, 2)
        for unit in "AB"
        for year in (2016, 2017)
        for item in ("joint_projects", "accredited")
    ]
    made = make_design(small, observed(None, answers_of(*rows)))
    assert (len(made.questionnaires), made.answers["questionnaire"].value_counts().tolist()) == (4, [2] * 4)


def test_the_order_of_observations_does_not_change_the_design(small: Function, patchwork: Observations) -> None:
    """Who wrote first has no say: the same axes, and the same rows."""
    shuffled = dataclasses.replace(
        patchwork,
        figures=patchwork.figures.sample(frac=1.0, random_state=1).reset_index(drop=True),
        answers=patchwork.answers.sample(frac=1.0, random_state=2).reset_index(drop=True),
    )
    one, other = make_design(small, patchwork), make_design(small, shuffled)
    assert (one.units, one.years, one.raters, one.unused) == (other.units, other.years, other.raters, other.unused)
    for name in ("figures", "counts", "answers", "questionnaires"):
        assert content(getattr(one, name)) == content(getattr(other, name)), name
    for name in ("cell_unit", "cell_year", "base_unit"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_praising_oneself_changes_nothing(small: Function, patchwork: Observations, design: Design) -> None:
    """Any number of maximal answers of tied raters leaves every row of the likelihood as it was, exactly."""
    praise = patchwork.answers.drop_duplicates(["unit", "year", "item"]).assign(
        rater="R9", tied=True, answer=lambda rows: [5 if name != "accredited" else 2 for name in rows["item"]]
    )
    louder = dataclasses.replace(patchwork, answers=pd.concat([patchwork.answers, praise], ignore_index=True))
    made = make_design(small, louder)
    for name in ("figures", "counts", "answers", "questionnaires"):
        pd.testing.assert_frame_equal(getattr(made, name), getattr(design, name))
    assert (made.units, made.years, made.raters) == (design.units, design.years, design.raters)
    assert made.unused["answers of tied raters"] == design.unused["answers of tied raters"] + len(praise)


def test_a_reversed_document_with_reversed_answers_is_the_same(
    small: Function, patchwork: Observations, design: Design
) -> None:
    """Whether a question is put in the positive or in the negative is a matter of words."""
    content_of = small.model_dump(mode="json")
    for pillar in content_of["pillars"]:
        for item in pillar["items"]:
            item["direction"] *= -1
    turned = patchwork.answers.copy()
    size = {item.id: small.categories(item) for item in small.items if item.id in small.pillar_of}
    asked = turned["item"].isin(size)
    turned.loc[asked, "answer"] = turned.loc[asked, "item"].map(size) + 1 - turned.loc[asked, "answer"]
    made = make_design(Function.model_validate(content_of), dataclasses.replace(patchwork, answers=turned))
    pd.testing.assert_frame_equal(made.answers, design.answers)


def test_the_unit_of_money_does_not_change_the_design(small: Function, patchwork: Observations, design: Design) -> None:
    """Thousands of euros, declared as such, standardise as euros do."""
    content_of = small.model_dump(mode="json")
    content_of["pillars"][0]["indicators"][0]["typical"] /= 1000.0
    money = patchwork.figures.copy()
    money.loc[money["indicator"] == "turnover", "value"] /= 1000.0
    made = make_design(Function.model_validate(content_of), dataclasses.replace(patchwork, figures=money))
    pd.testing.assert_frame_equal(made.figures, design.figures, rtol=1e-12, atol=1e-12)


# What cannot be fitted -------------------------------------------------------------------------------------------


def test_without_observations_there_is_nothing_to_fit(small: Function, observed: Observe) -> None:
    """The function is named."""
    with pytest.raises(NothingToFit, match="'small'"):
        make_design(small, observed())


def test_codes_of_another_function_are_nothing_to_fit(small: Function, observed: Observe) -> None:
    """A workspace holds several functions; each sees its own."""
    with pytest.raises(NothingToFit):
        make_design(small, observed(figures_of(("A", 2016, "rci_z", 1.0))))


def test_another_kind_of_unit_is_nothing_to_fit(small: Function, observed: Observe) -> None:
    """A region with the turnover of a cluster is no cluster."""
    with pytest.raises(NothingToFit):
        make_design(small, observed(figures_of(("A", 2016, "turnover", 1.0)), kind="region"))


def test_unconnected_parts_are_listed(small: Function, observed: Observe) -> None:
    """R16: raters and units of every part, by name, so that somebody can bring them together."""
    rows = [("A", 2016, "R1"), ("B", 2016, "R1"), ("C", 2016, "R2"), ("D", 2017, "R2"), ("D", 2016, "R3")]
    answers = answers_of(*((*row, "joint_projects", 3) for row in rows))
    with pytest.raises(Disconnected) as refused:
        make_design(small, observed(None, answers))
    parts = [{name: sorted(part[name]) for name in part} for part in refused.value.components]
    assert parts == [{"units": ["A", "B"], "raters": ["R1"]}, {"units": ["C", "D"], "raters": ["R2", "R3"]}]
    assert str(refused.value).startswith("E-DESIGN-DISCONNECTED: ")
    assert all(name in str(refused.value) for name in ("A", "B", "C", "D", "R1", "R2", "R3"))


def test_a_tied_answer_does_not_connect(small: Function, observed: Observe) -> None:
    """A bridge of answers that do not count carries nobody."""
    rows = [("A", 2016, "R1", False), ("B", 2016, "R2", False), ("B", 2016, "R1", True)]
    answers = pd.DataFrame(rows, columns=["unit", "year", "rater", "tied"]).assign(item="joint_projects", answer=3)
    with pytest.raises(Disconnected):
        make_design(small, observed(None, answers))


def test_a_cohort_of_none_is_refused(small: Function, patchwork: Observations) -> None:
    """Peers who were first asked after the base edition say nothing about who stood where in it."""
    late = dataclasses.replace(
        patchwork,
        figures=patchwork.figures.iloc[:0],
        answers=patchwork.answers[patchwork.answers["year"] > 2017],
    )
    with pytest.raises(NothingToFit, match="no unit in its base edition"):
        make_design(small, late, start=2016)


def test_a_cohort_of_one_is_refused(small: Function, observed: Observe) -> None:
    """A standing among nobody else is undefined: the spread of one unit is 0."""
    with pytest.raises(NothingToFit):
        make_design(small, observed(figures_of(("A", 2016, "turnover", 1.0e8), ("A", 2017, "turnover", 2.0e8))))


def test_an_answer_beyond_the_scale_is_refused(small: Function, observed: Observe) -> None:
    """A document whose scale was shortened after answers came in: the fifth of four steps is another item's first."""
    answers = answers_of(("A", 2016, "R1", "accredited", 2), ("B", 2016, "R1", "accredited", 3))
    with pytest.raises(ClusterscoreError, match="accredited"):
        make_design(small, observed(None, answers))


@pytest.mark.parametrize("number", [2.5, -1.0])
def test_a_figure_that_is_no_count_is_refused(small: Function, observed: Observe, number: float) -> None:
    """A document that turned a figure into a count: nothing is rounded in silence, and all is named at once."""
    rows = figures_of(("A", 2016, "markets", number), ("B", 2016, "markets", number), ("C", 2016, "markets", 3.0))
    with pytest.raises(FunctionInvalid, match=f"markets: record 1 holds {number:g}, which transform count") as refused:
        make_design(small, observed(rows))
    assert len(refused.value.problems) == 2


def test_a_figure_without_logarithm_is_refused(small: Function, observed: Observe) -> None:
    """A document whose transform was changed after figures came in: no minus infinity may reach the sampler."""
    rows = figures_of(("A", 2016, "turnover", 1.0e8), ("B", 2016, "turnover", 0.0), ("C", 2016, "turnover", 3.0e8))
    with pytest.raises(ClusterscoreError, match="turnover"):
        make_design(small, observed(rows))
