"""Pages rendered by the workers of a Dask cluster.

The workers see the same workspace under the same path and have the same version of the package: each compares the key
of a page with what it finds itself before it renders. A worker that is lost loses nothing: its pages go to another one.
What comes back is kept here, so that every page is there once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clusterscore.errors import ClusterscoreError, SchedulerFailed
from clusterscore.paths import Workspace
from clusterscore.report.planned import Page, key_of
from clusterscore.report.rendering import render

if TYPE_CHECKING:
    from distributed import Client, Future

INSTALL: Final = "pip install 'clusterscore[dask]'"
_SECONDS: Final = 30  # until a scheduler answers and has a worker
_PATIENCE: Final = 10  # seconds without a page, after which the workers are counted


def rendered_there(address: str, workspace: Workspace, pages: Sequence[Page]) -> Iterator[tuple[Page, str]]:
    """Yield pages as the workers of a scheduler finish them.

    Raises
    ------
    SchedulerFailed
        Where Dask is not installed, the scheduler does not answer, or no worker is left.
    NotebookFailed
        Where a page cannot be made.
    """
    client = _client(address)
    try:
        yield from _gathered(client, workspace, pages)
    finally:
        client.close()


def _client(address: str) -> Client:
    try:
        from distributed import Client  # noqa: PLC0415 - an extra, which few have
    except ImportError:
        raise SchedulerFailed(f"--scheduler needs Dask, which is not installed; run: {INSTALL}") from None
    try:
        client = Client(address, timeout=_SECONDS)
        client.wait_for_workers(1, timeout=_SECONDS)
    except (OSError, ValueError) as error:
        raise SchedulerFailed(f"no scheduler with a worker at {address!r}: {error}") from None
    return client


def _gathered(client: Client, workspace: Workspace, pages: Sequence[Page]) -> Iterator[tuple[Page, str]]:
    from distributed import wait  # noqa: PLC0415 - as above

    waiting: dict[Future[Any], Page] = {
        client.submit(render_there, str(workspace.root), page, key=f"page-{page.key}", pure=False): page
        for page in pages
    }
    try:
        while waiting:
            try:
                done = wait(list(waiting), timeout=_PATIENCE, return_when="FIRST_COMPLETED").done
            except TimeoutError:
                if not client.scheduler_info()["workers"]:
                    raise SchedulerFailed(f"no worker is left; {len(waiting)} pages wait") from None
                continue
            for future in done:
                yield waiting[future], _result(future)
                del waiting[future]
    finally:
        client.cancel(list(waiting))


def _result(future: Future[Any]) -> str:
    from distributed import KilledWorker  # noqa: PLC0415 - as above

    try:
        return str(future.result())
    except KilledWorker as error:
        raise SchedulerFailed(f"a page ended several workers, one after the other: {error}") from None


def render_there(root: str, page: Page) -> str:
    """Return one page; called on a worker.

    Raises
    ------
    SchedulerFailed
        Where the worker would make another page than was asked for.
    """
    try:
        here = key_of(Workspace.find(Path(root)), page)
    except (OSError, ClusterscoreError) as error:
        raise SchedulerFailed(f"a worker does not see the workspace {root!r}: {error}") from None
    if here != page.key:
        raise SchedulerFailed(f"a worker has other code, or other files in {root!r}; install the same version there")
    return render(Path(root), page)
