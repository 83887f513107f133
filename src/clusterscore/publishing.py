"""The verbs on pages: all of an edition, the policy brief of a place, an edition as one PDF, two editions compared."""

from __future__ import annotations

from clusterscore import advising, steps
from clusterscore.paths import Workspace
from clusterscore.progress import Progress
from clusterscore.report import edition as editions
from clusterscore.report import private
from clusterscore.report.comparing import Comparison
from clusterscore.report.comparing import compare as side_by_side
from clusterscore.report.edition import Published
from clusterscore.report.paper import print_page
from clusterscore.report.private import publish_brief
from clusterscore.report.rendering import Hands


def report_all(
    workspace: Workspace, name: str, edition: int, hands: Hands, progress: Progress | None = None, *, members: bool
) -> list[Published]:
    """Make every page of a function and edition, and where asked for every member's; what did not change is left alone.

    Raises
    ------
    SchedulerFailed
        Where a Dask cluster was asked for that cannot render.
    """
    steps.score(workspace, name, edition)
    advising.beside(workspace, name, edition)
    made = [editions.publish(workspace, name, edition, progress, hands=hands)]
    if members:
        made.append(private.publish_members(workspace, name, edition, hands, progress))
    return made


def brief(workspace: Workspace, name: str, edition: int | None, by: str, value: str | None) -> tuple[Published, bool]:
    """Make the brief of a place, as a page and as a PDF where a browser prints.

    Returns
    -------
    the page, and whether it was printed

    Raises
    ------
    UnknownName
        Where there is no such place.
    """
    year = edition or steps.newest_posterior(workspace, name)
    steps.score(workspace, name, year)
    advising.beside(workspace, name, year)
    made = publish_brief(workspace, name, year, by, value or "")
    page = workspace.root / made.index
    return made, print_page(page, page.with_suffix(".pdf"))


def printed(workspace: Workspace, made: Published) -> str | None:
    """Print a published edition's index as one PDF beside it, and return its path; None where no browser prints."""
    index = workspace.root / made.index
    paper = index.parent.with_name(f"{index.parent.name}.pdf")
    return workspace.relative(paper) if print_page(index, paper) else None


def compare(workspace: Workspace, name: str, edition: int, other: int) -> Comparison:
    """Return what changed between two published editions; raises as :func:`clusterscore.report.comparing.compare`."""
    return side_by_side(workspace, name, edition, other)
