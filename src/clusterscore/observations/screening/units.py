"""Who is who: names that two units share, firms in two clusters, tax codes."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from clusterscore.observations.ledger import Record
from clusterscore.observations.screening.remarks import Entry, Grade, Remark
from clusterscore.observations.screening.taxcodes import is_tax_code
from clusterscore.observations.state import State
from clusterscore.vocabulary import Kind, Table

_MARKUP = ("<", "javascript:", "&#")


def units(entries: Iterable[Entry], state: State) -> Iterator[Remark]:
    """Yield what is odd about units: names and tax codes that others have, check digits, markup in names."""
    names: dict[tuple[str, str], list[Record]] = defaultdict(list)
    codes: dict[str, list[Record]] = defaultdict(list)
    for record in state.live(Table.UNITS).values():
        names[record.data["kind"], folded(record.data["name"])].append(record)
        if record.data.get("tax_code"):
            codes[bare(record.data["tax_code"])].append(record)
    for entry in entries:
        data = entry.data
        yield from _named(entry, names[data["kind"], folded(data["name"])])
        if data.get("tax_code"):
            yield from _taxed(entry, codes[bare(data["tax_code"])], state)


def folded(name: str) -> str:
    """Return a name without what spelling changes: capitals, spaces, accents, cedilla or comma."""
    text = unicodedata.normalize("NFKD", name).casefold()
    return " ".join("".join(mark for mark in text if not unicodedata.combining(mark)).split())


def bare(code: str) -> str:
    """Return a tax code without the ``RO`` of those registered for VAT."""
    return code.removeprefix("RO")


def _others(entry: Entry, records: Iterable[Record]) -> list[dict[str, Any]]:
    return [record.data for record in records if record.data["unit"] != entry.data["unit"]]


def _named(entry: Entry, records: Iterable[Record]) -> Iterator[Remark]:
    data = entry.data
    for other in _others(entry, records):
        expected = f"names that tell units apart; {other['unit']} is called so as well"
        yield Remark(Grade.HOLD, entry, entry.column or "name", "W-NAME-CLASH", data["name"], expected)
        break
    if any(mark in data["name"].casefold() for mark in _MARKUP):
        expected = "a name; what looks like markup is stored and only ever shown as text"
        yield Remark(Grade.FLAG, entry, entry.column or "name", "W-TXT-MARKUP", data["name"], expected)


def _taxed(entry: Entry, records: Iterable[Record], state: State) -> Iterator[Remark]:
    data = entry.data
    code, country = data["tax_code"], data["country"]
    for name in state.lineage(data["unit"]):
        record = state.find(Table.UNITS, name)
        country = country or (record.data["country"] if record else None)
    if not is_tax_code(code, country):
        expected = f"a tax code{f' of {country}' if country else ''} whose last digit follows from the others"
        yield Remark(Grade.REFUSE, entry, entry.column or "tax_code", "E-MEMBER-TAXID", code, expected)
        return
    for other in _others(entry, records):
        if other["kind"] == data["kind"] == Kind.MEMBER:
            where = f"{other['unit']} in {other['parent']}"
            expected = f"each firm once; it is {where} as well and would count twice: correct the shares first"
            yield Remark(Grade.HOLD, entry, entry.column or "tax_code", "W-MEMBER-SHARED", code, expected)
            break
