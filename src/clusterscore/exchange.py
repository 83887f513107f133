"""Verbs on what goes out and comes back: templates written, mappings proposed."""

from __future__ import annotations

from pathlib import Path

from clusterscore import steps
from clusterscore.observations.ledger import Ledger
from clusterscore.observations.observed import observe
from clusterscore.paths import Workspace
from clusterscore.sending import templates as sending
from clusterscore.sending.templates import Sent
from clusterscore.vocabulary import Kind


def templates(
    workspace: Workspace,
    edition: int,
    function: str | None = None,
    cluster: str | None = None,
    to: Path | None = None,
) -> list[Sent]:
    """Write workbooks and questionnaires of an edition: of one function, or of all about clusters, teams and members.

    Parameters
    ----------
    edition
        The year that is asked about.
    cluster
        One cluster with its management team; None for all.
    to
        Folder; by default ``templates/<edition>`` in the workspace.
    """
    known = steps.functions_of(workspace)
    chosen = [steps.function_of(workspace, function)] if function else [*known.values()]
    asked = [document for document in chosen if document.kind != Kind.REGION]
    folder = to or workspace.root / "templates" / str(edition)
    return sending.write(asked, observe(Ledger(workspace.ledger)), edition, cluster, folder, workspace.mappings)
