"""Every number in the prose of an overview, worked out again from the published tables without the package's own words.

A sentence with a number for which there is no rule is as wrong as one whose numbers differ: nobody vouches for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd

from clusterscore.model.function import Function
from clusterscore.paths import Workspace
from tests.report.reading import Element, Page

NUMBER = re.compile(r"[+\N{MINUS SIGN}-]?\d+(?:,\d{3})*(?:\.\d+)?")
TAGS = ("p", "li", "figcaption", "caption")
SURE, TIER = 0.9, 0.8
Rule = tuple[str, Callable[["Tables"], list[str]]]


@cache
def _read(path: Path, written: int) -> pd.DataFrame:  # noqa: ARG001 - a file written again is read again
    return pd.read_csv(path)


@dataclass(frozen=True)
class Tables:
    """The published tables as a spreadsheet would read them, and the document.

    Attributes
    ----------
    home, advice
        Folders of the tables of one function and edition.
    """

    workspace: Workspace
    function: Function
    edition: int

    def table(self, name: str) -> pd.DataFrame:
        """Return a table as it lies on disk."""
        path = self.workspace.scores(self.function.function, self.edition) / f"{name}.csv"
        return _read(path, path.stat().st_mtime_ns)

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of each unit."""
        path = self.workspace.scores(self.function.function, self.edition) / "units.json"
        return {row["unit"]: row["name"] for row in json.loads(path.read_text(encoding="utf-8"))}

    @cached_property
    def field(self) -> pd.DataFrame:
        """Scores of the edition's last year, best first."""
        scores = self.table("scores")
        here = scores[scores["year"] == self.edition]
        return here.sort_values(["score_median", "unit"], ascending=[False, True]).reset_index(drop=True)

    @property
    def n(self) -> str:
        """How many have a score."""
        return str(len(self.field))

    @cached_property
    def run(self) -> dict[str, object]:
        """Record of the posterior."""
        home = self.workspace.scores(self.function.function, self.edition)
        run = json.loads((home / "scores.json").read_text())["posterior"]
        path = self.workspace.posterior(self.function.function, self.edition) / run / "run.json"
        record: dict[str, object] = json.loads(path.read_text())
        return record

    def places(self, by: str) -> pd.DataFrame:
        """Return the means of places; none where nothing was advised."""
        path = self.workspace.advice(self.function.function, self.edition) / "places.json"
        rows = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
        return pd.DataFrame([row for row in rows if row["by"] == by], columns=["by", "value", "p_above"])


def _where(table: pd.DataFrame, **values: object) -> pd.DataFrame:
    for name, value in values.items():
        table = table[table[name] == value]
    return table


def score(value: float) -> str:
    """Return a score as a whole number within its scale."""
    return "99" if value > 99 else "1" if value < 1 else f"{value:.0f}"


def ends(low: str, high: str) -> list[str]:
    """Return both ends of an interval, or one where they are the same."""
    return [low] if low == high else [low, high]


def signed(value: float, digits: int) -> str:
    """Return a number with its sign; nothing has none."""
    text = f"{value:+.{digits}f}"
    return text.lstrip("+-") if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")


def _third(shares: tuple[float, float, float]) -> int | None:
    return int(np.argmax(shares)) if max(shares) >= TIER else None


def _cuts(t: Tables) -> tuple[int, int]:
    return round(len(t.field) / 3), round(2 * len(t.field) / 3)


def _tiers(t: Tables) -> list[str]:
    first, second = _cuts(t)
    found = []
    for _, rows in t.table("ranks").groupby("unit"):
        at_most = rows.set_index("k")["p_rank_at_most_k"]
        found.append(_third((at_most[first], at_most[second] - at_most[first], 1 - at_most[second])))
    return [str(found.count(0)), str(found.count(2)), "80", str(found.count(None))]


def _tier_caption(t: Tables) -> list[str]:
    first, second = _cuts(t)
    return [t.n, "1", str(first), str(first + 1), str(second), str(second + 1), t.n, "80"]


def _moved(t: Tables) -> list[str]:
    up = _where(t.table("changes"), year_to=t.edition)["p_up"]
    return [str((up >= SURE).sum()), str((up <= 1 - SURE).sum()), "90"]


def _verdicts(t: Tables) -> list[str]:
    counts = t.field["verdict"].value_counts()
    return [str(counts.get(word, 0)) for word in ("validated", "contradicted", "not enough evidence")]


def _example(t: Tables) -> tuple[list[str], list[str], list[str]]:
    row = t.field.iloc[len(t.field) // 2]
    dots = _where(t.table("quantiles"), unit=row["unit"])["score"]
    span = ends(score(row["q05"]), score(row["q95"]))
    ranks = ends(f"{row['rank_q05']:.0f}", f"{row['rank_q95']:.0f}")
    above = [str((dots > 50).sum()), "50"]
    return above, [*above, "90", *span], [*span, "90", *ranks, t.n]


def _sure(t: Tables) -> list[str]:
    return [str(((t.field["q05"] > 50) | (t.field["q95"] < 50)).sum()), t.n]


def _pillar(pillar: str) -> Callable[[Tables], list[str]]:
    def numbers(t: Tables) -> list[str]:
        rows = _where(t.table("pillars"), year=t.edition, pillar=pillar)
        return [str((rows["q05"] > 50).sum()), str(len(rows)), "50", str((rows["q95"] < 50).sum())]

    return numbers


def _above(by: str) -> Callable[[Tables], list[str]]:
    def numbers(t: Tables) -> list[str]:
        table = t.places(by)
        above, below = (table["p_above"] >= SURE).sum(), (table["p_above"] <= 1 - SURE).sum()
        return [str(above), str(len(table)), "90", str(below)]

    return numbers


def _members(t: Tables, indicator: str) -> tuple[list[str], list[str], list[str]]:
    values = np.sort(_where(t.table("members"), indicator=indicator)["median"].to_numpy())
    parts = np.array_split(values, 20)
    low, high = (f"{part.mean():,.0f}" if abs(part.mean()) >= 100 else f"{part.mean():.2f}" for part in parts[::19])
    return [low, high], [str(len(values)), low, high], [str(len(values)), str(min(map(len, parts)))]


def _weights(t: Tables) -> list[str]:
    table = t.table("weights")
    return [f"{100 * (table['mean'] - table['prior_mean']).abs().max():.1f}"]


def _raters(t: Tables) -> list[str]:
    table, design = t.table("raters"), t.run["design"]
    tied = design["unused"]["answers of tied raters"]  # type: ignore[index]
    return [
        str(len(table)),
        str(table["n_answers"].sum()),
        f"{table['severity_mean'].std(ddof=0):.1f}",
        f"{table['severity_sd'].median():.1f}",
        str(tied),
    ]


def _flagged(t: Tables) -> list[str]:
    fit, raised = t.table("rater_fit"), ("high", "low")
    pairs, groups = (t.table(name)["flag"].isin(raised).sum() for name in ("twins", "leniency"))
    flagged = fit.loc[fit["flag"].isin(raised), "rater"].nunique()
    return [str(flagged), str(fit["rater"].nunique()), str(pairs), str(groups)]


def _leniency(t: Tables) -> list[str]:
    table = t.table("leniency")
    return [str((table["flag"] != "not assessable").sum()), str(len(table))]


def _errata(t: Tables) -> list[str]:
    segments = [path.read_text(encoding="utf-8") for path in sorted(t.workspace.ledger.glob("*.jsonl"))]
    lines = [json.loads(line) for segment in segments for line in segment.splitlines()]
    count = int(str(t.run["head"]).partition(":")[0])
    replaced = [one for one in lines[:count] if one["action"] in {"correct", "withdraw"}]
    own = sum(one["table"] == "figures" and one["data"]["unit"] in t.names for one in replaced)
    return [str(own), str(sum(one["table"] == "answers" for one in replaced))]


def rules(t: Tables) -> Iterator[Rule]:
    """Yield a pattern for every sentence with numbers, and what its numbers must be."""
    edition = str(t.edition)
    yield r"· edition ", lambda _: [edition]
    yield r", edition \d", lambda _: [edition]
    yield r"have a score in this edition", lambda t: [t.n]
    top = t.field[t.field["rank_q05"] == 1]
    yield r"first place cannot be ruled out", lambda _: ["1", str(len(top))]
    width = (t.field["rank_q95"] - t.field["rank_q05"] + 1).mean()
    yield r"On average a rank is known", lambda _: [f"{width:.0f}"]
    yield r"^\d+ belong to the upper third", _tiers
    yield r"^Since the edition before, ", _moved
    yield r"^The peers confirm the figures of", _verdicts
    yield r"^Of twenty equally likely scores", lambda t: _example(t)[0]
    yield r"^Dot plot of the score of", lambda t: _example(t)[1]
    yield r"Nobody can say which dot", lambda t: _example(t)[2]
    yield r"^Thirds of", _tier_caption
    yield r"^There are \d+ .*too few for thirds", lambda t: [t.n]
    scale = f"{100 * NormalDist().cdf(1):.0f}"
    yield r"^The score compares with the base edition's cohort", lambda _: ["50", scale]
    yield r"^\d+ of \d+ \w+ stand clearly above or below", _sure
    yield r"^Scores of \d+ \w+ with intervals", lambda t: [t.n, *_sure(t)]
    yield r"^Dot: median. Line:", lambda _: ["90"]
    before = t.edition - t.function.edition.every
    yield r"^Changes since", lambda _: [str(before), "90"]
    yield r"^No change since the edition before", lambda _: ["90"]
    for pillar in t.function.pillars:
        title = re.escape(pillar.title.en)
        yield rf"^{title}: \d+ of", _pillar(pillar.id)
        yield rf"^Standing of \d+ \w+ on the pillar. {title}: ", lambda t, p=pillar.id: [t.n, *_pillar(p)(t)]
    yield r"^Each line is one of the", lambda _: ["90", "50"]
    yield from _rules_of_places(t)
    yield from _rules_of_account(t)


def _rules_of_places(t: Tables) -> Iterator[Rule]:
    """Yield what is said of regions, sectors and members."""
    for by, word in (("region", "regions"), ("sector", "sectors")):
        yield rf"^\d+ of \d+ {word} lie above", _above(by)
    yield r"^Map of \d+ regions", lambda t: ["9", *_above("region")(t)]
    yield r"^Mean scores of \d+ sectors", lambda t: [str(len(t.places("sector"))), *_above("sector")(t)]
    yield r"^Number: mean score of the region's", lambda _: ["90"]
    yield r"^Dot: mean score of the sector's", lambda _: ["90", "50"]
    yield r"^Members are shown where at least", lambda _: ["100"]
    for part in t.function.indicators:
        if part.of == "members":
            title = re.escape(part.title.en)
            yield rf"^{title}: from", lambda t, i=part.id: _members(t, i)[0]
            yield rf"^Dot plot of \d+ members. {title}", lambda t, i=part.id: _members(t, i)[1]
            yield r"^Each dot is the mean of one twentieth", lambda t, i=part.id: _members(t, i)[2]


def _rules_of_account(t: Tables) -> Iterator[Rule]:
    """Yield what is said of peers, weights, raters and errors."""
    yield r"^Peers confirm the figures of", lambda t: [_verdicts(t)[0], t.n, _verdicts(t)[1]]
    yield r"^Scatter of", lambda t: [t.n, _verdicts(t)[0], t.n, _verdicts(t)[1]]
    asked = t.function.validation
    raters = t.function.questionnaire.minimum_raters if t.function.questionnaire else 0
    agreed = [f"{asked.equivalence:g}", f"{100 * asked.probability:.0f}", str(raters)]
    yield r"^Each mark is one of them", lambda _: agreed
    yield r"^The weights moved by at most", _weights
    yield r"^Weights of \d+ pillars before", lambda t: [str(len(t.function.pillars)), *_weights(t)]
    yield r"^Bar: agreed. Dot: posterior mean", lambda _: ["90"]
    yield r"^\d+ raters gave", _raters
    yield r"^Flagged: ", _flagged
    yield r"^Severities of raters are shown where at least", lambda _: ["10"]
    yield r"^A flag is a reason for a person", lambda _: ["5", "5"]
    yield r"^Leniency to ties was assessed", _leniency
    yield r"^This function has one pillar, so its weight is 1", lambda _: ["1"]
    yield r"^No recommendations for policy rest on this posterior", lambda _: [str(t.edition)]
    yield r"^Errata: since the first record, |^Since the first record, ", _errata


def documented(t: Tables) -> set[str]:
    """Return sentences of the function document that a page repeats: the document vouches for their numbers."""
    f = t.function
    said = {f.reconstruction, f.question.en, f"Editions: {f.edition.why}", f"Errors of figures: {f.errors.why}"}
    said |= {f"Verdicts: {f.validation.why}"}
    said |= {f"Weights: Dirichlet with concentration {f.weights.concentration:g}. {f.weights.why}"}
    return {" ".join(text.split()) for text in said}


def unvouched(page: Page, t: Tables) -> list[str]:
    """Return every sentence of a page whose numbers are not those of the tables, and for which there is no rule."""
    return judged(sentences(page, t), t)


def judged(texts: Iterable[str], t: Tables) -> list[str]:
    """Return every sentence whose numbers are not those of the tables, and for which there is no rule."""
    known, said, found = list(rules(t)), documented(t), []
    for text in texts:
        if not NUMBER.search(text) or text in said:
            continue
        expected = next((numbers for pattern, numbers in known if re.search(pattern, text)), None)
        if expected is None:
            found.append(f"no rule: {text}")
        elif NUMBER.findall(text) != expected(t):
            found.append(f"{expected(t)} expected: {text}")
    return found


def sentences(page: Page, t: Tables) -> Iterator[str]:
    """Yield every block of prose and every alternative text, without names and ids of units."""
    hidden = sorted({*t.names, *t.names.values()}, key=len, reverse=True)
    for element in page.elements:
        text = _text(element)
        for name in hidden:
            text = text.replace(" ".join(name.split()), "#")
        if text:
            yield text


def _text(element: Element) -> str:
    if element.tag == "img":
        return " ".join(element.attributes["alt"].split())
    return " ".join(element.text.split()) if element.tag in TAGS else ""


def tables_of(workspace: Workspace, name: str, edition: int) -> Tables:
    """Return the tables of one function and edition of a workspace."""
    return Tables(workspace, Function.read(Path(workspace.functions) / f"{name}.yml"), edition)
