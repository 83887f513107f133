"""The first parts of an edition: how to read it, and tiers with probabilities instead of a league table."""

from __future__ import annotations

from markupsafe import Markup

from clusterscore.frames import each
from clusterscore.report import figures, text
from clusterscore.report.display import Html, Picture, Table, link, new_axes, paragraph
from clusterscore.report.language import say
from clusterscore.report.pages import EditionData
from clusterscore.report.style import WIDTH, styled
from clusterscore.scores import tiers
from clusterscore.vocabulary import INTERVAL_MASS


def example(data: EditionData) -> Picture:
    """Show how one score is read: that of the unit in the middle of the field, as twenty equally likely dots."""
    row = data.current.iloc[len(data.current) // 2]
    name, span = data.names[row["unit"]], text.span(row["q05"], row["q95"])
    dots = data.scores.quantiles.loc[data.scores.quantiles["unit"] == row["unit"], "score"].reset_index(drop=True)
    above = int((dots > 50).sum())  # noqa: PLR2004 - the scale's middle
    finding = say("Of twenty equally likely scores of {unit}, {above} lie above 50", unit=row["unit"], above=above)
    with styled():
        axes = figures.plot_dots(dots, ax=new_axes(WIDTH, 1.7), finding=finding)
    numbers = [(str(n), text.fixed(score, 1)) for n, score in enumerate(dots, 1)]
    return Picture(
        axes,
        say(
            "Dot plot of the score of {name}. {finding}; the {interval} is {span}.",
            name=name,
            finding=finding,
            interval=text.interval(),
            span=span,
        ),
        say(
            "{name}: the score {between} with a probability of {mass}; its rank is {ranks} of {n}. Nobody can say "
            "which dot is the true one.",
            name=name,
            between=text.between(row["q05"], row["q95"]),
            mass=text.percent(INTERVAL_MASS),
            ranks=text.ranks(row["rank_q05"], row["rank_q95"]),
            n=len(data.current),
        ),
        Table(
            say("Equally likely scores, each one chance in twenty"),
            (say("dot"), say("score")),
            numbers,
            folded=True,
        ),
    )


def words() -> Table:
    """Say which word stands for which probability, wherever these pages use one."""
    known, rows = text.words_of_probability(), []
    for number, (least, word) in enumerate(known):
        below = known[number - 1][0] - 1 if number else 100
        reach = say("{low} % to {high} %", low=least, high=below) if number else say("{low} % and more", low=least)
        rows.append((say(word), reach))
    return Table(say("Words of probability, each with its numbers"), (say("word"), say("probability")), rows)


def tier_table(data: EditionData) -> Table | Html:
    """Show the tier of every unit with its probability and its rank interval, by tier and then by name."""
    table = tiers.tiers(data.scores.ranks)
    if table.empty:
        return paragraph(
            say("There are {n} {plural}: too few for thirds.", n=len(data.current), plural=say(data.plural))
        )
    ranked = data.current.set_index("unit")
    table = table.assign(place=table["tier"].map(tiers.ORDER.index), name=table["unit"].map(data.names))
    rows = [
        (
            link(row.name, f"#{row.unit}"),
            say(row.tier),
            *(_shade(share) for share in (row.upper, row.middle, row.lower)),
            text.ranks(ranked.loc[row.unit, "rank_q05"], ranked.loc[row.unit, "rank_q95"]),
        )
        for row in each(table.sort_values(["place", "name"]))
    ]
    first, second = tiers.cuts(len(table))
    caption = say(
        "Thirds of {n} {plural} (ranks 1 to {first}, {next} to {second}, {last} to {n}), within a third by name; a "
        "tier is named where its probability is at least {least}",
        n=len(table),
        plural=say(data.plural),
        first=first,
        next=first + 1,
        second=second,
        last=second + 1,
        least=text.percent(tiers.LEAST),
    )
    columns = (say("tier"), say("P(upper)"), say("P(middle)"), say("P(lower)"), say("rank interval"))
    return Table(caption, (say(data.function.kind), *columns), rows)


def tier_finding(data: EditionData) -> list[str]:
    """Say how many units surely belong to the upper and to the lower third, and of how many that cannot be said."""
    table = tiers.tiers(data.scores.ranks)
    if table.empty:
        return []
    counts = table["tier"].value_counts()
    upper, lower = counts.get(tiers.UPPER, 0), counts.get(tiers.LOWER, 0)
    said = say(
        "{upper} belong to the upper third and {lower} to the lower third with a probability of at least {least}; "
        "{unsure} lie between two thirds.",
        upper=upper,
        lower=lower,
        least=text.percent(tiers.LEAST),
        unsure=len(table) - upper - lower - counts.get(tiers.MIDDLE, 0),
    )
    return [said]


def _shade(share: float) -> Markup:
    return Markup('<span class="share" style="--share:{}%">{}</span>').format(round(100 * share), text.percent(share))
