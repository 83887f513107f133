"""Pages rendered side by side: each by a kernel of its own, driven by processes here or by workers of a Dask cluster.

A process that drives is used again for the next page; a kernel never is, so that nothing of one page reaches another.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from clusterscore import paths
from clusterscore.paths import Workspace
from clusterscore.progress import Progress
from clusterscore.report.kept import Kept
from clusterscore.report.kernel import die_with_parent, processes, without_main
from clusterscore.report.notebooks import run
from clusterscore.report.planned import Page
from clusterscore.report.render import to_html

STAGE = "pages"


@dataclass(frozen=True, slots=True)
class Hands:
    """Who renders.

    Attributes
    ----------
    workers
        Processes here; None for one a core.
    scheduler
        Address of a Dask scheduler whose workers render instead; None for here.
    """

    workers: int | None = None
    scheduler: str | None = None

    @property
    def processes(self) -> int:
        """How many processes render here."""
        return self.workers or cores()


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def render_all(workspace: Workspace, pages: Sequence[Page], kept: Kept, hands: Hands, told: Progress) -> int:
    """Render what is not kept yet, and keep each page as soon as it is whole.

    Parameters
    ----------
    told
        Told the stage ``pages``; what was kept before counts as done.

    Returns
    -------
    how many were rendered now

    Raises
    ------
    NotebookFailed
        Where a page cannot be made; what was rendered stays kept.
    """
    missing = kept.missing(pages)
    done = len(pages) - len(missing)
    if missing:
        told(STAGE, done / len(pages))
    for page, html in _rendered(workspace, missing, hands):
        kept.put(page, html.encode())
        done += 1
        told(STAGE, done / len(pages))
    told(STAGE, 1.0)
    return len(missing)


def _rendered(workspace: Workspace, pages: Sequence[Page], hands: Hands) -> Iterator[tuple[Page, str]]:
    if hands.scheduler is not None:
        from clusterscore.report.scheduled import rendered_there  # noqa: PLC0415 - only where it was asked for

        yield from rendered_there(hands.scheduler, workspace, pages)
    elif min(hands.processes, len(pages)) <= 1:
        for page in pages:
            yield page, render(workspace.root, page)
    else:
        yield from _side_by_side(workspace, pages, hands.processes)


def _side_by_side(workspace: Workspace, pages: Sequence[Page], workers: int) -> Iterator[tuple[Page, str]]:
    with ProcessPoolExecutor(min(workers, len(pages)), processes(), initializer=die_with_parent) as pool:
        with without_main():  # processes start as pages are handed in
            jobs = {pool.submit(render, workspace.root, page): page for page in pages}
        try:
            for job in as_completed(jobs):
                yield jobs[job], job.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def render(root: Path, page: Page) -> str:
    """Return one page of the workspace in a folder.

    Raises
    ------
    NotebookFailed
        Where it cannot be made.
    """
    executed = run(paths.notebooks() / page.notebook, {"workspace": str(root), **page.parameters})
    return to_html(executed, page.title, page.kicker, page.links, page.language)
