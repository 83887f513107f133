"""The command line, verbs on what goes out and comes back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clusterscore.console import Json, Place, artefact_line, say
from clusterscore.paths import Workspace

if TYPE_CHECKING:
    from clusterscore.reading.mapping import Column
    from clusterscore.reading.proposal import Guess, Known, Proposal

app = typer.Typer()

_PLAIN = ("ignored", "personal", "identity", "rater", "unit", "year", "submitted", "affiliation", "ties")


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


@app.command(name="map")
def map_(
    file: Annotated[Path, typer.Argument(help="An export of a survey tool, or a spreadsheet of figures.")],
    name: Annotated[str, typer.Option("--name", help="Name of the mapping: small letters, digits, hyphens.")],
    function: Annotated[str | None, typer.Option("--function", help="Whose items are asked; default: all.")] = None,
    edition: Annotated[int | None, typer.Option("--edition", help="The year of the answers.", min=1900)] = None,
    unit: Annotated[str | None, typer.Option("--cluster", help="Whom the answers are about, if one unit.")] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Take what is certain, leave out what is not, ask nothing.")
    ] = False,
    workspace: Place = None,
    as_json: Json = False,
) -> None:
    """Propose what the columns of a file hold, ask about what is doubtful, and write the mapping."""
    from clusterscore import exchange

    place = Workspace.find(workspace)
    exchange.free_name(place, name)
    known = exchange.candidates(place, function)
    made = exchange.proposal(place, file, known)
    if not as_json:
        print("\n".join(map(_guess_line, made.guesses)))
    if not yes:
        made = _asked(made, known)
    path = exchange.write_mapping(place, made, name, edition, unit)
    left = [guess.header for guess in made.guesses if not guess.certain]
    lines = [f"{path}  {len(made.guesses) - len(left)} columns"]
    lines += [
        f"  left out, so that files with it are refused until you say what it holds: {header!r}" for header in left
    ]
    lines += [f"  no answer known by the words {word!r}; add them to labels" for word in made.unknown_words]
    say(as_json, {"path": path, "left_out": left, "unknown_words": made.unknown_words}, lines)


def _guess_line(guess: Guess) -> str:
    others = f"; or {', '.join(guess.others)}" if guess.others else ""
    sure = "certain" if guess.certain else "doubtful" if guess.column is not None else "unknown"
    return f"{sure:8}  {100 * guess.confidence:3.0f} %  {guess.header!r} -> {_held(guess.column)}{others}"


def _held(column: Column | None) -> str:
    return "?" if column is None else column.item or column.indicator or column.holds


def _asked(made: Proposal, known: dict[str, Known]) -> Proposal:
    """Return the proposal after a person has decided on each doubtful column."""
    from clusterscore.errors import printable
    from clusterscore.reading.mapping import Column
    from clusterscore.reading.proposal import column_of
    from clusterscore.reading.wording import plain

    columns: list[Column | None] = []
    for guess in made.guesses:
        column = guess.column
        while not guess.certain:
            question = f"{printable(guess.header)!r}: {_held(guess.column)}? yes, no (leave out), or what it holds"
            answer = typer.prompt(question, default="no").strip()
            if answer in {"yes", "da"} and guess.column is not None:
                break
            if answer in {"no", "nu"}:
                column = None
                break
            if answer in known:
                column = column_of(guess.header, known[answer])
                break
            if answer in _PLAIN:
                optional = answer in {"ignored", "personal"}
                column = Column.model_validate({"header": plain(guess.header), "holds": answer, "optional": optional})
                break
            print(f"not an item or indicator, nor one of: {', '.join(_PLAIN)}")
        columns.append(column)
    return made.decided(columns)
