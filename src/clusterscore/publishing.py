"""The verbs on pages: everything by one command, briefs, the staff's page, one PDF, editions compared, all again."""

from __future__ import annotations

import contextlib
import hashlib

from clusterscore import advising, steps
from clusterscore.errors import CheckFailed, ClusterscoreError, DiagnosticsFailed, Disconnected, NothingToFit
from clusterscore.model.evidence import observed_years
from clusterscore.observations.ledger import Ledger
from clusterscore.observations.observed import observe
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.progress import Progress, silent
from clusterscore.report import edition as editions
from clusterscore.report import private
from clusterscore.report.book import bind
from clusterscore.report.comparing import Comparison
from clusterscore.report.comparing import compare as side_by_side
from clusterscore.report.edition import Published, read_manifest, rebuild
from clusterscore.report.language import ENGLISH
from clusterscore.report.pages import load_edition
from clusterscore.report.paper import print_pages
from clusterscore.report.private import publish_brief, publish_staff
from clusterscore.report.rendering import Hands
from clusterscore.scores import tables
from clusterscore.scores.hindsight import known_until


def publication(workspace: Workspace, seed: int = 1, progress: Progress | None = None) -> list[Published]:
    """Do everything for every function that has observations: take in, fit, score, publish. Nothing is done twice.

    A function that cannot be published does not keep back the others; its error is raised in the end.
    """
    told = progress or silent
    told("observations", 0.0)
    steps.ingest(workspace)
    observed = observe(Ledger(workspace.ledger))
    told("observations", 1.0)
    editions = {}
    for name, function in steps.functions_of(workspace).items():
        with contextlib.suppress(NothingToFit):
            editions[name] = steps.latest_edition(function, observed)
    failures: list[ClusterscoreError] = []
    for name, edition in list(editions.items()):
        stage = steps.staged(told, name)
        look_back(workspace, name, edition, seed, stage)
        try:
            run, _, _ = steps.fit(workspace, name, edition, seed, stage, observed)
            steps.fit_channels(workspace, run, stage, observed)
            steps.score(workspace, name, edition)
            advising.beside(workspace, name, edition)
        except (DiagnosticsFailed, Disconnected, NothingToFit) as error:
            failures.append(error)
            del editions[name]
    published = [
        steps.publish(workspace, name, edition, steps.staged(told, name), advising.beside)
        for name, edition in editions.items()
    ]
    if failures:
        raise failures[0]
    return published


def look_back(workspace: Workspace, name: str, edition: int, seed: int = 1, progress: Progress | None = None) -> None:
    """Fit and score the edition before as it was known then, unless an earlier one has tables: pages look back on it.

    Nothing of it is published. Where the years after it came in the same file, or it was the first of all, too little
    was known then; where the draws miss a gate, it could not have been published. Pages then look back on nothing.
    """
    if tables.edition_before(workspace, name, edition) is not None:
        return
    function, ledger = steps.function_of(workspace, name), Ledger(workspace.ledger)
    before = edition - function.edition.every
    known = known_until(function, ledger.read(), before)
    if not known:
        return
    then = observe(ledger, ledger.head_at(known))
    with contextlib.suppress(NothingToFit, Disconnected, DiagnosticsFailed):
        years = observed_years(function, then)
        if years[-1] == before and years[0] <= before - function.edition.every:
            steps.fit(workspace, name, before, seed, steps.staged(progress or silent, str(before)), then)
            steps.score(workspace, name, before)


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


def brief(
    workspace: Workspace, name: str, edition: int | None, by: str, value: str | None
) -> list[tuple[Published, bool]]:
    """Make the brief of a place in every language, as a page and as a PDF where a browser prints.

    Returns
    -------
    the pages, and whether each was printed

    Raises
    ------
    UnknownName
        Where there is no such place.
    """
    year = edition or steps.newest_posterior(workspace, name)
    steps.score(workspace, name, year)
    advising.beside(workspace, name, year)
    made = publish_brief(workspace, name, year, by, value or "")
    pages = [workspace.root / one.index for one in made]
    return list(zip(made, print_pages([(page, page.with_suffix(".pdf")) for page in pages]), strict=True))


def staff(workspace: Workspace, name: str, edition: int | None) -> list[Published]:
    """Make the page on raters that only staff may read, in every language."""
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


def recomputed(workspace: Workspace, edition: int, progress: Progress | None = None) -> list[str]:
    """Compute an edition again: its tables from the draws, its pages and downloads from the tables.

    Returns
    -------
    what was found to be the same, a line each

    Raises
    ------
    UnknownName
        Where the edition was not published.
    CheckFailed
        With everything that is not the same to the byte.
    """
    problems = rebuild(workspace, edition, progress)
    known = read_manifest(workspace.edition(edition))
    for name in known["functions"]:
        written = tables.manifest(workspace, name, edition)["files"]
        run = store.current_run(workspace, name, edition)
        if run.id != known["functions"][name]["posterior"]:
            problems.append(f"posterior {name} {edition}: {run.id} is the current one, the edition rests on another")
            continue
        again = tables.contents(steps.computed(workspace, run))
        digests = {tables.file_of(table): hashlib.sha256(content).hexdigest() for table, content in again.items()}
        problems += [
            f"scores {name} {edition}/{file}: computed again, it is another table"
            for file, digest in written.items()
            if digests.get(file) != digest
        ]
    if problems:
        raise CheckFailed(problems)
    counts = {name: len(known[name]) for name in ("pages", "files")}
    return [
        f"computed again: {', '.join(known['functions'])}: every table is the same to the byte",
        f"made again: {counts['pages']} pages and {counts['files']} downloads are the same to the byte",
    ]
