"""How people answer: against the others, all the same, like another, too fast, too late, about themselves."""

from __future__ import annotations

import datetime
import itertools
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Final

from clusterscore.observations.codebook import Codebook
from clusterscore.observations.screening.remarks import Entry, Grade, Remark
from clusterscore.observations.state import State, are_tied
from clusterscore.vocabulary import Kind, Table

_REVERSED: Final = -0.6  # rank correlation with the others from which a scale is taken for reversed
_COMPARED: Final = 8  # answers that others gave as well, below which nothing is said
_STRAIGHT: Final = 8  # equal answers, and to questions of both directions or on several units
_TWIN_ANSWERS: Final = 16  # common answers, all equal and not all the same
_FAST: Final = datetime.timedelta(seconds=3)  # between first and last answer of a questionnaire
_FAST_ANSWERS: Final = 4
_USED: Final = 30  # answers to an item after which a category that nobody chose is worth a word


class Answers:
    """The answers of a delivery, and all that is known to compare them with.

    Attributes
    ----------
    entries
        The new answers.
    state
        What is known, they included.
    codebook
        Items, their categories and directions.
    """

    def __init__(self, entries: Iterable[Entry], state: State, codebook: Codebook) -> None:
        self.entries, self.state, self.codebook = tuple(entries), state, codebook
        self._cells: dict[tuple[str, int, str], dict[str, int]] = defaultdict(dict)
        for record in state.live(Table.ANSWERS).values():
            data = record.data
            self._cells[data["unit"], data["year"], data["item"]][data["rater"]] = data["answer"]

    def remarks(self) -> Iterator[Remark]:
        """Yield everything to say."""
        if not self.entries:
            return
        for rater, rows in self.by_rater.items():
            yield from self._reversed(rater, rows)
            yield from self._straight(rows)
            yield from self._thin(rater, rows)
        for rows in self._questionnaires.values():
            yield from self._tied(rows[0])
            yield from self._fast(rows)
        for entry in self.entries:
            yield from self._late(entry)
        yield from self._twins()
        yield from self._unused()
        yield from self._parts()

    @cached_property
    def by_rater(self) -> dict[str, list[Entry]]:
        """The new answers of each rater."""
        return _grouped(self.entries, "rater")

    @cached_property
    def _questionnaires(self) -> dict[Any, list[Entry]]:
        return _grouped(self.entries, "rater", "unit", "year")

    def _kind(self, unit: str) -> Kind | None:
        record = self.state.find(Table.UNITS, unit)
        return Kind(record.data["kind"]) if record else None

    def _reversed(self, rater: str, rows: list[Entry]) -> Iterator[Remark]:
        """Doubt a rater whose answers run against those of the others on the same questions, units and years."""
        mine, theirs = [], []
        for entry in rows:
            data = entry.data
            cell = self._cells[data["unit"], data["year"], data["item"]]
            others = [answer for name, answer in cell.items() if name != rater]
            if others:
                mine.append(data["answer"])
                theirs.append(sum(others) / len(others))
        if len(mine) < _COMPARED or len(set(mine)) == 1 or len(set(theirs)) == 1:
            return
        correlation = statistics.correlation(mine, theirs, method="ranked")
        if correlation <= _REVERSED:
            expected = "answers that do not run against those of all others; is 1 the best for this rater?"
            evidence = {"rank correlation": round(correlation, 2), "answers compared": len(mine)}
            yield Remark(Grade.HOLD, rows[0], "rater", "W-RAT-REVERSED", rater, expected, evidence)

    def _straight(self, rows: list[Entry]) -> Iterator[Remark]:
        """Flag equal answers to questions of which some are turned round, or on several units."""
        if len(rows) < _STRAIGHT or len({row.data["answer"] for row in rows}) > 1:
            return
        kinds = {row.data["unit"]: self._kind(row.data["unit"]) for row in rows}
        turned = {
            self.codebook.directions[kind].get(row.data["item"]) for row in rows if (kind := kinds[row.data["unit"]])
        }
        if len(turned) > 1 or len(kinds) > 1:
            expected = f"answers that differ; all {len(rows)} are {rows[0].data['answer']}"
            yield Remark(Grade.FLAG, rows[0], "answer", "W-RAT-STRAIGHT", str(rows[0].data["answer"]), expected)

    def _thin(self, rater: str, rows: list[Entry]) -> Iterator[Remark]:
        if len(rows) == 1 and self._counts[rater] == 1:
            expected = "more than one answer; how strict this rater is stays what the prior says"
            yield Remark(Grade.FLAG, rows[0], "rater", "W-RATER-THIN", rater, expected)

    @cached_property
    def _counts(self) -> Counter[str]:
        return Counter(rater for cell in self._cells.values() for rater in cell)

    def _tied(self, entry: Entry) -> Iterator[Remark]:
        """Note answers on what the rater belongs or is tied to: they are recorded and never count."""
        rater = self.state.find(Table.RATERS, entry.data["rater"])
        if rater is None:
            return
        unit, own = entry.data["unit"], rater.data["affiliation"]
        for links, code in (((own,) if own else (), "N-RAT-SELF"), (rater.data["ties"], "N-RAT-TIE")):
            if are_tied(links, unit, self.state.parent_of):
                expected = "recorded, outside the likelihood: " + (
                    "the rater's own" if code == "N-RAT-SELF" else "tied"
                )
                yield Remark(Grade.NOTE, entry, "rater", code, f"{entry.data['rater']} on {unit}", expected)
                return

    def _fast(self, rows: list[Entry]) -> Iterator[Remark]:
        times = [datetime.datetime.fromisoformat(row.data["answered"]) for row in rows if row.data.get("answered")]
        if len(times) >= _FAST_ANSWERS and max(times) - min(times) <= _FAST and len(set(times)) > 1:
            seconds = (max(times) - min(times)).total_seconds()
            expected = f"longer than {_FAST.seconds} s between the first and the last of {len(times)} answers"
            yield Remark(Grade.FLAG, rows[0], "answered", "W-RATER-SPEED", f"{seconds:g} s", expected)

    def _late(self, entry: Entry) -> Iterator[Remark]:
        """Doubt an answer given outside the wave of its year, where the document says when that is."""
        kind, answered = self._kind(entry.data["unit"]), entry.data.get("answered")
        wave = self.codebook.waves[kind].get(entry.data["year"]) if kind else None
        if wave is None or answered is None:
            return
        day = datetime.datetime.fromisoformat(answered).astimezone(datetime.UTC).date()
        if not wave[0] <= day <= wave[1]:
            expected = f"from {wave[0]} to {wave[1]}, the wave of {entry.data['year']}"
            yield Remark(Grade.HOLD, entry, "answered", "W-WAVE-LATE", answered, expected)

    def _twins(self) -> Iterator[Remark]:
        """Flag two raters of a file whose common answers are all equal, and not all the same."""
        answers = {
            rater: {(row.data["unit"], row.data["year"], row.data["item"]): row.data["answer"] for row in rows}
            for rater, rows in self.by_rater.items()
        }
        for (one, mine), (other, theirs) in itertools.combinations(sorted(answers.items()), 2):
            common = mine.keys() & theirs.keys()
            if len(common) < _TWIN_ANSWERS or any(mine[key] != theirs[key] for key in common):
                continue
            if len({mine[key] for key in common}) > 1:
                expected = f"answers of one's own; all {len(common)} common answers are those of {one}"
                yield Remark(Grade.FLAG, self.by_rater[other][0], "rater", "W-RAT-TWIN", other, expected)

    def _unused(self) -> Iterator[Remark]:
        """Flag categories of the delivery's items that nobody has ever chosen."""
        used: dict[tuple[Kind, str], Counter[int]] = defaultdict(Counter)
        for (unit, _, item), cell in self._cells.items():
            kind = self._kind(unit)
            if kind is not None:
                used[kind, item].update(cell.values())
        for item, rows in _grouped(self.entries, "item").items():
            kind = self._kind(rows[0].data["unit"])
            if kind is None or item not in self.codebook.answers[kind] or used[kind, item].total() < _USED:
                continue
            empty = [str(n) for n in range(1, self.codebook.answers[kind][item] + 1) if n not in used[kind, item]]
            if empty:
                expected = f"every category used by {used[kind, item].total()} answers; the prior alone places its cuts"
                yield Remark(Grade.FLAG, rows[0], "item", "W-CATEGORY-EMPTY", f"{item}: {', '.join(empty)}", expected)

    def _parts(self) -> Iterator[Remark]:
        """Flag raters and units that share no answers with the others: their severities cannot be compared."""
        links: dict[str, set[str]] = defaultdict(set)
        kinds = {kind for entry in self.entries if (kind := self._kind(entry.data["unit"]))}
        for (unit, _, _), cell in self._cells.items():
            if self._kind(unit) in kinds:
                for rater in cell:
                    links[f"unit {unit}"].add(f"rater {rater}")
                    links[f"rater {rater}"].add(f"unit {unit}")
        for kind in sorted(kinds):
            parts = _components({node: to for node, to in links.items() if self._belongs(node, to, kind)})
            if len(parts) > 1:
                names = "; ".join(", ".join(sorted(part)[:3]) for part in parts[:3])
                expected = f"answers that connect all; {len(parts)} parts: {names}; a fit of all would be refused"
                entry = next(entry for entry in self.entries if self._kind(entry.data["unit"]) is kind)
                got = f"{len(parts)} parts"
                yield Remark(Grade.FLAG, entry, "rater", "W-DESIGN-DISCONNECTED", got, expected)

    def _belongs(self, node: str, to: set[str], kind: Kind) -> bool:
        unit = node if node.startswith("unit ") else next(iter(to))
        return self._kind(unit.removeprefix("unit ")) is kind


def _grouped(entries: Iterable[Entry], *columns: str) -> dict[Any, list[Entry]]:
    found: dict[Any, list[Entry]] = defaultdict(list)
    for entry in entries:
        key = tuple(entry.data[column] for column in columns)
        found[key if len(columns) > 1 else key[0]].append(entry)
    return found


def _components(links: dict[str, set[str]]) -> list[set[str]]:
    """Return the connected parts of a graph, largest first."""
    parts, left = [], set(links)
    while left:
        part, new = set[str](), {next(iter(left))}
        while new:
            part |= new
            new = {to for node in new for to in links.get(node, ()) if to in links} - part
        parts.append(part)
        left -= part
    return sorted(parts, key=len, reverse=True)
