"""Verbs on what goes out and comes back: templates written, mappings proposed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping as Pairs
from pathlib import Path

from pydantic import ValidationError

from clusterscore import steps
from clusterscore.durable import write_atomically
from clusterscore.errors import Fault, FunctionInvalid, InputRefused, UnknownName
from clusterscore.observations.ledger import Ledger
from clusterscore.observations.observed import observe
from clusterscore.paths import Workspace
from clusterscore.raw.readers import read_bytes
from clusterscore.raw.receive import receive
from clusterscore.reading.grids import rows_of
from clusterscore.reading.mapping import Mapping
from clusterscore.reading.proposal import Known, Proposal, propose
from clusterscore.sending import templates as sending
from clusterscore.sending.marked import mark
from clusterscore.sending.questionnaire import labels_of, scale
from clusterscore.sending.templates import Sent
from clusterscore.vocabulary import Kind


def marked(
    workspace: Workspace,
    paths: Iterable[Path],
    faults: Iterable[Fault],
    folder: Path,
    language: str = "en",
    encoding: str | None = None,
) -> list[Path]:
    """Write marked-up copies of files in which something is wrong or in doubt; see :mod:`clusterscore.sending.marked`.

    A file of which no table can be read has no copy: what is wrong with it concerns the whole file.
    """
    files, _ = receive(workspace, paths, "received", demonstration=False, encoding=encoding)
    return mark(files, faults, folder, language)


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


def candidates(workspace: Workspace, function: str | None = None) -> dict[str, Known]:
    """Return what a column may hold, by id: items and indicators of one function, or of all.

    An id that two functions use for different kinds of unit is asked about with ``function``.
    """
    documents = steps.functions_of(workspace)
    chosen = [steps.function_of(workspace, function)] if function else [*documents.values()]
    known: dict[str, Known] = {}
    for document in chosen:
        for part in document.indicators:
            if part.derived is None:
                known[part.id] = Known("figure", part.id, (part.title.en, part.title.ro), {})
        for item in document.items:
            words = scale(labels_of(document, item))
            known[item.id] = Known("item", item.id, (item.text.en, item.text.ro), words)
    return known


def proposal(workspace: Workspace, file: Path, known: Pairs[str, Known]) -> Proposal:
    """Return what the columns of a file may hold.

    Raises
    ------
    InputRefused
        Where the file cannot be read, or holds nothing.
    """
    name = workspace.relative(file)
    if not file.is_file():
        raise InputRefused([Fault(str(file), 0, "", "E-FILE-ABSENT", str(file), "an existing file")])
    grids = [grid for grid in rows_of(file, name, read_bytes(file, name)) if grid.rows]
    if not grids:
        raise InputRefused([Fault(name, 0, "", "E-FILE-EMPTY", "no content", "headers and rows")])
    units = observe(Ledger(workspace.ledger)).units
    names = dict(zip(units["name"], units["unit"], strict=True))
    borne = Counter(units["name"])
    return propose(grids, [*known.values()], {name: unit for name, unit in names.items() if borne[name] == 1})


def free_name(workspace: Workspace, name: str) -> Path:
    """Return where a new mapping goes.

    Raises
    ------
    UnknownName
        Where a mapping has that name already; edit it, or choose another name.
    """
    path = workspace.mappings / f"{name}.yml"
    if path.exists():
        raise UnknownName("name that no mapping has yet", name, ())
    return path


def write_mapping(workspace: Workspace, made: Proposal, name: str, year: int | None, unit: str | None) -> Path:
    """Write what is certain of a proposal as a mapping.

    Raises
    ------
    FunctionInvalid
        With everything that is missing for a mapping by which a file can be read.
    """
    path = free_name(workspace, name)
    try:
        mapping: Mapping = made.mapping(name, year, unit)
    except ValidationError as error:
        problems = [problem["msg"].removeprefix("Value error, ") for problem in error.errors()]
        raise FunctionInvalid(path, problems) from None
    write_atomically(path, mapping.as_yaml().encode())
    return path
