"""A table of members' money with its margins, in which no contribution can be worked out from what is left.

Cells that give a contributor away are suppressed, and as many others as it takes so that nobody who knows that rows and
columns add up, that money is not negative and what one enterprise itself contributes, can say of a sensitive sum to
within p per cent what it is. Which others: for each sensitive cell and direction a linear programme moves the cell by p
per cent and lets the cheapest others give way (Kelly, Golden and Assad's heuristic); attacks are linear programmes as
well, and are repeated until none succeeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, kron

from clusterscore.scores.disclosure import Rules, contributions, is_sensitive

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

TOTAL: Final = ""
"""Label of a margin."""
SHOWN: Final = "shown"
SENSITIVE: Final = "sensitive"
SECONDARY: Final = "secondary"
_MARGIN_COST: Final = 4.0  # a margin is worth more than a cell
_MOST_ROUNDS: Final = 12
_BEYOND: Final = 10.0  # times the grand total: where nothing else bounds a cell
_SLACK: Final = 1e-6  # of the grand total: what a linear programme may be off by


@dataclass(frozen=True, eq=False)
class Money:
    """A table with margins as a list of cells, and the equations that everybody knows.

    Attributes
    ----------
    cells
        row, column (empty: margin), value, n (enterprises), only (the enterprise that is alone in it; empty: none is),
        status.
    known
        What each enterprise that is the largest of a cell contributes to each cell, by number of the cell.
    equations
        dims (equation, cell): sums that are 0.
    """

    cells: pd.DataFrame
    known: Mapping[str, Mapping[int, float]]
    equations: Floats

    @property
    def suppressed(self) -> Flags:
        """Which cells are not shown; dims (cell)."""
        return (self.cells["status"] != SHOWN).to_numpy(dtype=bool)


@dataclass(frozen=True, slots=True)
class Insider:
    """Somebody who knows the published table, and may contribute to it.

    Attributes
    ----------
    enterprise
        Who it is; empty for somebody outside.
    least
        Its own contribution by number of the cell.
    """

    enterprise: str = ""
    least: Mapping[int, float] = field(default_factory=dict)


def protect(rows: pd.DataFrame, by: tuple[str, str], rules: Rules) -> pd.DataFrame:
    """Return a table of sums with margins of which nothing can be worked out.

    Parameters
    ----------
    rows
        One row per member: value (money, not negative), enterprise, and the two columns of ``by``.
    by
        Columns that give the table's rows and columns.
    rules
        Numbers of disclosure control.

    Returns
    -------
    row, column (both empty for the grand total, one for a margin), value (missing where it is suppressed), n
    (enterprises; missing where it is suppressed), status (``shown``, ``sensitive``, ``secondary``)
    """
    table = safe(laid_out(rows, by, rules), rules)
    hidden = table.suppressed
    told = table.cells[["row", "column", "value", "n", "status"]].astype({"n": "float64"})
    told.loc[hidden, ["value", "n"]] = np.nan
    return told


def laid_out(rows: pd.DataFrame, by: tuple[str, str], rules: Rules) -> Money:
    """Return the whole table, each cell and margin with whether it gives a contributor away by itself."""
    labels = [sorted(rows[name].unique()) for name in by]
    order = [(row, column) for row in [*labels[0], TOTAL] for column in [*labels[1], TOTAL]]
    given: dict[tuple[str, str], pd.Series] = {}
    for kept in ([*by], [by[0]], [by[1]], []):
        whole = rows.assign(**{name: TOTAL for name in by if name not in kept})
        for key, own in contributions(whole, by).groupby(list(by)):
            row, column = map(str, key)
            given[row, column] = own.set_index("enterprise")["value"]
    nothing = pd.Series(dtype=float)
    cells = pd.DataFrame([_cell(key, given.get(key, nothing), rules) for key in order])
    filled = {number: given[key] for number, key in enumerate(order) if key in given}
    largest = {own.index[0] for own in filled.values()}
    known = {who: {n: float(own[who]) for n, own in filled.items() if who in own.index} for who in sorted(largest)}
    return Money(cells, known, _equations(len(labels[0]) + 1, len(labels[1]) + 1))


def _cell(key: tuple[str, str], own: pd.Series, rules: Rules) -> dict[str, object]:
    return {
        "row": key[0],
        "column": key[1],
        "value": float(own.sum()),
        "n": len(own),
        "only": str(own.index[0]) if len(own) == 1 else "",
        "status": SENSITIVE if is_sensitive(list(own), rules) else SHOWN,
    }


def _equations(n_rows: int, n_columns: int) -> Floats:
    """Return that rows and columns, margins among them, add up; dims (equation, cell)."""
    place = np.arange(n_rows * n_columns).reshape(n_rows, n_columns)
    system = np.zeros((n_rows + n_columns, place.size))
    for number, line in enumerate([*place, *place.T]):
        system[number, line[:-1]], system[number, line[-1]] = 1.0, -1.0
    return system


def safe(table: Money, rules: Rules) -> Money:
    """Return a table with as many more cells suppressed as it takes; all of them where nothing less will do."""
    for _ in range(_MOST_ROUNDS):
        found = list(disclosed(table, rules))
        if not found:
            return table
        for cell, insider in found:
            wanted = _give_way(table, cell, insider, rules)
            if wanted is None:
                return _suppress(table, np.arange(len(table.cells)))
            table = _suppress(table, wanted)
    return _suppress(table, np.arange(len(table.cells)))


def disclosed(table: Money, rules: Rules) -> Iterator[tuple[int, Insider]]:
    """Yield each sensitive cell of which somebody can work out what others contribute to it, and who can."""
    values, left = table.cells["value"].to_numpy(dtype=float), np.flatnonzero(table.cells["status"] == SENSITIVE)
    slack = _SLACK * max(float(values.max()), 1.0)
    inside = [Insider(who, own) for who, own in table.known.items() if table.suppressed[list(own)].any()]
    for insider in (Insider(), *inside):
        if not len(left):
            return
        need = np.array([_need(table, int(cell), insider, rules) for cell in left])
        low, high = bounds(table, left, insider)
        open_ = (low > values[left] - need + slack) | (high < values[left] + need - slack)
        for cell in left[open_]:
            yield int(cell), insider
        left = left[~open_]


def _need(table: Money, cell: int, insider: Insider, rules: Rules) -> float:
    """Return how far somebody must be off in a sensitive cell: p per cent of what others contribute to it."""
    return rules.p / 100.0 * (float(table.cells["value"].to_numpy(dtype=float)[cell]) - insider.least.get(cell, 0.0))


def bounds(table: Money, targets: NDArray[np.int64], insider: Insider) -> tuple[Floats, Floats]:
    """Return between which values suppressed cells must lie, for somebody who knows the published table.

    All are found by one linear programme of independent blocks, a block for each end of each cell; what has no upper
    bound ends at a multiple of everything.

    Parameters
    ----------
    targets
        Numbers of suppressed cells with contributors.

    Returns
    -------
    lower and upper bounds; dims (target)
    """
    values, hidden = table.cells["value"].to_numpy(dtype=float), table.suppressed & (table.cells["n"] > 0).to_numpy()
    least, most = _limits(table, insider)
    most = np.minimum(most, _BEYOND * max(float(values.max()), 1.0))
    system = table.equations[:, hidden]
    told = -table.equations[:, ~hidden] @ values[~hidden]
    used = np.abs(system).any(axis=1)
    aims = np.eye(len(values))[np.ix_(targets, np.flatnonzero(hidden))]
    blocks = 2 * len(targets)
    result: Any = linprog(  # type: ignore[call-overload] # its stubs know no sparse arrays
        np.concatenate([aims, -aims]).ravel(),
        A_eq=kron(eye_array(blocks), csr_array(system[used]), format="csr"),
        b_eq=np.tile(told[used], blocks),
        bounds=np.tile(np.column_stack([least[hidden], most[hidden]]), (blocks, 1)),
    )
    if result.status != 0:
        raise ValueError(f"a published table that cannot be: {result.message}")
    found = result.x.reshape(blocks, -1)
    low, high = ((part * aims).sum(axis=1) for part in (found[: len(targets)], found[len(targets) :]))
    return low, high


def _limits(table: Money, insider: Insider) -> tuple[Floats, Floats]:
    """Return between which values somebody knows each cell to lie, whatever else is published; dims (cell)."""
    least, most = np.zeros(len(table.cells)), np.full(len(table.cells), np.inf)
    for cell, own in insider.least.items():
        least[cell] = own
        if table.cells.loc[cell, "only"] == insider.enterprise:
            most[cell] = own
    return least, most


def _give_way(table: Money, cell: int, insider: Insider, rules: Rules) -> NDArray[np.int64] | None:
    """Return the cells that must be suppressed so that a cell can be p per cent higher and lower; None if none do."""
    values, n_cells = table.cells["value"].to_numpy(dtype=float), len(table.cells)
    margins = sum((table.cells[name] == TOTAL).to_numpy(dtype=int) for name in ("row", "column"))
    cost = np.where(table.suppressed, 0.0, (1.0 + values / max(values.max(), 1.0)) * _MARGIN_COST**margins)
    least, most = _limits(table, insider)
    empty = (table.cells["n"] == 0).to_numpy()
    rises, falls = np.where(empty, 0.0, most - values), np.where(empty, 0.0, values - least)
    need, found = _need(table, cell, insider, rules), set()
    both = np.hstack([table.equations, -table.equations])
    for rise, fall in ((need, 0.0), (0.0, need)):
        low, high = np.zeros(2 * n_cells), np.concatenate([rises, falls]).clip(0.0)
        low[[cell, n_cells + cell]] = high[[cell, n_cells + cell]] = rise, fall
        limits = list(zip(low, high, strict=True))
        result: Any = linprog(np.tile(cost, 2), A_eq=both, b_eq=np.zeros(len(both)), bounds=limits)
        if result.status != 0:
            return None
        moved = result.x[:n_cells] + result.x[n_cells:]
        found |= set(np.flatnonzero(moved > _SLACK * max(need, 1.0)).tolist())
    return np.array(sorted(found), dtype=np.int64)


def _suppress(table: Money, cells: NDArray[np.int64]) -> Money:
    status = table.cells["status"].to_numpy(dtype=object).copy()
    status[[n for n in cells if status[n] == SHOWN]] = SECONDARY
    return replace(table, cells=table.cells.assign(status=status))
