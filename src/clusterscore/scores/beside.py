"""What pages show beside the scores: peer groups, figures among peers, members, circumstances, origins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from clusterscore.model.design import Design
from clusterscore.model.evidence import speaking
from clusterscore.observations.ledger import Record
from clusterscore.observations.observed import Observations
from clusterscore.posterior.record import Posterior
from clusterscore.scores.circumstances import ADDED_COLUMNS, EFFECT_COLUMNS, value_added
from clusterscore.scores.disclosure import Rules
from clusterscore.scores.hindsight import hindsight
from clusterscore.scores.members import among
from clusterscore.scores.peer_groups import Rule, choose, compare, described
from clusterscore.scores.predicted import predicted
from clusterscore.scores.suppression import protect
from clusterscore.vocabulary import Kind

QUESTION_COLUMNS: Final[dict[str, type]] = {"unit": str, "kind": str, "what": str} | dict.fromkeys(
    ("variance_share", "mc_error", "sd_before", "sd_after"), float
)
ORIGIN_COLUMNS: Final[dict[str, type]] = {
    "unit": str,
    "year": int,
    "indicator": str,
    "value": float,
    "measure": str,
    "record": int,
    "file": str,
    "row": int,
}
MONEY_COLUMNS: Final[dict[str, type]] = {
    "indicator": str,
    "year": int,
    "row": str,
    "column": str,
    "value": float,
    "n": float,
    "status": str,
}
NAME_COLUMNS: Final[dict[str, type]] = {"member": str, "unit": str, "name": str}
_MONEY: Final = "EUR a year"  # how the measure of a sum of money begins; a ratio of money adds up to nothing


@dataclass(frozen=True, eq=False)
class Beside:
    """What is known besides the observations of one function.

    Attributes
    ----------
    around
        Everything observed, of all kinds of units.
    questions
        What to ask next, with the columns of :data:`QUESTION_COLUMNS`; None where it was not worked out.
    rules
        Numbers of disclosure control.
    peers
        How peers are chosen.
    then
        Draws of the edition before, None where there was none.
    """

    around: Observations
    questions: pd.DataFrame | None = None
    rules: Rules = field(default_factory=Rules)
    peers: Rule = field(default_factory=Rule)
    then: Posterior | None = None


def beside(
    design: Design, posterior: Posterior, observations: Observations, known: Beside, records: Sequence[Record]
) -> dict[str, pd.DataFrame]:
    """Return the tables by name.

    Parameters
    ----------
    design
        What was fitted.
    posterior
        Its draws.
    observations
        What was fitted.
    known
        What is known besides.
    records
        The ledger as the posterior had seen it.
    """
    function, edition = design.function, posterior.run.edition
    everyone = known.around.units
    n_members = Counter(everyone.loc[everyone["kind"] == Kind.MEMBER, "parent"].dropna())
    units = observations.units[observations.units["kind"] == function.kind]
    now = {design.units[design.cell_unit[c]] for c in range(design.n_cells) if _year(design, c) == edition}
    groups = choose(described(units[units["unit"].isin(now)], everyone, n_members), known.peers)
    standing, strengths = compare(function, posterior, groups)
    levels, shares = among(function, posterior, observations, known.rules)
    added, effects = _empty(ADDED_COLUMNS), _empty(EFFECT_COLUMNS)
    if function.kind == Kind.TEAM:
        added, effects = value_added(posterior, units, n_members)
    return {
        "peer_groups": standing,
        "strengths": strengths,
        "predicted": predicted(design, posterior, groups),
        "member_levels": levels,
        "member_shares": shares,
        "value_added": added,
        "circumstances": effects,
        "questions": _empty(QUESTION_COLUMNS) if known.questions is None else known.questions,
        "origins": _origins(design, observations, edition, records),
        "organisations": _organisations(observations),
        "money": _money(design, observations, edition, known.rules),
        "hindsight": hindsight(function, known.then, records, edition),
    }


def _year(design: Design, cell: int) -> int:
    return int(design.years[design.cell_year[cell]])


def _origins(design: Design, observations: Observations, edition: int, records: Sequence[Record]) -> pd.DataFrame:
    """Return every figure of a unit itself in the edition's years, with its place in the ledger and in its file."""
    figures, _ = speaking(design.function, observations)
    rows = figures[figures["member"].isna() & (figures["year"] > edition - design.function.edition.every)]
    by_number = {record.number: record for record in records}
    found = [by_number.get(number) for number in rows["record"]]
    measure = {part.id: part.measure for part in design.function.indicators}
    rows = rows.assign(
        measure=rows["indicator"].map(measure),
        file=[record.file if record else "" for record in found],
        row=[record.row if record else 0 for record in found],
    )
    return (
        rows[list(ORIGIN_COLUMNS)].astype(ORIGIN_COLUMNS).sort_values(["unit", "indicator", "year"], ignore_index=True)
    )


def _money(design: Design, observations: Observations, edition: int, rules: Rules) -> pd.DataFrame:
    """Return members' money by sector and region in the edition's year, protected; nothing where none was reported."""
    units = observations.units[observations.units["kind"] == Kind.MEMBER].set_index("unit")
    figures = observations.figures[
        (observations.figures["year"] == edition) & observations.figures["unit"].isin(units.index)
    ]
    parts = []
    for part in design.function.indicators:
        rows = figures[figures["indicator"] == part.id]
        if not part.measure.startswith(_MONEY) or rows.empty:
            continue
        rows = rows.assign(
            **{name: rows["unit"].map(units[name]) for name in ("sector", "region")}, enterprise=rows["unit"]
        )
        rows = rows.dropna(subset=["sector", "region"])
        if len(rows):
            parts.append(protect(rows, ("sector", "region"), rules).assign(indicator=part.id, year=edition))
    return pd.concat(parts)[list(MONEY_COLUMNS)].astype(MONEY_COLUMNS) if parts else _empty(MONEY_COLUMNS)


def _organisations(observations: Observations) -> pd.DataFrame:
    """Return the members of which there are figures, by name."""
    units = observations.units[observations.units["kind"] == Kind.MEMBER]
    units = units[units["unit"].isin(observations.figures["unit"]) & units["parent"].notna()]
    table = units.rename(columns={"unit": "member", "parent": "unit"})
    return table[list(NAME_COLUMNS)].astype(NAME_COLUMNS).reset_index(drop=True)


def _empty(columns: dict[str, type]) -> pd.DataFrame:
    return pd.DataFrame([], columns=list(columns)).astype(columns)
