"""Whether the peers confirm the figures of a unit."""

from __future__ import annotations

from typing import Final

import pandas as pd
from markupsafe import Markup

from clusterscore.frames import each
from clusterscore.report import figures, text
from clusterscore.report.display import Html, Picture, Table, new_axes, paragraph
from clusterscore.report.language import say
from clusterscore.report.pages import EditionData
from clusterscore.report.style import WIDTH, styled

_SAID: Final = (
    ("figures_alone", "figures", "figures alone"),
    ("peers_alone", "peers", "peers alone"),
    ("figures", "figures", "figures, with all else"),
    ("peers", "peers", "peers, with all else"),
    ("judged", "peers", "peers' judgement overall"),
)


def verdict(data: EditionData, unit: str) -> Html:
    """Whether the peers confirm the figures, in words."""
    return Html(Markup("<p>{}</p>").format(text.confirmation(data.validation(unit), data.minimum_raters)))


def agreement(data: EditionData, unit: str) -> Picture | Html:
    """What the figures say beside what the peers say."""
    row = data.validation(unit)
    if "figures_mean" not in row.index:
        return paragraph(say("There is nothing to draw: this function has figures only."))
    table = pd.DataFrame(
        [
            {"label": say(label), "source": source, "alone": "alone" in name}
            | {summary: row[f"{name}_{summary}"] for summary in ("mean", "q05", "q95")}
            for name, source, label in _SAID
            if pd.notna(row.get(f"{name}_mean"))
        ]
    )
    finding = say(
        "In standard deviations: figures {figures}, peers {peers}; {verdict}",
        figures=text.deviations(row["figures_mean"]),
        peers=text.deviations(row["peers_mean"]),
        verdict=say(row["verdict"]),
    )
    with styled():
        axes = figures.plot_validation(
            table,
            data.function.validation.equivalence,
            ax=new_axes(WIDTH, 0.9 + 0.32 * len(table)),
            finding=finding,
        )
    rows = [
        (str(r.label), text.deviations(r.mean), text.joined(text.deviations(r.q05), text.deviations(r.q95)))
        for r in each(table)
    ]
    return Picture(
        axes,
        say("What figures and peers say of {name}. {finding}.", name=data.names[unit], finding=finding),
        say(
            "Dot: mean. Line: {interval}. Hollow: {alone} Filled: from everything observed, which the verdict "
            "rests on. Grey: what the document treats as agreement with the figures.",
            interval=text.interval(),
            alone=_alone(table),
        ),
        Table(
            say("Figures and peers, in standard deviations of the base cohort"),
            (say("source"), say("mean"), text.interval()),
            rows,
            folded=True,
        ),
    )


def _alone(table: pd.DataFrame) -> str:
    if table["alone"].any():
        return say("from the figures alone, or the peers alone, as if the others had not been asked.")
    return say("nothing; no posterior of the figures alone or the peers alone passed its diagnostics.")
