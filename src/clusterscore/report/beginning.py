"""The first parts of an edition: how to read it, and tiers with probabilities instead of a league table."""

from __future__ import annotations

from markupsafe import Markup

from clusterscore.frames import each
from clusterscore.report import figures, text
from clusterscore.report.display import Html, Picture, Table, link, new_axes, paragraph
from clusterscore.report.pages import EditionData
from clusterscore.report.style import WIDTH, styled
from clusterscore.scores import tiers
from clusterscore.vocabulary import INTERVAL_MASS


def example(data: EditionData) -> Picture:
    """Show how one score is read: that of the unit in the middle of the field, as twenty equally likely dots."""
    row = data.current.iloc[len(data.current) // 2]
    dots = data.scores.quantiles.loc[data.scores.quantiles["unit"] == row["unit"], "score"].reset_index(drop=True)
    above = int((dots > 50).sum())  # noqa: PLR2004 - the scale's middle
    finding = f"Of twenty equally likely scores of {row['unit']}, {above} lie above 50"
    with styled():
        axes = figures.plot_dots(dots, ax=new_axes(WIDTH, 1.7), finding=finding)
    numbers = [(str(n), f"{score:.1f}") for n, score in enumerate(dots, 1)]
    return Picture(
        axes,
        f"Dot plot of the score of {data.names[row['unit']]}. {finding}; the {text.INTERVAL} is "
        f"{text.span(row['q05'], row['q95'])}.",
        f"{data.names[row['unit']]}: the score {text.between(row['q05'], row['q95'])} with a probability of "
        f"{text.percent(INTERVAL_MASS)}; its rank is {text.ranks(row['rank_q05'], row['rank_q95'])} of "
        f"{len(data.current)}. Nobody can say which dot is the true one.",
        Table("Equally likely scores, each one chance in twenty", ("dot", "score"), numbers, folded=True),
    )


def words() -> Table:
    """Say which word stands for which probability, wherever these pages use one."""
    rows = []
    for number, (least, word) in enumerate(text.words_of_probability()):
        below = text.words_of_probability()[number - 1][0] if number else 100
        rows.append((word, f"{least} % to {below - 1} %" if number else f"{least} % and more"))
    return Table("Words of probability, each with its numbers", ("word", "probability"), rows)


def tier_table(data: EditionData) -> Table | Html:
    """Show the tier of every unit with its probability and its rank interval, by tier and then by name."""
    table = tiers.tiers(data.scores.ranks)
    if table.empty:
        return paragraph(f"There are {len(data.current)} {data.plural}: too few for thirds.")
    ranked = data.current.set_index("unit")
    table = table.assign(place=table["tier"].map(tiers.ORDER.index), name=table["unit"].map(data.names))
    rows = [
        (
            link(row.name, f"#{row.unit}"),
            row.tier,
            *(_shade(share) for share in (row.upper, row.middle, row.lower)),
            text.ranks(ranked.loc[row.unit, "rank_q05"], ranked.loc[row.unit, "rank_q95"]),
        )
        for row in each(table.sort_values(["place", "name"]))
    ]
    first, second = tiers.cuts(len(table))
    caption = (
        f"Thirds of {len(table)} {data.plural} (ranks 1 to {first}, {first + 1} to {second}, {second + 1} to "
        f"{len(table)}), within a third by name; a tier is named where its probability is at least "
        f"{text.percent(tiers.LEAST)}"
    )
    columns = (data.function.kind, "tier", "P(upper)", "P(middle)", "P(lower)", "rank interval")
    return Table(caption, columns, rows)


def tier_finding(data: EditionData) -> list[str]:
    """Say how many units surely belong to the upper and to the lower third, and of how many that cannot be said."""
    table = tiers.tiers(data.scores.ranks)
    if table.empty:
        return []
    counts = table["tier"].value_counts()
    upper, lower = counts.get(tiers.UPPER, 0), counts.get(tiers.LOWER, 0)
    unsure = len(table) - upper - lower - counts.get(tiers.MIDDLE, 0)
    said = (
        f"{upper} belong to the upper third and {lower} to the lower third with a probability of at least "
        f"{text.percent(tiers.LEAST)}; {unsure} lie between two thirds."
    )
    return [said]


def _shade(share: float) -> Markup:
    return Markup('<span class="share" style="--share:{}%">{}</span>').format(round(100 * share), text.percent(share))
