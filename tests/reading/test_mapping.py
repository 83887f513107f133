"""Mapping documents: strict, all problems at once, and spreadsheets read by them."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clusterscore import steps
from clusterscore.documents import dump_yaml
from clusterscore.errors import FunctionInvalid, InputRefused, UnknownName
from clusterscore.model.function import Function
from clusterscore.observations.observed import Observations
from clusterscore.paths import Workspace
from clusterscore.raw.origin import Origin
from clusterscore.reading.grids import rows_of
from clusterscore.reading.mapped import Received
from clusterscore.reading.mapping import Mapping, read_mappings
from clusterscore.reading.translate import translate
from clusterscore.sending import questionnaire
from tests.reading import exports
from tests.reading.conftest import Answers

Take = Callable[..., Answers]

FIGURES = """mapping: figures-of-clusters
rows: units
year: 2024
columns:
  - {header: Cluster, holds: unit}
  - {header: "Cifra de afaceri (mii lei)", holds: figure, indicator: turnover_total, measure: thousand RON}
  - {header: "Pondere export", holds: figure, indicator: export_share, measure: "%"}
  - {header: Angajați, holds: figure, indicator: employees}
  - {header: Persoană de contact, holds: personal}
names: {Clusterul Textile „Țesătura”: CL-B}
"""
SHEET = "Cluster;Cifra de afaceri (mii lei);Pondere export;Angajaţi;Persoană de contact\n"

RECORDS = """mapping: register
rows: records
table: figures
locale: ro
columns:
  - {header: Cod, holds: column, column: unit}
  - {header: An, holds: column, column: year}
  - {header: Indicator, holds: column, column: indicator}
  - {header: Valoare, holds: column, column: value}
"""


def _write(workspace: Workspace, text: str) -> None:
    name = text.split("\n", 1)[0].removeprefix("mapping: ")
    (workspace.mappings / f"{name}.yml").write_text(text, encoding="utf-8")


def test_a_spreadsheet_of_figures_is_read(
    asked: Workspace, take: Take, observed_now: Callable[[], Observations]
) -> None:
    """A row a cluster, names for ids, numbers with a decimal comma."""
    _write(asked, FIGURES.replace("thousand RON", "EUR a year at constant prices").replace('"%"', "share"))
    take("Cifre.csv", (SHEET + "Clusterul Textile „Ţesătura”;1.234.567,5;0,31;1200;Ion Pop\n").encode())
    figures = observed_now().figures
    figures = figures[figures["year"] == 2024].set_index("indicator")
    assert figures["value"].to_dict() == {"turnover_total": 1234567.5, "export_share": 0.31, "employees": 1200.0}
    assert set(figures["unit"]) == {"CL-B"}
    assert b"Ion Pop" not in b"".join(path.read_bytes() for path in asked.raw.rglob("*") if path.is_file())


def test_records_under_other_headers_are_read(
    asked: Workspace, take: Take, observed_now: Callable[[], Observations]
) -> None:
    """A register that somebody keeps, with the locale that the mapping declares."""
    _write(asked, RECORDS)
    take("registru.csv", b"Cod,An,Indicator,Valoare\nCL-A,2024,employees,3.120\nCL-B,2024,employees,850\n")
    figures = observed_now().figures
    assert figures[figures["year"] == 2024]["value"].tolist() == [3120.0, 850.0]


def test_a_ledger_made_again_from_figures_holds_the_same(
    asked: Workspace, take: Take, observed_now: Callable[[], Observations]
) -> None:
    """The copy that is kept holds canonical numbers, whatever the locale of what came."""
    _write(asked, RECORDS)
    take("registru.csv", b'Cod,An,Indicator,Valoare\nCL-A,2024,employees,3.120\nCL-A,2024,turnover_total,"1.234,567"\n')
    before = observed_now().digest
    shutil.rmtree(asked.processed)
    steps.ingest(asked, who="test")
    assert observed_now().digest == before


def test_two_locales_in_one_file_are_refused_at_the_second(asked: Workspace, take: Take) -> None:
    """One of them would be read wrongly."""
    _write(asked, FIGURES)
    content = SHEET + "CL-A;1.234,5;;;\nCL-B;1,234.5;;;\n"
    with pytest.raises(InputRefused) as refused:
        take("Cifre.csv", content.encode())
    assert [(fault.code, fault.cell) for fault in refused.value.faults] == [("E-NUM-LOCALE", "B3")]


def _document(**changes: Any) -> dict[str, Any]:
    columns = [
        {"header": "Code", "holds": "rater"},
        {"header": "Near?", "holds": "item", "item": "suppliers_near", "labels": "agreement"},
    ]
    base = {"mapping": "m", "rows": "respondents", "year": 2024, "unit": "CL-A", "columns": columns}
    return base | {"labels": {"agreement": {"yes": 5, "no": 1}}} | changes


ITEM = {"header": "Near?", "holds": "item", "item": "suppliers_near"}
RATER = {"header": "Code", "holds": "rater"}

BROKEN = {
    "unknown key": (_document(tool="x"), "unknown key 'tool'"),
    "no year": (_document(year=None), "no year"),
    "no unit": (_document(unit=None), "no unit"),
    "no rater": (_document(columns=[ITEM]), "exactly one column holds the rater"),
    "rater twice over": (
        _document(columns=[RATER, {"header": "Mail", "holds": "identity"}, ITEM]),
        "exactly one column holds the rater",
    ),
    "no item": (_document(columns=[RATER]), "no column holds an item"),
    "an item without its name": (_document(columns=[RATER, {"header": "Near?", "holds": "item"}]), "`item` is named"),
    "one header twice": (
        _document(columns=[RATER, {**RATER, "holds": "ignored"}, ITEM]),
        "the same header as columns.1",
    ),
    "one item twice": (_document(columns=[RATER, ITEM, {**ITEM, "header": "Far?"}]), "the same item"),
    "unknown labels": (_document(columns=[RATER, {**ITEM, "labels": "x"}]), "unknown labels 'x'"),
    "one word, two answers": (_document(labels={"agreement": {"Țar": 1, "ţar": 2}}), "stands for two answers"),
    "a bad zone": (_document(time_zone="Europe/Bucuresti"), "unknown time zone"),
    "a path for a zone": (_document(time_zone="../../etc/passwd"), "unknown time zone"),
    "a path for a name": (_document(mapping="../x"), "mapping"),
    "a bad unit": (_document(unit="cl a"), "unit"),
    "a figure of a respondent": (
        _document(columns=[RATER, ITEM, {"header": "F", "holds": "figure", "indicator": "employees"}]),
        "holds figure, but where rows are respondents",
    ),
    "a table without records": (_document(table="figures"), "`table` is named exactly where"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_mapping_says_what_is_wrong(tmp_path: Path, what: str) -> None:
    """By name and place."""
    document, said = BROKEN[what]
    path = tmp_path / "m.yml"
    path.write_text(dump_yaml(document), encoding="utf-8")
    with pytest.raises(FunctionInvalid, match=said.replace("`", ".")):
        Mapping.read(path)


def test_all_problems_of_a_mapping_come_at_once(tmp_path: Path) -> None:
    """Of the document, and of all documents."""
    (tmp_path / "m.yml").write_text(dump_yaml(_document(year=None, unit=None, time_zone="x")), encoding="utf-8")
    (tmp_path / "other.yml").write_text(dump_yaml(_document()), encoding="utf-8")
    with pytest.raises(FunctionInvalid) as invalid:
        read_mappings(tmp_path)
    text = str(invalid.value)
    assert all(said in text for said in ("no year", "no unit", "unknown time zone", "name it m.yml"))


def test_code_in_a_mapping_is_not_run(tmp_path: Path) -> None:
    """A tag that would run something is no document."""
    marker = tmp_path / "ran"
    (tmp_path / "m.yml").write_text(f"mapping: !!python/object/apply:os.mkdir ['{marker}']\n", encoding="utf-8")
    with pytest.raises(FunctionInvalid):
        Mapping.read(tmp_path / "m.yml")
    assert not marker.exists()


def test_a_mapping_is_written_as_it_is_read(function: Function, tmp_path: Path) -> None:
    """What templates write is a document like a clerk's."""
    made = questionnaire.mapping_of(questionnaire.make(function, 2024, "CL-A", "Clusterul A"))
    path = tmp_path / f"{made.mapping}.yml"
    path.write_text(made.as_yaml(), encoding="utf-8")
    assert Mapping.read(path) == made


def test_an_item_that_no_function_has_is_named_once(asked: Workspace, take: Take) -> None:
    """Not once for each row."""
    _write(asked, dump_yaml(_document(columns=[RATER, {**ITEM, "item": "supliers_near"}])))
    with pytest.raises(FunctionInvalid, match="supliers_near"):
        take("x.csv", b"Code,Near?\nR-001,5\nR-003,4\n", "m")


def test_an_unknown_mapping_is_named(take: Take) -> None:
    """With those that there are."""
    with pytest.raises(UnknownName, match="competitiveness-2024-cl-a"):
        take("x.csv", b"a,b\n1,2\n", "nosuch")


def test_two_mappings_that_fit_are_not_chosen_between(asked: Workspace, function: Function, take: Take) -> None:
    """The same words may be asked about two clusters; only a person knows which."""
    made = questionnaire.mapping_of(questionnaire.make(function, 2024, "CL-B", "B"))
    _write(asked, made.as_yaml())
    rows = exports.google(function, [["R-001", "2024-11-03 10:00:00", *exports.RO[:3]]])
    with pytest.raises(InputRefused) as refused:
        take("which.csv", exports.as_csv(rows))
    assert [fault.code for fault in refused.value.faults] == ["E-MAP-SEVERAL"]
    assert take("which.csv", exports.as_csv(rows), "competitiveness-2024-cl-b")


def test_a_mapping_chosen_by_headers_is_noted(asked: Workspace, function: Function, tmp_path: Path) -> None:
    """Which one, so that it can be seen."""
    path = tmp_path / "answers of peers.csv"
    rows = exports.limesurvey(function, [["R-001", "2024-11-03 10:00:00", "1", "2", "3"]], heading="code")
    path.write_bytes(exports.as_csv(rows))
    taken, _ = steps.ingest(asked, [path], who="test")
    notes = [(note.code, note.became) for file in taken for note in file.notes]
    assert ("N-MAPPING", "competitiveness-2024-cl-a") in notes


def test_a_canonical_file_needs_no_mapping(take: Take) -> None:
    """Mappings beside it change nothing."""
    content = b"unit,year,rater,item,answer\nCL-B,2024,R-001,suppliers_near,4\n"
    assert take("answers.csv", content) == {("R-001", "suppliers_near"): 4}


def test_ten_thousand_rows_are_read_in_time(asked: Workspace, function: Function, tmp_path: Path) -> None:
    """A long export, all questions answered: read and matched within 3 seconds."""
    rows = exports.limesurvey(function, [], heading="code")
    width = len(rows[0])
    rows += [
        [n, "2024-11-03 10:00:00", 9, "en", 1, "", "", f"R-{n}", *([str(n % 5 + 1)] * (width - 8))]
        for n in range(10_000)
    ]
    content = exports.as_csv(rows)
    mapping = read_mappings(asked.mappings)["competitiveness-2024-cl-a"]
    start = time.process_time()
    grids = rows_of(tmp_path / "long.csv", "long.csv", content)
    origin = Origin(sha256="0" * 64, source="test", received="2024-11-30")
    files = translate(Received(tmp_path / "long.csv", "long.csv", grids, "0" * 64, origin), mapping, str)
    assert time.process_time() - start < 3.0
    assert sum(len(file.rows) for file in files) == 10_000 * len(function.items)
