"""A score over time of arrival, not of measurement: each posterior, how it was found, and what came before it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pandas as pd
from scipy.special import ndtr

from clusterscore.errors import UnknownName
from clusterscore.observations.ledger import Action, Head, Ledger, Record
from clusterscore.paths import Workspace
from clusterscore.posterior.lineage import is_withdrawn, lineage
from clusterscore.posterior.record import Run
from clusterscore.vocabulary import Table

_OTHERS: Final = "records about others"
_WEIGHTS: Final = ["created", "records", "id", "edition", "way", "figures", "answers", "pillar", "mean", "q05", "q95"]
FIRST: Final = "all observations until then"


def path_of(workspace: Workspace, run: Run, unit: str, *, named: bool = True) -> pd.DataFrame:
    """Return a unit's score in a posterior and in those that it corrects, the newest first.

    Parameters
    ----------
    named
        Whether raters are named by pseudonym, for staff; else their questionnaires are only counted.

    Returns
    -------
    created, records (of the ledger), id, edition, way, score, q05, q95 (0 to 100), mean, sd (of the standing), new
    (what came about the unit since the posterior before, in words), withdrawn

    Raises
    ------
    UnknownName
        Where no posterior knows the unit.
    """
    runs = list(lineage(workspace, run))
    records = Ledger(workspace.ledger).read() if len(runs) > 1 else ()
    rows = []
    for number, one in enumerate(runs):
        standing = next((row for row in one.standing if row["unit"] == unit), None)
        if standing is None:
            continue
        after = Head.parse(runs[number + 1].head).count if number + 1 < len(runs) else 0
        since = records[after : Head.parse(one.head).count]
        rows.append(
            {
                "created": one.created,
                "records": Head.parse(one.head).count,
                "id": one.id,
                "edition": one.edition,
                "way": one.update["way"] if one.update else "sampled",
                "score": 100.0 * ndtr(standing["mean"]),
                "q05": 100.0 * ndtr(standing["q05"]),
                "q95": 100.0 * ndtr(standing["q95"]),
                "mean": standing["mean"],
                "sd": standing["sd"],
                "new": said(since, unit, named=named) if number + 1 < len(runs) else FIRST,
                "withdrawn": is_withdrawn(workspace, one),
            }
        )
    if not rows:
        raise UnknownName("unit", unit, sorted({row["unit"] for one in runs for row in one.standing}))
    return pd.DataFrame(rows)


def weights_of(workspace: Workspace, run: Run) -> pd.DataFrame:
    """Return the weights in a posterior and in those that it corrects, the newest first.

    Returns
    -------
    created, records (of the ledger), id, edition, way, figures, answers (that counted), pillar, mean, q05, q95 (shares
    of 1)
    """
    rows = [
        {
            "created": one.created,
            "records": Head.parse(one.head).count,
            "id": one.id,
            "edition": one.edition,
            "way": one.update["way"] if one.update else "sampled",
            "figures": one.design.get("figures", 0),
            "answers": one.design.get("answers", 0),
            **weight,
        }
        for one in lineage(workspace, run)
        for weight in one.weights
    ]
    return pd.DataFrame(rows, columns=_WEIGHTS)


def said(records: Iterable[Record], unit: str, *, named: bool = True) -> str:
    """Return in words what records say: what is about a unit by its kind, all else as a number."""
    parts: dict[str, int] = {}
    seen: set[tuple[str, str]] = set()
    for record in records:
        about = record.data.get("unit") == unit
        if record.action in {Action.FILE, Action.FORECAST, Action.REJECT, Action.FORGET}:
            continue
        if record.action in {Action.CORRECT, Action.WITHDRAW}:
            word = f"{record.table} {'corrected' if record.action is Action.CORRECT else 'withdrawn'}"
        elif record.table is Table.FIGURES and about:
            word = f"figure {record.data['indicator']} {record.data['year']}"
        elif record.table is Table.ANSWERS and about:
            who, year = str(record.data["rater"]), str(record.data["year"])
            word = f"questionnaire of {who} {year}" if named else f"questionnaire {year}"
            if (who, year) in seen:
                continue  # its answers come one by one
            seen.add((who, year))
        else:
            word = _OTHERS
        parts[word] = parts.get(word, 0) + 1
    return ", ".join(word if count == 1 and word != _OTHERS else f"{count} {word}" for word, count in parts.items())
