"""Who answered: pseudonyms in the ledger, and no e-mail or name in anything that is kept."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from clusterscore import steps
from clusterscore.documents import dump_yaml
from clusterscore.errors import InputRefused, OriginBroken
from clusterscore.model.function import Function
from clusterscore.observations.ledger import Ledger
from clusterscore.observations.observed import Observations, observe
from clusterscore.paths import Workspace
from clusterscore.pseudonyms import key_of, pseudonym
from tests.reading import exports
from tests.reading.exports import EN

CANARY = "maria.canary@firma.ro"
OTHER = "ion.canary@firma.ro"


def _rows(function: Function) -> list[list[object]]:
    text = exports.texts(function, "en")
    return [
        ["Timestamp", "Email Address", "Your organisation", "Cluster", "Comments", *text.values()],
        [
            "2024-11-03 10:00:00",
            f" {CANARY.upper()} ",
            "O'Neil & Fiii <SRL>",
            "CL-B",
            f"call {CANARY}",
            *[EN[3]] * len(text),
        ],
        ["2024-11-03 11:00:00", OTHER, "", "CL-A", "Canary, Ion", *[EN[0]] * len(text)],
        ["2024-11-04 10:00:00", CANARY, "O'Neil & Fiii <SRL>", "CL-B", "", *[EN[4]] * len(text)],
        ["", OTHER, "", "CL-B", "", *[EN[2]] * len(text)],
    ]


def _mapping(function: Function, **changes: object) -> str:
    text = exports.texts(function, "en")
    columns = [
        {"header": "Timestamp", "holds": "submitted"},
        {"header": "Email Address", "holds": "identity"},
        {"header": "Your organisation", "holds": "affiliation"},
        {"header": "Cluster", "holds": "unit"},
        {"header": "Comments", "holds": "personal"},
        *({"header": words, "holds": "item", "item": item, "labels": "agreement"} for item, words in text.items()),
    ]
    document = {
        "mapping": "by-mail",
        "rows": "respondents",
        "year": exports.EDITION,
        "columns": columns,
        "labels": {"agreement": {word: number for number, word in enumerate(EN, start=1)}},
        "names": {"O'Neil & Fiii <SRL>": "CL-A-M001"},
    }
    return dump_yaml(document | changes)


@pytest.fixture
def received(asked: Workspace, function: Function, tmp_path: Path) -> Path:
    """Return an export that names its respondents, and write its mapping."""
    (asked.mappings / "by-mail.yml").write_text(_mapping(function), encoding="utf-8")
    path = tmp_path / "received" / "export of November.csv"
    path.parent.mkdir()
    path.write_bytes(exports.as_csv(_rows(function)))
    return path


def _kept(workspace: Workspace) -> list[Path]:
    return [path for path in (workspace.root / "data").rglob("*") if path.is_file()]


def _everything(workspace: Workspace) -> bytes:
    return b"".join(path.read_bytes() for path in _kept(workspace)).lower()


def test_raters_are_pseudonyms(asked: Workspace, received: Path, observed_now: Callable[[], Observations]) -> None:
    """One person is one rater however the address is written; where the person belongs is recorded."""
    steps.ingest(asked, [received], who="test")
    key = key_of()
    answers = observed_now().answers
    assert set(answers["rater"]) == {pseudonym(CANARY, key), pseudonym(OTHER, key)}
    raters = observed_now().raters.set_index("rater")["affiliation"]
    assert raters[pseudonym(CANARY, key)] == "CL-A-M001"
    maria = answers[answers["rater"] == pseudonym(CANARY, key)]
    assert (set(maria["unit"]), set(maria["answer"])) == ({"CL-B"}, {5})


def test_nothing_that_is_kept_names_a_person(asked: Workspace, received: Path) -> None:
    """Neither e-mail nor name nor comment, in any file of the workspace's data."""
    steps.ingest(asked, [received], who="test")
    assert b"canary" not in _everything(asked)
    assert _everything(asked).count(b"suppliers") > 0


def test_the_sidecar_says_what_came_and_how_it_was_read(asked: Workspace, received: Path) -> None:
    """The digest of the original, and the mapping as it was then."""
    steps.ingest(asked, [received], who="test")
    sidecar = next(asked.raw.rglob("export*.origin.yml"))
    origin = YAML(typ="safe").load(sidecar.read_text(encoding="utf-8"))
    assert origin["original_sha256"] == hashlib.sha256(received.read_bytes()).hexdigest()
    assert origin["mapping"] == "by-mail"
    assert origin["mapping_document"]["columns"][1] == {"header": "Email Address", "holds": "identity"}


def test_a_ledger_made_again_holds_the_same_records(asked: Workspace, received: Path) -> None:
    """Without the mapping, without the key: the copy and its sidecar are enough. Rows keep their numbers."""
    steps.ingest(asked, [received], who="test")
    before = [
        (r.action, r.table, r.data, r.file, r.row)
        for r in Ledger(asked.ledger).history()[0]
        if r.data.get("name") is None
    ]
    shutil.rmtree(asked.processed)
    shutil.rmtree(asked.mappings)
    (received.parents[1] / "key").unlink()
    steps.ingest(asked, who="test")
    after = [
        (r.action, r.table, r.data, r.file, r.row)
        for r in Ledger(asked.ledger).history()[0]
        if r.data.get("name") is None
    ]
    assert sorted(map(repr, after)) == sorted(map(repr, before))
    assert not (received.parents[1] / "key").exists()


def test_the_same_export_twice_adds_nothing(asked: Workspace, received: Path) -> None:
    """Its copy is known, its answers are."""
    steps.ingest(asked, [received], who="test")
    kept = _kept(asked)
    taken, _ = steps.ingest(asked, [received], who="test")
    assert sum(file.new for file in taken) == 0
    assert _kept(asked) == kept


def test_a_file_inside_data_raw_is_not_read_by_a_mapping(asked: Workspace, received: Path) -> None:
    """It would stay there with all its names."""
    inside = asked.raw / "received" / received.name
    inside.parent.mkdir(exist_ok=True)
    shutil.copy(received, inside)
    with pytest.raises(InputRefused) as refused:
        steps.ingest(asked, [inside], who="test")
    assert [fault.code for fault in refused.value.faults] == ["E-MAP-PLACE"]


@pytest.mark.parametrize("who", ["anonymous", "Anonim", "", "-"])
def test_somebody_who_is_not_named_is_nobody(asked: Workspace, function: Function, received: Path, who: str) -> None:
    """Microsoft Forms calls everybody anonymous; that is not one rater."""
    rows = _rows(function)
    rows[2][1] = who
    received.write_bytes(exports.as_csv(rows))
    with pytest.raises(InputRefused) as refused:
        steps.ingest(asked, [received], who="test")
    assert [(fault.code, fault.cell) for fault in refused.value.faults] == [("E-SURVEY-ANONYMOUS", "B3")]


def test_one_person_belongs_to_one_place(asked: Workspace, function: Function, received: Path) -> None:
    """Two affiliations of one rater in one file contradict each other."""
    rows = _rows(function)
    rows[3][2], rows[3][3] = "CL-B", "CL-A"
    received.write_bytes(exports.as_csv(rows))
    with pytest.raises(InputRefused) as refused:
        steps.ingest(asked, [received], who="test")
    assert [(fault.code, fault.cell) for fault in refused.value.faults] == [("E-SURVEY-AFFILIATION", "C4")]


def test_a_changed_mapping_in_a_sidecar_is_noticed(asked: Workspace, received: Path) -> None:
    """It would give other records from the same copy."""
    steps.ingest(asked, [received], who="test")
    sidecar = next(asked.raw.rglob("export*.origin.yml"))
    sidecar.write_text(
        sidecar.read_text(encoding="utf-8").replace("strongly agree: 5", "strongly agree: 1"), encoding="utf-8"
    )
    shutil.rmtree(asked.processed)
    with pytest.raises(OriginBroken, match="changed"):
        steps.ingest(asked, who="test")


def test_a_mapping_edited_later_changes_nothing_recorded(asked: Workspace, function: Function, received: Path) -> None:
    """A rebuild reads old files by the old mapping."""
    steps.ingest(asked, [received], who="test")
    before = observe(Ledger(asked.ledger)).digest
    reversed_labels = {"agreement": {word: 6 - number for number, word in enumerate(EN, start=1)}}
    (asked.mappings / "by-mail.yml").write_text(_mapping(function, labels=reversed_labels), encoding="utf-8")
    shutil.rmtree(asked.processed)
    steps.ingest(asked, who="test")
    assert observe(Ledger(asked.ledger)).digest == before
