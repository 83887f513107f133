"""All rules of screening over one delivery, after all its rows are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from clusterscore.observations.codebook import Codebook
from clusterscore.observations.ledger import KEY_COLUMNS
from clusterscore.observations.screening.raters import Answers
from clusterscore.observations.screening.relations import columns, relations
from clusterscore.observations.screening.remarks import Entry, Remark
from clusterscore.observations.screening.series import Series
from clusterscore.observations.screening.slips import slips
from clusterscore.observations.screening.units import units
from clusterscore.observations.state import State
from clusterscore.vocabulary import Table


def screen(entries: Iterable[Entry], state: State, codebook: Codebook) -> Iterator[Remark]:
    """Yield everything that is odd about rows, given everything known by now, the rows included.

    Parameters
    ----------
    entries
        New rows, and rows as corrections leave them; each is in ``state``.
    state
        What is known.
    codebook
        Rules of figures and items, and how figures are linked.
    """
    rows = [entry for entry in entries if _is_live(entry, state)]
    figures = [entry for entry in rows if entry.table is Table.FIGURES]
    yield from units((entry for entry in rows if entry.table is Table.UNITS), state)
    if figures:
        series = Series(state)
        for entry in figures:
            yield from _of_figure(entry, series, codebook)
        yield from columns(figures, series, codebook)
    yield from Answers((entry for entry in rows if entry.table is Table.ANSWERS), state, codebook).remarks()


def _of_figure(entry: Entry, series: Series, codebook: Codebook) -> Iterator[Remark]:
    """Yield what is odd about a figure: one code once, and no jump to a number of people that is missing."""
    found, linked = list(slips(entry, series, codebook)), list(relations(entry, series, codebook))
    codes = {remark.code for remark in linked}
    yield from (one for one in found if not (one.code == "W-DOM-JUMP" and "W-DOM-NOEMP" in codes))
    yield from (one for one in linked if not any(one.code == other.code for other in found))


def _is_live(entry: Entry, state: State) -> bool:
    """Whether the row still says what is known: a later row of the delivery may have corrected or withdrawn it."""
    known = state.find(entry.table, *(entry.data[column] for column in KEY_COLUMNS[entry.table]))
    return known is not None and known.data == entry.data
