"""With whom a unit could work, and why: its partners in words, and the network as a picture."""

from __future__ import annotations

from typing import Final

import pandas as pd
from markupsafe import Markup

from clusterscore.frames import each, of_unit
from clusterscore.report import figures, text
from clusterscore.report.display import Html, Picture, Table, link, new_axes, paragraph
from clusterscore.report.language import say, spoken
from clusterscore.report.pages import EditionData
from clusterscore.report.style import WIDTH, styled

_HEIGHT: Final = 4.6  # inches


def partners(data: EditionData, unit: str) -> Html:
    """Return the partners of a unit, best first, each with the reason."""
    table = of_unit(data.advice("partners"), unit)
    if table.empty:
        return paragraph(say("Nobody was found who is surely stronger where it is weak and the other way round."))
    known, items = set(data.current["unit"]), Markup("")
    for row in each(table.sort_values("place")):
        name = data.names.get(row.partner, row.partner)
        shown = link(name, f"{row.partner}.html") if row.partner in known else name
        items += Markup("<li><p><strong>{}</strong></p><p>{}</p></li>").format(
            shown, getattr(row, f"because_{spoken()}")
        )
    return Html(Markup('<ol class="advice">{}</ol>').format(items))


def network(data: EditionData, unit: str) -> Picture | Html:
    """Return who complements whom, with the unit and those around it marked."""
    pairs = _pairs(data.advice("partners"))
    if pairs.empty:
        return paragraph(say("So there is no network to draw."))
    around = pairs[(pairs["here"] == unit) | (pairs["there"] == unit)]
    others = sorted({*around["here"], *around["there"]} - {unit})
    order = _ordered(data)
    finding = say("Of {n} {plural}, {m} complement it", n=len(order) - 1, plural=say(data.plural), m=len(others))
    with styled():
        axes = new_axes(WIDTH, _HEIGHT)
        figures.plot_network(order, pairs, ax=axes, finding=finding, highlight=unit)
    rows = [
        (data.names.get(other, other), other, _strength(around, other))
        for other in sorted(others, key=lambda other: (-_strongest(around, other), other))
    ]
    return Picture(
        axes,
        say(
            "Network of {n} {plural} in a circle, ordered by sector. {name} is linked to: {others}.",
            n=len(order),
            plural=say(data.plural),
            name=data.names[unit],
            others=", ".join(others) or "-",
        ),
        say(
            "Each dot is one of them, those of a sector beside each other. A line joins two that complement each "
            "other: each is surely stronger on a pillar. Blue: lines of {name}.",
            name=data.names[unit],
        ),
        Table(
            say("Who complements it"),
            (say(data.function.kind), say("id"), say("how much stronger both are together (standard deviations)")),
            rows,
            folded=True,
        ),
    )


def _pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Return each pair once: here, there, strength."""
    rows: dict[tuple[str, str], float] = {}
    for row in each(table):
        pair = (min(row.unit, row.partner), max(row.unit, row.partner))
        rows[pair] = max(rows.get(pair, 0.0), float(row.strength))
    return pd.DataFrame(
        [(*pair, weight) for pair, weight in sorted(rows.items())], columns=["here", "there", "strength"]
    )


def _ordered(data: EditionData) -> list[str]:
    """Return the units of the edition, those of a sector beside each other."""
    about = data.scores.units.set_index("unit")["sector"].fillna("")
    return sorted(data.current["unit"], key=lambda unit: (str(about[unit]), unit))


def _strongest(around: pd.DataFrame, other: str) -> float:
    return float(around.loc[(around["here"] == other) | (around["there"] == other), "strength"].max())


def _strength(around: pd.DataFrame, other: str) -> str:
    return text.fixed(_strongest(around, other), 1)
