"""Two published editions side by side: what changed in data, method and results, from what each recorded of itself.

Both are read and neither is written.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from clusterscore.errors import CheckFailed, NotFitted, UnknownName
from clusterscore.paths import Workspace
from clusterscore.report.downloads import FOLDER
from clusterscore.report.edition import MANIFEST, check_edition, read_manifest

_DATA: Final = {"head": "ledger head", "observations": "observations", "evidence": "evidence"}
_METHOD: Final = {
    "document": "function document",
    "version": "version of the function",
    "model": "code of the model",
    "tables": "code of the tables",
    "seed": "seed",
    "software": "software",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same in both editions.

    Attributes
    ----------
    part
        ``data``, ``method`` or ``results``.
    what
        What differs.
    before, after
        What each edition says.
    """

    part: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, eq=False)
class Comparison:
    """What changed between two editions of one function.

    Attributes
    ----------
    differences
        Everything that is not the same.
    scores
        unit, before, after (medians), apart (whether their intervals do not touch), in the order of the change.
    """

    differences: tuple[Difference, ...]
    scores: pd.DataFrame


def compare(workspace: Workspace, function: str, edition: int, other: int) -> Comparison:
    """Return what changed from one edition to another.

    Raises
    ------
    NotFitted
        Where an edition was not published, or before editions recorded what is compared.
    UnknownName
        Where the function is not in both.
    CheckFailed
        Where a file of either is not the one that was published.
    """
    first, second = sorted((edition, other))
    records = [_record(workspace, function, year) for year in (first, second)]
    tables = [_scores(workspace, function, year) for year in (first, second)]
    scores = _moved(*tables)
    results = _results(tables[0], tables[1], scores)
    return Comparison(
        (*_differing("data", _DATA, *records), *_differing("method", _METHOD, *records), *results), scores
    )


def _record(workspace: Workspace, function: str, edition: int) -> Mapping[str, Any]:
    folder = workspace.edition(edition)
    if not (folder / MANIFEST).is_file():
        raise NotFitted(f"edition {edition} was not published; run: clusterscore publish --edition {edition}")
    problems = check_edition(folder)
    if problems:
        raise CheckFailed(problems)
    known = read_manifest(folder)["functions"]
    if function not in known:
        raise UnknownName(f"function of edition {edition}", function, known)
    record: Mapping[str, Any] = known[function]
    if "document" not in record:
        raise NotFitted(f"edition {edition} was published before editions recorded what is compared")
    return record


def _scores(workspace: Workspace, function: str, edition: int) -> pd.DataFrame:
    path = workspace.edition(edition) / FOLDER / f"{function}-{edition}-scores.csv"
    table = pd.read_csv(io.BytesIO(path.read_bytes()), dtype={"unit": str})
    return table[table["year"] == edition].set_index("unit")


def _differing(
    part: str, names: Mapping[str, str], before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Difference]:
    return [
        Difference(part, what, *_sides(before[name], after[name]))
        for name, what in names.items()
        if before[name] != after[name]
    ]


def _sides(before: object, after: object) -> tuple[str, str]:
    """Return what two manifests say; of what has several parts, only those that differ."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        other = [name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)]
        before, after = ({name: one.get(name, "none") for name in other} for one in (before, after))
    return said(before), said(after)


def said(value: object) -> str:
    """Return what a manifest says, in one line; digests by their first signs."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {one}" for name, one in value.items())
    text = str(value)
    return text if len(text) <= 30 else f"{text[:20]}..."  # noqa: PLR2004 - what fits in a line


def _moved(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    both = before.add_suffix("_before").join(after.add_suffix("_after"), how="inner").reset_index()
    apart = (both["q05_before"] > both["q95_after"]) | (both["q05_after"] > both["q95_before"])
    moved = pd.DataFrame(
        {
            "unit": both["unit"],
            "before": both["score_median_before"],
            "after": both["score_median_after"],
            "apart": apart,
        }
    )
    far = (moved["after"] - moved["before"]).abs()
    return moved.loc[far.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


def _results(before: pd.DataFrame, after: pd.DataFrame, scores: pd.DataFrame) -> list[Difference]:
    new, gone = sorted(set(after.index) - set(before.index)), sorted(set(before.index) - set(after.index))
    shared = before.add_suffix("_before").join(after.add_suffix("_after"), how="inner")
    verdicts = int((shared["verdict_before"] != shared["verdict_after"]).sum())
    found = [
        Difference("results", "units", f"{len(before)}", f"{len(after)}: new {_names(new)}; gone {_names(gone)}"),
        Difference("results", "verdicts that changed", "-", f"{verdicts} of {len(shared)}"),
        Difference(
            "results", "scores whose intervals are apart", "-", f"{int(scores['apart'].sum())} of {len(shared)}"
        ),
    ]
    return found[int(not new and not gone) :]


def _names(units: list[str]) -> str:
    return ", ".join(units) or "none"
