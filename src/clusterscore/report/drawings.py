"""Figures of a whole edition. Each draws on given axes from given numbers, computes nothing; see :mod:`.figures`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter

from clusterscore.frames import each
from clusterscore.report.figures import shortened
from clusterscore.report.language import say
from clusterscore.report.style import BLUE, GREEN, INK, ORANGE, QUIET
from clusterscore.report.text import deviations, fixed, joined
from clusterscore.vocabulary import Verdict

_DARKEST = 70  # mean score at which a tile is darkest; white letters from there downwards to the middle
_PALEST = 30
_THOUSANDS = 1000


def plot_strip(table: pd.DataFrame, *, ax: Axes, finding: str) -> Axes:
    """Draw one pillar: every unit's mean and interval, the lowest on the left.

    Parameters
    ----------
    table
        mean, q05, q95 (0-100), in the order to be drawn.
    """
    places = range(1, len(table) + 1)
    ax.vlines(places, table["q05"], table["q95"], color=BLUE, alpha=0.35, linewidth=2.2)
    ax.scatter(places, table["mean"], color=BLUE, s=9, linewidths=0, zorder=3)
    ax.axhline(50, color=QUIET, linewidth=0.8)
    ax.set(ylim=(0, 100), xlim=(0, len(table) + 1), ylabel=say("0 to 100"))
    ax.set_xticks([])
    _bare(ax)
    ax.set_title(finding, loc="left")
    return ax


def plot_tiles(table: pd.DataFrame, *, ax: Axes, finding: str) -> Axes:
    """Draw regions as tiles of equal size.

    Parameters
    ----------
    table
        name, column, row, n (clusters), mean, q05, q95 (0-100; missing where there are no clusters).
    """
    shades = LinearSegmentedColormap.from_list("tiles", ["#e8f1f8", BLUE])
    for tile in each(table):
        known = tile.mean == tile.mean
        depth = (tile.mean - _PALEST) / (_DARKEST - _PALEST) if known else 0.0
        ink = "white" if known and depth > 0.8 else INK  # noqa: PLR2004 - where white can be read
        face = shades(min(max(depth, 0.0), 1.0)) if known else "white"
        ax.add_patch(Rectangle((tile.column, -tile.row), 0.95, 0.95, facecolor=face, edgecolor=QUIET, linewidth=0.8))
        centre = tile.column + 0.475
        ax.text(centre, -tile.row + 0.72, tile.name, ha="center", va="center", color=ink, fontsize=7.5)
        said = f"{tile.mean:.0f}" if known else "-"
        ax.text(centre, -tile.row + 0.45, said, ha="center", va="center", color=ink, fontsize=15, fontweight="bold")
        below = f"{joined(f'{tile.q05:.0f}', f'{tile.q95:.0f}')}; n = {tile.n}" if known else say("no clusters")
        ax.text(centre, -tile.row + 0.18, below, ha="center", va="center", color=ink, fontsize=7.0)
    ax.set(xlim=(table["column"].min() - 0.05, table["column"].max() + 1), aspect="equal")
    ax.set_ylim(-table["row"].max() - 0.05, -table["row"].min() + 1)
    ax.axis("off")
    ax.set_title(finding, loc="left")
    return ax


def plot_means(table: pd.DataFrame, *, ax: Axes, finding: str) -> Axes:
    """Draw the mean score of places with its interval.

    Parameters
    ----------
    table
        value, mean, q05, q95 (0-100), in the order to be drawn.
    """
    places = range(len(table), 0, -1)
    ax.hlines(places, table["q05"], table["q95"], color=BLUE, linewidth=3.0, alpha=0.75)
    ax.scatter(table["mean"], places, color=BLUE, s=30, zorder=3)
    ax.axvline(50, color=QUIET, linewidth=0.8)
    ax.set_yticks(places, [shortened(value) for value in table["value"]], parse_math=False)
    ax.set(xlim=(0, 100), ylim=(0.4, len(table) + 0.6), xlabel=say("mean score of the clusters, 0 to 100"))
    _bare(ax)
    ax.set_title(finding, loc="left")
    return ax


def plot_dots_of(values: pd.Series, label: str, *, ax: Axes, finding: str) -> Axes:
    """Draw a distribution as dots, each standing for the same number of members.

    Parameters
    ----------
    values
        One number a dot, increasing.
    label
        What is measured, with its unit.
    """
    low, high = float(values.min()), float(values.max())
    width = (high - low) / 18 or 1.0
    columns = ((values - low) / width).round()
    height = columns.groupby(columns).cumcount()
    ax.scatter(low + columns * width, height + 0.5, s=46, color=GREEN, linewidths=0, clip_on=False)
    ax.set(ylim=(0, max(4.0, float(height.max()) + 1.5)), xlabel=label)
    ax.set_yticks([])
    if high >= _THOUSANDS:
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: fixed(value, 0)))
    _bare(ax, "left")
    ax.set_title(finding, loc="left")
    return ax


def plot_rows(series: Mapping[str, Sequence[float]], *, ax: Axes, finding: str) -> Axes:
    """Draw distributions as rows of dots, one below the other.

    Parameters
    ----------
    series
        Severities in logits by the label of their row, the first on top.
    """
    places = range(len(series), 0, -1)
    for place, values in zip(places, series.values(), strict=True):
        ax.scatter(values, [place] * len(values), s=36, color=GREEN, linewidths=0, alpha=0.8)
    ax.axvline(0, color=QUIET, linewidth=0.8)
    ax.set_yticks(places, list(series))
    ax.set(ylim=(0.4, len(series) + 0.6), xlabel=say("severity, logits (0: an average rater)"))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: deviations(value)))
    _bare(ax)
    ax.set_title(finding, loc="left")
    return ax


_COLOURS: Mapping[str, str] = {
    Verdict.VALIDATED: GREEN,
    Verdict.CONTRADICTED: ORANGE,
    Verdict.NOT_ENOUGH_EVIDENCE: QUIET,
}
_MARKS: Mapping[str, str] = {Verdict.VALIDATED: "o", Verdict.CONTRADICTED: "D", Verdict.NOT_ENOUGH_EVIDENCE: "x"}


def plot_agreement(table: pd.DataFrame, equivalence: float, *, ax: Axes, finding: str) -> Axes:
    """Draw what the peers say of every unit against what its figures say.

    Parameters
    ----------
    table
        figures_mean, peers_mean (standard deviations of the base cohort), verdict.
    equivalence
        Half-width of the band of agreement.
    """
    widest = float(table[["figures_mean", "peers_mean"]].abs().to_numpy().max()) + 0.3
    ends = [-widest, widest]
    low, high = [x - equivalence for x in ends], [x + equivalence for x in ends]
    ax.fill_between(ends, low, high, color="#dfe6ec", linewidth=0)
    for verdict, part in table.groupby("verdict", sort=True):
        mark = _MARKS[str(verdict)]
        ax.scatter(
            part["figures_mean"],
            part["peers_mean"],
            c=_COLOURS[str(verdict)],
            marker=mark,
            s=26,
            label=say(str(verdict)),
        )
    said = say("what the figures say (standard deviations)"), say("what the peers say")
    ax.set(xlim=ends, ylim=ends, xlabel=said[0], ylabel=said[1])
    figure = ax.get_figure(root=True)
    if figure is not None:
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
    _bare(ax)
    ax.set_title(finding, loc="left")
    return ax


def plot_then(table: pd.DataFrame, *, ax: Axes, finding: str) -> Axes:
    """Draw what was known of each score then against what is believed now, with intervals and the diagonal.

    Parameters
    ----------
    table
        score_median, q05, q95 (0-100), each with ``_then`` and ``_now``; inside (whether the median now lies within the
        interval of then).
    """
    ax.axline((0, 0), slope=1, color=QUIET, linewidth=0.8)
    for inside, colour in ((True, BLUE), (False, ORANGE)):
        rows = table[table["inside"] == inside]
        x, y = rows["score_median_then"], rows["score_median_now"]
        ax.hlines(y, rows["q05_then"], rows["q95_then"], color=colour, alpha=0.25, linewidth=1.2)
        ax.vlines(x, rows["q05_now"], rows["q95_now"], color=colour, alpha=0.25, linewidth=1.2)
        ax.scatter(x, y, color=colour, marker="o" if inside else "D", s=14, linewidths=0, zorder=3)
    ax.set(xlim=(0, 100), ylim=(0, 100), xlabel=say("known then"), ylabel=say("believed now"))
    _bare(ax)
    ax.set_title(finding, loc="left")
    return ax


def _bare(ax: Axes, *also: str) -> None:
    for side in ("top", "right", *also):
        ax.spines[side].set_visible(False)
    ax.tick_params(length=0)
