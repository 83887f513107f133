"""Members' figures collapsed: nothing lost, and no more of it when there are more members."""

import numpy as np
import pandas as pd
import pytest

from clusterscore.errors import FunctionInvalid
from clusterscore.model.design import make_design
from clusterscore.model.evidence import member_figures
from clusterscore.model.function import Function
from clusterscore.model.members import collapse
from clusterscore.observations.observed import Observations


def figures(n_members: int, seed: int = 1) -> pd.DataFrame:
    """Return figures of the members of one unit in three years."""
    rng = np.random.default_rng(seed)
    rows = [(f"M{m}", 0, year, 0, 2020 + year, rng.normal()) for m in range(n_members) for year in range(3)]
    return pd.DataFrame(rows, columns=["member", "unit", "cell", "indicator", "year", "value"])


def test_the_sums_of_squares_are_those_around_the_means() -> None:
    """Worked out from the table of members by years."""
    wide = figures(7).pivot_table(index="member", columns="year", values="value").to_numpy()
    deviation = wide - wide.mean(axis=0)
    own = deviation.mean(axis=1, keepdims=True)
    collapsed = collapse(figures(7))
    (group,) = collapsed.groups.itertuples()
    assert (group.n_members, group.n_years) == (7, 3)
    assert group.between == pytest.approx(3 * (own**2).sum())
    assert group.within == pytest.approx(((deviation - own) ** 2).sum())
    np.testing.assert_allclose(collapsed.means["mean"], wide.mean(axis=0))


def test_a_hundred_times_the_members_are_no_more_rows() -> None:
    """So that a fit costs the same."""
    one, many = collapse(figures(20)), collapse(figures(2000))
    assert len(one.groups) == len(many.groups) == 1
    assert len(one.means) == len(many.means) == 3


def test_members_that_reported_in_other_years_are_a_group_of_their_own() -> None:
    """Their own means are not comparable."""
    rows = figures(6)
    rows = rows[(rows["member"] != "M1") | (rows["year"] != 2021)]
    groups = collapse(rows).groups.sort_values("n_members")
    assert list(zip(groups["n_members"], groups["n_years"], strict=True)) == [(1, 2), (5, 3)]


def test_figures_of_members_make_cells_of_their_unit(of_members: Function, patchwork_of_members: Observations) -> None:
    """A year in which a member alone reported is a cell of its unit; every figure of a member is counted once."""
    design = make_design(of_members, patchwork_of_members)
    cells = {(design.units[u], design.years[y]) for u, y in zip(design.cell_unit, design.cell_year, strict=True)}
    assert ("F", 2022) in cells
    assert not {unit for unit in design.units if "-M" in unit}
    groups = design.members.groups
    told = patchwork_of_members.units.set_index("unit")["kind"].loc[patchwork_of_members.figures["unit"]] == "member"
    assert (
        (groups["n_members"] * groups["n_years"]).sum()
        == told.sum()
        == len(member_figures(of_members, patchwork_of_members))
    )


def test_without_members_figures_nothing_of_members_is_read(
    small: Function, patchwork: Observations, patchwork_of_members: Observations
) -> None:
    """The same design, whatever members sent."""
    one, other = make_design(small, patchwork), make_design(small, patchwork_of_members)
    pd.testing.assert_frame_equal(one.figures, other.figures)
    assert (one.units, one.years, len(other.members.groups)) == (other.units, other.years, 0)


def test_counts_of_members_are_refused(of_members: Function) -> None:
    """They do not collapse."""
    content = of_members.model_dump(mode="json")
    content["pillars"][0]["indicators"][-1] |= {"transform": "count"}
    with pytest.raises((FunctionInvalid, ValueError), match="continuous transform"):
        Function.model_validate(content)
