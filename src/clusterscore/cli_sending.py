"""The command line, verbs on what goes out and comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clusterscore.console import Json, Place, artefact_line, say
from clusterscore.paths import Workspace

app = typer.Typer()


@app.command()
def templates(
    edition: Annotated[int, typer.Option("--edition", help="The year that is asked about.", min=1900, max=9999)],
    function: Annotated[str | None, typer.Option("--function", help="Id of one function; default: all.")] = None,
    cluster: Annotated[str | None, typer.Option("--cluster", help="One cluster, with its team; default: all.")] = None,
    to: Annotated[Path | None, typer.Option("--to", help="Folder; default: templates/EDITION.")] = None,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Write what is sent out to be filled in: workbooks, questionnaires for survey tools, print forms."""
    from clusterscore import exchange

    made = exchange.templates(Workspace.find(workspace), edition, function, cluster, to)
    lines = [artefact_line(sent) + ("  left as it was: somebody edited it" if sent.kept else "") for sent in made]
    say(as_json, made, lines)
