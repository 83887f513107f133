"""The figures. Each draws on given axes from given numbers, computes nothing, and says its finding in the title."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from clusterscore.frames import each
from clusterscore.report.language import numeral, say
from clusterscore.report.style import BLUE, FAINT, GREEN, INK, ORANGE, QUIET
from clusterscore.vocabulary import Verdict

_LONGEST = 26  # characters of a label
_WIDE = 32  # characters of a line of one that has two
_ROUND = [digit * 10**power for power in range(-3, 10) for digit in (1, 1.5, 2, 3, 5, 7)]


def shortened(name: str) -> str:
    """Return a name that fits beside an axis."""
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1].rstrip() + "…"


def wrapped(name: str) -> str:
    """Return a name in two lines beside an axis."""
    return "\n".join(textwrap.wrap(name, _WIDE, max_lines=2, placeholder="…"))


def plot_dots(dots: pd.Series, *, ax: Axes, finding: str) -> Axes:
    """Draw a score's uncertainty as twenty equally likely dots.

    Parameters
    ----------
    dots
        Twenty scores, 0-100, increasing.
    """
    width = 2.5  # score points a column of dots stands for
    columns = (dots / width).round()
    height = columns.groupby(columns).cumcount()
    ax.scatter(columns * width, height + 0.5, s=46, color=BLUE, linewidths=0, clip_on=False)
    ax.set(
        xlim=(-2, 102),
        ylim=(0, max(4.0, height.max() + 1.5)),
        xlabel=say("score, 0 to 100 (50: mean of the base edition)"),
    )
    _bare(ax, "left")
    ax.set_yticks([])
    ax.set_title(finding, loc="left")
    return ax


def plot_field(
    table: pd.DataFrame, names: Mapping[str, str], *, ax: Axes, finding: str, highlight: str | None = None
) -> Axes:
    """Draw every unit's score with its interval, best on top.

    Parameters
    ----------
    table
        unit, score_median, q05, q95 (0-100), verdict, in the order to be drawn; contradicted units have hollow dots.
    names
        Name of each unit; empty where there are too many to be read.
    highlight
        Unit to be drawn in another colour.
    """
    places = range(len(table), 0, -1)
    colours = [ORANGE if unit == highlight else BLUE for unit in table["unit"]]
    hollow = table["verdict"] == Verdict.CONTRADICTED
    faces = ["white" if empty else colour for empty, colour in zip(hollow, colours, strict=True)]
    ax.hlines(places, table["q05"], table["q95"], color=colours, linewidth=2.4 if names else 1.2, alpha=0.75)
    size = 22 if names else 5
    ax.scatter(table["score_median"], places, facecolors=faces, edgecolors=colours, s=size, zorder=3, clip_on=False)
    ax.axvline(50, color=QUIET, linewidth=0.8)
    if names:
        ax.set_yticks(places, [shortened(names[unit]) for unit in table["unit"]], fontsize=8.5, parse_math=False)
        for label, unit in zip(ax.get_yticklabels(), table["unit"], strict=True):
            if unit == highlight:
                label.set(color=ORANGE, fontweight="bold")
    else:
        ax.set_yticks([])
    ax.set(xlim=(0, 100), ylim=(0.3, len(table) + 0.7), xlabel=say("score, 0 to 100 (50: mean of the base edition)"))
    _bare(ax)
    ax.set_title(finding, loc="left")
    return ax


def plot_path(path: pd.DataFrame, *, ax: Axes, finding: str) -> Axes:
    """Draw a score over the years with its interval.

    Parameters
    ----------
    path
        year, score_median, q05, q95 (0-100), by year; ``edition`` (bool) marks the years of an edition.
    """
    ax.fill_between(path["year"], path["q05"], path["q95"], color=BLUE, alpha=0.18, linewidth=0)
    ax.plot(path["year"], path["score_median"], color=BLUE, linewidth=1.6)
    marked = path[path["edition"]]
    ax.scatter(marked["year"], marked["score_median"], color=BLUE, s=34, zorder=3, clip_on=False)
    ax.axhline(50, color=QUIET, linewidth=0.8)
    ax.set(ylim=(0, 100), ylabel=say("score, 0 to 100"), xticks=marked["year"])
    ax.grid(axis="y", color="#e6eaee")
    _bare(ax)
    ax.set_title(finding, loc="left")
    return ax


def plot_history(history: pd.DataFrame, *, ax: Axes, finding: str) -> Axes:
    """Draw a score over time of arrival: an interval for each posterior, filled where everything was sampled anew.

    Parameters
    ----------
    history
        score, q05, q95 (0-100), way, records (of the ledger), oldest first.
    """
    place = range(len(history))
    ax.vlines(place, history["q05"], history["q95"], color=BLUE, alpha=0.35, linewidth=5)
    ax.plot(place, history["score"], color=BLUE, linewidth=1.0)
    sampled = history["way"] == "sampled"
    face = [BLUE if whole else "white" for whole in sampled]
    ax.scatter(place, history["score"], c=face, edgecolors=BLUE, s=34, zorder=3, clip_on=False)
    ax.set(ylim=(0, 100), ylabel=say("score, 0 to 100"), xlabel=say("records in the ledger, as they arrived"))
    ax.set_xticks(list(place), [numeral(f"{records:,}") for records in history["records"]])
    ax.grid(axis="y", color="#e6eaee")
    _bare(ax)
    ax.set_title(finding, loc="left")
    return ax


def plot_pillars(table: pd.DataFrame, *, ax: Axes, finding: str) -> Axes:
    """Draw a unit's standing on each pillar with its interval, beside the median of the field.

    Parameters
    ----------
    table
        title, mean, q05, q95 (0-100), field (median of all units), in the order to be drawn.
    """
    places = range(len(table), 0, -1)
    ax.hlines(places, table["q05"], table["q95"], color=BLUE, linewidth=3.0, alpha=0.75)
    ax.scatter(table["mean"], places, color=BLUE, s=34, zorder=3, clip_on=False, label=say("this unit"))
    ax.scatter(table["field"], places, color=INK, marker="|", s=110, zorder=2, label=say("median of all"))
    ax.set_yticks(places, [shortened(title) for title in table["title"]], parse_math=False)
    ax.set(xlim=(0, 100), ylim=(0.4, len(table) + 0.6), xlabel=say("standing on the pillar, 0 to 100"))
    _legend_below(ax)
    _bare(ax)
    ax.set_title(finding, loc="left")
    return ax


def mark_interval(low: float, middle: float, high: float, *, ax: Axes) -> Axes:
    """Mark where a quantity of all units lies, 0-100, behind what is drawn of each."""
    ax.axvspan(low, high, color=GREEN, alpha=0.15, linewidth=0, zorder=0)
    ax.axvline(middle, color=GREEN, linewidth=1.2, zorder=0)
    return ax


def plot_gaps(table: pd.DataFrame, *, ax: Axes, finding: str) -> Axes:
    """Draw how far a unit is ahead of its peers or behind them, with intervals.

    Parameters
    ----------
    table
        title, gap, q05, q95 (score points), in the order to be drawn; filled where the interval is on one side of 0.
    """
    places = list(range(len(table), 0, -1))
    colours = [GREEN if gap > 0 else ORANGE for gap in table["gap"]]
    sure = (table["q05"] > 0) | (table["q95"] < 0)
    faces = [colour if one else "white" for colour, one in zip(colours, sure, strict=True)]
    ax.axvline(0, color=QUIET, linewidth=0.8)
    ax.hlines(places, table["q05"], table["q95"], color=colours, linewidth=3.0, alpha=0.75)
    ax.scatter(table["gap"], places, facecolors=faces, edgecolors=colours, s=40, zorder=3, clip_on=False)
    ax.set_yticks(places, [shortened(title) for title in table["title"]], parse_math=False)
    ax.set(ylim=(0.4, len(table) + 0.6), xlabel=say("points from the peers' median"))
    _bare(ax)
    ax.set_title(finding, loc="left")
    return ax


def plot_places(table: pd.DataFrame, *, ax: Axes, finding: str) -> Axes:
    """Draw how probably each figure is better than a peer's.

    Parameters
    ----------
    table
        title, p_better (share of 1), in the order to be drawn.
    """
    places = list(range(len(table), 0, -1))
    ax.axvspan(25, 75, color=FAINT, alpha=0.35, linewidth=0)
    ax.axvline(50, color=QUIET, linewidth=0.8)
    ax.scatter(100 * table["p_better"], places, color=BLUE, s=40, zorder=3, clip_on=False)
    ax.set_yticks(places, [wrapped(title) for title in table["title"]], parse_math=False, fontsize=8.5)
    ax.set(xlim=(0, 100), ylim=(0.4, len(table) + 0.6), xlabel=say("probability to be better than a peer, %"))
    _bare(ax)
    ax.set_title(finding, loc="left")
    return ax


def plot_levels(table: pd.DataFrame, *, ax: Axes, finding: str, label: str, logarithmic: bool) -> Axes:
    """Draw a member's level beside what is typical of its cluster and sector, in the measure of the indicator.

    Parameters
    ----------
    table
        title, median, low, high, own (bool: the member itself, whose ends are those of its interval).
    """
    places = list(range(len(table), 0, -1))
    colours = [ORANGE if own else BLUE for own in table["own"]]
    ax.hlines(places, table["low"], table["high"], color=colours, linewidth=4.0, alpha=0.6)
    ax.scatter(table["median"], places, color=colours, s=40, zorder=3)
    ax.set_yticks(places, [shortened(title) for title in table["title"]], parse_math=False)
    if logarithmic:
        ax.set_xscale("log")
        ticks = [tick for tick in _ROUND if table["low"].min() <= tick <= table["high"].max()]
        ticks = ticks or [float(f"{table['median'].iloc[0]:.3g}")]
        ax.set_xticks(ticks, [numeral(f"{tick:,g}") for tick in ticks])
        ax.minorticks_off()
    ax.set(ylim=(0.4, len(table) + 0.6), xlabel=label)
    _bare(ax)
    ax.set_title(finding, loc="left")
    return ax


def plot_validation(table: pd.DataFrame, equivalence: float, *, ax: Axes, finding: str) -> Axes:
    """Draw what the figures say and what the peers say of one unit, with intervals.

    Parameters
    ----------
    table
        label, source (``figures`` or ``peers``), alone (bool: from a posterior of its own), mean, q05, q95, in standard
        deviations of the base cohort.
    equivalence
        Half-width of the region treated as agreement, drawn around the figures where they stand with all else.
    """
    table = table.assign(place=range(len(table), 0, -1), colour=table["source"].map({"figures": INK, "peers": GREEN}))
    joint = table.loc[(table["source"] == "figures") & ~table["alone"], "mean"]
    centre = float(joint.iloc[0])
    ax.axvspan(centre - equivalence, centre + equivalence, color=FAINT, alpha=0.45, linewidth=0)
    for alone, shown in table.groupby("alone"):
        colours = list(shown["colour"])
        ax.hlines(shown["place"], shown["q05"], shown["q95"], color=colours, linewidth=1.5 if alone else 3.0)
        face = "white" if alone else colours
        ax.scatter(shown["mean"], shown["place"], facecolors=face, edgecolors=colours, s=40, zorder=3)
    ax.set_yticks(table["place"], list(table["label"]))
    widest = max(3.0, abs(centre) + equivalence, float(table[["q05", "q95"]].abs().to_numpy().max()) + 0.3)
    ax.set(
        xlim=(-widest, widest),
        ylim=(0.4, len(table) + 0.6),
        xlabel=say("standard deviations of the base edition's cohort"),
    )
    _bare(ax)
    ax.set_title(finding, loc="left")
    return ax


def plot_weights(table: pd.DataFrame, *, ax: Axes, finding: str) -> Axes:
    """Draw the weights of the pillars: what was agreed, and what is believed now.

    Parameters
    ----------
    table
        title, prior_mean, mean, q05, q95 (shares of 1), in the order to be drawn; perhaps ``before``, the mean in an
        earlier posterior.
    """
    places = range(len(table), 0, -1)
    ax.hlines(places, 100 * table["q05"], 100 * table["q95"], color=BLUE, linewidth=3.0, alpha=0.75)
    ax.scatter(100 * table["mean"], places, color=BLUE, s=34, zorder=3, label=say("posterior"))
    if "before" in table:
        ax.scatter(
            100 * table["before"],
            places,
            facecolors="white",
            edgecolors=BLUE,
            s=34,
            zorder=2.5,
            label=say("posterior before"),
        )
    ax.scatter(100 * table["prior_mean"], places, color=INK, marker="|", s=110, zorder=2, label=say("agreed"))
    ax.set_yticks(places, [shortened(title) for title in table["title"]], parse_math=False)
    ax.set(xlim=(0, None), ylim=(0.4, len(table) + 0.6), xlabel=say("weight, % of the function"))
    _legend_below(ax)
    _bare(ax)
    ax.set_title(finding, loc="left")
    return ax


def plot_network(order: Sequence[str], pairs: pd.DataFrame, *, ax: Axes, finding: str, highlight: str) -> Axes:
    """Draw units on a circle and a line for each pair of them.

    Parameters
    ----------
    order
        Units, around the circle.
    pairs
        here, there, strength; pairs of units that are not in ``order`` are left out.
    highlight
        Whose lines stand out; it and those it is linked to have their ids beside them.
    """
    angle = {unit: 2.0 * math.pi * place / len(order) for place, unit in enumerate(order)}
    at = {unit: (math.cos(turn), math.sin(turn)) for unit, turn in angle.items()}
    shown = pairs[pairs["here"].isin(order) & pairs["there"].isin(order)]
    own = (shown["here"] == highlight) | (shown["there"] == highlight)
    for rows, colour, width, layer in ((shown[~own], FAINT, 0.6, 1), (shown[own], BLUE, 1.8, 2)):
        lines = [(at[row.here], at[row.there]) for row in each(rows)]
        ax.add_collection(LineCollection(lines, colors=colour, linewidths=width, zorder=layer), autolim=False)
    near = {highlight, *shown.loc[own, "here"], *shown.loc[own, "there"]}
    colours = [ORANGE if unit == highlight else BLUE if unit in near else QUIET for unit in at]
    sizes = [81 if unit == highlight else 25 for unit in at]
    across, up = zip(*at.values(), strict=True)
    ax.scatter(across, up, s=sizes, color=colours, zorder=3)
    for unit, (x, y) in at.items():
        if unit in near:
            side = "left" if x >= 0 else "right"
            ax.text(1.07 * x, 1.07 * y, shortened(unit), ha=side, va="center", color=INK, fontsize=9)
    ax.set(xlim=(-1.5, 1.5), ylim=(-1.15, 1.15), aspect="equal")
    ax.set_axis_off()
    ax.set_title(finding, loc="left")
    return ax


def _legend_below(ax: Axes) -> None:
    figure = ax.get_figure(root=True)
    if figure is not None:
        figure.legend(loc="outside lower center", ncols=3, frameon=False)


def _bare(ax: Axes, *also: str) -> None:
    for side in ("top", "right", *also):
        ax.spines[side].set_visible(False)
    ax.tick_params(length=0)
