"""Two editions side by side: every difference is said, nothing is written, and what was changed is refused."""

import json
from pathlib import Path

import pandas as pd
import pytest

from clusterscore.durable import digest_of
from clusterscore.errors import CheckFailed, NotFitted, UnknownName
from clusterscore.paths import Workspace
from clusterscore.report.comparing import compare

BEFORE, AFTER = 2021, 2023
RECORD = {
    "head": "10:aa",
    "observations": "bb",
    "evidence": {"units": 2, "figures": 5, "answers": 9, "raters": 3},
    "document": "cc",
    "version": 1,
    "model": "dd",
    "tables": "ee",
    "seed": 1,
    "software": {"numpy": "2", "nutpie": "1"},
}
SOFTWARE = {"numpy": "3", "nutpie": "1", "numba": "7"}
SCORES = ["unit", "year", "score_median", "q05", "q95", "verdict"]


@pytest.fixture
def published(tmp_path: Path) -> Workspace:
    """Return a workspace with two editions of one function, as their manifests and tables say."""
    (tmp_path / "functions").mkdir()
    workspace = Workspace.find(tmp_path)
    old = [("A", BEFORE, 40.0, 35.0, 45.0, "validated"), ("B", BEFORE, 60.0, 50.0, 70.0, "validated")]
    new = [("A", AFTER, 55.0, 50.0, 60.0, "contradicted"), ("C", AFTER, 20.0, 10.0, 30.0, "validated")]
    _edition(workspace, BEFORE, RECORD, [*old, ("A", BEFORE - 1, 1.0, 1.0, 1.0, "validated")])
    _edition(workspace, AFTER, RECORD | {"head": "20:ff", "observations": "gg", "seed": 2, "software": SOFTWARE}, new)
    return workspace


def _edition(workspace: Workspace, year: int, record: dict[str, object], rows: list[tuple[object, ...]]) -> None:
    folder = workspace.edition(year)
    path = folder / "downloads" / f"craft-{year}-scores.csv"
    path.parent.mkdir(parents=True)
    pd.DataFrame(rows, columns=SCORES).to_csv(path, index=False)
    files = {f"downloads/{path.name}": digest_of(path)}
    (folder / "manifest.json").write_text(json.dumps({"functions": {"craft": record}, "pages": {}, "files": files}))


def test_what_differs_is_said_and_nothing_else(published: Workspace) -> None:
    """Data, method and results each under its own name, whichever edition is named first."""
    found = compare(published, "craft", AFTER, BEFORE)
    said = {(one.part, one.what): (one.before, one.after) for one in found.differences}
    assert said == {
        ("data", "ledger head"): ("10:aa", "20:ff"),
        ("data", "observations"): ("bb", "gg"),
        ("method", "seed"): ("1", "2"),
        ("method", "software"): ("numpy 2, numba none", "numpy 3, numba 7"),
        ("results", "units"): ("2", "2: new C; gone B"),
        ("results", "verdicts that changed"): ("-", "1 of 1"),
        ("results", "scores whose intervals are apart"): ("-", "1 of 1"),
    }
    assert found.scores.to_dict("records") == [{"unit": "A", "before": 40.0, "after": 55.0, "apart": True}]


def test_neither_edition_is_written(published: Workspace) -> None:
    """Every file has the bytes and the time that it had."""
    files = [path for path in published.editions.rglob("*") if path.is_file()]
    before = [(path, path.stat().st_mtime_ns, path.read_bytes()) for path in files]
    compare(published, "craft", BEFORE, AFTER)
    assert [(path, path.stat().st_mtime_ns, path.read_bytes()) for path in files] == before
    assert sorted(path for path in published.editions.rglob("*") if path.is_file()) == sorted(files)


def test_an_edition_that_was_rewritten_is_refused(published: Workspace) -> None:
    """A table that is not the one that was published cannot be compared."""
    path = published.edition(BEFORE) / "downloads" / f"craft-{BEFORE}-scores.csv"
    path.write_text(path.read_text().replace("40.0", "50.0"))
    with pytest.raises(CheckFailed):
        compare(published, "craft", BEFORE, AFTER)


def test_what_was_not_published_is_not_compared(published: Workspace) -> None:
    """Another edition, another function, an edition of before this was recorded."""
    with pytest.raises(NotFitted):
        compare(published, "craft", BEFORE, AFTER + 2)
    with pytest.raises(UnknownName):
        compare(published, "land", BEFORE, AFTER)
    manifest = published.edition(BEFORE) / "manifest.json"
    content = json.loads(manifest.read_text())
    del content["functions"]["craft"]["document"]
    manifest.write_text(json.dumps(content))
    with pytest.raises(NotFitted):
        compare(published, "craft", BEFORE, AFTER)
