"""Location quotients against numbers worked out by hand, and what they do as figures of a unit."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from clusterscore.model.design import make_design
from clusterscore.model.evidence import speaking
from clusterscore.model.function import Function
from clusterscore.model.quotients import location_quotients
from clusterscore.observations.observed import Observations

TABLE = pd.DataFrame(
    [
        ("RO11", "wood", 2020, 300.0, 30.0),
        ("RO11", "cloth", 2020, 100.0, 5.0),
        ("RO12", "wood", 2020, 100.0, 10.0),
        ("RO12", "cloth", 2020, 500.0, 40.0),
        ("RO21", "cloth", 2020, 0.0, 0.0),
    ],
    columns=["region", "sector", "year", "employed", "establishments"],
)


def quotient(table: pd.DataFrame, region: str, sector: str) -> float:
    """Return one location quotient."""
    found = location_quotients(table).set_index(["region", "sector"])
    return float(found.loc[(region, sector), "quotient"])


def test_a_quotient_is_a_share_over_a_share() -> None:
    """Three quarters of RO11 make wood, which two fifths of all do."""
    assert quotient(TABLE, "RO11", "wood") == pytest.approx((300 / 400) / (400 / 1000))
    assert quotient(TABLE, "RO12", "wood") == pytest.approx((100 / 600) / (400 / 1000))


def test_quotients_weighted_by_employment_average_to_one() -> None:
    """Of each sector, over the regions, by all that the regions employ."""
    found = location_quotients(TABLE)
    people = TABLE.groupby("region")["employed"].sum()
    for _, rows in found.groupby("sector"):
        weights = people.loc[people > 0]
        values = rows.set_index("region")["quotient"].reindex(weights.index, fill_value=0.0)
        assert np.average(values, weights=weights) == pytest.approx(1.0)


def test_years_are_kept_apart() -> None:
    """Another year changes nothing in this one."""
    both = pd.concat([TABLE, TABLE.assign(year=2021, employed=TABLE["employed"].iloc[::-1].to_numpy())])
    first = location_quotients(both).query("year == 2020").reset_index(drop=True)
    pd.testing.assert_frame_equal(first, location_quotients(TABLE))


def test_a_sector_where_nobody_works_has_no_quotient() -> None:
    """It is no concentration of zero."""
    assert "RO21" not in set(location_quotients(TABLE)["region"])


@pytest.mark.parametrize(
    ("changed", "expected"), [({}, True), ({"establishments": 1.0}, False), ({"employed": 2.0}, False)]
)
def test_strong_is_concentrated_and_neither_few_people_nor_few_places(
    changed: dict[str, float], *, expected: bool
) -> None:
    """A quotient of the upper quarter, above 1; employment and establishments above the lowest quarter."""
    regions = [f"RO{number}" for number in range(8)]
    rows = [(region, "wood", 2020, 100.0 + place, 10.0 + place) for place, region in enumerate(regions)]
    rows += [(region, "all", 2020, 1000.0, 100.0) for region in regions]
    table = pd.DataFrame(rows, columns=TABLE.columns)
    here = (table["region"] == "RO0") & (table["sector"] == "wood")
    rest = (table["region"] == "RO0") & (table["sector"] == "all")
    table.loc[here, ["employed", "establishments"]] = [400.0, 40.0]
    table.loc[rest, "employed"] = 10.0
    for column, value in changed.items():
        table.loc[here, column] = value
    found = location_quotients(table).set_index(["region", "sector"])
    assert bool(found.loc[("RO0", "wood"), "strong"]) == expected


def test_quotients_are_figures_of_units_in_the_years_in_which_they_are_known(
    of_members: Function, patchwork: Observations, observed: Callable[..., Observations]
) -> None:
    """No cell is made by a table of employment; a unit without sector has none."""
    content = of_members.model_dump(mode="json")
    part = content["pillars"][0]["indicators"][0] | {"id": "quotient", "derived": "location_quotient", "typical": 1.0}
    content["pillars"][0]["indicators"].append(part)
    function = Function.model_validate(content)
    sector = patchwork.units["unit"].map({"A": "wood", "B": "cloth"})
    employment = pd.concat([TABLE.assign(year=year) for year in range(2010, 2023)]).assign(
        source=None, demonstration=True
    )
    seen = replace(patchwork, units=patchwork.units.assign(sector=sector), employment=employment)
    before, after = make_design(function, patchwork), make_design(function, seen)
    assert (before.cell_unit.tolist(), before.cell_year.tolist()) == (
        after.cell_unit.tolist(),
        after.cell_year.tolist(),
    )
    figures, _ = speaking(function, seen)
    told = figures[figures["indicator"] == "quotient"]
    assert set(told["unit"]) == {"A", "B"}
    assert told.loc[told["unit"] == "A", "value"].to_numpy() == pytest.approx((300 / 400) / (400 / 1000))
    assert len(after.figures) == len(before.figures) + len(told)
    assert observed().employment.empty


def test_a_quotient_is_never_recorded(of_members: Function) -> None:
    """It is the logarithm of what was counted, and of the unit itself."""
    content = of_members.model_dump(mode="json")
    content["pillars"][0]["indicators"][-1] |= {"derived": "location_quotient"}
    with pytest.raises(ValueError, match="location quotient"):
        Function.model_validate(content)
