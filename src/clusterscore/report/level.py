"""On which level of accreditation a unit's score lies, and which conditions of each level it fulfils."""

from __future__ import annotations

from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from clusterscore.advice.levels import FILE, Level, Levels
from clusterscore.frames import each, of_unit
from clusterscore.report import conditions, text
from clusterscore.report.display import Html, Table, paragraph, sentences, together
from clusterscore.report.language import ENGLISH, of, say, spoken
from clusterscore.report.pages import EditionData


def reached(data: EditionData, unit: str) -> str | None:
    """Return the level in words, with its probability, or between which two it is provisional; None without levels."""
    table = of_unit(data.advice("levels"), unit)
    return None if table.empty else str(table.iloc[0][f"said_{spoken()}"])


def badge(data: EditionData, unit: str) -> Markup:
    """Return the level as it stands in the headline; nothing without levels."""
    said = reached(data, unit)
    if said is None:
        return Markup("")
    return Markup('<p class="level">{}</p>').format(say("level by score: {said}", said=said))


def level(data: EditionData, unit: str) -> Html:
    """Which level the score reaches, how probably each, and who decides."""
    table = of_unit(data.advice("levels"), unit)
    ladder = _ladder(data)
    if table.empty or not ladder:
        return paragraph(say("No levels of accreditation are defined for this function."))
    row = table.iloc[0]
    each_level = "; ".join(
        say("{title}: {probability}", title=of(one.title), probability=text.percent(row[f"p_{one.id}"]))
        for one in ladder
    )
    return sentences(
        [
            say("By its score alone: {said}.", said=row[f"said_{spoken()}"]),
            say("Probability that the score reaches each level: {levels}.", levels=each_level),
            say("A level is given by a named person, with a reason, and never by this page."),
        ]
    )


def fulfilled(data: EditionData, unit: str) -> Html:
    """Every condition of every level, with what was found, what is needed and where that comes from."""
    table = of_unit(data.advice("conditions"), unit)
    ladder = _ladder(data)
    if table.empty or not ladder:
        return paragraph(say("So there are no conditions to fulfil."))
    names = list(dict.fromkeys(table["condition"]))
    rows = [_row(name, table[table["condition"] == name], ladder) for name in names]
    columns = (say("condition"), say("what was found"), *(of(one.title) for one in ladder))
    missing = _missing(table, ladder)
    sources = Table(
        say("Where the conditions come from"),
        (say("condition"), say("level"), say("needed"), say("source")),
        [_source(row, ladder) for row in each(table)],
        folded=True,
        label="Sources of the conditions",
        words=True,
    )
    return together(
        missing, Table(say("Conditions of each level, in brackets what is needed"), columns, rows, words=True), sources
    )


def _row(name: str, table: pd.DataFrame, ladder: tuple[Level, ...]) -> list[str]:
    language, by_level = spoken(), table.set_index("level")
    found = list(dict.fromkeys(_words(one) for one in table["found"] if one))
    cells = [
        say(
            "{holds} ({needed})",
            holds=conditions.holds(str(by_level.loc[one.id, "holds"]), language),
            needed=_words(str(by_level.loc[one.id, "needed"])),
        )
        for one in ladder
    ]
    return [conditions.title(name, language), "; ".join(found) or "-", *cells]


def _missing(table: pd.DataFrame, ladder: tuple[Level, ...]) -> Html:
    """Say for each level which conditions are not fulfilled."""
    language, said = spoken(), []
    for one in ladder:
        rows = table[(table["level"] == one.id) & ~table["holds"].isin(["yes", "waived"])]
        titles = [
            f"{conditions.title(row.condition, language)} ({conditions.holds(row.holds, language)})"
            for row in each(rows)
        ]
        said.append(
            say("{title}: not fulfilled: {missing}.", title=of(one.title), missing="; ".join(titles))
            if titles
            else say("{title}: all conditions are fulfilled.", title=of(one.title))
        )
    return sentences(said)


def _source(row: Any, ladder: tuple[Level, ...]) -> list[str]:
    titles = {one.id: of(one.title) for one in ladder}
    needed = _words(row.needed)
    return [conditions.title(row.condition, spoken()), titles[row.level], needed, source(row)]


def _words(text: str) -> str:
    return conditions.words(text, spoken()).replace(">=", "\N{GREATER-THAN OR EQUAL TO}")


def source(row: Any) -> Markup:
    """Return who says so; where a document says it in English alone and Romanian is spoken, marked as English."""
    if spoken() == ENGLISH:
        return escape(row.source)
    return escape(row.source_ro) if row.source_ro else Markup('<span lang="en">{}</span>').format(row.source)


def _ladder(data: EditionData) -> tuple[Level, ...]:
    if data.workspace is None or not (data.workspace.catalogue / FILE).is_file():
        return ()
    levels = Levels.read(data.workspace.catalogue / FILE)
    return levels.ladder if levels.function == data.function.function else ()
