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
from clusterscore.report.language import ENGLISH, document, numeral, of, say, spoken
from clusterscore.report.pages import EditionData
from clusterscore.report.style import WIDTH, styled
from clusterscore.vocabulary import Table as Of
from clusterscore.vocabulary import Verdict

_IN_ENGLISH: Final = "What the documents say of reasons and sources is in English."
_ALMOST: Final = 20
"""Rows of errata that are printed one by one."""


def peers(data: EditionData) -> Picture | Html:
    """Show for all units together whether the peers confirm the figures."""
    table = data.scores.validation[data.scores.validation["year"] == data.edition]
    if "figures_mean" not in table.columns or table["peers_mean"].isna().all():
        return paragraph(say("No peers are asked about these units."))
    counts, plural, asked = table["verdict"].value_counts(), say(data.plural), data.function.validation
    finding = say(
        "Peers confirm the figures of {confirmed} of {n} {plural} and contradict {contradicted}",
        confirmed=counts.get(Verdict.VALIDATED, 0),
        n=len(table),
        plural=plural,
        contradicted=counts.get(Verdict.CONTRADICTED, 0),
    )
    with styled():
        axes = drawings.plot_agreement(table, asked.equivalence, ax=new_axes(WIDTH, 4.4), finding=finding)
    rows = [
        (
            data.names[r.unit],
            text.deviations(r.figures_mean),
            text.deviations(r.peers_mean),
            text.joined(text.deviations(r.gap_q05), text.deviations(r.gap_q95)),
            _chance(r.p_confirmed),
            say(r.verdict),
        )
        for r in each(table.sort_values("unit"))
    ]
    columns = (
        *(say(data.function.kind), say("figures"), say("peers")),
        *(say("difference, {interval}", interval=text.interval()), say("P(confirmed)"), say("verdict")),
    )
    return Picture(
        axes,
        say(
            "Scatter of {n} {plural}: what peers say against what figures say. {finding}.",
            n=len(table),
            plural=plural,
            finding=finding,
        ),
        say(
            "Each mark is one of them, at the posterior means, in standard deviations of the base cohort. Band: what "
            "the document treats as agreement ({width} to either side). A verdict needs a probability of {mass} and "
            "{minimum} raters.",
            width=numeral(f"{asked.equivalence:g}"),
            mass=text.percent(asked.probability),
            minimum=data.minimum_raters,
        ),
        Table(say("What figures and peers say, in standard deviations of the base cohort"), columns, rows, folded=True),
    )


def _chance(probability: float) -> str:
    return "-" if math.isnan(probability) else text.percent(probability)


def gains(data: EditionData) -> Html:
    """Say whether the function is shown to correct itself."""
    return paragraph(text.correction(data.scores.gains))


def errata(data: EditionData) -> Table | Html:
    """List what was superseded in the ledger: figures one by one with what they were, answers as a number only."""
    records = _records(data)
    replaced = [one for one in records if one.action in {Action.CORRECT, Action.WITHDRAW}]
    own = [one for one in replaced if one.table is Of.FIGURES and one.data.get("unit") in data.names]
    counted = say(
        "{figures} of its figures were corrected or withdrawn, and {answers} answers; answers are not shown.",
        figures=len(own),
        answers=sum(one.table is Of.ANSWERS for one in replaced),
    )
    if not own:
        return paragraph(say("Since the first record, {counted}", counted=counted))
    old = {one.number: one for one in records}
    rows = [_erratum(data, one, old) for one in own[: -_ALMOST - 1 : -1]]
    columns = (say("figure"), say("was"), say("is"), say("why"), say("record"))
    caption = say("Errata: since the first record, {counted}", counted=counted)
    if len(rows) < len(own):
        caption += " " + say("The last {n} are shown.", n=len(rows))
    return Table(caption, columns, rows)


def _erratum(data: EditionData, one: Record, old: dict[int, Record]) -> tuple[str, ...]:
    was = _value(old[one.supersedes or 0]) if one.supersedes in old else "-"
    titles = {part.id: of(part.title) for part in data.function.indicators}
    code = str(one.data["indicator"])  # perhaps of a document that has changed since
    name = f"{data.names[str(one.data['unit'])]}: {titles.get(code, code)} {one.data['year']}"
    now = say("withdrawn") if one.action is Action.WITHDRAW else _value(one)
    return (name, was, now, str(one.reason or "-"), str(one.number))


def _value(one: Record) -> str:
    return text.exact(float(one.data["value"])) if "value" in one.data else "-"


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
        return paragraph(
            say("No recommendations for policy rest on this posterior; they are made by: {command}", command=command)
        )
    rows = [
        (
            str(part[f"text_{spoken()}"].iloc[0]),
            say("financial") if part["financial"].iloc[0] else say("non-financial"),
            str(len(part)),
            *effect(part),
            text.joined(text.percent(part["probability"].min()), text.percent(part["probability"].max())),
        )
        for _, part in sorted(table.groupby("rule"), key=lambda pair: (-len(pair[1]), pair[0]))
    ]
    columns = (
        *(say("instrument"), say("kind"), say(data.plural), say("mean gain (points)"), text.interval()),
        say("probability of the gap"),
    )
    caption = say(
        "Recommendations for policy: what closing the gap would be worth for the average of those concerned, in points "
        "of the score; no instrument is known to cause it. Ends of the interval: means of the ends of each"
    )
    return Table(caption, columns, rows)


def effect(part: pd.DataFrame) -> tuple[str, str]:
    """Return the mean gain of an instrument and its interval: as if all concerned were right or wrong together."""
    known = part.dropna(subset=["gain_mean"])
    if known.empty:
        return say("not known"), "-"
    mean, low, high = (text.change_points(known[f"gain_{end}"].mean(), 1) for end in ("mean", "q05", "q95"))
    return mean, say("{low} to {high}", low=low, high=high)


def method(data: EditionData) -> Html:
    """Say in words what the function is: its parts, its assumptions, its limits, as the document says."""
    function = data.function
    parts = Markup("").join(
        Markup("<dt>{}</dt><dd>{} <em>{}</em></dd>").format(
            of(pillar.title), document(pillar.why), document(pillar.source)
        )
        for pillar in function.pillars
    )
    concentration = numeral(f"{function.weights.concentration:g}")
    said = [
        ("", function.reconstruction),
        (say("Editions:"), function.edition.why),
        (say("Weights: Dirichlet with concentration {n}.", n=concentration), function.weights.why),
        (say("Errors of figures:"), function.errors.why),
        (say("Verdicts:"), function.validation.why),
    ]
    lines = Markup("").join(
        Markup("<p>{}{}</p>").format(f"{name} " if name else "", document(line)) for name, line in said
    )
    first = Markup("<p>{}</p>").format(say(_IN_ENGLISH)) if spoken() != ENGLISH else Markup("")
    return Html(Markup("{}{}<dl>{}</dl>").format(first, lines, parts))


def priors(data: EditionData) -> Table:
    """List every prior with its parameters, its reason and its source."""
    rows = [
        (
            name.replace("_", " "),
            prior.family,
            _parameters(prior.parameters),
            document(prior.why),
            document(prior.source),
        )
        for name, prior in ((name, data.function.prior(name)) for name in DEFAULT_PRIORS)
    ]
    return Table(say("Priors"), (say("prior"), say("family"), say("parameters"), say("why"), say("source")), rows)


def _parameters(values: Any) -> str:
    return "; ".join(f"{name} {numeral(f'{value:g}')}" for name, value in values.items())


def coverage(data: EditionData) -> Table | Html:
    """Show how much is known of each unit in this edition: figures and raters."""
    table = data.scores.validation[data.scores.validation["year"] == data.edition]
    rows = [
        (
            data.names[r.unit],
            str(r.n_figures),
            str(r.n_raters),
            say("yes") if r.n_raters >= data.minimum_raters else say("no"),
        )
        for r in each(table.sort_values(["n_figures", "unit"]))
    ]
    columns = (say("figures"), say("independent raters"), say("enough raters for a verdict"))
    return Table(say("What is known of each, the least first"), (say(data.function.kind), *columns), rows)


def diagnostics(data: EditionData) -> Table:
    """Show the diagnostics of every published quantity."""
    rows = [
        (
            row["variable"].replace("_", " "),
            text.fixed(row["r_hat"], 3),
            text.fixed(row["ess_bulk"], 0),
            text.fixed(row["ess_tail"], 0),
        )
        for row in data.run.diagnostics["worst"]
        if row["published"]
    ]
    columns = (say("quantity"), "R-hat", say("bulk effective sample size"), say("tail effective sample size"))
    return Table(say("Diagnostics: the worst of each quantity that is published"), columns, rows)
