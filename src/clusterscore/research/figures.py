"""The figures of the notebooks for researchers. Each draws given numbers on given axes and computes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray

from clusterscore.report.style import BLUE, FAINT, GREEN, INK, ORANGE, QUIET

Floats = NDArray[np.float64]

LIKERT: Final = ("#b5541c", "#e8a878", "#d9dde2", "#86b4d8", "#0b62a4")
"""From the lowest answer to the highest, where there are five."""
_MISSING_TO_KNOWN: Final = LinearSegmentedColormap.from_list("missing to known", ["#f0d9cc", BLUE])
_CHAINS: Final = (BLUE, ORANGE, GREEN, "#a8658f", "#8a6d00", QUIET)
_SMALL: Final = 7.5  # points
_FEW_YEARS: Final = 4
_LONGEST: Final = 34
_CELL_OF_ONE: Final = 0.5


def shortened(name: str, longest: int = _LONGEST) -> str:
    """Return a name that fits beside an axis."""
    return name if len(name) <= longest else name[: longest - 1].rstrip() + "…"


def bare(ax: Axes, *also: str) -> None:
    """Leave out the frame and the ticks."""
    for side in ("top", "right", *also):
        ax.spines[side].set_visible(False)
    ax.tick_params(length=0)


def plot_coverage(seen: Floats, units: Sequence[str], years: Sequence[int], names: Sequence[str], *, ax: Axes) -> Axes:
    """Draw which indicator of which unit was reported in which year.

    Parameters
    ----------
    seen
        dims (unit, indicator, year), shares of 1.
    units, years, names
        Labels of the three axes; ``names`` are those of the indicators.
    """
    n_units, n_indicators, n_years = seen.shape
    image = seen.reshape(n_units, n_indicators * n_years)
    ax.imshow(image, cmap=_MISSING_TO_KNOWN, vmin=0, vmax=1, aspect="auto", interpolation="none")
    for edge in range(1, n_indicators):
        ax.axvline(edge * n_years - _CELL_OF_ONE, color="white", linewidth=3.0)
    centres = (np.arange(n_indicators) + 0.5) * n_years - _CELL_OF_ONE
    ax.set_xticks(centres, [shortened(name, 22) for name in names], rotation=40, ha="left", fontsize=_SMALL)
    ax.xaxis.tick_top()
    ax.set_yticks(range(n_units), units, fontsize=6.0 if n_units > 20 else _SMALL)  # noqa: PLR2004 - a page of rows
    ax.set_xlabel(f"within each block: {years[0]} to {years[-1]}, left to right", fontsize=_SMALL)
    ax.grid(visible=False)
    bare(ax, "left", "bottom")
    return ax


def plot_placement(table: pd.DataFrame, *, ax: Axes) -> Axes:
    """Draw where standardised figures lie, against where the document expects them.

    Parameters
    ----------
    table
        title, q05, q25, median, q75, q95, in spreads from the typical value.
    """
    places = np.arange(len(table), 0, -1)
    ax.axvspan(-1, 1, color=FAINT, alpha=0.4, linewidth=0)
    ax.axvline(0, color=QUIET, linewidth=0.8)
    ax.hlines(places, table["q05"], table["q95"], color=BLUE, linewidth=1.4)
    ax.hlines(places, table["q25"], table["q75"], color=BLUE, linewidth=5.0, alpha=0.6)
    ax.scatter(table["median"], places, color="white", edgecolor=BLUE, s=26, zorder=3)
    ax.set_yticks(places, [shortened(title) for title in table["title"]], fontsize=8.5)
    ax.set(ylim=(0.4, len(table) + 0.6), xlabel="spreads from the document's typical value")
    bare(ax)
    return ax


def plot_shares(shares: pd.DataFrame, *, ax: Axes) -> Axes:
    """Draw the share of each answer by item.

    Parameters
    ----------
    shares
        A row per item (index: its title), a column per category, lowest first; shares of 1, missing where an item has
        fewer categories.
    """
    places = np.arange(len(shares), 0, -1)
    n = shares.shape[1]
    scale = LinearSegmentedColormap.from_list("answers", LIKERT)
    colours = LIKERT if n == len(LIKERT) else [scale(k / max(n - 1, 1)) for k in range(n)]
    left = np.zeros(len(shares))
    for column, colour in zip(shares, colours, strict=True):
        width = 100.0 * shares[column].fillna(0.0).to_numpy()
        ax.barh(places, width, left=left, color=colour, height=0.78, label=str(column))
        left += width
    ax.set_yticks(places, [shortened(title) for title in shares.index], fontsize=8.0)
    ax.set(xlim=(0, 100), ylim=(0.4, len(shares) + 0.6), xlabel="% of answers")
    ax.grid(visible=False)
    legend_below(ax, "answer, lowest to highest", n)
    bare(ax, "left")
    return ax


def legend_below(ax: Axes, title: str | None, columns: int) -> None:
    """Put the legend below the whole figure."""
    figure = ax.get_figure(root=True)
    if figure is not None:
        handles, labels = ax.get_legend_handles_labels()
        figure.legend(
            handles,
            labels,
            loc="outside lower center",
            ncols=min(columns, 6),
            frameon=False,
            title=title,
            fontsize=8.0,
            title_fontsize=8.0,
        )


def plot_network(
    answers: Floats, tied: NDArray[np.bool_], units: Sequence[str], raters: Sequence[str], *, ax: Axes
) -> Axes:
    """Draw who rated whom.

    Parameters
    ----------
    answers
        dims (unit, rater): years in which the rater answered about the unit.
    tied
        dims (unit, rater): whether the rater belongs or is tied to the unit.
    """
    most = int(answers.max(initial=1))
    scale = LinearSegmentedColormap.from_list("years", ["#f3f5f7", BLUE], N=most + 1)
    ax.imshow(answers, cmap=scale, vmin=0, vmax=most, aspect="auto", interpolation="none")
    unit, rater = np.nonzero(tied)
    ax.scatter(rater, unit, marker="x", color=ORANGE, s=12, linewidths=1.2, label="belongs or is tied")
    ax.set(xlabel=f"{len(raters)} raters", ylabel=f"{len(units)} units")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(visible=False)
    legend_below(ax, None, 1)
    bare(ax, "left", "bottom")
    return ax


def plot_quantiles(table: pd.DataFrame, *, ax: Axes, label: str, absurd: Sequence[tuple[float, float]] = ()) -> Axes:
    """Draw intervals, one a row, with what would be absurd shaded.

    Parameters
    ----------
    table
        title, q05, q25, median, q75, q95.
    label
        Of the horizontal axis, with its unit.
    absurd
        Ranges that nobody would believe.
    """
    places = np.arange(len(table), 0, -1)
    ax.hlines(places, table["q05"], table["q95"], color=BLUE, linewidth=1.4)
    ax.hlines(places, table["q25"], table["q75"], color=BLUE, linewidth=5.0, alpha=0.6)
    ax.scatter(table["median"], places, color="white", edgecolor=BLUE, s=26, zorder=3)
    ax.set_yticks(places, [shortened(title) for title in table["title"]], fontsize=8.5)
    ax.set(ylim=(0.4, len(table) + 0.6), xlabel=label)
    shade(ax, absurd)
    bare(ax)
    return ax


def plot_histogram(
    values: Floats, *, ax: Axes, label: str, bins: Floats, absurd: Sequence[tuple[float, float]] = ()
) -> Axes:
    """Draw a distribution, with what would be absurd shaded."""
    ax.hist(values, bins=list(bins), weights=np.full(len(values), 100.0 / len(values)), color=BLUE, alpha=0.75)
    ax.set(xlim=(bins[0], bins[-1]), xlabel=label, ylabel="% of prior draws")
    shade(ax, absurd)
    bare(ax)
    return ax


def shade(ax: Axes, absurd: Sequence[tuple[float, float]]) -> None:
    """Shade ranges that nobody would believe, as far as they are in view."""
    low, high = ax.get_xlim()
    for start, end in absurd:
        ax.axvspan(max(start, low), min(end, high), color=ORANGE, alpha=0.14, linewidth=0)
    ax.set_xlim(low, high)


def plot_ranks(shares: Floats, expected: float, *, ax: Axes) -> Axes:
    """Draw how often a unit has each rank, in %, and how often it would have each by lot."""
    ax.bar(np.arange(1, len(shares) + 1), 100.0 * shares, color=BLUE, alpha=0.75, width=0.85)
    ax.axhline(100.0 * expected, color=INK, linewidth=0.9)
    ax.set(xlabel="rank in the edition's last year", ylabel="% of prior draws", xlim=(0.3, len(shares) + 0.7))
    bare(ax)
    return ax


def plot_chains(values: Floats, ranks: Floats, title: str, *, trace: Axes, rank: Axes) -> None:
    """Draw the draws of each chain, and the share of its ranks in twenty classes.

    Parameters
    ----------
    values
        dims (chain, draw).
    ranks
        dims (chain, class): share of the chain's draws, times the number of classes: 1 where the chains agree.
    """
    for number, (chain, heights) in enumerate(zip(values, ranks, strict=True)):
        colour = _CHAINS[number % len(_CHAINS)]
        step = max(1, len(chain) // 250)
        trace.plot(np.arange(len(chain))[::step], chain[::step], color=colour, linewidth=0.6, alpha=0.8)
        rank.stairs(heights, color=colour, linewidth=1.3, baseline=None)
    trace.set_title(title, loc="left", fontsize=8.5)
    rank.axhline(1.0, color=INK, linewidth=0.8)
    rank.set(ylim=(0, 2), xticks=[])
    for ax in (trace, rank):
        ax.tick_params(labelsize=_SMALL)
        bare(ax)


def plot_learned(table: pd.DataFrame, *, ax: Axes) -> Axes:
    """Draw prior and posterior intervals of the model's own parameters on a logarithmic axis.

    Parameters
    ----------
    table
        title, prior_q05, prior_q95, q05, median, q95; all positive.
    """
    places = np.arange(len(table), 0, -1)
    ax.hlines(places, table["prior_q05"], table["prior_q95"], color=FAINT, linewidth=6.0, label="prior, 90 %")
    ax.hlines(places, table["q05"], table["q95"], color=BLUE, linewidth=2.4, label="posterior, 90 %")
    ax.scatter(table["median"], places, color=BLUE, s=18, zorder=3)
    ax.set_xscale("log")
    ax.set_yticks(places, [shortened(title) for title in table["title"]], fontsize=8.0)
    ax.set(ylim=(0.4, len(table) + 0.6), xlabel="value (logarithmic axis)")
    ax.xaxis.set_major_formatter("{x:g}")
    legend_below(ax, None, 2)
    bare(ax)
    return ax


def plot_places(table: pd.DataFrame, title: str, bins: int, *, ax: Axes) -> Axes:
    """Draw the histogram of places of one indicator; ``table`` has place (0 to 1)."""
    ax.hist(table["place"], bins=list(np.linspace(0, 1, bins + 1)), color=BLUE, alpha=0.75)
    ax.axhline(len(table) / bins, color=INK, linewidth=0.8)
    ax.set_title(shortened(title), loc="left", fontsize=8.0)
    ax.set(xlim=(0, 1), xticks=[0, 0.5, 1], yticks=[])
    ax.tick_params(labelsize=_SMALL)
    bare(ax, "left")
    return ax


def plot_coverage_of_intervals(table: pd.DataFrame, mass: float, *, ax: Axes) -> Axes:
    """Draw the share of figures within their predictive interval, by indicator.

    Parameters
    ----------
    table
        title, covered, low, high (shares of 1).
    """
    places = np.arange(len(table), 0, -1)
    out = ~table["covered"].between(table["low"], table["high"])
    ax.hlines(places, 100 * table["low"], 100 * table["high"], color=FAINT, linewidth=7.0)
    ax.scatter(100 * table["covered"], places, color=np.where(out, ORANGE, BLUE), s=34, zorder=3)
    ax.axvline(100 * mass, color=INK, linewidth=0.8)
    ax.set_yticks(places, [shortened(title) for title in table["title"]], fontsize=8.5)
    ax.set(ylim=(0.4, len(table) + 0.6), xlabel=f"% of figures in their {100 * mass:.0f} % predictive interval")
    bare(ax)
    return ax


def plot_answers(table: pd.DataFrame, titles: Mapping[str, str], *, ax: Axes) -> Axes:
    """Draw observed shares of answers against predictive intervals, by item.

    Parameters
    ----------
    table
        item, category, observed, q05, q95 (shares of 1).
    """
    items = list(table["item"].unique())
    row = table["item"].map({item: len(items) - place for place, item in enumerate(items)}).to_numpy()
    most = int(table["category"].max())
    scale = LinearSegmentedColormap.from_list("answers", [LIKERT[0], QUIET, LIKERT[-1]])
    for category, rows in table.groupby("category"):
        colour = scale((float(category) - 1) / max(most - 1, 1))  # type: ignore[arg-type] # a number
        at = row[rows.index]
        ax.hlines(at, 100 * rows["q05"], 100 * rows["q95"], color=colour, linewidth=3.0, alpha=0.5)
        ax.scatter(100 * rows["observed"], at, color=colour, s=13, zorder=3, label=f"{category}")
    ax.set_yticks(np.arange(len(items), 0, -1), [shortened(titles[item]) for item in items], fontsize=8.0)
    ax.set(ylim=(0.4, len(items) + 0.6), xlabel="% of the item's answers", xlim=(0, None))
    legend_below(ax, "answer, lowest to highest", most)
    bare(ax)
    return ax


def plot_surprise(table: pd.DataFrame, limit: float, *, ax: Axes, label: str) -> Axes:
    """Draw how badly each group is predicted.

    Parameters
    ----------
    table
        title, relative, se (nats an observation), k_hat.
    limit
        k-hat above which a group is drawn hollow.
    """
    places = np.arange(len(table), 0, -1)
    faces = np.where(table["k_hat"] > limit, "white", BLUE)
    ax.axvline(0, color=QUIET, linewidth=0.8)
    ax.hlines(
        places, table["relative"] - 2 * table["se"], table["relative"] + 2 * table["se"], color=BLUE, linewidth=1.6
    )
    ax.scatter(table["relative"], places, c=faces, edgecolors=BLUE, s=26, zorder=3)
    ax.set_yticks(places, [shortened(str(title)) for title in table["title"]], fontsize=8.0)
    ax.set(ylim=(0.4, len(table) + 0.6), xlabel=label)
    bare(ax)
    return ax


def plot_sensitivity(table: pd.DataFrame, threshold: float, *, ax: Axes) -> Axes:
    """Draw each unit's sensitivity to the prior against that to its own observations.

    Parameters
    ----------
    table
        unit, prior, likelihood, prior_driven.
    """
    colours = np.where(table["prior_driven"], ORANGE, BLUE)
    ax.axhline(threshold, color=INK, linewidth=0.8)
    ax.axvline(threshold, color=INK, linewidth=0.8)
    ax.scatter(table["likelihood"], table["prior"], color=colours, s=26, zorder=3)
    for unit, x, y in table.loc[table["prior_driven"], ["unit", "likelihood", "prior"]].itertuples(index=False):
        ax.annotate(str(unit), (x, y), xytext=(4, 3), textcoords="offset points", fontsize=_SMALL)
    top = 1.15 * max(2 * threshold, float(table[["prior", "likelihood"]].to_numpy().max()))
    ax.set(xlim=(0, top), ylim=(0, 1.15 * max(2 * threshold, float(table["prior"].max()))))
    ax.set(xlabel="sensitivity to the unit's own observations", ylabel="sensitivity to the prior")
    ax.grid(axis="both", color="#e6eaee")
    bare(ax)
    return ax


def plot_graph(
    places: Mapping[str, tuple[float, float]], arrows: Sequence[tuple[str, str]], observed: Sequence[str], *, ax: Axes
) -> Axes:
    """Draw a directed graph.

    Parameters
    ----------
    places
        Column and height of every node.
    arrows
        Pairs of nodes, from and to.
    observed
        Nodes whose values are data.
    """
    for start, end in arrows:
        ax.annotate(
            "",
            places[end],
            xytext=places[start],
            arrowprops={
                "arrowstyle": "-|>",
                "color": QUIET,
                "linewidth": 0.7,
                "shrinkA": 24,
                "shrinkB": 24,
                "connectionstyle": "arc3,rad=0.06",
            },
        )
    for name, (x, y) in places.items():
        data = name in observed
        box = {
            "boxstyle": "round,pad=0.35",
            "facecolor": BLUE if data else "white",
            "edgecolor": BLUE,
            "linewidth": 1.0,
        }
        ax.text(x, y, name, ha="center", va="center", fontsize=8.0, color="white" if data else INK, bbox=box)
    x, y = np.array(list(places.values())).T
    ax.set(xlim=(x.min() - 0.6, x.max() + 0.6), ylim=(y.min() - 0.7, y.max() + 0.7))
    ax.set_axis_off()
    return ax


def plot_ecdf_differences(
    points: Floats, differences: Mapping[str, Floats], low: Floats, high: Floats, outside: Sequence[str], *, ax: Axes
) -> Axes:
    """Draw how far the distribution of ranks of each quantity is from a uniform one.

    Parameters
    ----------
    points
        dims (point): ranks as shares of 1.
    differences
        dims (point) by quantity: empirical distribution function less the uniform one.
    low, high
        dims (point): simultaneous band, less the uniform distribution function.
    outside
        Quantities that leave the band; they are named.
    """
    ax.fill_between(points, low, high, color=FAINT, linewidth=0)
    for name, values in differences.items():
        ax.plot(points, values, color=ORANGE if name in outside else BLUE, linewidth=0.7, alpha=0.8)
    for name in outside:
        at = int(np.argmax(np.abs(differences[name])))
        ax.annotate(name, (points[at], differences[name][at]), fontsize=_SMALL, color=INK)
    ax.axhline(0.0, color=QUIET, linewidth=0.7)
    ax.set(xlabel="rank of the truth among the draws, as a share", ylabel="ECDF less uniform", xlim=(0, 1))
    bare(ax)
    return ax
