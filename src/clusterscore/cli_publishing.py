"""The command line, verbs on pages: one page or all, an edition, policy briefs, editions compared."""

from __future__ import annotations

from typing import Annotated

import typer

from clusterscore.console import EditionYear, FunctionName, Json, Place, Scheduler, Workers, published_line, say
from clusterscore.paths import Workspace

app = typer.Typer()


@app.command()
def report(
    cluster: Annotated[
        str | None, typer.Option("--cluster", "--unit", help="Id of the cluster, region or team.")
    ] = None,
    member: Annotated[str | None, typer.Option("--member", help="Id of a member; its page is private.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every page of the edition; what did not change is left alone.")
    ] = False,
    members: Annotated[
        bool, typer.Option("--members", help="With --all: the private pages of all members too.")
    ] = False,
    workers: Workers = None,
    scheduler: Scheduler = None,
    language: Annotated[str, typer.Option("--language", help="Of a member's page: en or ro.")] = "en",
    function: FunctionName = "competitiveness",
    edition: EditionYear = None,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Render the page of one cluster in English and Romanian, that of one member, or all of an edition."""
    from clusterscore import advising, publishing, steps
    from clusterscore.progress import bars
    from clusterscore.report.rendering import Hands

    place = Workspace.find(workspace)
    if (cluster, member, everything or None).count(None) != 2:  # noqa: PLR2004 - one of three
        raise typer.BadParameter("name a cluster (--cluster ID) or a member (--member ID), or ask for all (--all)")
    if not everything and (members or workers or scheduler):
        raise typer.BadParameter("--members, --workers and --scheduler go with --all")
    through = edition or steps.newest_posterior(place, function)
    if everything:
        with bars(quiet=as_json) as told:
            hands = Hands(workers, scheduler)
            all_made = publishing.report_all(place, function, through, hands, told, members=members)
        say(as_json, all_made, map(published_line, all_made))
        return
    if member is not None:
        made = steps.render_member(place, function, through, member, language)
    else:
        made = steps.render(place, function, through, str(cluster), advising.beside)
    say(as_json, made, [f"{made.index}  {made.bytes} bytes  sha256 {made.sha256[:12]}"])


@app.command()
def publish(
    function: FunctionName = "competitiveness",
    edition: EditionYear = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also bind all pages as one PDF, beside the edition.")] = False,
    language: Annotated[str, typer.Option("--language", help="Of the PDF: en or ro.")] = "en",
    workers: Workers = None,
    scheduler: Scheduler = None,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Render the pages of all clusters and the index of an edition."""
    from clusterscore import advising, publishing, steps
    from clusterscore.progress import bars
    from clusterscore.report.rendering import Hands

    place = Workspace.find(workspace)
    with bars(quiet=as_json) as told:
        year = edition or steps.newest_posterior(place, function)
        published = steps.publish(place, function, year, told, advising.beside, Hands(workers, scheduler))
    lines = [published_line(published)]
    if pdf:
        bound = publishing.printed(place, function, year, language)
        lines.append(f"{bound[0]}  {bound[1]} sheets" if bound else "no PDF: that needs Chromium and pypdf")
    say(as_json, published, lines)


@app.command()
def brief(
    by: Annotated[str, typer.Option("--by", help="region, sector, country or all.")] = "all",
    value: Annotated[str | None, typer.Option("--value", help="Which region, sector or country.")] = None,
    function: FunctionName = "competitiveness",
    edition: EditionYear = None,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Make the policy brief of a place in English and Romanian, at most four pages each."""
    from clusterscore import publishing

    made = publishing.brief(Workspace.find(workspace), function, edition, by, value)
    lines = []
    for page, on_paper in made:
        lines.append(f"{page.index}  {page.bytes} bytes  sha256 {page.sha256[:12]}")
        lines.append(
            f"{page.index.removesuffix('html')}pdf" if on_paper else "no PDF: there is no Chromium here that prints"
        )
    say(as_json, [{"page": page, "printed": on_paper} for page, on_paper in made], lines)


@app.command()
def raters(
    function: FunctionName = "competitiveness",
    edition: EditionYear = None,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Make the page on raters to look at in English and Romanian: for staff alone, in private/, never published."""
    from clusterscore import publishing

    made = publishing.staff(Workspace.find(workspace), function, edition)
    lines = [f"{page.index}  {page.bytes} bytes  sha256 {page.sha256[:12]}; not to be published" for page in made]
    say(as_json, made, lines)


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
