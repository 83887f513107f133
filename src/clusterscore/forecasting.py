"""The verbs on forecasts: made and recorded before the figures come, scored when they have come."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from typing import Final

import pandas as pd

from clusterscore import steps
from clusterscore.observations.forecasts import Origin, announce, forecasts_in
from clusterscore.observations.ledger import Head, Ledger
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.scores.prequential import Prequential, prequential
from clusterscore.scores.widths import widths

FIRST_REACH: Final = 3
"""Editions ahead that the first forecast of a function reaches, so that what it says can be compared as it stood."""


@dataclass(frozen=True, slots=True)
class Foretold:
    """What was predicted and recorded.

    Attributes
    ----------
    posterior, edition
        Which posterior spoke, and through which year it knew the figures.
    through
        Last year predicted.
    new
        How many forecasts were recorded now.
    head
        The ledger's head.
    table
        unit, year, indicator, location, scale (spreads), freedom, median, q05, q95 (in the indicator's measure).
    widths
        What the scales that follow from the posterior were multiplied with, by indicator, as forecasts before turned
        out: see :mod:`clusterscore.scores.widths`.
    """

    posterior: str
    edition: int
    through: int
    new: int
    head: Head
    table: pd.DataFrame
    widths: dict[str, float]


def forecast(
    workspace: Workspace, name: str, edition: int | None = None, through: int | None = None, who: str | None = None
) -> Foretold:
    """Predict the figures of years to come and record the forecasts in the ledger; the same ones are recorded once.

    Parameters
    ----------
    workspace, name
        Where, and which function.
    edition
        Whose trusted posterior speaks; default: the latest.
    through
        Last year predicted; default: that of the next edition, or for the first forecast of a function that of
        :data:`FIRST_REACH` editions ahead.
    who
        Who records them; default: the user's name on this machine.

    Raises
    ------
    NotFitted
        Where there is no trusted posterior of the function as it stands.
    ForecastTooLate
        Where any of the figures was ever recorded; nothing is.
    """
    from clusterscore.posterior.forecast import forecast as predict  # noqa: PLC0415 - not needed by other verbs
    from clusterscore.posterior.forecast import in_own_unit  # noqa: PLC0415

    function = steps.function_of(workspace, name)
    ledger = Ledger(workspace.ledger)
    posterior = store.load(workspace, name, edition or steps.newest_posterior(workspace, name))
    run = posterior.run
    records = ledger.read()
    said = forecasts_in(records)
    earlier = said[(said["function"] == name) & (said["posterior"] != run.id)]
    last = through or run.edition + function.edition.every * (FIRST_REACH if earlier.empty else 1)
    table = predict(function, posterior, range(run.edition + 1, last + 1))
    learnt = widths(prequential(function, records).forecasts)
    table["scale"] *= table["indicator"].map(learnt).fillna(1.0)
    origin = Origin(name, run.edition, run.id, Head.parse(run.head).count, run.own_digest)
    new, head = announce(ledger, table, origin, who or getpass.getuser())
    return Foretold(run.id, run.edition, last, new, head, in_own_unit(function, table), learnt)


def skill(workspace: Workspace, name: str) -> Prequential:
    """Score all forecasts of a function whose figures have come; see :mod:`clusterscore.scores.prequential`."""
    return prequential(steps.function_of(workspace, name), Ledger(workspace.ledger).read())
