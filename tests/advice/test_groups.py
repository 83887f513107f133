"""Recommendations rest on the peer groups that are published with the scores."""

import pandas as pd

from clusterscore.advice.groups import WORDS, peers_of, shared
from clusterscore.scores.peer_groups import Rule
from tests.advice import cohort


def test_groups_are_those_of_the_published_table() -> None:
    """Each as places on the axis of units; a unit without a row, as one alone has none, is held against nobody."""
    table = pd.DataFrame({"unit": ["B", "A"], "rule": ["sector country", None], "peers": ["A C", "B C"]})
    found = peers_of(table, ["A", "B", "C"])
    assert [one.traits for one in found] == [(), ("sector", "country"), ()]
    assert [list(one.others) for one in found] == [[1, 2], [0, 2], []]


def test_what_peers_share_is_said_in_both_languages() -> None:
    """No trait at all is shared by all others; every trait of the shipped rule has its words."""
    assert (shared(("sector", "age"), "en"), shared((), "en")) == ("same sector, similar age", "all others")
    assert shared(("country",), "ro") == "aceeași țară"
    assert {trait for traits in Rule.of(cohort.ROOT / "catalogue").by for trait in traits} <= set(WORDS)
