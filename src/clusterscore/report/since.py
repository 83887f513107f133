"""The parts of an edition about the one before: who moved, what it got wrong, who answered then and now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from clusterscore.frames import each
from clusterscore.observations.ledger import Head
from clusterscore.report import drawings, text
from clusterscore.report.display import Html, Picture, Table, new_axes, paragraph, together
from clusterscore.report.language import of, say
from clusterscore.report.pages import EditionData
from clusterscore.report.style import WIDTH, styled
from clusterscore.scores import tables
from clusterscore.scores.prequential import UPDATED
from clusterscore.vocabulary import INTERVAL_MASS, INTERVAL_TAIL

SURE: Final = INTERVAL_MASS
"""How probable a direction must be for a change to be named."""
_DOTS: Final = 20
"""Dots of a distribution at most."""


@dataclass(frozen=True, eq=False)
class Earlier:
    """What was known at the edition before.

    Attributes
    ----------
    year
        Which edition.
    records
        How many records the ledger held then.
    scores, raters
        Its tables.
    """

    year: int
    records: int
    scores: pd.DataFrame
    raters: pd.DataFrame


def before(data: EditionData) -> Earlier | None:
    """Return the last edition before this one of which there are tables, published or not."""
    if data.workspace is None:
        return None
    place, name = data.workspace, data.function.function
    year = tables.edition_before(place, name, data.edition)
    if year is None:
        return None
    records = Head.parse(tables.manifest(place, name, year)["head"]).count
    return Earlier(year, records, *(tables.read_one(place, name, year, table) for table in ("scores", "raters")))


def corrected(data: EditionData) -> Html | Picture:
    """Say what was known at the edition before, what is believed of the same year now, and by how much it was wrong."""
    then = before(data)
    if then is None:
        return paragraph(
            say(
                "No earlier edition can be held to account: too little had come before the data of this one, or it "
                "gave no draws that can be trusted."
            )
        )
    joined = _then_and_now(data, then)
    finding = _kept(joined, then.year)
    with styled():
        axes = drawings.plot_then(joined, ax=new_axes(WIDTH, 4.2), finding=finding)
    rows = [
        (
            data.names.get(r.unit, r.unit),
            f"{text.points(r.score_median_then)} ({text.span(r.q05_then, r.q95_then)})",
            f"{text.points(r.score_median_now)} ({text.span(r.q05_now, r.q95_now)})",
            text.change_points(r.difference, 0),
        )
        for r in each(joined)
    ]
    known = say(
        "Then: from the first {records} records of the ledger, all that had come. Now: the same year, with what has "
        "come since. The mean distance is {mean} points, the largest {largest} ({name}).",
        records=text.fixed(then.records, 0),
        mean=text.fixed(joined["distance"].mean(), 1),
        largest=text.fixed(joined["distance"].max(), 1),
        name=data.names.get(joined["unit"].iloc[0], joined["unit"].iloc[0]),
    )
    drawn = say("Lines: {interval}. On the diagonal nothing has changed.", interval=text.interval())
    columns = (say("known then"), say("believed now"), say("difference (points)"))
    caption = say("Scores of {year}, the largest difference first", year=str(then.year))
    return Picture(
        axes,
        say("Scores of the edition before, then and now. {finding}.", finding=finding),
        f"{known} {drawn}",
        Table(caption, (say(data.function.kind), *columns), rows, folded=True),
    )


def held(data: EditionData) -> list[str]:
    """Return in a sentence how far the edition before was right, where there was one."""
    then = before(data)
    return [] if then is None else [_kept(_then_and_now(data, then), then.year) + "."]


def _kept(joined: pd.DataFrame, year: int) -> str:
    return say(
        "Of {n} scores of {year}, {inside} are now within the interval of then",
        n=len(joined),
        year=str(year),
        inside=int(joined["inside"].sum()),
    )


def _then_and_now(data: EditionData, then: Earlier) -> pd.DataFrame:
    """Return the scores of the edition before as they were and as they are, the largest difference first."""
    old, now = (
        table[table["year"] == then.year].set_index("unit").add_suffix(suffix)
        for table, suffix in ((then.scores, "_then"), (data.scores.scores, "_now"))
    )
    joined = old.join(now, how="inner").rename_axis("unit").reset_index()
    difference = joined["score_median_now"] - joined["score_median_then"]
    inside = joined["score_median_now"].between(joined["q05_then"], joined["q95_then"])
    joined = joined.assign(difference=difference, distance=difference.abs(), inside=inside)
    return joined.sort_values(["distance", "unit"], ascending=[False, True], ignore_index=True)


def foretold(data: EditionData) -> Html | Table:
    """Say how the figures that came lie in what had been forecast of them, indicator by indicator.

    Where no forecast was recorded, those of the edition before are worked out afterwards, and said to be.
    """
    recorded = len(data.scores.forecasts) > 0
    table = data.scores.forecasts if recorded else data.scores.hindsight
    ours = table[table["forecaster"] == UPDATED]
    if ours.empty:
        return paragraph(say("No figure has come of which a forecast was recorded before."))
    titles = {part.id: of(part.title) for part in data.function.indicators}
    rows = [
        (
            titles.get(str(indicator), str(indicator)),
            say("{some} of {all}", some=int(_inside(part).sum()), all=len(part)),
            text.fixed(part["crps"].mean(), 2),
            _best_rival(table[table["indicator"] == indicator]),
        )
        for indicator, part in ours.groupby("indicator", sort=True)
    ]
    within = int(_inside(ours).sum())
    caption = say(
        "Figures foretold, and then come: {within} of {n} lie in the {interval} of their forecast ({share}; "
        "{mass} were to be expected)",
        within=within,
        n=len(ours),
        interval=text.interval(),
        share=text.share(within / len(ours)),
        mass=text.share(1.0 - 2.0 * INTERVAL_TAIL),
    )
    columns = (
        *(say("indicator"), say("within the interval"), say("mean error (CRPS, spreads of the indicator)")),
        say("the best simple rival"),
    )
    shown = Table(caption, columns, rows)
    return shown if recorded else together(_afterwards(ours), shown)


def _afterwards(forecasts: pd.DataFrame) -> Html:
    return paragraph(
        say(
            "No forecast was recorded before the figures came. What follows was worked out afterwards from what "
            "edition {year} knew, so it shows how far that was off, and not that anything corrects itself.",
            year=str(forecasts["edition"].iloc[0]),
        ),
        "note",
    )


def _best_rival(forecasts: pd.DataFrame) -> str:
    means = forecasts[forecasts["forecaster"] != UPDATED].groupby("forecaster")["crps"].mean().sort_values()
    return f"{text.fixed(means.iloc[0], 2)} ({say(str(means.index[0]))})" if len(means) else "-"


def _inside(forecasts: pd.DataFrame) -> pd.Series:
    return forecasts["place"].between(INTERVAL_TAIL, 1.0 - INTERVAL_TAIL)


def severities(data: EditionData) -> Picture | Html:
    """Show how severe raters are now and were in the edition before: in groups, so that nobody is recognised."""
    now = _groups(data, data.scores.raters)
    if len(now) < 2:  # noqa: PLR2004 - a distribution has two ends
        least = 2 * data.rules.raters
        return paragraph(
            say("Severities of raters are shown where at least {least} of them answered; so many did not.", least=least)
        )
    known = before(data)
    then = () if known is None else _groups(data, known.raters)
    series = {str(data.edition): now} | ({str(known.year): then} if known is not None and len(then) else {})
    spreads = {year: text.fixed(float(np.std(values)), 2) for year, values in series.items()}
    last, *earlier = spreads
    finding = say("Group means of severities spread by {spread} logits", spread=spreads[last])
    if earlier:
        finding += say("; in edition {year} by {spread}", year=earlier[0], spread=spreads[earlier[0]])
    with styled():
        axes = drawings.plot_rows(series, ax=new_axes(WIDTH, 0.8 + 0.5 * len(series)), finding=finding)
    rows = [(year, *(_of_row(values))) for year, values in series.items()]
    columns = (say("edition"), say("lowest group"), say("median"), say("highest group"), say("groups"))
    return Picture(
        axes,
        say("Severities of {n} raters in groups. {finding}.", n=len(data.scores.raters), finding=finding),
        say(
            "Each dot is the mean severity of at least {least} raters, in logits: to the right they are more severe. "
            "The model removes severities from every score. No rater is shown alone.",
            least=data.rules.raters,
        ),
        Table(say("Severities in groups, in logits"), columns, rows, folded=True),
    )


def _of_row(values: tuple[float, ...]) -> tuple[str, ...]:
    ends = (values[0], float(np.median(values)), values[-1])
    return (*(text.change_points(value, 2) for value in ends), str(len(values)))


def _groups(data: EditionData, raters: pd.DataFrame) -> tuple[float, ...]:
    """Return mean severities of groups of neighbours, none of fewer raters than may be shown, the mildest first."""
    values = np.sort(raters["severity_mean"].to_numpy(dtype=float))
    n = min(_DOTS, len(values) // data.rules.raters)
    return tuple(float(group.mean()) for group in np.array_split(values, n)) if n else ()


def changes(data: EditionData) -> pd.DataFrame:
    """Return the units' changes since the edition before."""
    return data.scores.changes[data.scores.changes["year_to"] == data.edition]


def movers(data: EditionData) -> Html | Table:
    """Who moved since the edition before, most certain first."""
    table = changes(data)
    certain = table.assign(sure=(table["p_up"] - 0.5).abs() + 0.5).sort_values(
        ["sure", "unit"], ascending=[False, True]
    )
    moved = certain[certain["sure"] >= SURE]
    if moved.empty:
        return paragraph(
            say(
                "No change since the edition before is certain enough to be named (probability {mass}).",
                mass=text.percent(SURE),
            )
        )
    rows = []
    for r in each(moved):
        change, low, high = text.changes(r.mean, r.q05, r.q95)
        rows.append((data.names[r.unit], change, say("{low} to {high}", low=low, high=high), text.percent(r.sure)))
    columns = (say("change (points)"), text.interval(), say("probability of this direction"))
    caption = say(
        "Changes since {year} with a probability of at least {mass}",
        year=int(moved["year_from"].iloc[0]),
        mass=text.percent(SURE),
    )
    return Table(caption, (say(data.function.kind), *columns), rows)


def persistence(data: EditionData) -> Table | Html:
    """How much of the order stays from edition to edition."""
    table = data.scores.persistence
    table = table[table["year_to"].isin(data.editions)]
    if table.empty:
        return paragraph(say("There is one edition only, or too few units to compare."))
    rows = [
        (
            say("{low} to {high}", low=str(r.year_from), high=str(r.year_to)),
            str(r.n_units),
            text.fixed(r.mean, 3),
            text.joined(text.fixed(r.q05, 3), text.fixed(r.q95, 3)),
        )
        for r in each(table)
    ]
    columns = (say("editions"), say("units"), say("mean"), text.interval())
    return Table(say("Correlation of the units' standing between editions"), columns, rows)
