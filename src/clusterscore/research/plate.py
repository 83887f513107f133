"""A figure for a notebook that stays a notebook: finding above it, caption and numbers below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from IPython.display import display
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clusterscore.report.display import Html, Table, paragraph, svg_of

_SVG: Final = "image/svg+xml"
WIDE: Final = 8.6
"""Inches: the width of a notebook's column."""
QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
QUANTILE_NAMES: Final = ("q05", "q25", "median", "q75", "q95")


@dataclass(frozen=True, slots=True)
class Plate:
    """A figure of one or more axes.

    Attributes
    ----------
    figure
        What was drawn, without a title of its own.
    finding
        What it shows, as a sentence.
    alt
        What a reader who cannot see it needs to know.
    caption
        What is drawn, in which unit, with which interval.
    numbers
        The same numbers as a table.
    """

    figure: Figure
    finding: str
    alt: str
    caption: str
    numbers: Table

    def _ipython_display_(self) -> None:
        display(Html(Markup("<p><strong>{}</strong></p>").format(self.finding)))
        about = {_SVG: {"alt": self.alt, "caption": self.caption, "finding": self.finding}}
        display({_SVG: svg_of(self.figure), "text/plain": self.alt}, raw=True, metadata=about)
        display(paragraph(self.caption, "note"))
        display(self.numbers)


@dataclass(frozen=True, slots=True)
class Sheet(Table):
    """A table of words: its cells begin at the left, which notebooks do not do by themselves."""

    def _repr_html_(self) -> str:
        left = ' style="text-align: left"'
        aligned = Table._repr_html_(self).replace("<td>", f"<td{left}>")
        return aligned.replace('scope="row"', f'scope="row"{left}').replace('scope="col"', f'scope="col"{left}')


def grid(rows: int, columns: int, height: float, *, width: float = WIDE) -> tuple[Figure, list[Axes]]:
    """Return a figure of that many axes, row by row, that no global state knows; sizes in inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    return figure, list(np.ravel(axes))


def quantiles(table: pd.DataFrame, by: str, column: str) -> pd.DataFrame:
    """Return quantiles of a column by group, in the order of first appearance: by, q05, q25, median, q75, q95."""
    names = list(table[by].unique())
    values = [table.loc[table[by] == name, column].quantile(np.array(QUANTILES)).to_numpy() for name in names]
    return pd.DataFrame(np.reshape(values, (-1, len(QUANTILES))), columns=list(QUANTILE_NAMES)).assign(**{by: names})
