"""What is recommended to a unit, best first, each with its rule, what it rests on, its probability and its source."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
from markupsafe import Markup

from clusterscore.frames import each, of_unit
from clusterscore.report import text
from clusterscore.report.display import Html, paragraph
from clusterscore.report.language import of, say, spoken
from clusterscore.report.level import source
from clusterscore.report.pages import EditionData

_FIRST: Final = 5
_WORDS: Final = {
    "cluster": "for the cluster",
    "members": "for its members",
    "policy": "for policy makers",
    "low": "low effort",
    "medium": "medium effort",
    "high": "high effort",
}
"""What the catalogue's words say of a recommendation."""


def recommendations(data: EditionData, unit: str) -> Html:
    """Return what is recommended, the largest expected gain first; the first five unfolded."""
    table = of_unit(data.advice("recommendations"), unit)
    if not data.is_advised:
        return paragraph(say("No advice was made for this edition of this function."))
    if table.empty:
        return paragraph(say("No rule of the catalogue holds for it: no gap to its peers is surely real."))
    table = table.sort_values("place")
    first, rest = table.head(_FIRST), table.iloc[_FIRST:]
    shown = _listed(data, first, start=1)
    if len(rest):
        label = say("Further recommendations: {n}", n=len(rest))
        shown += Markup("<details><summary>{}</summary>{}</details>").format(
            label, _listed(data, rest, start=_FIRST + 1)
        )
    note = say(
        "Ranked by expected gain of score. A gain is what the function says of a cluster whose gap is closed; that an "
        "action closes it is not known."
    )
    return Html(paragraph(note, "note").markup + shown)


def _listed(data: EditionData, rows: pd.DataFrame, start: int) -> Markup:
    items = Markup("").join(_item(data, row) for row in each(rows))
    return Markup('<ol class="advice" start="{}">{}</ol>').format(start, items)


def _item(data: EditionData, row: Any) -> Markup:
    language = spoken()
    return Markup(
        '<li><p><strong>{}</strong></p><p>{}</p><p class="about">{}</p><p class="about">{}: {}</p></li>'
    ).format(
        getattr(row, f"text_{language}"),
        " ".join([getattr(row, f"because_{language}"), *_next(row)]),
        "; ".join(_about(data, row)),
        say("Source"),
        source(row),
    )


def _next(row: Any) -> list[str]:
    """Say what closing the gap would do to the next level, where there is one."""
    if pd.isna(row.p_next_then) or pd.isna(row.p_next_now):
        return []
    now, then = text.percent(row.p_next_now), text.percent(row.p_next_then)
    return [say("The next level would be reached with a probability of {then} instead of {now}.", then=then, now=now)]


def _about(data: EditionData, row: Any) -> list[str]:
    """Return rule, indicator, probability and circumstances of a recommendation."""
    titles = data.pillar_titles | {part.id: of(part.title) for part in data.function.indicators}
    parts = [say("rule {rule}", rule=row.rule)]
    if row.about:
        title = titles.get(row.about, row.about)
        figure = row.ground == "indicator"
        parts.append(say("indicator: {title}", title=title) if figure else say("pillar: {title}", title=title))
    parts.append(say("probability {probability}", probability=text.percent(row.probability)))
    if pd.notna(row.gain_mean):
        parts.append(
            say(
                "gain {gain} points ({interval} {span})",
                gain=text.fixed(row.gain_mean, 1),
                interval=text.interval(),
                span=text.joined(text.fixed(row.gain_q05, 1), text.fixed(row.gain_q95, 1)),
            )
        )
    money = say("costs money") if row.financial else say("costs no money of its own")
    return [
        *parts,
        say(_WORDS[row.audience]),
        money,
        say(_WORDS[row.effort]),
        say("{n} months", n=int(row.horizon_months)),
    ]
