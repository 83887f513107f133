"""Step 6: what a reader sees."""

from clusterscore.report.brief import Brief, brief_page
from clusterscore.report.cluster import ClusterPage, cluster_page
from clusterscore.report.management import ManagementPage, management_page
from clusterscore.report.member import MemberPage, member_page
from clusterscore.report.overview import EditionPage, edition_page
from clusterscore.report.staff import StaffPage, staff_page

__all__ = [
    "Brief",
    "ClusterPage",
    "EditionPage",
    "ManagementPage",
    "MemberPage",
    "StaffPage",
    "brief_page",
    "cluster_page",
    "edition_page",
    "management_page",
    "member_page",
    "staff_page",
]
