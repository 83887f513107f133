"""Whole pages in which every text that people may write is hostile, each its own string, made without any kernel.

The text fields of the published tables, of advice, of the documents (function, levels, crosswalk), of the ledger's
reasons and of the register are spoilt. What a field says follows from its name, from what stood there and from a turn;
over all turns every field says every string. The cells are those of the notebooks, the template is that of the pages.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import nbformat
import pandas as pd
import pytest
import yaml

from clusterscore.advice import tables as advised
from clusterscore.model.function import Function
from clusterscore.observations.ledger import Action, Record
from clusterscore.observations.ledger import Table as Of
from clusterscore.paths import Workspace
from clusterscore.report import display
from clusterscore.report.brief import Brief
from clusterscore.report.certificate import certificate
from clusterscore.report.cluster import ClusterPage
from clusterscore.report.language import ENGLISH, ROMANIAN, speaking
from clusterscore.report.management import ManagementPage
from clusterscore.report.member import MemberPage
from clusterscore.report.overview import EditionPage
from clusterscore.report.pages import EditionData, load_edition
from clusterscore.report.planned import kicker
from clusterscore.report.render import to_html
from clusterscore.report.staff import StaffPage
from tests.advice.test_certificate import HEAD, records
from tests.report import advice_made
from tests.report.handmade import EDITION
from tests.report.payloads import PAYLOADS

ROOT: Final = Path(__file__).parents[2]
ASKS_MEMBERS: Final = Function.read(ROOT / "functions" / "competitiveness.yml")
UNIT, MEMBER = advice_made.UNIT, "C-01-M1"
WRITTEN: Final = {
    "units": {"name": "name", "country": "country", "region": "region", "sector": "sector"},
    "quotients": {"region": "region", "sector": "sector"},
    "organisations": {"name": "name"},
    "origins": {"measure": "measure"},
    "money": {"row": "sector", "column": "region"},
}
"""Columns of the published tables that hold what people wrote, and what it is."""
OURS: Final = {
    *(("units", "parent"), ("items", "pillar"), ("fair_averages", "pillar"), ("opinions", "pillar")),
    *(("peer_groups", "rule"), ("peer_groups", "peers"), ("questions", "what")),
}
"""Columns of text that hold identifiers, several or none, which no check of the schema says."""
_SAID: Final = {"en", "ro", "why", "source", "reconstruction", "title"}
_TOLD: Final = ("group", "text", "because", "said", "found", "needed", "source", "value")


@dataclass(frozen=True)
class Words:
    """What stands in each field at one turn."""

    turn: int

    def __call__(self, field: str, value: str = "") -> str:
        """Return the string of a field in the place of a value; of the same value always the same."""
        return PAYLOADS[(zlib.crc32(f"{field}={value}".encode()) + self.turn) % len(PAYLOADS)]

    def column(self, field: str, values: pd.Series) -> pd.Series:
        """Return a column of them; what is missing stays so."""
        return values.map(lambda value: self(field, value) if isinstance(value, str) and value else value)

    def document(self, content: Any, field: str = "") -> Any:
        """Return a document whose sentences are replaced."""
        if isinstance(content, Mapping):
            return {name: self.document(part, name) for name, part in content.items()}
        if isinstance(content, list):
            return [self.document(part, field) for part in content]
        return f"{self(field, content)} ..." if isinstance(content, str) and field in _SAID else content


@dataclass(frozen=True, eq=False)
class Spoilt(EditionData):
    """An edition whose advice is spoilt as well."""

    words: Words = Words(0)

    def advice(self, table: str) -> pd.DataFrame:
        """Return a table of what follows from the scores."""
        rows = advised.read(self.workspace, self.function.function, self.edition, table) if self.workspace else None
        if rows is None:
            return pd.DataFrame(columns=list(advised.TABLES[table]))
        told = [name for name in rows if str(name).removesuffix("_en").removesuffix("_ro") in _TOLD]
        return rows.assign(**{name: self.words.column(f"advice {name}", rows[name]) for name in told})


def spoilt(workspace: Workspace, words: Words, function: str = "small") -> Spoilt:
    """Return an edition of a workspace, spoilt, with something in every table that pages show; writes its documents."""
    advice_made.write(workspace)
    for name in ("levels", "crosswalk"):
        content = yaml.safe_load((ROOT / "catalogue" / f"{name}.yml").read_text(encoding="utf-8"))
        content |= {"function": function} if name == "levels" else {}
        written = yaml.safe_dump(words.document(content), allow_unicode=True)
        (workspace.catalogue / f"{name}.yml").write_text(written, encoding="utf-8")
    data = load_edition(workspace.root, function, EDITION)
    document = _spoilt_function(words, data.function)
    scores = replace(data.scores, **_furniture())
    changed = {
        table: getattr(scores, table).assign(
            **{name: words.column(field, getattr(scores, table)[name]) for name, field in columns.items()}
        )
        for table, columns in WRITTEN.items()
    }
    return Spoilt(document, EDITION, replace(scores, **changed), data.run, workspace, words)


def _furniture() -> dict[str, pd.DataFrame]:
    """Return rows for tables that the handmade edition lacks."""
    part = next(part.id for part in ASKS_MEMBERS.indicators if part.of == "members")
    figure = {"unit": UNIT, "indicator": part, "year": EDITION, "q05": 8000.0, "q95": 12000.0}
    level = figure | {"n_members": 9, "median": 9000.0, "low": 7000.0, "high": 13000.0}
    share = figure | {"member": MEMBER, "n_members": 9, "mean": 0.1, "p_raises": 0.8, "p_above_sector": 0.6}
    place = {"unit": UNIT, "year": EDITION, "region": "RO11", "sector": "textiles"}
    return {
        "quotients": pd.DataFrame([place | {"employed": 9.0, "quotient": 1.2, "strong": True}]),
        "members": pd.DataFrame([figure | {"member": MEMBER, "n_years": 2, "median": 10000.0, "p_above": 0.7}]),
        "member_levels": pd.DataFrame([level | {"of": "unit", "group": UNIT}]),
        "member_shares": pd.DataFrame([share | {"q05": 0.0, "q95": 0.2}]),
        "organisations": pd.DataFrame([{"member": MEMBER, "unit": UNIT, "name": "A member"}]),
    }


def corrected(words: Words) -> Callable[[EditionData], tuple[Record, ...]]:
    """Return what reads a ledger in which a figure was corrected, for a reason."""
    figure = {"unit": UNIT, "year": EDITION, "indicator": "turnover", "value": 1.0}
    first = Record(1, Action.ADD, Of.FIGURES, figure, "0" * 64, 2, "Ana", "2023-01-01T00:00:00+00:00")
    second = first._replace(number=2, action=Action.CORRECT, supersedes=1, reason=words("reason"))
    return lambda _: (first, second)


def pages(workspace: Workspace, words: Words) -> Iterator[tuple[str, str]]:
    """Return all kinds of pages with their names, spoilt."""
    data = spoilt(workspace, words)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("clusterscore.report.reckoning._records", corrected(words))
        for language in (ENGLISH, ROMANIAN):
            yield f"{words.turn}-cluster-{language}", page("04-cluster", ClusterPage(data, UNIT), data, language)
            yield f"{words.turn}-member-{language}", page("05-member", _member(data), data, language)
            yield f"{words.turn}-team-{language}", page("06-management", ManagementPage(data, UNIT), data, language)
            yield f"{words.turn}-overview-{language}", page("07-edition", EditionPage(data), data, language)
            asked, decision = records(words("register"))
            yield f"{words.turn}-certificate-{language}", certificate(decision, asked, HEAD, language).decode()
        yield f"{words.turn}-staff", page("09-staff", StaffPage(data), data, ENGLISH)
        for by in ("region", "country"):
            brief = Brief(data, by, str(data.scores.units[by].iloc[0]))
            yield f"{words.turn}-brief-{by}", page("08-policy", brief, data, ENGLISH, brief.title)


def _member(data: Spoilt) -> MemberPage:
    """Return the page of a member, by the function that asks for figures of members."""
    return MemberPage(replace(data, function=_spoilt_function(data.words, ASKS_MEMBERS)), MEMBER)


def _spoilt_function(words: Words, function: Function) -> Function:
    return Function.model_validate(words.document(function.model_dump(mode="json")))


def page(notebook: str, shown: Any, data: EditionData, language: str, title: str = "") -> str:
    """Return the page that a notebook makes, its cells asked one by one."""
    content = nbformat.read(ROOT / "notebooks" / f"{notebook}.ipynb", as_version=4)
    with speaking(language):
        for cell in content.cells:
            if cell.cell_type == "code":
                call = cell.source.strip().splitlines()[-1]
                cell["outputs"] = _outputs(getattr(shown, call[5:-2])()) if call.startswith("page.") else []
        links = {data.names[UNIT]: "other.html"}
        return to_html(content, title or data.names[UNIT], kicker(data), links, language)


def _outputs(shown: Any) -> list[nbformat.NotebookNode]:
    """Return what a kernel would have been sent."""
    made: list[nbformat.NotebookNode] = []

    def send(one: Any, *, raw: bool = False, metadata: Mapping[str, Any] | None = None) -> None:
        if hasattr(one, "_ipython_display_"):
            one._ipython_display_()
            return
        bundle = one if raw else {"text/html": one._repr_html_()}
        made.append(nbformat.v4.new_output("display_data", data=bundle, metadata=dict(metadata or {})))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(display, "display", send)
        send(shown)
    return made
