"""Peer groups by a stated order of fallbacks."""

import pandas as pd

from clusterscore.advice.catalogue import Catalogue
from clusterscore.advice.groups import peer_groups, with_traits

RULE = {"by": [("sector", "country"), ("country", "age", "size")], "least": 3, "age_years": 2, "size_factor": 2.0}


def _units(**columns: object) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    blank = {name: [None] * size for name in ("sector", "region", "country")}
    founded = pd.array(columns.pop("founded", [None] * size), dtype="Int64")
    return pd.DataFrame({"unit": list("ABCDEFGH")[:size]} | blank | columns | {"founded": founded})


def test_the_first_traits_with_enough_others_decide(catalogue: Catalogue) -> None:
    """Four of one sector and country are compared with each other; the lonely one with everybody."""
    rule = catalogue.group.model_copy(update=RULE)
    units = _units(sector=["wood"] * 4 + ["wool"] + ["wood"], country=["RO"] * 5 + ["MD"])
    found = peer_groups(rule, units, {})
    assert found[0].traits == ("sector", "country")
    assert list(found[0].others) == [1, 2, 3]
    assert (found[4].traits, list(found[4].others)) == ((), [0, 1, 2, 3, 5])
    assert (found[4].words("en"), found[4].words("ro")) == ("all clusters scored", "toate clusterele evaluate")


def test_age_and_size_count_where_the_sector_is_too_small(catalogue: Catalogue) -> None:
    """Founded within two years, and up to twice as many members or half as many."""
    rule = catalogue.group.model_copy(update=RULE)
    units = _units(country=["RO"] * 6, founded=[2010, 2011, 2012, 2009, 2020, None])
    sizes = {"A": 20, "B": 40, "C": 10, "D": 39, "E": 20, "F": 20}
    found = peer_groups(rule, units, sizes)
    assert (found[0].traits, list(found[0].others)) == (("country", "age", "size"), [1, 2, 3])
    assert found[5].traits == ()


def test_what_is_not_recorded_is_shared_with_nobody(catalogue: Catalogue) -> None:
    """Two clusters without a sector are not of one sector, and no size is like no other."""
    rule = catalogue.group.model_copy(update=RULE)
    found = peer_groups(rule, _units(sector=[None] * 5, country=["RO"] * 5), {})
    assert {one.traits for one in found} == {()}
    assert all(number not in one.others for number, one in enumerate(found))


def test_a_team_has_the_traits_of_its_cluster() -> None:
    """What is recorded of the team itself stays."""
    everybody = _units(sector=["wood", None], region=["RO11", "RO21"], founded=[2010, None]).assign(parent=[None, "A"])
    team = with_traits(everybody[everybody["unit"] == "B"], everybody).iloc[0]
    assert (team["sector"], team["region"], team["founded"]) == ("wood", "RO21", 2010)
