"""The documentation of the canonical files: its examples are taken in, its columns are those of the code."""

import re
import shutil
from pathlib import Path

from clusterscore import steps
from clusterscore.advice.tables import TABLES
from clusterscore.observations.schema import columns, required_columns
from clusterscore.paths import Workspace
from clusterscore.scores.schema import SCHEMAS
from clusterscore.vocabulary import Table

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"```csv (\w+\.csv)\n(.*?)```", TEXT, flags=re.DOTALL))


def test_every_table_has_an_example() -> None:
    """Each canonical table is shown."""
    assert set(EXAMPLES) == {f"{table}.csv" for table in Table}


def test_examples_are_taken_in(tmp_path: Path) -> None:
    """All examples together pass the door and record every row."""
    shutil.copytree(ROOT / "functions", tmp_path / "functions")
    paths = []
    for name, content in EXAMPLES.items():
        path = tmp_path / "sent" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
        paths.append(path)
    taken, _ = steps.ingest(Workspace.find(tmp_path), paths, who="test")
    assert all(file.known == 0 and file.new == EXAMPLES[Path(file.name).name].count("\n") - 1 for file in taken)


def test_documented_columns_are_those_of_the_code() -> None:
    """Every column is documented, and the required ones are said to be."""
    for table in Table:
        section = TEXT.split(f"## {table}.csv")[1].split("\n## ")[0]
        rows = {
            name: need
            for names, need in re.findall(r"^\| (`.*?`) \| (.*?) \|", section, flags=re.MULTILINE)
            for name in re.findall(r"`(\w+)`", names)
        }
        assert set(rows) == set(columns(table))
        assert {name for name, need in rows.items() if need == "required"} == set(required_columns(table))


def test_documented_tables_are_those_of_the_code() -> None:
    """Every published table is documented with its columns in order; one holds optional ones and says so in words."""
    documented = dict(re.findall(r"^\| `(\w+)\.(?:csv|json)` \| (.*?) \|$", TEXT, flags=re.MULTILINE))
    assert set(documented) == set(SCHEMAS)
    for name, text in documented.items():
        if name not in {"validation", "units"}:
            assert text.split(":")[0].split(", ") == list(SCHEMAS[name].columns)


def test_documented_advice_is_that_of_the_code() -> None:
    """Every table of advice is documented with its columns in order."""
    documented = dict(re.findall(r"^\| `advice/(\w+)\.json` \| (.*?) \|$", TEXT, flags=re.MULTILINE))
    assert {name: tuple(text.split(":")[0].split(", ")) for name, text in documented.items()} == dict(TABLES)
