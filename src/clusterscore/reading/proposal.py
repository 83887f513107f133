"""A mapping proposed from the headers of a file: what is certain, what is doubtful, and nothing settled silently."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Pairs
from dataclasses import dataclass, replace
from typing import Final

from clusterscore.reading.grids import Grid
from clusterscore.reading.mapping import Column, Mapping, Rows
from clusterscore.reading.times import Order
from clusterscore.reading.tools import IGNORED, PERSONAL, RATER_EN, RATER_RO, SUBMITTED
from clusterscore.reading.wording import begins, codes, folded, is_cut, parts, plain, unnumbered

CERTAIN: Final = 0.9
"""Confidence from which a column is taken without asking, unless another comes near."""

_POSSIBLE: Final = 0.45
_APART: Final = 0.15  # by which the best must lead
_CUT: Final = 0.95  # confidence in a text that was cut short and says so
_SEARCHED: Final = 20
_NEAREST: Final = 5  # texts compared letter by letter
_WORD: Final = re.compile(r"\w{2,}")
_YEAR_HEADERS: Final = frozenset({"year", "an", "anul", "edition", "editia"})
_UNIT_HEADERS: Final = frozenset({"unit", "cluster", "clusterul", "unitate", "unitatea", "numele clusterului"})
_RATER_HEADERS: Final = frozenset(
    {"rater", "code", "cod", "codul", "your code", "codul dumneavoastra", "evaluator"}
    | {folded(RATER_EN), folded(RATER_RO)}
)
_AFFILIATION_HEADERS: Final = frozenset(
    {"affiliation", "afiliere", "organisation", "organization", "organizatia", "your organisation"}
)
_SLASHED: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-]\d{2,4}")
_MOST_MONTHS: Final = 12
_MOST_WORDS: Final = 30


@dataclass(frozen=True, slots=True)
class Known:
    """What a column may hold.

    Attributes
    ----------
    kind
        ``item`` or ``figure``.
    name
        Id of the item or indicator.
    texts
        Its words in both languages.
    scale
        For an item: categories by word.
    """

    kind: str
    name: str
    texts: tuple[str, ...]
    scale: Pairs[str, int | None]


@dataclass(frozen=True, slots=True)
class Guess:
    """What one column of a file may hold.

    Attributes
    ----------
    header
        As it stands in the file.
    column
        What is proposed; None where nothing comes near.
    confidence
        From 0 to 1.
    others
        What else comes near, best first.
    """

    header: str
    column: Column | None
    confidence: float
    others: tuple[str, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether it may be taken without asking."""
        return self.column is not None and self.confidence >= CERTAIN and not self.others


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping in the making.

    Attributes
    ----------
    sheet
        The sheet that it is about; empty for a text file.
    row
        Row of the headers.
    guesses
        One for each column with a header.
    rows
        What a row is about.
    dates
        Order of day and month; None where no date tells.
    labels
        Categories of the words of answers, by name.
    unknown_words
        Words that stand where answers are expected and are no label.
    names
        Ids of the units that are named in the file.
    """

    sheet: str
    row: int
    guesses: tuple[Guess, ...]
    rows: Rows
    dates: Order | None
    labels: dict[str, dict[str, int | None]]
    unknown_words: tuple[str, ...]
    names: dict[str, str]

    def decided(self, columns: Iterable[Column | None]) -> Proposal:
        """Return the proposal with a decision for each column; None leaves it out."""
        made = [
            Guess(guess.header, column, 1.0 if column is not None else 0.0)
            for guess, column in zip(self.guesses, columns, strict=True)
        ]
        return replace(self, guesses=tuple(made))

    def mapping(self, name: str, year: int | None, unit: str | None) -> Mapping:
        """Return the mapping of all that is certain; what is not is left out, so that a file with it is refused.

        Raises
        ------
        ValidationError
            Where something is missing that no column holds.
        """
        columns = tuple(guess.column for guess in self.guesses if guess.certain and guess.column is not None)
        used = {column.labels for column in columns}
        held = {column.holds for column in columns}
        return Mapping(
            mapping=name,
            rows=self.rows,
            year=None if "year" in held else year,
            unit=None if "unit" in held else unit,
            sheet=self.sheet or None,
            dates=self.dates or "year first",
            columns=columns,
            labels={name: words for name, words in self.labels.items() if name in used},
            names=self.names if set(held) & {"unit", "affiliation", "ties"} else {},
        )


def propose(grids: Sequence[Grid], known: Sequence[Known], names: Pairs[str, str]) -> Proposal:
    """Return what the columns of a file may hold.

    Parameters
    ----------
    grids
        Its sheets; the one in which most headers are recognised is proposed.
    known
        Items and indicators that there are.
    names
        Ids of units by name.
    """
    finder = _Finder(known, names)
    grid, row = max(
        ((grid, number) for grid in grids for number in range(min(_SEARCHED, len(grid.rows)))),
        key=lambda place: (finder.recognised(place[0].rows[place[1]]), -place[1]),
    )
    guesses = [
        finder.guess(header, _below(grid, row, index)) for index, header in enumerate(grid.rows[row]) if header.strip()
    ]
    guesses = _one_each(guesses)
    columns = [guess.column for guess in guesses if guess.column is not None]
    rows: Rows = (
        "units"
        if sum(c.holds == "figure" for c in columns) > sum(c.holds == "item" for c in columns)
        else ("respondents")
    )
    labels = {labels_name(item): dict(item.scale) for item in known if item.kind == "item"}
    return Proposal(
        grid.sheet,
        row + 1,
        tuple(_fitting(guess, rows) for guess in guesses),
        rows,
        _dates(grid, row, guesses),
        labels,
        _unknown_words(grid, row, known, columns),
        _named(grid, row, columns, names),
    )


def labels_name(item: Known) -> str:
    """Return how the labels of an item are called: items with the same words share them."""
    highest = max((category for category in item.scale.values() if category), default=0)
    return f"scale{highest}"


class _Finder:
    """Finds what headers mean."""

    def __init__(self, known: Sequence[Known], names: Pairs[str, str]) -> None:
        self.known = known
        self.texts = [(item, folded(text)) for item in known for text in (*item.texts, item.name)]
        self.words = [frozenset(_WORD.findall(text)) for _, text in self.texts]
        self.units = {folded(name) for name in (*names, *names.values())}
        self.tools = {folded(header): ("submitted", 1.0) for header in SUBMITTED} | {"submitdate": ("submitted", 1.0)}
        for holds, groups in (("personal", PERSONAL), ("ignored", IGNORED)):
            for code, headers in groups.items():
                self.tools |= {folded(header): (holds, 1.0) for header in (*headers, code)}
        for holds, written in (
            ("year", _YEAR_HEADERS),
            ("unit", _UNIT_HEADERS),
            ("rater", _RATER_HEADERS),
            ("affiliation", _AFFILIATION_HEADERS),
        ):
            self.tools |= dict.fromkeys(written, (holds, CERTAIN))

    def recognised(self, headers: Sequence[str]) -> int:
        """Return how many cells of a row look like headers."""
        exact = {text for _, text in self.texts}
        return sum(
            any(word in self.tools for word in codes(header)) or any(part in exact for part in parts(header))
            for header in headers
            if header.strip()
        )

    def guess(self, header: str, below: Sequence[str]) -> Guess:
        """Return what a column may hold, from its header and what stands below."""
        for word in (folded(header), *codes(header)):
            if word in self.tools:
                holds, confidence = self.tools[word]
                return self._of_tool(header, word, holds, confidence, below)
        filled = [folded(cell) for cell in below if cell.strip()]
        if filled and all(cell in self.units for cell in filled):
            return Guess(header, Column(header=(plain(header),), holds="unit"), CERTAIN)
        return self._of_words(header)

    def _of_tool(self, header: str, word: str, holds: str, confidence: float, below: Sequence[str]) -> Guess:
        email = word == "email" or word in map(folded, PERSONAL["email"])
        if email and any("@" in cell for cell in below):
            return Guess(header, Column(header=(plain(header),), holds="identity"), 1.0)
        column = Column(header=(plain(header),), holds=holds, optional=holds in {"personal", "ignored"})
        return Guess(header, column, confidence)

    def _of_words(self, header: str) -> Guess:
        scores: dict[int, float] = {}
        forms = parts(header)
        for form in forms:
            words = frozenset(_WORD.findall(form))
            shared = sorted(
                ((_overlap(words, mine), number) for number, mine in enumerate(self.words) if words & mine),
                reverse=True,
            )
            for overlap, number in shared[:_NEAREST]:
                text = self.texts[number][1]
                score = (
                    1.0
                    if form == text
                    else max(0.98 * overlap, difflib.SequenceMatcher(None, form, text).ratio() - 0.02)
                )
                scores[number] = max(scores.get(number, 0.0), score)
            if is_cut(form):
                scores |= {n: _CUT for n, (_, text) in enumerate(self.texts) if begins(form, unnumbered(text))}
        return self._best(header, scores)

    def _best(self, header: str, scores: dict[int, float]) -> Guess:
        by_item: dict[str, tuple[float, Known]] = {}
        for number, score in scores.items():
            item = self.texts[number][0]
            if score > by_item.get(item.name, (0.0, item))[0]:
                by_item[item.name] = (score, item)
        ranked = sorted(by_item.values(), key=lambda pair: (-pair[0], pair[1].name))
        if not ranked or ranked[0][0] < _POSSIBLE:
            return Guess(header, None, ranked[0][0] if ranked else 0.0)
        score, item = ranked[0]
        near = tuple(other.name for other_score, other in ranked[1:4] if other_score > score - _APART and score < 1.0)
        return Guess(header, column_of(header, item), score, near)


def column_of(header: str, item: Known) -> Column:
    """Return the column that holds an item or a figure."""
    if item.kind == "item":
        return Column(header=(plain(header),), holds="item", item=item.name, labels=labels_name(item))
    return Column(header=(plain(header),), holds="figure", indicator=item.name)


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return 2.0 * len(one & other) / (len(one) + len(other)) if one or other else 0.0


def _below(grid: Grid, row: int, index: int) -> list[str]:
    return [cells[index] for cells in grid.rows[row + 1 :] if index < len(cells)]


def _one_each(guesses: list[Guess]) -> list[Guess]:
    """Return the guesses with those doubted that two columns share."""

    def target(guess: Guess) -> tuple[str | None, ...] | None:
        column = guess.column
        if column is None or column.holds in {"personal", "ignored"}:
            return None
        return (column.holds, column.item, column.indicator)

    counts = Counter(target(guess) for guess in guesses)
    return [
        replace(guess, others=(*guess.others, "another column as well"))
        if target(guess) is not None and counts[target(guess)] > 1
        else guess
        for guess in guesses
    ]


def _fitting(guess: Guess, rows: Rows) -> Guess:
    """Return a guess with a column that such rows may have: who sent figures is no rater."""
    column = guess.column
    if column is None or rows != "units" or column.holds in {"figure", "unit", "year", "personal", "ignored"}:
        return guess
    holds = "personal" if column.holds in {"identity", "rater"} else "ignored"
    return replace(
        guess, column=column.model_copy(update={"holds": holds, "optional": True, "item": None, "labels": None})
    )


def _dates(grid: Grid, row: int, guesses: Sequence[Guess]) -> Order | None:
    """Return in which order day and month stand, where a day above 12 tells; year first where no other form is met."""
    headers = {guess.header for guess in guesses if guess.column is not None and guess.column.holds == "submitted"}
    found = [
        match
        for index, header in enumerate(grid.rows[row])
        if header in headers
        for cell in _below(grid, row, index)
        if (match := _SLASHED.match(cell.strip()))
    ]
    if not found:
        return "year first"
    day_first = any(int(match[1]) > _MOST_MONTHS for match in found)
    month_first = any(int(match[2]) > _MOST_MONTHS for match in found)
    if day_first == month_first:
        return None
    return "day first" if day_first else "month first"


def _named(grid: Grid, row: int, columns: Sequence[Column], names: Pairs[str, str]) -> dict[str, str]:
    """Return the ids of the units that are named in a file; a name that two units bear tells neither."""
    headers = {
        header for column in columns if column.holds in {"unit", "affiliation", "ties"} for header in column.header
    }
    cells = {
        folded(part)
        for index, header in enumerate(grid.rows[row])
        if plain(header) in headers
        for cell in _below(grid, row, index)
        for part in cell.split(";")
    }
    borne = Counter(map(folded, names))
    return {name: unit for name, unit in names.items() if folded(name) in cells and borne[folded(name)] == 1}


def _unknown_words(grid: Grid, row: int, known: Sequence[Known], columns: Sequence[Column]) -> tuple[str, ...]:
    scales = {item.name: {folded(word) for word in item.scale} for item in known if item.kind == "item"}
    items = {header: column.item for column in columns if column.item for header in column.header}
    found: dict[str, None] = {}
    for index, header in enumerate(grid.rows[row]):
        scale = scales.get(items.get(plain(header), ""), set())
        if scale:
            words = {plain(cell) for cell in _below(grid, row, index) if cell.strip()}
            found |= dict.fromkeys(sorted(w for w in words if folded(w) not in scale and not w.isdigit()))
    return tuple(found)[:_MOST_WORDS]
