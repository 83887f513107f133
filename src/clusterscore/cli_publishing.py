"""The command line, verbs beside an edition: policy briefs, editions compared."""

from __future__ import annotations

from typing import Annotated

import typer

from clusterscore.console import EditionYear, FunctionName, Json, Place, say
from clusterscore.paths import Workspace

app = typer.Typer()


@app.command()
def brief(
    by: Annotated[str, typer.Option("--by", help="region, sector, country or all.")] = "all",
    value: Annotated[str | None, typer.Option("--value", help="Which region, sector or country.")] = None,
    function: FunctionName = "competitiveness",
    edition: EditionYear = None,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Make the policy brief of a place, at most four pages: which clusters, which instruments, what is not known."""
    from clusterscore import publishing

    made, on_paper = publishing.brief(Workspace.find(workspace), function, edition, by, value)
    lines = [f"{made.index}  {made.bytes} bytes  sha256 {made.sha256[:12]}"]
    lines.append(
        f"{made.index.removesuffix('html')}pdf" if on_paper else "no PDF: there is no Chromium here that prints"
    )
    say(as_json, {"page": made, "printed": on_paper}, lines)


@app.command()
def raters(
    function: FunctionName = "competitiveness",
    edition: EditionYear = None,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Make the page on raters to look at, by pseudonym: for staff alone, in private/, never published."""
    from clusterscore import publishing

    made = publishing.staff(Workspace.find(workspace), function, edition)
    say(as_json, made, [f"{made.index}  {made.bytes} bytes  sha256 {made.sha256[:12]}; not to be published"])


@app.command()
def compare(
    edition: Annotated[int, typer.Argument(help="A published edition.")],
    other: Annotated[int, typer.Argument(help="Another one.")],
    function: FunctionName = "competitiveness",
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Say what changed between two published editions: data, method, results. Neither is written."""
    from clusterscore import publishing
    from clusterscore.frames import each
    from clusterscore.report import text

    found = publishing.compare(Workspace.find(workspace), function, edition, other)
    lines = [f"{one.part}  {one.what}: {one.before} -> {one.after}" for one in found.differences]
    lines += [
        f"{row.unit}  {text.points(row.before)} -> {text.points(row.after)}{'  intervals apart' if row.apart else ''}"
        for row in each(found.scores)
    ]
    record = {"differences": list(found.differences), "scores": found.scores.to_dict("records")}
    say(as_json, record, lines)
