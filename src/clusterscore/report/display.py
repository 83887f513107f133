"""What a notebook shows: escaped HTML, tables and pictures, each with what a screen reader needs."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd
from IPython.display import display
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter

from clusterscore.report.language import numeral, say
from clusterscore.report.style import styled
from clusterscore.report.vectors import compact

_SVG: Final = "image/svg+xml"
_LONG: Final = 40  # characters from which on a cell is read as a sentence


@dataclass(frozen=True, slots=True)
class Html:
    """A piece of a page: markup of ours around escaped text of others."""

    markup: Markup

    def _repr_html_(self) -> str:
        return str(self.markup)


def paragraph(text: str, css: str = "") -> Html:
    """Return text as a paragraph."""
    return Html(Markup('<p class="{}">{}</p>').format(css, text))


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption and header cells of scope.

    Attributes
    ----------
    caption
        What the table holds, with units and kind of interval.
    columns
        Header texts; the first column names the rows.
    rows
        Cells as text, or as markup of ours.
    folded
        Whether it is hidden until opened.
    label
        What opens it.
    words
        Whether its cells are words, which begin on the left.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    folded: bool = False
    label: str = "The numbers of this figure"
    words: bool = False

    def _repr_html_(self) -> str:
        head = Markup("").join(Markup('<th scope="col">{}</th>').format(name) for name in self.columns)
        body = Markup("").join(self._row(row) for row in self.rows)
        table = Markup(
            '<div class="scroll" role="region" tabindex="0" aria-label="{0}"><table{3}>'
            "<caption><span>{0}</span></caption><thead><tr>{1}</tr></thead><tbody>{2}</tbody></table></div>"
        ).format(self.caption, head, body, Markup(' class="words"') if self.words else "")
        if self.folded:
            table = Markup("<details><summary>{}</summary>{}</details>").format(say(self.label), table)
        return str(table)

    @staticmethod
    def _row(row: Sequence[str]) -> Markup:
        first, *others = row
        cells = Markup("").join(_cell(cell) for cell in others)
        css = Markup(' class="words"') if _long(first) else ""
        return Markup('<tr><th scope="row"{}>{}</th>{}</tr>').format(css, first, cells)


def _cell(cell: str) -> Markup:
    return (Markup('<td class="words">{}</td>') if _long(cell) else Markup("<td>{}</td>")).format(cell)


def _long(cell: str) -> bool:
    return len(cell.striptags() if isinstance(cell, Markup) else cell) > _LONG


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure with its finding, alternative text, caption and the table of its numbers.

    Attributes
    ----------
    axes
        What was drawn; its title is the finding and moves out of the picture into the page.
    alt
        What a reader who cannot see it needs to know.
    caption
        What is drawn, in which unit, with which interval.
    numbers
        The same numbers as a table.
    """

    axes: Axes
    alt: str
    caption: str
    numbers: Table

    def _ipython_display_(self) -> None:
        figure = figure_of(self.axes)
        finding = self.axes.get_title(loc="left") or self.axes.get_title()
        self.axes.set_title("", loc="left")
        self.axes.set_title("")
        bundle = {_SVG: svg_of(figure), "text/plain": self.alt}
        about = {_SVG: {"alt": self.alt, "caption": self.caption, "finding": finding}}
        display(bundle, raw=True, metadata=about)
        display(self.numbers)


@dataclass(frozen=True, slots=True)
class Pictures:
    """Several figures of one part of a page, or sentences in their place, one below the other."""

    parts: Sequence[Picture | Html]

    def _ipython_display_(self) -> None:
        for part in self.parts:
            display(part)


def new_axes(width: float, height: float) -> Axes:
    """Return axes on a figure of their own, in inches, that no global state knows."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure.add_subplot()


def figure_of(axes: Axes) -> Figure:
    """Return the figure on which axes stand."""
    figure = axes.get_figure(root=True)
    if figure is None:
        raise ValueError("these axes stand on no figure")
    return figure


class _Numerals(ScalarFormatter):
    """Numbers on an axis as the language writes them."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return numeral(super().__call__(x, pos))


def svg_of(figure: Figure) -> str:
    """Return a figure as SVG text, the same bytes for the same figure.

    Words are written as text. For letters that the house font lacks, the reader's machine finds a font; the layout
    leaves them more room than they take.
    """
    buffer = io.StringIO()
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        if type(axis.get_major_formatter()) is ScalarFormatter:
            axis.set_major_formatter(_Numerals())
    with styled(), warnings.catch_warnings():  # the style's salt makes the ids inside the SVG repeatable
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font", UserWarning)
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None})
    return compact(buffer.getvalue())


def sentences(lines: Sequence[str]) -> Html:
    """Return sentences as a list."""
    items = Markup("").join(Markup("<li>{}</li>").format(line) for line in lines)
    return Html(Markup("<ul>{}</ul>").format(items))


def together(*parts: Html | Table) -> Html:
    """Return several parts as one, one below the other."""
    return Html(Markup("").join(Markup(part._repr_html_()) for part in parts))  # noqa: S704 - of ours, escaped


def facts(pairs: Mapping[str, str]) -> Html:
    """Return names and values as a description list."""
    items = Markup("").join(Markup("<dt>{}</dt><dd>{}</dd>").format(name, value) for name, value in pairs.items())
    return Html(Markup("<dl>{}</dl>").format(items))


def link(text: str, address: str) -> Markup:
    """Return a link to a page of the same edition."""
    return Markup('<a href="{}">{}</a>').format(address, text)


def ordered(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return rows from the highest to the lowest, ties by name."""
    return frame.sort_values([by, "unit"], ascending=[False, True]).reset_index(drop=True)
