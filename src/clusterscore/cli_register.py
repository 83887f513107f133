"""The command line, verbs on advice and accreditation: recommendations, levels, the register, certificates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from clusterscore.console import EditionYear, FunctionName, Json, Place, UnitName, artefact_line, say
from clusterscore.paths import Workspace

app = typer.Typer()

Person = Annotated[str, typer.Option("--who", help="First and last name of the person responsible.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in one sentence; it stays in the register.")]
Application = Annotated[int, typer.Option("--application", help="Number of the application in the register.", min=1)]
Decision = Annotated[int, typer.Option("--decision", help="Number of the decision in the register.", min=1)]


@app.command()
def advise(
    function: FunctionName = "competitiveness",
    edition: EditionYear = None,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Write recommendations, what-if, levels, conditions and partners from a trusted posterior."""
    from clusterscore import advising

    made = advising.advise(Workspace.find(workspace), function, edition)
    say(as_json, made, map(artefact_line, made))


@app.command()
def levels(
    cluster: Annotated[str | None, typer.Option("--cluster", help="Id of one cluster; default: all.")] = None,
    edition: EditionYear = None,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Say on which level each cluster lies, and which conditions of each level it fulfils."""
    from clusterscore import advising
    from clusterscore.errors import UnknownName
    from clusterscore.frames import each

    placed, conditions = advising.levels_now(Workspace.find(workspace), edition)
    if cluster is not None:
        if cluster not in set(placed["unit"]):
            raise UnknownName("cluster with a score", cluster, placed["unit"])
        placed, conditions = (table[table["unit"] == cluster] for table in (placed, conditions))
    lines = []
    for row in each(placed):
        lines.append(f"{row.unit}  {row.said_en}")
        own = conditions[conditions["unit"] == row.unit]
        for level, part in own.groupby("level", sort=False):
            missing = [_condition(one) for one in each(part) if one.holds != "yes"]
            lines.append(f"  {level}: {'; '.join(missing) if missing else 'every condition holds'}")
            if cluster is not None:
                lines += [
                    f"    {one.condition}  {one.holds}  {one.found or '-'}  needed {one.needed}" for one in each(part)
                ]
    record = {"levels": placed.to_dict("records"), "conditions": conditions.to_dict("records")}
    say(as_json, record, lines)


def _condition(one: Any) -> str:
    return f"{one.condition} {one.found or 'not recorded'}, needed {one.needed}"


@app.command()
def apply(
    cluster: UnitName,
    level: Annotated[str, typer.Option("--level", help="Id of a level in catalogue/levels.yml.")],
    who: Person,
    reason: Reason = "application of the cluster",
    association: Annotated[
        str | None, typer.Option(help="Of a cluster that holds a level elsewhere: the other association.")
    ] = None,
    country: Annotated[str | None, typer.Option(help="... its country.")] = None,
    held: Annotated[str | None, typer.Option(help="... the level held there.")] = None,
    until: Annotated[str | None, typer.Option(help="... until when.")] = None,
    evidence: Annotated[str | None, typer.Option(help="... where that can be verified.")] = None,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Record that a cluster applies for a level, perhaps with one that it holds in another association."""
    from clusterscore import accrediting

    told = {"association": association, "country": country, "level": held, "until": until, "evidence": evidence}
    origin = {name: text or "" for name, text in told.items()} if any(told.values()) else None
    words = accrediting.said_by(who, reason)
    entry = accrediting.apply(Workspace.find(workspace), cluster, level, words, origin)
    say(as_json, entry, [_entry(entry), f"next: clusterscore decide --application {entry.number}"])


@app.command()
def renew(
    cluster: UnitName, who: Person, reason: Reason = "renewal", workspace: Place = None, as_json: Json = False
) -> None:
    """Record that a cluster applies for its level to be renewed."""
    from clusterscore import accrediting

    entry = accrediting.renew(Workspace.find(workspace), cluster, accrediting.said_by(who, reason))
    say(as_json, entry, [_entry(entry)])


@app.command()
def decide(
    application: Application,
    who: Person,
    reason: Reason,
    give: Annotated[bool, typer.Option("--give/--refuse", help="Give the level, or refuse it.")],
    level: Annotated[str | None, typer.Option("--level", help="Another level than the one applied for.")] = None,
    override: Annotated[
        str | None, typer.Option("--override", help="Why it is given although conditions do not hold.")
    ] = None,
    edition: EditionYear = None,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Record a person's decision about an application; nothing is decided automatically."""
    from clusterscore import accrediting

    entry = accrediting.decide(
        Workspace.find(workspace),
        application,
        accrediting.said_by(who, reason),
        give=give,
        level=level,
        override=override,
        edition=edition,
    )
    lines = [
        _entry(entry),
        *(f"  {one['name']}  {one['holds']}  {one['found'] or '-'}" for one in entry.data["conditions"]),
    ]
    if entry.data["override"]:
        lines.append(f"  by way of exception: {entry.data['override']}")
    if entry.data["given"]:
        lines.append(f"  from {entry.data['since']} until {entry.data['until']}")
    say(as_json, entry, lines)


@app.command()
def withdraw(
    decision: Decision,
    who: Person,
    reason: Reason,
    to: Annotated[str | None, typer.Option("--to", help="The association to which the cluster goes.")] = None,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Record that a level ends before its time: withdrawn, or the cluster goes to another association."""
    from clusterscore import accrediting

    entry = accrediting.end(Workspace.find(workspace), decision, accrediting.said_by(who, reason), to)
    say(as_json, entry, [_entry(entry)])


@app.command()
def register(
    head: Annotated[str | None, typer.Option("--head", help="A head that must lie on the chain, count:digest.")] = None,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """List the register and verify its chain."""
    from clusterscore import accrediting
    from clusterscore.chain import Head
    from clusterscore.errors import UnknownName

    try:
        published = None if head is None else Head.parse(head)
    except ValueError:
        raise UnknownName("head (count:digest)", str(head), ()) from None
    rows, now = accrediting.listed(Workspace.find(workspace), published)
    lines = [
        f"{row.number}  {row.when}  {row.unit}  {row.step}"
        f"{f' about {row.about}' if row.about else ''}  {row.level}  {row.state}  {row.who}: {row.reason}"
        for row in rows
    ]
    say(as_json, {"register": rows, "head": str(now)}, [*lines, f"register head {now}"])


@app.command()
def certificate(
    number: Annotated[int, typer.Argument(help="Number of the decision in the register.", min=1)],
    who: Person,
    reason: Reason = "issued",
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Make the certificate of a decision, in English and Romanian, and record its digests."""
    from clusterscore import accrediting

    made, printed = accrediting.certificate(Workspace.find(workspace), number, accrediting.said_by(who, reason))
    lines = [f"{one.path}  sha256 {one.sha256}" for one in made]
    if not printed:
        lines.append("no PDF: there is no Chromium here that prints; print the page from a browser instead")
    say(as_json, {"files": made, "printed": printed}, lines)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A certificate, page or PDF.")],
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Compare a certificate with the register, and say whether its level is valid today."""
    from clusterscore import accrediting

    found = accrediting.verify(Workspace.find(workspace), file)
    again = {True: "; made again, it is the same", False: "; made again by this version, it looks different", None: ""}
    line = (
        f"{found.certificate}  {found.unit}  {found.level}  {found.state}, from {found.since} until {found.until}; "
        f"issued {found.issued}; sha256 as recorded{again[found.recomputed]}"
    )
    say(as_json, found, [line])


def _entry(entry: Any) -> str:
    given = {True: "  given", False: "  refused", None: ""}[entry.data.get("given")]
    return (
        f"{entry.number}  {entry.step}  {entry.unit}  {entry.data.get('level', '')}{given}  {entry.who}: {entry.reason}"
    )
