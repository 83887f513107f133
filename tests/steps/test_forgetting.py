"""A rater who asks to be forgotten: records withdrawn, rows taken out, the chain whole, and what remains said."""

import hashlib
import shutil
from pathlib import Path

import pytest

from clusterscore import steps
from clusterscore.audit import check
from clusterscore.durable import TEMPORARY_PREFIX
from clusterscore.errors import UnknownName
from clusterscore.forgetting import forget
from clusterscore.pseudonyms import KEY_VARIABLE, key_of, pseudonym
from clusterscore.raw.held import parcels
from clusterscore.raw.origin import read_origin
from tests.observations.association import EVERYTHING, Association, snapshot

WHO, WHY = "Ana Pop", "asked for it"
MORE = "unit,year,rater,item,answer\r\nCL-01,2024,R-01,cooperation,2\r\nCL-02,2024,R-02,cooperation,3\r\n"


@pytest.fixture
def known(tmp_path: Path) -> Association:
    """Return an association in which two raters have answered."""
    made = Association.make(tmp_path)
    made.take(EVERYTHING)
    made.take({"answers-2.csv": MORE})
    return made


def test_nothing_of_the_rater_is_observed_any_longer(known: Association) -> None:
    """Answers and rater are withdrawn; those of others stay."""
    done = forget(known.workspace, "R-01", WHY, WHO)
    observed = known.observed()
    assert set(observed.raters["rater"]) == {"R-02"}
    assert set(observed.answers["rater"]) == {"R-02"}
    assert done.withdrawn == 3


def test_no_file_names_the_rater_and_every_other_byte_stays(known: Association) -> None:
    """Line ends and order are those of the sender; a file with nothing else is gone."""
    forget(known.workspace, "R-01", WHY, WHO)
    kept = {path.name: path.read_bytes() for path in known.workspace.raw.rglob("*.csv")}
    assert not any(b"R-01" in content for content in kept.values())
    (left,) = [content for name, content in kept.items() if name.startswith("answers")]
    assert left == b"unit,year,rater,item,answer\r\nCL-02,2024,R-02,cooperation,3\r\n"


def test_the_chain_still_verifies_and_every_file_is_accounted_for(known: Association) -> None:
    """Old heads lie on it; a redacted file says so in its sidecar."""
    head = known.ledger.head()
    forget(known.workspace, "R-01", WHY, WHO)
    known.ledger.verify(head)
    check(known.workspace)
    path = next(known.workspace.raw.rglob("answers-2-redacted-*.csv"))
    (redaction,) = read_origin(path, path.read_bytes()).redactions
    assert (redaction.rows, redaction.who, redaction.reason) == (1, WHO, WHY)


def test_raw_files_taken_in_again_add_nothing(known: Association) -> None:
    """A redacted file is known as the one it came from."""
    forget(known.workspace, "R-01", WHY, WHO)
    head = known.ledger.head()
    steps.ingest(known.workspace)
    assert known.ledger.head() == head


def test_a_ledger_made_anew_never_heard_of_the_rater(known: Association) -> None:
    """The content is the same, and the chain holds nothing any more."""
    forget(known.workspace, "R-01", WHY, WHO)
    before = known.observed().digest
    shutil.rmtree(known.workspace.processed)
    steps.ingest(known.workspace)
    assert known.observed().digest == before
    assert b"R-01" not in b"".join(path.read_bytes() for path in known.workspace.ledger.glob("*.jsonl"))


def test_what_waits_together_with_the_rater_is_removed(known: Association) -> None:
    """The right to be forgotten does not wait for decisions."""
    known.doubts(
        {
            "figures-3.csv": "unit,year,indicator,value\nCL-01,2024,turnover,1003000000\n",
            "answers-3.csv": MORE.replace("2024", "2025"),
        }
    )
    done = forget(known.workspace, "R-01", WHY, WHO)
    assert list(parcels(known.workspace)) == []
    assert sorted(Path(name).name for name in done.removed) == ["answers-3.csv", "answers.csv", "figures-3.csv"]
    assert not any(b"R-01" in content for content in snapshot(known.workspace.root / "data" / "held").values())


def test_a_file_that_names_the_person_is_found_by_the_key(
    known: Association, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address in an exported survey is a name as well."""
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "secret" / "key"))
    rater = pseudonym("ana@example.org", key_of())
    folder = known.workspace.raw / "survey"
    folder.mkdir()
    (folder / "export.csv").write_text("E-mail;Q1\nAna@Example.org;4\nion@example.org;5\n")
    shutil.copy(next(known.workspace.raw.rglob("units.csv.origin.yml")), folder / "export.csv.origin.yml")
    sidecar = folder / "export.csv.origin.yml"
    digest = hashlib.sha256((folder / "export.csv").read_bytes()).hexdigest()
    text = sidecar.read_text()
    sidecar.write_text(text.replace(text.split("sha256: ")[1][:64], digest))
    forget(known.workspace, rater, WHY, WHO)
    (left,) = folder.glob("*.csv")
    assert left.read_text() == "E-mail;Q1\nion@example.org;5\n"


def test_who_is_unknown_is_refused_and_no_key_is_made(
    known: Association, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistyped id forgets nobody."""
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "secret" / "key"))
    before = snapshot(known.workspace.root)
    with pytest.raises(UnknownName, match="R-77"):
        forget(known.workspace, "R-77", WHY, WHO)
    assert snapshot(known.workspace.root) == before
    assert not (tmp_path / "secret").exists()


def test_what_remains_is_said(known: Association) -> None:
    """No promise that is not kept."""
    done = forget(known.workspace, "R-01", WHY, WHO)
    assert "the ledger keeps 2 withdrawn answers under the pseudonym" in done.remains[0]


@pytest.mark.parametrize("folder", ["raw/received", "held"])
def test_what_a_killed_command_left_half_written_goes_as_well(known: Association, folder: str) -> None:
    """Nobody else would look into it again."""
    left = known.workspace.root / "data" / folder / f"{TEMPORARY_PREFIX}x7f3"
    if folder == "held":
        left.mkdir(parents=True)
        (left / "answers-9.csv").write_text(MORE, encoding="utf-8")
    else:
        left.write_text(MORE, encoding="utf-8")
    forget(known.workspace, "R-01", WHY, WHO)
    assert not left.exists()


def test_a_process_that_dies_half_way_is_made_up_for(known: Association, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records come first; the same command again takes the rows out."""
    with monkeypatch.context() as broken:
        broken.setattr("clusterscore.forgetting.replace_file", _dies)
        with pytest.raises(OSError, match="no space"):
            forget(known.workspace, "R-01", WHY, WHO)
    assert set(known.observed().answers["rater"]) == {"R-02"}
    forget(known.workspace, "R-01", WHY, WHO)
    assert not any(b"R-01" in content for content in snapshot(known.workspace.raw).values())
    check(known.workspace)


def _dies(*_: object) -> None:
    raise OSError("no space left on device")
