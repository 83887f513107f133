"""Rows of a table: one after the other, or those of one unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd


def each(table: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows of a table, columns as attributes; pandas-stubs would type every cell as everything."""
    return iter(table.itertuples(index=False))


def of_unit(table: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return the rows about one unit."""
    return table[table["unit"] == unit].reset_index(drop=True)
