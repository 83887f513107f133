"""What the edition before knew, and what it would have foretold: worked out afterwards, from the ledger alone.

Only a forecast that was recorded before its figure came shows that a function corrects itself
(:mod:`clusterscore.scores.prequential`). Here the same forecasts are made now, by the posterior of what the ledger held
then: they say by how much an edition was wrong, and prove nothing, because the document may have been changed since.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from clusterscore.frames import each
from clusterscore.model.function import Function
from clusterscore.observations.forecasts import PREDICTED
from clusterscore.observations.ledger import Action, Head, Record
from clusterscore.posterior.forecast import forecast
from clusterscore.posterior.record import Posterior
from clusterscore.scores.prequential import prequential
from clusterscore.vocabulary import Table

_CODES: Final = {Table.FIGURES: "indicator", Table.ANSWERS: "item"}
_OBSERVED: Final = {Action.ADD, Action.CORRECT}


def known_until(function: Function, records: Sequence[Record], edition: int) -> int:
    """Return how many records there were before the first file that speaks about a function after an edition.

    Rows of one file are known together, whatever their order; so an edition was known only where later years came in
    another file.
    """
    codes = {part.id for part in (*function.indicators, *function.items)}
    announced: dict[str, int] = {}
    for record in records:
        if record.action is Action.FILE:
            announced[record.file] = record.number
        elif (
            record.action in _OBSERVED
            and record.data.get(_CODES.get(record.table, "")) in codes
            and record.data["year"] > edition
        ):
            return announced.get(record.file, record.number) - 1
    return len(records)


def hindsight(function: Function, then: Posterior | None, records: Sequence[Record], edition: int) -> pd.DataFrame:
    """Return what an earlier posterior says of figures that came after it, and what simple rivals say, scored.

    Parameters
    ----------
    function
        The document.
    then
        Draws of an earlier edition; None where there is none.
    records
        The ledger as the posterior of this edition had seen it.
    edition
        Last year foretold.

    Returns
    -------
    unit, year, indicator, forecaster, edition, place, log_score, crps; as
    :attr:`~clusterscore.scores.prequential.Prequential.forecasts`; nothing where another document was fitted then
    """
    if then is None:
        return prequential(function, ()).forecasts
    run, own = then.run, [record for record in records if record.action is not Action.FORECAST]
    known = sum(record.number <= Head.parse(run.head).count for record in own)
    if run.digests["function"] != function.digest or not known:
        return prequential(function, ()).forecasts
    said = forecast(function, then, range(run.edition + 1, edition + 1))
    made = {"function": function.function, "posterior": run.id, "edition": run.edition, "known": known}
    last = own[known - 1]
    told = [
        Record(
            last.number,  # where they would stand, had they been recorded
            Action.FORECAST,
            Table.FIGURES,
            {name: kind(getattr(row, name)) for name, kind in PREDICTED.items()} | made,
            run.own_digest,
            0,
            last.who,
            last.when,
        )
        for row in each(said)
    ]
    return prequential(function, [*own, *told], edition).forecasts
