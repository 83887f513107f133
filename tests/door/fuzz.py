"""Files as nobody would write them, for each reader, and what must hold of whatever it makes of them."""

from __future__ import annotations

import atexit
import dataclasses
import io
import json
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from clusterscore import exchange
from clusterscore.documents import dump_yaml
from clusterscore.errors import Fault, FunctionInvalid, InputHeld, InputRefused
from clusterscore.messages.catalogue import catalogue
from clusterscore.model.codebook import make_codebook
from clusterscore.model.function import Function, read_functions
from clusterscore.observations.codebook import Codebook
from clusterscore.observations.ingest import ingest
from clusterscore.observations.ledger import Ledger
from clusterscore.paths import Workspace
from clusterscore.raw.origin import Origin
from clusterscore.raw.readers import RawFile, read
from clusterscore.raw.workbook import open_workbook
from clusterscore.reading import layout
from clusterscore.reading.mapping import Mapping
from clusterscore.reading.recognise import reader_of
from tests.door.mutants import text_of
from tests.door.spoilt import TEXTS, changed, repacked, rewritten, stripped
from tests.observations.screening.whole import CLUSTERS, FUNCTION, ITEMS, RATERS, UNITS
from tests.raw import bad_books
from tests.reading import exports
from tests.reading.exports import EN, RO
from tests.sending import sent

SECONDS = 5
_CODE = re.compile(r"[EW]-[A-Z0-9]+(?:-[A-Z0-9]+)*")
_SHA = "0" * 64


@dataclasses.dataclass(frozen=True)
class Sent:
    """A file on its way; how it looks in messages is cut short."""

    name: str
    content: bytes

    def __repr__(self) -> str:
        """Return the name and the beginning."""
        return f"Sent({self.name!r}, {len(self.content)} bytes, {self.content[:2000]!r})"


@dataclasses.dataclass(frozen=True)
class Target:
    """A reader: files that it is given, and by whom they are taken in.

    Attributes
    ----------
    workspace
        Its functions and mappings.
    codebook
        What may be recorded.
    known
        Files that came before.
    """

    workspace: Workspace
    codebook: Codebook
    known: tuple[RawFile, ...] = ()

    def hold(self, name: str, content: bytes, mapping: str | None = None) -> str:
        """Send a file: it is accepted, or refused or held at a place; twice, it comes to the same.

        Returns
        -------
        ``accepted``, ``refused`` or ``held``
        """
        start = time.process_time()
        first = self._outcome(name, content, mapping)
        assert time.process_time() - start < SECONDS
        open_workbook.cache_clear()
        assert self._outcome(name, content, mapping) == first
        if isinstance(first, tuple):
            for fault in first:
                check_fault(fault, name)
            return "refused" if any(fault.code.startswith("E-") for fault in first) else "held"
        return "accepted"

    def _outcome(self, name: str, content: bytes, mapping: str | None) -> list[str] | tuple[Fault, ...]:
        """Return what is recorded of a file, but for the time; or every fault or doubt."""
        origin = Origin.model_validate({"sha256": _SHA, "source": "x", "received": "2024-01-01"})
        try:
            raws = reader_of(self.workspace, mapping)(Path(name), name, content, origin)
            with tempfile.TemporaryDirectory() as folder:
                ledger = Ledger(Path(folder))
                _, before = ingest(ledger, self.known, self.codebook, "x", lambda _: None)
                _, head = ingest(ledger, raws, self.codebook, "x", lambda _: None)
                again, after = ingest(ledger, raws, self.codebook, "x", lambda _: None)
                assert after == head
                assert all(taken.new == 0 for taken in again)
                records = ledger.read()[before.count :]
        except InputRefused as refused:
            return refused.faults
        except InputHeld as held:
            return tuple(doubt.fault for doubt in held.doubts)
        return [json.dumps(one._replace(when="").body().decode()) for one in records]


def check_fault(fault: Fault, name: str) -> None:
    """Hold a fault to what is promised: a code that is explained, a place, words that a terminal can show."""
    assert _CODE.fullmatch(fault.code), fault
    assert fault.code in catalogue(), fault
    assert fault.file == name, fault
    assert fault.row >= 0, fault
    assert fault.expected, fault
    assert not (fault.column or fault.cell) or fault.row, fault
    assert not fault.cell or re.fullmatch(rf"[A-Z]{{1,3}}{fault.row}", fault.cell), fault
    assert str(fault).isprintable(), fault


@cache
def _origin() -> Origin:
    return Origin.model_validate({"sha256": _SHA, "source": "x", "received": "2023-12-01"})


def _sent(name: str, text: str) -> RawFile:
    return read(Path(name), name, text.encode(), _origin())[0]


def _folder() -> Path:
    """Return a new folder that goes when the tests are through."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def whole() -> Target:
    """Return what reads canonical files, with units and raters known."""
    folder = _folder()
    (folder / "functions").mkdir()
    (folder / "functions" / "whole.yml").write_text(FUNCTION, encoding="utf-8")
    codebook = make_codebook({"whole": Function.read(folder / "functions" / "whole.yml")}, folder / "reference")
    return Target(Workspace(folder), codebook, (_sent("units.csv", UNITS), _sent("raters.csv", RATERS)))


YEAR = "2023"
GOOD_ROWS: dict[str, list[list[str]]] = {
    "figures": [
        ["unit", "year", "indicator", "value", "measure", "source"],
        *[[unit, YEAR, "turnover", str(1000000 + 4000 * n), "", "accounts"] for n, unit in enumerate(CLUSTERS[:4])],
        ["CL-01", YEAR, "employees", "50", "", ""],
        ["CL-02", YEAR, "export_share", "31", "%", ""],
    ],
    "answers": [
        ["unit", "year", "rater", "item", "answer", "answered"],
        *[["CL-01", YEAR, "R-01", item, str(n % 5 + 1), "2023-11-03T10:00:00Z"] for n, item in enumerate(ITEMS[:6])],
    ],
    "units": [
        ["unit", "name", "kind", "parent", "country", "region", "sector", "founded", "member_type", "tax_code"],
        ["CL-20", "Brașov", "cluster", "", "RO", "RO12", "wood", "2001", "", ""],
        ["CL-20-M1", "O'Neil & Sons", "member", "CL-20", "RO", "RO12", "wood", "2001", "", ""],
    ],
    "raters": [["rater", "affiliation", "ties"], ["R-20", "CL-01", "CL-02;CL-03"], ["R-21", "", ""]],
    "employment": [
        ["region", "sector", "year", "employed", "establishments", "source"],
        ["RO12", "wood", "2022", "1200", "40", "office"],
        ["RO12", "steel", "2022", "2200.5", "", ""],
    ],
    "corrections": [
        "table action unit year indicator rater item region sector column expect value reason".split(),
        ["units", "correct", "CL-01", "", "", "", "", "", "", "name", "Cluster CL-01", "Another", "a slip"],
        ["raters", "withdraw", "", "", "", "R-07", "", "", "", "", "", "", "left"],
    ],
}


def canonical_rows() -> SearchStrategy[Sent]:
    """Return canonical files whose cells were exchanged."""
    return st.sampled_from(sorted(GOOD_ROWS)).flatmap(
        lambda name: rewritten(GOOD_ROWS[name]).map(lambda rows: Sent(f"{name}.csv", exports.as_csv(rows)))
    )


def canonical_bytes() -> SearchStrategy[Sent]:
    """Return canonical files whose bytes were changed, and bytes of any kind."""
    good = {name: text_of(rows).encode() for name, rows in GOOD_ROWS.items()}

    def made(name: str) -> SearchStrategy[Sent]:
        return (changed(good[name]) | st.binary(max_size=200)).map(lambda content: Sent(f"{name}.csv", content))

    return st.sampled_from(sorted(good)).flatmap(made)


@cache
def _book() -> bytes:
    return bad_books.book()


def workbooks() -> SearchStrategy[Sent]:
    """Return workbooks whose bytes or parts were changed, or whose cells are odd."""
    odd = rewritten(GOOD_ROWS["figures"]).map(lambda rows: exports.as_xlsx([[*map(stripped, row)] for row in rows]))
    made = repacked(_book()) | repacked(_book()) | changed(_book()) | odd
    return made.map(lambda content: Sent("figures.xlsx", content))


@cache
def surveyed() -> tuple[Target, dict[str, list[list[Any]]]]:
    """Return what reads exports of survey tools, and a good export of each."""
    folder = _folder()
    workspace = sent.make(folder / "workspace")
    exchange.templates(workspace, exports.EDITION, "competitiveness", exports.UNIT, folder / "templates")
    functions = read_functions(workspace.functions)
    target = Target(
        workspace,
        make_codebook(functions, workspace.reference),
        (_sent("units.csv", sent.UNITS), _sent("raters.csv", sent.RATERS)),
    )
    function, moments = functions["competitiveness"], ("2024-11-03 10:05:00", "2024-11-03 11:07:00")

    def two(words: Sequence[str]) -> list[list[Any]]:
        return [["R-001", moments[0], words[3], words[1], words[4]], ["R-003", moments[1], words[0], "", words[2]]]

    return target, {
        "limesurvey": exports.limesurvey(function, two(EN)),
        "limesurvey codes": exports.limesurvey(function, two("12345"), heading="code"),
        "eusurvey": exports.eusurvey(function, two(RO)),
        "google": exports.google(function, two(RO)),
        "microsoft": exports.microsoft(function, two(EN)),
    }


def survey_exports() -> SearchStrategy[Sent]:
    """Return exports of each survey tool, as text and as workbooks, in which cells or bytes were changed."""
    _, good = surveyed()

    def made(tool: str) -> SearchStrategy[bytes]:
        rows = rewritten(good[tool])
        return (
            rows.map(lambda cells: exports.as_csv(cells, quoted=True))
            | rows.map(lambda cells: exports.as_csv(cells, ";"))
            | rows.map(lambda cells: exports.as_xlsx([[*map(stripped, row)] for row in cells]))
            | changed(exports.as_csv(good[tool]))
        )

    return st.sampled_from(sorted(good)).flatmap(made).map(lambda content: Sent(_named(content), content))


def _named(content: bytes) -> str:
    return "export.xlsx" if content.startswith(b"PK") else "export.csv"


@cache
def sent_book() -> tuple[str, bytes]:
    """Return the name of a workbook that was sent out, and its bytes."""
    folder = _folder()  # another workspace: where all were asked, headers alone do not tell who was
    workspace = sent.make(folder / "workspace")
    made = exchange.templates(workspace, exports.EDITION, "competitiveness", exports.UNIT, folder / "books")
    path = next(one.path for one in made if one.path.name == f"{exports.UNIT}-{exports.EDITION}.xlsx")
    book = openpyxl.load_workbook(path)
    entered = {"turnover_total": 104500000.25, "export_share": "0,3125", "employees": 3120}
    for name, value in entered.items():
        book[layout.FIGURES][f"F{sent.row_of(path, name)}"] = value
    return path.name, bad_books.saved(book)


def our_workbooks() -> SearchStrategy[Sent]:
    """Return workbooks that were sent out, in which cells, bytes or parts were changed."""
    name, content = sent_book()
    made = repacked(content) | filled(content) | filled(content) | changed(content)
    return made.map(lambda data: Sent(name, data))


@st.composite
def filled(draw: DrawFn, content: bytes) -> bytes:
    """Return a workbook with odd things entered into cells of its first sheets."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for _ in range(draw(st.integers(0, 3))):
        sheet = book[draw(st.sampled_from(["figures", "members"]))]
        column = draw(st.sampled_from([layout.VALUE + 1, layout.VALUE + 1, layout.SOURCE + 1, *range(1, 10)]))
        cell = sheet.cell(draw(st.integers(1, 16)), column)
        entered = st.floats() | st.integers(-(10**12), 10**12) | TEXTS.map(stripped) | st.dates()
        value = draw(entered)
        cell.value = str(value) if isinstance(value, float) and value != value else value  # noqa: PLR0124 - no number
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


MAPPING: dict[str, Any] = {
    "mapping": "m",
    "rows": "respondents",
    "year": 2024,
    "unit": "CL-A",
    "time_zone": "Europe/Bucharest",
    "dates": "day first",
    "locale": "ro",
    "columns": [
        {"header": ["Code", "Codul"], "holds": "rater"},
        {"header": "When", "holds": "submitted", "optional": True},
        {"header": "Near", "code": "P1[Q1]", "holds": "item", "item": "suppliers_near", "labels": "five"},
        {"header": "Mail", "holds": "personal"},
    ],
    "labels": {"five": {"agree": 4, "1": 1, "no idea": None}},
    "names": {"Clusterul A": "CL-A"},
}
_EXPORT = "Code,When,Near,Mail\nR-001,03.11.2024 10:05,agree,a@b.ro\nR-003,3.11.24,1,\n"


def mappings() -> SearchStrategy[str | bytes]:
    """Return mapping documents whose words or values were changed."""
    words = [
        "item",
        "figure",
        "unit",
        "year",
        "records",
        "units",
        "figures",
        "employees",
        "value",
        "CL-B",
        "month first",
    ]
    odd: SearchStrategy[Any] = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | TEXTS
        | st.sampled_from(words)
        | st.dates()
        | st.lists(TEXTS, max_size=2)
        | st.dictionaries(TEXTS, st.integers(0, 9), max_size=2)
    )

    @st.composite
    def document(draw: DrawFn) -> str:
        content = json.loads(json.dumps(MAPPING))
        for _ in range(draw(st.integers(1, 3))):
            part = draw(st.sampled_from([content, *content["columns"], content["labels"]["five"]]))
            key = draw(st.sampled_from([*part, "table", "indicator", "column", "sheet", "measure", "note"]))
            if draw(st.booleans()) and key in part and part is not content:
                del part[key]
            elif part is content and key in {"columns", "labels"}:
                content.setdefault("names", {})
            else:
                part[key] = draw(odd)
        return dump_yaml(content)

    return document() | changed(dump_yaml(MAPPING).encode())


def _checked(invalid: FunctionInvalid, path: Path) -> str:
    assert invalid.problems
    assert invalid.path in {str(path), str(path.parent)}
    return "refused"


def hold_mapping(document: str | bytes) -> str:
    """Read a mapping document: it is one, or it is said why not; and a file is read by it, or refused."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        workspace.mappings.mkdir()
        path = workspace.mappings / "m.yml"
        path.write_bytes(document if isinstance(document, bytes) else document.encode("utf-8", "surrogatepass"))
        start = time.process_time()
        try:
            mapping = Mapping.read(path)
            reader = reader_of(workspace, mapping.mapping)
        except FunctionInvalid as invalid:
            return _checked(invalid, path)
        try:
            reader(Path("export.csv"), "export.csv", _EXPORT.encode(), _origin())
        except InputRefused as refused:
            for fault in refused.faults:
                check_fault(fault, "export.csv")
        assert time.process_time() - start < SECONDS
    return "accepted"


Check = Callable[[Any], object]


def tally(outcomes: Iterable[object]) -> dict[str, int]:
    """Return how often each outcome came."""
    found: dict[str, int] = {}
    for one in outcomes:
        found[str(one)] = found.get(str(one), 0) + 1
    return found
