"""The published tables on disk: each with its digest, read only when it fits."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pandas as pd
import pytest
from pandera.errors import SchemaErrors

from clusterscore.durable import digest_of
from clusterscore.errors import CheckFailed, NotFitted
from clusterscore.paths import Workspace
from clusterscore.posterior.record import Posterior
from clusterscore.scores import tables
from clusterscore.scores.compute import Scores
from clusterscore.scores.tables import MANIFEST, Artefact
from tests.observations.association import snapshot
from tests.posterior import made
from tests.posterior.tiny import EDITION

TABLES = tuple(field.name for field in fields(Scores))


@pytest.fixture
def bare(tmp_path: Path) -> Workspace:
    """Return a workspace with the tiny function and nothing else."""
    return made.workspace(tmp_path / "workspace")


@pytest.fixture
def written(bare: Workspace, scores: Scores, posterior: Posterior) -> list[Artefact]:
    """Write the tables and return what was written."""
    return tables.write(bare, scores, posterior.run)


@pytest.fixture
def folder(bare: Workspace, written: list[Artefact]) -> Path:
    """Return the folder with the tables."""
    assert written
    return bare.scores("tiny", EDITION)


def test_every_table_is_a_file_and_the_manifest_names_them_all(folder: Path, written: list[Artefact]) -> None:
    """With their digests and rows; the units, which hold text that people wrote, are no CSV."""
    recorded = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    assert set(recorded) == {path.name for path in folder.iterdir()} - {MANIFEST}
    assert set(recorded) == {tables.file_of(name) for name in TABLES}
    assert "units.json" in recorded
    for artefact in written:
        path = folder / Path(artefact.path).name
        assert artefact.sha256 == recorded[path.name] == digest_of(path)


def test_the_manifest_says_what_the_tables_rest_on(folder: Path, posterior: Posterior) -> None:
    """The posterior, the ledger's head, the digests, and whether anything is invented."""
    recorded = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert recorded["posterior"] == posterior.run.id
    assert recorded["head"] == posterior.run.head
    assert recorded["digests"] == posterior.run.digests
    assert recorded["demonstration"] is True


@pytest.mark.parametrize("name", TABLES)
def test_what_is_read_is_what_was_written(bare: Workspace, folder: Path, scores: Scores, name: str) -> None:
    """Six decimals, and what was empty is empty."""
    assert folder.is_dir()
    read = getattr(tables.read(bare, "tiny", EDITION), name)
    expected = getattr(scores, name)
    assert list(read) == list(expected)
    same = {column: read[column].isna() | (read[column].astype(str) == "") for column in read}
    for column, empty in same.items():
        nothing = expected[column].isna() | (expected[column].astype(str) == "")
        assert empty.tolist() == nothing.tolist()
        if pd.api.types.is_float_dtype(expected[column]):
            assert read[column].tolist() == pytest.approx(expected[column].tolist(), abs=1e-6, nan_ok=True)
        else:
            assert read[column][~empty].astype(str).tolist() == expected[column][~nothing].astype(str).tolist()


def test_the_same_scores_are_the_same_bytes(
    bare: Workspace, folder: Path, scores: Scores, posterior: Posterior
) -> None:
    """Written again, nothing changes."""
    before = snapshot(folder)
    tables.write(bare, scores, posterior.run)
    assert snapshot(folder) == before


def test_untouched_tables_pass(bare: Workspace, written: list[Artefact]) -> None:
    """Nothing is found, and the manifest describes what was written."""
    assert tables.check(bare, "tiny", EDITION) == []
    assert tables.artefacts(bare, "tiny", EDITION) == written


@pytest.mark.parametrize("name", TABLES)
def test_an_edited_table_is_found_and_not_read(bare: Workspace, folder: Path, name: str) -> None:
    """One byte in any table; the message names the file and both digests."""
    path = folder / tables.file_of(name)
    before = digest_of(path)
    path.write_bytes(path.read_bytes()[:-1] + b" ")
    (problem,) = tables.check(bare, "tiny", EDITION)
    assert bare.relative(path) in problem
    assert before in problem
    assert digest_of(path) in problem
    with pytest.raises(CheckFailed) as failed:
        tables.read(bare, "tiny", EDITION)
    assert failed.value.problems == (problem,)


def test_an_absent_table_is_found(bare: Workspace, folder: Path) -> None:
    """It is said to be absent."""
    (folder / "ranks.csv").unlink()
    (problem,) = tables.check(bare, "tiny", EDITION)
    assert "ranks.csv: SHA-256 is absent" in problem


def test_all_edited_tables_are_named_at_once(bare: Workspace, folder: Path) -> None:
    """One look is enough to know everything."""
    for name in ("ranks", "units"):
        path = folder / tables.file_of(name)
        path.write_bytes(path.read_bytes() + b"\n")
    assert len(tables.check(bare, "tiny", EDITION)) == 2


@pytest.mark.parametrize("verb", ["manifest", "read", "check", "artefacts"])
def test_where_there_are_no_tables_the_message_says_what_to_run(bare: Workspace, verb: str) -> None:
    """The command, with function and edition."""
    with pytest.raises(NotFitted, match=f"clusterscore scores --function tiny --edition {EDITION}"):
        getattr(tables, verb)(bare, "tiny", EDITION)


@pytest.mark.parametrize("name", TABLES)
def test_a_broken_table_leaves_everything_as_it_was(
    bare: Workspace, folder: Path, scores: Scores, posterior: Posterior, name: str
) -> None:
    """All tables are looked at before the first is written, so that what stood there still fits its manifest."""
    before = snapshot(folder)
    risen = replace(scores, scores=scores.scores.assign(f_mean=scores.scores["f_mean"] + 1.0))
    broken = replace(risen, **{name: getattr(risen, name).assign(email="a@example.org")})
    with pytest.raises(SchemaErrors):
        tables.write(bare, broken, posterior.run)
    assert snapshot(folder) == before


@pytest.fixture
def hostile(bare: Workspace, scores: Scores, posterior: Posterior) -> Callable[[str], pd.DataFrame]:
    """Return what writes units under a name and reads them back."""

    def through_the_disk(name: str) -> pd.DataFrame:
        named = replace(scores, units=scores.units.assign(name=name))
        tables.write(bare, named, posterior.run)
        return tables.read(bare, "tiny", EDITION).units

    return through_the_disk


@pytest.mark.parametrize(
    "name", ["=1+1", "NA", "null", 'a "quoted" name', "Făgăraș, Țara", "日本", "1e5", "<b>", "\u2028"]
)
def test_any_name_survives_the_disk(hostile: Callable[[str], pd.DataFrame], name: str) -> None:
    """To the last character, and as text."""
    assert set(hostile(name)["name"]) == {name}


@pytest.mark.parametrize("unit", ["NA", "nan", "null", "None", "N", "E5", "inf", "true"])
def test_any_admitted_id_survives_the_disk(bare: Workspace, scores: Scores, posterior: Posterior, unit: str) -> None:
    """An id is text, even where it reads like something else."""
    one = scores.pillars.iloc[:1].assign(unit=unit)
    tables.write(bare, replace(scores, pillars=one), posterior.run)
    assert tables.read(bare, "tiny", EDITION).pillars["unit"].tolist() == [unit]
