"""The verbs beside an edition: the policy brief of a place, the edition as one PDF, two editions compared."""

from __future__ import annotations

from clusterscore import advising, steps
from clusterscore.paths import Workspace
from clusterscore.report.book import bind
from clusterscore.report.comparing import Comparison
from clusterscore.report.comparing import compare as side_by_side
from clusterscore.report.edition import Published, publish_brief, publish_staff
from clusterscore.report.language import ENGLISH
from clusterscore.report.pages import load_edition
from clusterscore.report.paper import print_page


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


def staff(workspace: Workspace, name: str, edition: int | None) -> Published:
    """Make the page on raters that only staff may read."""
    year = edition or steps.newest_posterior(workspace, name)
    steps.score(workspace, name, year)
    return publish_staff(workspace, name, year)


def printed(workspace: Workspace, name: str, edition: int, language: str = ENGLISH) -> tuple[str, int] | None:
    """Bind a published edition's pages of a function as one PDF beside it.

    Returns
    -------
    its path and how many sheets it has; None where no browser prints, or pypdf is not installed
    """
    data = load_edition(workspace.root, name, edition)
    home = workspace.edition(edition)
    suffix = "" if language == ENGLISH else f".{language}"
    paper = home.with_name(f"{home.name}-{name}{suffix}.pdf")
    sheets = bind(data, home, language, paper)
    return None if sheets is None else (workspace.relative(paper), sheets)


def compare(workspace: Workspace, name: str, edition: int, other: int) -> Comparison:
    """Return what changed between two published editions; raises as :func:`clusterscore.report.comparing.compare`."""
    return side_by_side(workspace, name, edition, other)
