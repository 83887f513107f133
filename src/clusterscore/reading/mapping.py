"""Mapping documents: which column of a survey tool's export or of a spreadsheet holds what, written by a clerk.

``mappings/NAME.yml`` says it once and for all; nothing is guessed when a file is read.
"""

from __future__ import annotations

import hashlib
import json
import zoneinfo
from collections.abc import Iterator
from collections.abc import Mapping as Pairs
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from clusterscore.documents import Document, dump_yaml
from clusterscore.errors import FunctionInvalid, UnknownName
from clusterscore.reading.times import Order
from clusterscore.reading.wording import folded
from clusterscore.vocabulary import Table

FOLDER: Final = "mappings"

Holds = Literal[
    "item",
    "figure",
    "unit",
    "year",
    "rater",
    "identity",
    "affiliation",
    "ties",
    "submitted",
    "personal",
    "ignored",
    "column",
]
Rows = Literal["respondents", "units", "records"]
Text = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*(?:[-_][A-Z0-9]+)*$", max_length=32)]

ALLOWED: Final[dict[Rows, frozenset[str]]] = {
    "respondents": frozenset("item unit year rater identity affiliation ties submitted personal ignored".split()),
    "units": frozenset("figure unit year personal ignored".split()),
    "records": frozenset("column identity personal ignored".split()),
}
"""What columns may hold, by what a row is about."""


def _one_or_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _texts(value: Any) -> Any:
    """Return a table of labels with its keys as text: a clerk writes 1, YAML reads a number."""
    return {str(key): content for key, content in value.items()} if isinstance(value, dict) else value


class Column(Document):
    """One column: how its header is recognised, and what it holds.

    ``header`` is one header or several (the same question in two languages); ``code`` the question's code, wherever
    the survey tool puts it. With ``optional`` the column may be absent.
    """

    header: Annotated[tuple[Text, ...], BeforeValidator(_one_or_many)] = ()
    code: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    holds: Holds
    item: Code | None = None
    indicator: Code | None = None
    column: Code | None = None
    unit: Id | None = None
    labels: str | None = None
    measure: Text | None = None
    optional: bool = False

    @property
    def name(self) -> str:
        """How messages call the column."""
        return self.code or self.header[0]

    def problems(self) -> Iterator[str]:
        """Yield what the column lacks or has in excess."""
        if not self.header and not self.code:
            yield "needs a header or a code"
        needs = {"item": "item", "figure": "indicator", "column": "column"}
        for holds, field in needs.items():
            if (self.holds == holds) != (getattr(self, field) is not None):
                yield f"holds {self.holds}: `{field}` is named exactly where the column holds {holds}"
        if self.labels is not None and self.holds != "item":
            yield "only an item has labels"
        if self.unit is not None and self.holds not in {"item", "figure"}:
            yield "only an item or a figure is about a unit of its own"
        if self.measure is not None and self.holds != "figure":
            yield "only a figure has a measure"


class Mapping(Document):
    """What a file that comes back is made of.

    A row is a respondent (``respondents``: a survey tool's export), a unit (``units``: one row a cluster, one column
    an indicator) or one row of a canonical table under other headers (``records``, with ``table``).
    ``labels`` gives the words of answers their categories; a word without one (``null``) is no answer. ``names`` gives
    the names of units their ids. ``time_zone`` is where the survey tool's clock hung, ``dates`` its order of day and
    month, ``locale`` how numbers are written.
    """

    mapping: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    rows: Rows
    table: Table | None = None
    year: Annotated[int, Field(ge=1900, le=9999)] | None = None
    unit: Id | None = None
    sheet: Annotated[str, StringConstraints(min_length=1, max_length=31)] | None = None
    time_zone: str = "Europe/Bucharest"
    dates: Order = "year first"
    locale: Literal["ro", "en"] | None = None
    columns: Annotated[tuple[Column, ...], Field(min_length=1, max_length=400)]
    labels: dict[str, Annotated[dict[str, Annotated[int, Field(ge=1)] | None], BeforeValidator(_texts)]] = Field(
        default_factory=dict
    )
    names: Annotated[dict[str, Id], BeforeValidator(_texts)] = Field(default_factory=dict)
    note: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Mapping:
        found = [*self._problems()]
        if found:
            raise ValueError("; ".join(found))
        return self

    def _problems(self) -> Iterator[str]:
        try:
            zoneinfo.ZoneInfo(self.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            yield f"unknown time zone {self.time_zone!r}; such as Europe/Bucharest"
        if (self.table is None) != (self.rows != "records"):
            yield "`table` is named exactly where rows are records"
        yield from self._problems_of_columns()
        yield from self._problems_of_labels()
        held = [column.holds for column in self.columns]
        for kind in ("unit", "year", "rater", "identity", "submitted", "affiliation", "ties"):
            if held.count(kind) > 1:
                yield f"{held.count(kind)} columns hold {kind}; one may"
        if self.rows == "records":
            return
        if self.year is None and "year" not in held:
            yield "no year: name one, or the column that holds it"
        about = [column for column in self.columns if column.holds in {"item", "figure"}]
        if not about:
            yield "no column holds an item or a figure"
        elif self.unit is None and "unit" not in held and any(column.unit is None for column in about):
            yield "no unit: name one, or the column that holds it, or one for each item"
        if self.rows == "respondents" and ("rater" in held) == ("identity" in held):
            yield "exactly one column holds the rater's id (rater) or e-mail, name or token (identity)"

    def _problems_of_columns(self) -> Iterator[str]:
        seen: dict[str, str] = {}
        targets: set[tuple[Any, ...]] = set()
        for number, column in enumerate(self.columns, start=1):
            place = f"columns.{number}"
            yield from (f"{place}: {problem}" for problem in column.problems())
            if column.holds not in ALLOWED[self.rows]:
                yield f"{place}: holds {column.holds}, but where rows are {self.rows} a column may hold " + ", ".join(
                    sorted(ALLOWED[self.rows])
                )
            for header in (*map(folded, column.header), *([column.code.casefold()] if column.code else ())):
                if seen.get(header, place) != place:
                    yield f"{place}: the same header as {seen[header]}"
                seen[header] = place
            if column.holds in {"item", "figure", "column"}:
                target = (column.item, column.indicator, column.column, column.unit)
                if target in targets:
                    yield f"{place}: the same {column.holds} of the same unit as another column"
                targets.add(target)
            if column.labels is not None and column.labels not in self.labels:
                yield f"{place}: unknown labels {column.labels!r}; known: {', '.join(sorted(self.labels)) or '-'}"

    def _problems_of_labels(self) -> Iterator[str]:
        for name, words in self.labels.items():
            by_word: dict[str, int | None] = {}
            for word, category in words.items():
                key = folded(word)
                if by_word.setdefault(key, category) != category:
                    yield f"labels.{name}: {word!r} stands for two answers"

    @cached_property
    def categories(self) -> dict[str, dict[str, int | None]]:
        """Categories by folded word, by name of the labels."""
        return {
            name: {folded(word): category for word, category in words.items()} for name, words in self.labels.items()
        }

    @cached_property
    def unit_of(self) -> dict[str, str]:
        """Ids of units by folded name; an id stands for itself."""
        return {folded(name): unit for name, unit in self.names.items()}

    @property
    def has_identities(self) -> bool:
        """Whether a column tells who a person is."""
        return any(column.holds in {"identity", "personal"} for column in self.columns)

    def content(self) -> dict[str, Any]:
        """Return the document as plain data, as it is written to YAML."""
        plain = self.model_dump(mode="json", exclude_defaults=True)
        for column in plain["columns"]:
            if len(column.get("header", ())) == 1:
                column["header"] = column["header"][0]
        return plain

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content, whatever the layout of the file."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def as_yaml(self) -> str:
        """Return the document as YAML."""
        return dump_yaml(self.content())


def read_mappings(folder: Path) -> dict[str, Mapping]:
    """Read every mapping of a workspace, by name.

    Raises
    ------
    FunctionInvalid
        With every problem of every document.
    """
    found: dict[str, Mapping] = {}
    problems: list[str] = []
    for path in sorted(folder.glob("*.yml")):
        try:
            mapping = Mapping.read(path)
        except FunctionInvalid as invalid:
            problems += [f"{path.name}: {problem}" for problem in invalid.problems]
            continue
        if mapping.mapping != path.stem:
            problems.append(f"{path.name}: the file holds mapping {mapping.mapping!r}; name it {mapping.mapping}.yml")
        found[mapping.mapping] = mapping
    if problems:
        raise FunctionInvalid(folder, problems)
    return found


def mapping_of(mappings: Pairs[str, Mapping], name: str) -> Mapping:
    """Return a mapping by name.

    Raises
    ------
    UnknownName
        Where there is none.
    """
    if name not in mappings:
        raise UnknownName("mapping", name, mappings)
    return mappings[name]
