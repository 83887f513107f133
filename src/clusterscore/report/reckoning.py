"""The parts of an edition that hold the function to account: its peers, its corrections, its errors, its limits."""

from __future__ import annotations

import math
from typing import Any, Final

import pandas as pd
from markupsafe import Markup

from clusterscore.frames import each
from clusterscore.model.priors import DEFAULT_PRIORS
from clusterscore.observations.ledger import Action, Head, Ledger, Record
from clusterscore.report import drawings, text
from clusterscore.report.display import Html, Picture, Table, new_axes, paragraph
from clusterscore.report.finding import both
from clusterscore.report.pages import EditionData
from clusterscore.report.style import WIDTH, styled
from clusterscore.scores import tables
from clusterscore.scores.compute import Scores
from clusterscore.vocabulary import Table as Of
from clusterscore.vocabulary import Verdict

_ALMOST: Final = 20
"""Rows of errata that are printed one by one."""


def peers(data: EditionData) -> Picture | Html:
    """Show for all units together whether the peers confirm the figures."""
    table = data.scores.validation[data.scores.validation["year"] == data.edition]
    if "figures_mean" not in table.columns or table["peers_mean"].isna().all():
        return paragraph("No peers are asked about these units.")
    counts = table["verdict"].value_counts()
    confirmed, contradicted = (counts.get(verdict, 0) for verdict in (Verdict.VALIDATED, Verdict.CONTRADICTED))
    finding = f"Peers confirm the figures of {confirmed} of {len(table)} {data.plural} and contradict {contradicted}"
    with styled():
        axes = new_axes(WIDTH, 4.4)
        drawings.plot_agreement(table, data.function.validation.equivalence, ax=axes, finding=finding)
    rows = [
        (
            data.names[r.unit],
            text.deviations(r.figures_mean),
            text.deviations(r.peers_mean),
            f"{text.deviations(r.gap_q05)} to {text.deviations(r.gap_q95)}",
            _chance(r.p_confirmed),
            r.verdict,
        )
        for r in each(table.sort_values("unit"))
    ]
    columns = (data.function.kind, "figures", "peers", f"difference, {text.INTERVAL}", "P(confirmed)", "verdict")
    return Picture(
        axes,
        f"Scatter of {len(table)} {data.plural}: what peers say against what figures say. {finding}.",
        "Each mark is one of them, at the posterior means, in standard deviations of the base cohort. Band: what the "
        f"document treats as agreement ({data.function.validation.equivalence:g} to either side). A verdict needs a "
        f"probability of {text.percent(data.function.validation.probability)} and {data.minimum_raters} raters.",
        Table("What figures and peers say, in standard deviations of the base cohort", columns, rows, folded=True),
    )


def _chance(probability: float) -> str:
    return "-" if math.isnan(probability) else text.percent(probability)


def corrected(data: EditionData) -> Html | Table:
    """Say what the edition before published, what is believed of the same years now, and by how much it was wrong."""
    before = edition_before(data)
    if before is None:
        return paragraph("No earlier edition was published from this workspace, so none can be held to account.")
    year, then = before
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
    mean, largest = joined["distance"].mean(), joined["distance"].max()
    caption = (
        f"Scores of {year}, as published then and as believed now: of {len(joined)}, {int(inside.sum())} lie within "
        f"the interval of then; the mean distance is {mean:.1f} points, the largest {largest:.1f}"
    )
    return Table(caption, (data.function.kind, "published then", "believed now", "difference (points)"), rows)


def edition_before(data: EditionData) -> tuple[int, Scores] | None:
    """Return the last edition before this one whose tables are still there, with its tables."""
    if data.workspace is None:
        return None
    home = data.workspace.scores(data.function.function, data.edition).parent
    years = sorted(int(path.name) for path in home.glob("*") if path.name.isdecimal())
    earlier = [year for year in years if year < data.edition]
    return (earlier[-1], tables.read(data.workspace, data.function.function, earlier[-1])) if earlier else None


def gains(data: EditionData) -> Html:
    """Say whether the function is shown to correct itself."""
    return paragraph(text.correction(data.scores.gains))


def errata(data: EditionData) -> Table | Html:
    """List what was superseded in the ledger: figures one by one with what they were, answers as a number only."""
    records = _records(data)
    replaced = [one for one in records if one.action in {Action.CORRECT, Action.WITHDRAW}]
    own = [one for one in replaced if one.table is Of.FIGURES and one.data.get("unit") in data.names]
    private = sum(one.table is Of.ANSWERS for one in replaced)
    counted = f"{len(own)} of its figures were corrected or withdrawn, and {private} answers; answers are not shown."
    if not own:
        return paragraph(f"Since the first record, {counted}")
    old = {one.number: one for one in records}
    rows = [_erratum(data, one, old) for one in own[: -_ALMOST - 1 : -1]]
    columns = ("figure", "was", "is", "why", "record")
    shown = f" The last {len(rows)} are shown." if len(rows) < len(own) else ""
    return Table(f"Errata: since the first record, {counted}{shown}", columns, rows)


def _erratum(data: EditionData, one: Record, old: dict[int, Record]) -> tuple[str, ...]:
    was = old[one.supersedes or 0].data.get("value", "-") if one.supersedes in old else "-"
    name = f"{data.names[str(one.data['unit'])]}: {one.data['indicator']} {one.data['year']}"
    now = "withdrawn" if one.action is Action.WITHDRAW else str(one.data.get("value", "-"))
    return (name, str(was), now, str(one.reason or "-"), str(one.number))


def _records(data: EditionData) -> tuple[Record, ...]:
    if data.workspace is None:
        return ()
    return tuple(Ledger(data.workspace.ledger).read()[: Head.parse(data.run.head).count])


def instruments(data: EditionData) -> Table | Html:
    """Show what policy may do: each instrument, for how many units, and what it may be worth."""
    table = data.advice("recommendations")
    table = table[table["audience"] == "policy"]
    if table.empty:
        command = f"clusterscore advise --function {data.function.function} --edition {data.edition}"
        return paragraph(f"No recommendations for policy rest on this posterior; they are made by: {command}")
    rows = [
        (
            both(part["text_en"].iloc[0], part["text_ro"].iloc[0]),
            "financial" if part["financial"].iloc[0] else "non-financial",
            str(len(part)),
            *effect(part),
            f"{text.percent(part['probability'].min())} to {text.percent(part['probability'].max())}",
        )
        for _, part in sorted(table.groupby("rule"), key=lambda pair: (-len(pair[1]), pair[0]))
    ]
    columns = ("instrument", "kind", data.plural, "mean gain (points)", text.INTERVAL, "probability of the gap")
    caption = (
        "Recommendations for policy: what closing the gap would be worth for the average of those concerned, in points "
        "of the score; no instrument is known to cause it. Ends of the interval: means of the ends of each"
    )
    return Table(caption, columns, rows)


def effect(part: pd.DataFrame) -> tuple[str, str]:
    """Return the mean gain of an instrument and its interval: as if all concerned were right or wrong together."""
    known = part.dropna(subset=["gain_mean"])
    if known.empty:
        return "not known", "-"
    mean, low, high = (text.change_points(known[f"gain_{end}"].mean(), 1) for end in ("mean", "q05", "q95"))
    return mean, f"{low} to {high}"


def method(data: EditionData) -> Html:
    """Say in words what the function is: its parts, its assumptions, its limits, as the document says."""
    function = data.function
    parts = Markup("").join(
        Markup("<dt>{}</dt><dd>{} <em>{}</em></dd>").format(pillar.title.en, pillar.why, pillar.source)
        for pillar in function.pillars
    )
    said = [
        function.reconstruction,
        f"Editions: {function.edition.why}",
        f"Weights: Dirichlet with concentration {function.weights.concentration:g}. {function.weights.why}",
        f"Errors of figures: {function.errors.why}",
        f"Verdicts: {function.validation.why}",
    ]
    lines = Markup("").join(Markup("<p>{}</p>").format(line) for line in said)
    return Html(Markup("{}<dl>{}</dl>").format(lines, parts))


def priors(data: EditionData) -> Table:
    """List every prior with its parameters, its reason and its source."""
    rows = [
        (name.replace("_", " "), prior.family, _parameters(prior.parameters), prior.why, prior.source)
        for name, prior in ((name, data.function.prior(name)) for name in DEFAULT_PRIORS)
    ]
    return Table("Priors", ("prior", "family", "parameters", "why", "source"), rows)


def _parameters(values: Any) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items())


def coverage(data: EditionData) -> Table | Html:
    """Show how much is known of each unit in this edition: figures and raters."""
    table = data.scores.validation[data.scores.validation["year"] == data.edition]
    rows = [
        (data.names[r.unit], str(r.n_figures), str(r.n_raters), "yes" if r.n_raters >= data.minimum_raters else "no")
        for r in each(table.sort_values(["n_figures", "unit"]))
    ]
    columns = (data.function.kind, "figures", "independent raters", "enough raters for a verdict")
    return Table("What is known of each, the least first", columns, rows)


def diagnostics(data: EditionData) -> Table:
    """Show the diagnostics of every published quantity."""
    rows = [
        (row["variable"].replace("_", " "), f"{row['r_hat']:.3f}", f"{row['ess_bulk']:,.0f}", f"{row['ess_tail']:,.0f}")
        for row in data.run.diagnostics["worst"]
        if row["published"]
    ]
    columns = ("quantity", "R-hat", "bulk effective sample size", "tail effective sample size")
    return Table("Diagnostics: the worst of each quantity that is published", columns, rows)
