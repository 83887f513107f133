"""Good files with one thing wrong, made at random; and with one thing odd that changes nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

Rows = list[list[str]]
Change = Callable[[random.Random, Rows], str | bytes | None]
"""What changes the rows of a file, header first: the content of the new file, or None where it has no hold."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A file that was good: what was done to it, and what it is now."""

    what: str
    name: str
    content: bytes


def text_of(rows: Rows, delimiter: str = ",", end: str = "\n") -> str:
    """Return rows as delimited text."""
    return "".join(delimiter.join(row) + end for row in rows)


def cell(column: str, *values: str) -> Change:
    """Put one of some values into a cell of a column."""

    def change(rng: random.Random, rows: Rows) -> str | None:
        if column not in rows[0]:
            return None
        row = rng.randrange(1, len(rows))
        rows[row][rows[0].index(column)] = rng.choice(values)
        return text_of(rows)

    return change


def rewritten(column: str, *ways: Callable[[str], str]) -> Change:
    """Write the cell of a column in another way."""

    def change(rng: random.Random, rows: Rows) -> str | None:
        if column not in rows[0]:
            return None
        row, place = rng.randrange(1, len(rows)), rows[0].index(column)
        rows[row][place] = rng.choice(ways)(rows[row][place])
        return text_of(rows)

    return change


def times(*factors: float) -> Change:
    """Multiply a figure of money."""

    def change(rng: random.Random, rows: Rows) -> str | None:
        money = [row for row in rows[1:] if "turnover" in row]
        if rows[0][-1] != "value" or not money:
            return None
        row = rng.choice(money)
        row[-1] = repr(float(row[-1]) * rng.choice(factors))
        return text_of(rows)

    return change


def repeated(rng: random.Random, rows: Rows) -> str:
    """Give one row twice, the second time with another value."""
    row = list(rng.choice(rows[1:]))
    row[-1] = str(1 + (int(float(row[-1])) % 4))
    rows.insert(rng.randrange(1, len(rows) + 1), row)
    return text_of(rows)


def longer(rng: random.Random, rows: Rows) -> str:
    """Give a row a cell too many."""
    row = rng.choice(rows[1:])
    row.insert(rng.randrange(len(row) + 1), rng.choice(["", "x", "7"]))
    return text_of(rows)


def shorter(rng: random.Random, rows: Rows) -> str:
    """Take a cell out of a row."""
    row = rng.choice(rows[1:])
    del row[rng.randrange(len(row))]
    return text_of(rows)


def renamed(rng: random.Random, rows: Rows) -> str:
    """Misspell a column, leave its name out, or give it the name of another."""
    place = rng.randrange(len(rows[0]))
    other = rows[0][(place + 1) % len(rows[0])]
    rows[0][place] = rng.choice([rows[0][place] + "s", rows[0][place].upper(), "", other, "An"])
    return text_of(rows)


def without_header(_rng: random.Random, rows: Rows) -> str:
    """Leave the header out."""
    return text_of(rows[1:])


def titled(rng: random.Random, rows: Rows) -> str:
    """Put a title above the header."""
    return rng.choice(["Raport 2023\n", "Cluster figures,,,\n", "\n\nTabel 1\n"]) + text_of(rows)


def other_delimiter(rng: random.Random, rows: Rows) -> str:
    """Put semicolons, tabs or bars between cells."""
    return text_of(rows, rng.choice([";", "\t", "|"]))


def unquoted(rng: random.Random, rows: Rows) -> str:
    """Open a quote and never close it."""
    row = rng.choice(rows[1:])
    row[-1] = '"' + row[-1]
    return text_of(rows)


def with_bytes(rng: random.Random, rows: Rows) -> bytes:
    """Put bytes into the file that no text has."""
    content = text_of(rows).encode()
    place = rng.randrange(len(content))
    return content[:place] + rng.choice([b"\x00", b"\xff", b"\xba", b"\xe2\x82", b"\x1b"]) + content[place:]


def other_encoding(rng: random.Random, rows: Rows) -> bytes:
    """Write the file in another encoding, with a letter in it that shows."""
    encoding = rng.choice(["utf-16", "utf-16-le", "utf-32"])
    return text_of(rows).encode(encoding)


def swapped(rng: random.Random, rows: Rows) -> str:
    """Exchange two neighbouring cells of different columns in a row."""
    row = rng.choice(rows[1:])
    place = rng.randrange(len(row) - 1)
    row[place], row[place + 1] = row[place + 1], row[place]
    return text_of(rows)


def not_text(rng: random.Random, _rows: Rows) -> bytes:
    """Send something else under the name."""
    return rng.choice(
        [b"", b"\xef\xbb\xbf", b"PK\x03\x04rest", b"<!DOCTYPE html><html>", b"%PDF-1.7", b"\xd0\xcf\x11\xe0\xa1\xb1"]
    )


def blank(rng: random.Random, rows: Rows) -> str:
    """Empty a cell that must be filled."""
    row = rng.choice(rows[1:])
    row[rng.randrange(len(row))] = rng.choice(["", " ", "\u00a0"])
    return text_of(rows)


WRONG: dict[str, Change] = {
    "unknown unit": cell("unit", "CL-99", "cl-01", "CL01", "1e5", "NA", "../CL-01", "CL-01\u200b", "\u0421L-01"),
    "unknown rater": cell("rater", "R-99", "R1", "NULL", "r-01", "R-01;R-02"),
    "unknown indicator": cell("indicator", "turnovr", "Turnover", "cifra de afaceri", "turnover;"),
    "unknown item": cell("item", "item_99", "Item_1", "item 1"),
    "impossible year": cell("year", "202", "20226", "1899", "2099", "23", "2023.5", "45292", "2023-01-01", "MMXXIII"),
    "no number": cell(
        "value", "n/a", "-", "?", "lipsă", "nan", "inf", "-Infinity", "1e400", "#DIV/0!", "abc", "٣", "(5)"
    ),
    "percent": rewritten("value", lambda text: text + "%", lambda text: text + " %"),
    "negative": rewritten("value", lambda text: "-" + text),
    "ambiguous number": cell("value", "1.234", "12.345", "1,234", "12.34.56", "1'234", "1 234 567", "1.23.456,7"),
    "currency": rewritten("value", lambda text: text + " lei", lambda text: "€" + text),
    "no answer": cell("answer", "0", "6", "-1", "3.5", "bun", "4 stele", "10", "n/a", "3,5", "five", "1e0"),
    "a thousand times": times(1000.0, 0.001),
    "another currency": times(4.97, 1.0 / 4.97),
    "ten thousand times": times(10000.0),
    "repeated": repeated,
    "longer": longer,
    "shorter": shorter,
    "renamed column": renamed,
    "without header": without_header,
    "titled": titled,
    "other delimiter": other_delimiter,
    "unquoted": unquoted,
    "bytes": with_bytes,
    "other encoding": other_encoding,
    "swapped": swapped,
    "not text": not_text,
    "blank": blank,
}
"""What is wrong with a file, so that it must not get in as it is."""


def _columns_moved(rng: random.Random, rows: Rows) -> str:
    order = rng.sample(range(len(rows[0])), len(rows[0]))
    return text_of([[row[place] for place in order] for row in rows])


def _rows_moved(rng: random.Random, rows: Rows) -> str:
    return text_of([rows[0], *rng.sample(rows[1:], len(rows) - 1)])


def _spaced(rng: random.Random, rows: Rows) -> str:
    row = rng.choice(rows[1:])
    place = rng.randrange(len(row))
    row[place] = rng.choice([" ", "\u00a0", "\t"]) + row[place] + rng.choice(["", " "])
    return text_of(rows)


def _quoted(_rng: random.Random, rows: Rows) -> str:
    return text_of([[f'"{value}"' for value in row] for row in rows])


ODD: dict[str, Change] = {
    "byte order mark": lambda _rng, rows: b"\xef\xbb\xbf" + text_of(rows).encode(),
    "line ends of Windows": lambda _rng, rows: text_of(rows, end="\r\n"),
    "no last line end": lambda _rng, rows: text_of(rows).rstrip("\n"),
    "columns moved": _columns_moved,
    "rows moved": _rows_moved,
    "spaces": _spaced,
    "quotes": _quoted,
    "a plus": rewritten("value", lambda text: "+" + text, lambda text: text + ".0"),
    "an exponent": rewritten("value", lambda text: f"{float(text):e}"),
}
"""What is odd about a file and changes nothing."""


def mutants(changes: dict[str, Change], files: dict[str, str], n: int, seed: int) -> list[Mutant]:
    """Return ``n`` mutants of good files, whose cells hold no comma; each kind of change comes equally often."""
    rng, found, kinds = random.Random(seed), [], list(changes)  # noqa: S311 - nothing secret
    while len(found) < n:
        what, name = kinds[len(found) % len(kinds)], rng.choice(list(files))
        rows = [line.split(",") for line in files[name].splitlines()]
        content = changes[what](rng, rows)
        if content is not None:
            data = content if isinstance(content, bytes) else content.encode()
            found.append(Mutant(what, name, data))
    return found
