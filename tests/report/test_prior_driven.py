"""A score that hangs on assumptions says so, and no other does."""

from clusterscore.paths import Workspace
from clusterscore.report.cluster import cluster_page
from clusterscore.report.overview import edition_page
from tests.report.handmade import CLUSTERS, EDITION, NEWCOMER


def test_the_page_of_a_prior_driven_score_says_so_and_names_the_prior(scored_workspace: Workspace) -> None:
    """In words, beneath the score."""
    said = {
        unit: cluster_page(scored_workspace.root, "small", EDITION, unit).headline()._repr_html_() for unit in CLUSTERS
    }
    assert [unit for unit, words in said.items() if "prior-driven" in words] == [NEWCOMER]
    assert "the prior of innovation sd" in said[NEWCOMER]


def test_the_overview_counts_and_names_them(scored_workspace: Workspace) -> None:
    """Among what the edition rests on."""
    words = edition_page(scored_workspace.root, "small", EDITION).quality()._repr_html_()
    assert f"1 of {len(CLUSTERS)}: {NEWCOMER}" in words
