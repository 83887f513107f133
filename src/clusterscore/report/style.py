"""One palette and one figure style. Colours are Okabe and Ito's, which colour-blind readers tell apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import matplotlib as mpl
import seaborn as sns

INK: Final = "#1b1f24"
QUIET: Final = "#6b7480"
FAINT: Final = "#c9d1d9"
BLUE: Final = "#0b62a4"
ORANGE: Final = "#d55e00"
GREEN: Final = "#00795c"

WIDTH: Final = 5.2
"""Inches: readable on a phone, where the figure shrinks to about two thirds."""

_RULES: Final[dict[str, Any]] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10.0,
    "axes.titlesize": 10.0,
    "axes.labelsize": 10.0,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": INK,
    "axes.grid": True,
    "axes.grid.axis": "x",
    "grid.color": "#e6eaee",
    "svg.fonttype": "none",
    "svg.hashsalt": "clusterscore",
    "figure.constrained_layout.use": True,
    "text.parse_math": False,
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the house style; what was set before comes back afterwards."""
    rules: dict[Any, Any] = {**sns.axes_style("white"), **_RULES}
    with mpl.rc_context(rules):
        yield
