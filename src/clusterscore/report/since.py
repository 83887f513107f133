"""The parts of an edition about the one before: who moved, what it got wrong, who answered then and now."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from clusterscore.frames import each
from clusterscore.report import drawings, text
from clusterscore.report.display import Html, Picture, Table, new_axes, paragraph
from clusterscore.report.language import of, say
from clusterscore.report.pages import EditionData
from clusterscore.report.style import WIDTH, styled
from clusterscore.scores import tables
from clusterscore.scores.compute import Scores
from clusterscore.scores.prequential import UPDATED
from clusterscore.vocabulary import INTERVAL_MASS, INTERVAL_TAIL

SURE: Final = INTERVAL_MASS
"""How probable a direction must be for a change to be named."""
_DOTS: Final = 20
"""Dots of a distribution at most."""


def before(data: EditionData) -> tuple[int, Scores] | None:
    """Return the last edition before this one whose tables are still there, with its tables."""
    if data.workspace is None:
        return None
    home = data.workspace.scores(data.function.function, data.edition).parent
    years = sorted(int(path.name) for path in home.glob("*") if path.name.isdecimal())
    earlier = [year for year in years if year < data.edition]
    return (earlier[-1], tables.read(data.workspace, data.function.function, earlier[-1])) if earlier else None


def corrected(data: EditionData) -> Html | Table:
    """Say what the edition before published, what is believed of the same years now, and by how much it was wrong."""
    known = before(data)
    if known is None:
        return paragraph(say("No earlier edition was published from this workspace, so none can be held to account."))
    year, then = known
    old = then.scores[then.scores["year"] == year].set_index("unit")
    now = data.scores.scores[data.scores.scores["year"] == year].set_index("unit")
    joined = old.add_suffix("_then").join(now.add_suffix("_now"), how="inner").reset_index()
    joined = joined.assign(difference=joined["score_median_now"] - joined["score_median_then"])
    joined = joined.assign(distance=joined["difference"].abs()).sort_values("distance", ascending=False)
    inside = joined["score_median_now"].between(joined["q05_then"], joined["q95_then"])
    rows = [
        (
            data.names.get(r.unit, r.unit),
            f"{text.points(r.score_median_then)} ({text.span(r.q05_then, r.q95_then)})",
            f"{text.points(r.score_median_now)} ({text.span(r.q05_now, r.q95_now)})",
            text.change_points(r.difference, 0),
        )
        for r in each(joined)
    ]
    caption = say(
        "Scores of {year}, as published then and as believed now: of {n}, {inside} lie within the interval of then; "
        "the mean distance is {mean} points, the largest {largest}",
        year=year,
        n=len(joined),
        inside=int(inside.sum()),
        mean=text.fixed(joined["distance"].mean(), 1),
        largest=text.fixed(joined["distance"].max(), 1),
    )
    columns = (say("published then"), say("believed now"), say("difference (points)"))
    return Table(caption, (say(data.function.kind), *columns), rows)


def foretold(data: EditionData) -> Html | Table:
    """Say how the figures that came lie in what recorded forecasts had said of them, indicator by indicator."""
    table = data.scores.forecasts
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
    return Table(caption, columns, rows)


def _best_rival(forecasts: pd.DataFrame) -> str:
    means = forecasts[forecasts["forecaster"] != UPDATED].groupby("forecaster")["crps"].mean().sort_values()
    return f"{text.fixed(means.iloc[0], 2)} ({say(str(means.index[0]))})" if len(means) else "-"


def _inside(forecasts: pd.DataFrame) -> pd.Series:
    return forecasts["place"].between(INTERVAL_TAIL, 1.0 - INTERVAL_TAIL)


def severities(data: EditionData) -> Picture | Html:
    """Show how severe raters are now and were in the edition before: in groups, so that nobody is recognised."""
    now = _groups(data, data.scores)
    if len(now) < 2:  # noqa: PLR2004 - a distribution has two ends
        least = 2 * data.fewest_raters
        return paragraph(
            say("Severities of raters are shown where at least {least} of them answered; so many did not.", least=least)
        )
    known = before(data)
    then = () if known is None else _groups(data, known[1])
    series = {str(data.edition): now} | ({str(known[0]): then} if known is not None and len(then) else {})
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
            least=data.fewest_raters,
        ),
        Table(say("Severities in groups, in logits"), columns, rows, folded=True),
    )


def _of_row(values: tuple[float, ...]) -> tuple[str, ...]:
    ends = (values[0], float(np.median(values)), values[-1])
    return (*(text.change_points(value, 2) for value in ends), str(len(values)))


def _groups(data: EditionData, scores: Scores) -> tuple[float, ...]:
    """Return mean severities of groups of neighbours, none of fewer raters than may be shown, the mildest first."""
    values = np.sort(scores.raters["severity_mean"].to_numpy(dtype=float))
    n = min(_DOTS, len(values) // data.fewest_raters)
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
