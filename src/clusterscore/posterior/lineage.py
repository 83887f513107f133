"""The chain of posteriors: from the running one back through those that it corrects, by their records alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.posterior.record import Run

WITHDRAWN: Final = "withdrawn.json"


def lineage(workspace: Workspace, run: Run) -> Iterator[Run]:
    """Yield a run, the one that it corrects, and so on, as far as they are stored."""
    seen: set[str] = set()
    stored = {path.parent.name: path.parent for path in workspace.posteriors.glob(f"{run.function}/*/*/{store.RUN}")}
    current: Run | None = run
    while current is not None and current.id not in seen:
        seen.add(current.id)
        yield current
        parent = stored.get(current.parent or "")
        current = store.read_run(parent) if parent else None


def corrections(workspace: Workspace, run: Run) -> int:
    """Return how many corrections lie between a run and the sampling on which it rests."""
    for number, one in enumerate(lineage(workspace, run)):
        if one.basis is None:
            return number
    return 0


def is_withdrawn(workspace: Workspace, run: Run) -> bool:
    """Whether a posterior was found to be too far from the truth."""
    return (run.home(workspace) / run.id / WITHDRAWN).is_file()


def newest(workspace: Workspace, function: str) -> Run | None:
    """Return the trusted run of the latest edition of a function, or None."""
    editions = [int(path.parent.name) for path in workspace.posteriors.glob(f"{function}/*/{store.CURRENT}")]
    return store.current_run(workspace, function, max(editions)) if editions else None
