"""Step 6: what a reader sees."""

from clusterscore.report.cluster import ClusterPage, cluster_page
from clusterscore.report.overview import EditionPage, edition_page

__all__ = ["ClusterPage", "EditionPage", "cluster_page", "edition_page"]
