"""Partners complement each other: each has what the other lacks, with a probability, said in words."""

from dataclasses import replace

import numpy as np
import pytest

from clusterscore.advice.catalogue import Catalogue
from clusterscore.advice.partners import network, partners
from clusterscore.advice.tables import TABLES
from clusterscore.advice.view import View


@pytest.fixture
def pair(looked: View) -> View:
    """Return a view in which the first unit is far ahead in turnover, the second in exports, and no other differs."""
    position = 0.05 * np.random.default_rng(1).normal(size=looked.position.shape)
    position[:, 0, looked.pillar("turnover")] += 2.0
    position[:, 1, looked.pillar("exports")] += 2.0
    return replace(looked, position=position)


def test_two_that_complement_each_other_find_each_other(pair: View, catalogue: Catalogue) -> None:
    """And nobody else is proposed, since nobody else has anything to give and to gain."""
    found = partners(catalogue.partners, pair, {}, {})
    assert list(found.columns) == list(TABLES["partners"])
    first, second = pair.names[:2]
    assert list(zip(found["unit"], found["partner"], strict=True)) == [(first, second), (second, first)]
    row = found.iloc[0]
    assert (row["gains"], row["gives"]) == ("exports", "turnover")
    assert (row["p_gains"], row["p_gives"]) == (1.0, 1.0)
    assert row["strength"] == pytest.approx(4.0, abs=0.1)


def test_the_reason_names_both_pillars_in_both_languages(pair: View, catalogue: Catalogue) -> None:
    """With the probability, never for certain, and how far apart they are."""
    row = partners(catalogue.partners, pair, {}, {}).iloc[0]
    first, second = pair.names[:2]
    assert row["because_en"] == (
        f"{second} is stronger in Exports (probability > 99 %); {first} is stronger in Turnover (probability > 99 %); "
        "another sector, same country"
    )
    assert "Exporturi" in row["because_ro"]
    assert "aceeași țară" in row["because_ro"]


def test_a_difference_that_is_not_sure_makes_no_partner(pair: View, catalogue: Catalogue) -> None:
    """Half of the draws on the other side of the gap: no proposal."""
    position = pair.position.copy()
    position[::2, 1, pair.pillar("exports")] = 0.0
    assert partners(catalogue.partners, replace(pair, position=position), {}, {}).empty


def test_one_that_is_better_in_everything_has_nothing_to_gain(pair: View, catalogue: Catalogue) -> None:
    """Complementary means both ways."""
    position = pair.position.copy()
    position[:, 1, :] = 0.0
    assert partners(catalogue.partners, replace(pair, position=position), {}, {}).empty


def test_members_in_both_are_counted_by_their_names(pair: View, catalogue: Catalogue) -> None:
    """One organisation is recorded under an id in each cluster."""
    first, second = pair.names[:2]
    members = {first: frozenset({"A1", "A2"}), second: frozenset({"B1", "B2"})}
    row = partners(catalogue.partners, pair, members, {"A1": "Same SRL", "B2": "Same SRL", "A2": "X", "B1": "Y"}).iloc[
        0
    ]
    assert row["shared_members"] == 1
    assert "shared members: 1" in row["because_en"]


def test_no_more_than_the_catalogue_names_and_the_strongest_first(looked: View, catalogue: Catalogue) -> None:
    """Among equals the nearer one."""
    found = partners(catalogue.partners, looked, {}, {})
    assert found.groupby("unit").size().max() == catalogue.partners.most
    for _, own in found.groupby("unit"):
        assert (own["strength"].round(1).diff().dropna() <= 1e-9).all()
        assert list(own["place"]) == list(range(1, len(own) + 1))


def test_the_network_holds_every_pair_once(looked: View, catalogue: Catalogue) -> None:
    """All clusters as nodes; edges in one direction, with a strength."""
    found = partners(catalogue.partners, looked, {}, {})
    drawn = network(found, looked)
    pairs = {tuple(sorted((row.unit, row.partner))) for row in found.itertuples()}
    assert [node["unit"] for node in drawn["nodes"]] == looked.names
    assert {(edge["from"], edge["to"]) for edge in drawn["edges"]} == pairs
    assert len(drawn["edges"]) == len(pairs)
