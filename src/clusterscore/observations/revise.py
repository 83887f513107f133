"""What a recorded row is after it was corrected or withdrawn, or why it cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from clusterscore.observations.checks import Finding, check
from clusterscore.observations.codebook import Codebook
from clusterscore.observations.harmonise import GIVEN, harmonise, in_terms, told
from clusterscore.observations.ledger import KEY_COLUMNS, Record
from clusterscore.observations.schema import NUMBERS, columns, read_row
from clusterscore.observations.state import State
from clusterscore.reading.cells import Reading
from clusterscore.reading.numbers import Unreadable
from clusterscore.reading.romanian import mend
from clusterscore.vocabulary import Table


class Reviser:
    """Corrections of one file: what is known, what may be recorded, and how the file's cells are read."""

    def __init__(self, state: State, codebook: Codebook, reading: Reading) -> None:
        self._state, self._codebook, self._reading = state, codebook, reading

    def corrected(self, table: Table, wish: Mapping[str, Any], known: Record) -> tuple[list[Finding], dict[str, Any]]:
        """Return a recorded row as a row of corrections wants it, or why that cannot be.

        Parameters
        ----------
        table
            Table of the recorded row.
        wish
            The validated columns of the row of corrections.
        known
            The recorded row.
        """
        if wish["action"] == "withdraw":
            return list(self._still_needed(table, known, KEY_COLUMNS[table][0])), known.data
        column = wish["column"] or {Table.FIGURES: "value", Table.ANSWERS: "answer"}.get(table)
        correctable = [name for name in columns(table) if name not in KEY_COLUMNS[table]]
        if column not in correctable:
            return [("column", "E-COLUMN", column or "", f"one of {', '.join(correctable)}")], {}
        findings, data = self.revised(known, column, wish["expect"] or "", wish["value"] or "")
        if findings:
            return findings, {}
        findings += [
            ("value", code, got, expected) for _, code, got, expected in check(table, data, self._state, self._codebook)
        ]
        if column == "kind":  # other indicators and items belong to another kind
            findings += self._still_needed(table, known, "value")
        return findings, data

    def _still_needed(self, table: Table, known: Record, column: str) -> Iterator[Finding]:
        name = known.key[0]
        for other, count in self._state.references(table, name):
            expected = f"no {other} left that name it, but {count} are recorded; correct or withdraw them first"
            yield column, "E-SUPERSEDE", name, expected

    def revised(self, known: Record, column: str, expect: str, value: str) -> tuple[list[Finding], dict[str, Any]]:
        """Return a row with one column corrected, or why it cannot be.

        A figure that was converted may be corrected as it was given or as it is recorded: what is expected says which
        of the two is meant, and the new value is in the same terms.
        """
        table = known.table
        terms = next((one for one in in_terms(column, known.data) if self._holds(expect, one.get(column))), None)
        if terms is None:
            return [("expect", "E-EXPECT", expect, f"what record {known.number} holds, {told(known.data, column)}")], {}
        cells = {name: _cell(held) for name, held in terms.items()} | {column: value}
        try:
            if value and column in NUMBERS.get(table, ()):
                cells[column] = self._reading.revised(value, column, expect, terms[column])
            data = read_row(table, cells, Reading.canonical())
        except Unreadable as problem:
            return [("value", problem.code, value, problem.expected)], {}
        except ValidationError as error:
            return [("value", problem["type"], value, problem["msg"]) for problem in error.errors()], {}
        if table is not Table.FIGURES:
            return [], data
        if column not in {"value", "measure"}:
            return [], data | {name: known.data[name] for name in GIVEN if name in known.data}
        data, findings = harmonise(data, self._state, self._codebook, self._reading)
        return [("value", code, got, expected) for _, code, got, expected in findings], data

    def _holds(self, expect: str, recorded: Any) -> bool:
        """Whether what a correction expects is what is recorded, in any spelling of it."""
        if isinstance(recorded, int | float):
            return bool(self._reading.writers(expect, recorded))
        return alike(expect, _cell(recorded))


def alike(value: Any, recorded: Any) -> bool:
    """Whether two cells hold the same; what was recorded before letters were mended counts as mended."""
    return bool(value == recorded or (isinstance(recorded, str) and value == mend(recorded).text))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return ";".join(value) if isinstance(value, list) else str(value)
