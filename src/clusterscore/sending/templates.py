"""Everything that is sent out for an edition, written into one folder: workbooks, questionnaires, print forms."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from clusterscore.durable import write_atomically
from clusterscore.errors import UnknownName
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.sending import eusurvey, limesurvey, printed, questionnaire, workbook
from clusterscore.sending.asked import requests
from clusterscore.sending.questionnaire import Questionnaire
from clusterscore.vocabulary import Kind

_LANGUAGES: Final[tuple[Literal["en", "ro"], ...]] = ("en", "ro")
_READ_ME: Final = Path(__file__).parent / "template" / "read-me.txt"


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that was made.

    Attributes
    ----------
    path
        Where it lies.
    rows
        How many figures or questions it asks for.
    sha256
        Digest of its bytes.
    kept
        Whether it was there already, edited by somebody, and was left as it is.
    """

    path: Path
    rows: int
    sha256: str
    kept: bool = False


def write(
    functions: Sequence[Function],
    observations: Observations,
    edition: int,
    cluster: str | None,
    folder: Path,
    mappings: Path,
) -> list[Sent]:
    """Write all templates of an edition.

    Parameters
    ----------
    functions
        Whose figures and items are asked.
    observations
        Who is recorded, and what is known of them.
    edition
        The year that is asked about.
    cluster
        One cluster with its management team; None for all.
    folder
        Where templates go.
    mappings
        Where the mappings go by which answers will be read; one that somebody edited is left as it is.

    Returns
    -------
    what was made, in order

    Raises
    ------
    UnknownName
        Where there is no such cluster.
    """
    units = observations.units
    chosen = set(units.loc[units["kind"].isin([Kind.CLUSTER, Kind.TEAM]), "unit"])
    if cluster is not None:
        if cluster not in chosen:
            raise UnknownName("cluster or management team", cluster, chosen)
        chosen &= {cluster, *units.loc[units["parent"] == cluster, "unit"]}
    made = [_put(folder / "README.txt", _READ_ME.read_bytes(), 0)]
    for request in requests(functions, observations, edition):
        if request.unit in chosen:
            asked = len(request.figures) + len(request.member_figures) * len(request.members)
            path = folder / "workbooks" / f"{request.unit}-{edition}.xlsx"
            made.append(_put(path, workbook.write(request), asked))
    for function in functions:
        if function.items and function.kind in {Kind.CLUSTER, Kind.TEAM}:
            for row in units[(units["kind"] == function.kind) & units["unit"].isin(chosen)].itertuples():
                made += _questionnaire(
                    questionnaire.make(function, edition, str(row.unit), str(row.name)), folder, mappings
                )
    return made


def _questionnaire(asked: Questionnaire, folder: Path, mappings: Path) -> Iterator[Sent]:
    mapping = questionnaire.mapping_of(asked)
    name, rows = mapping.mapping, sum(len(part.questions) for part in asked.parts)
    yield _put(folder / "limesurvey" / f"{name}.txt", limesurvey.structure(asked), rows)
    yield _put(folder / "eusurvey" / f"{name}.csv", eusurvey.question_list(asked), rows)
    for language in _LANGUAGES:
        yield _put(folder / "print" / f"{name}-{language}.html", printed.page(asked, language).encode(), rows)
    yield _put(mappings / f"{name}.yml", mapping.as_yaml().encode(), rows, keep=True)


def _put(path: Path, content: bytes, rows: int, *, keep: bool = False) -> Sent:
    """Write a file; with ``keep`` one that is there stays as it is."""
    if keep and path.exists():
        there = path.read_bytes()
        return Sent(path, rows, hashlib.sha256(there).hexdigest(), kept=there != content)
    write_atomically(path, content)
    return Sent(path, rows, hashlib.sha256(content).hexdigest())
