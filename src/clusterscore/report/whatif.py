"""What if a figure or a pillar were another: tables worked out beforehand, and a place for the page's script.

The script shows one row of the table at a time, as a sentence; without it the table says the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
from markupsafe import Markup

from clusterscore.frames import each, of_unit
from clusterscore.model.function import Indicator
from clusterscore.report import text
from clusterscore.report.display import Html, Table, paragraph, together
from clusterscore.report.language import of, say
from clusterscore.report.pages import EditionData

_PILLAR: Final = "pillar"
_HIGH, _LOW = 6, 2
"""Points of the grid of which the better one stands in the short table: where the best fifth of the field begins."""


def what_if(data: EditionData, unit: str) -> Html:
    """Return the control, a short table, and every point of the grid."""
    table = of_unit(data.advice("whatif"), unit)
    if table.empty:
        return paragraph(say("Nothing was worked out beforehand for this function."))
    parts = {part.id: part for part in data.function.indicators}
    columns = (
        *(say("what"), say("today"), say("if it were"), say("score (mean)"), text.interval()),
        say("next level"),
    )
    rows = [_row(data, parts, row) for row in each(table)]
    aspired = [shown for shown, row in zip(rows, each(table), strict=True) if row.point == _aspired(parts, row)]
    short = Table(
        say("If one thing were where the best fifth of the field begins (a pillar: at 80)"),
        columns,
        aspired,
    )
    every = Table(say("Every point that was worked out"), columns, rows, folded=True, label="Every point of what if")
    note = paragraph(
        say(
            "A pillar is put there and the score follows by its weight. A figure is reported there and the posterior "
            "follows. All else stays as it is; neither is a forecast of what any measure would do."
        ),
        "note",
    )
    return together(note, _control(every), short)


def _aspired(parts: Mapping[str, Indicator], row: Any) -> int:
    return _LOW if row.kind != _PILLAR and parts[row.about].direction < 0 else _HIGH


def _control(every: Table) -> Html:
    """Return the table of all points within what the script looks for, with the words that it says."""
    return Html(
        Markup(
            '<div id="points" data-choose="{choose}" data-move="{move}" data-said="{said}" data-next="{following}" '
            'data-unknown="{unknown}">{table}</div>'
        ).format(
            choose=say("What changes"),
            move=say("To which value"),
            said=say("Were it $value (today $now), the score would be $score ($interval)."),
            following=say("The next level would be reached with a probability of $next."),
            unknown=say("Were it $value (today $now), the score cannot be worked out reliably: it is too far away."),
            table=Markup(every._repr_html_()),  # noqa: S704 - of ours, escaped
        )
    )


def _row(data: EditionData, parts: Mapping[str, Indicator], row: Any) -> tuple[str, ...]:
    if row.kind == _PILLAR:
        what = say("pillar: {title}", title=data.pillar_titles[row.about])
        value, now = f"{row.x:.0f}", f"{row.now:.0f}"
    else:
        part = parts[row.about]
        what, value = say("indicator: {title}", title=of(part.title)), text.quantity(row.x, part.measure)
        now = say("not reported") if pd.isna(row.now) else text.quantity(row.now, part.measure)
    if not row.reliable:
        return what, now, value, "-", "-", "-"
    following = "-" if pd.isna(row.p_next) else text.percent(row.p_next)
    return what, now, value, text.points(row.mean), text.span(row.q05, row.q95), following
