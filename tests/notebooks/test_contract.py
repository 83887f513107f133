"""A notebook asks a question, takes typed parameters and calls the package; it defines nothing and computes nothing."""

import ast
import importlib
import inspect
import re
import tokenize
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import get_type_hints

import nbformat
import papermill
import pytest

from clusterscore.report.display import Picture
from clusterscore.report.notebooks import parameters_of
from clusterscore.research.plate import Plate

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
BANNED = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
    *(ast.For, ast.AsyncFor, ast.While, ast.comprehension),
)
pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)


def test_the_notebook_is_valid_and_holds_no_outputs(path: Path) -> None:
    """Outputs belong to an edition, not to the repository."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert [cell.id for cell in _code(path) if cell.outputs or cell.execution_count is not None] == []
    assert "widgets" not in notebook.metadata
    assert notebook.metadata.kernelspec.name == "python3"


def test_there_is_exactly_one_main_heading_and_it_is_the_first_cell(path: Path) -> None:
    """It is the question that the notebook answers."""
    headings = [line for cell in _markdown(path) for line in cell.source.splitlines() if re.match(r"# |=+$", line)]
    assert headings == [_cells(path)[0].source]
    assert headings[0].endswith("?")


def test_one_cell_says_how_to_run_it(path: Path) -> None:
    """Staff read it; the page leaves it out."""
    (cell,) = [cell for cell in _markdown(path) if "how-to" in cell.metadata.get("tags", [])]
    assert "clusterscore" in cell.source
    assert "Papermill" in cell.source


def test_exactly_one_cell_is_tagged_parameters_and_each_parameter_is_typed_and_explained(path: Path) -> None:
    """Help stands in a comment without an equals sign, which would make Papermill's inspection lose the parameter."""
    (cell,) = [cell for cell in _cells(path) if "parameters" in cell.metadata.get("tags", [])]
    helps = {
        token.start[0]: token.string.removeprefix("#").strip()
        for token in tokenize.generate_tokens(StringIO(cell.source).readline)
        if token.type == tokenize.COMMENT
    }
    for statement in ast.parse(cell.source).body:
        assert isinstance(statement, ast.AnnAssign), ast.unparse(statement)
        assert ast.unparse(statement.annotation) in {"str", "int", "float", "bool"}
        assert isinstance(statement.value, ast.Constant)
        assert type(statement.value.value).__name__ == ast.unparse(statement.annotation)
        assert helps[statement.lineno]
        assert "=" not in helps[statement.lineno]


def test_papermill_finds_every_parameter_with_its_help(path: Path) -> None:
    """What it does not find it would run with the default."""
    (cell,) = [cell for cell in _cells(path) if "parameters" in cell.metadata.get("tags", [])]
    names = [ast.unparse(statement.target) for statement in ast.parse(cell.source).body]  # type: ignore[attr-defined]
    found = papermill.inspect_notebook(str(path))
    assert list(found) == list(parameters_of(path)) == names
    assert all(about["help"] and about["inferred_type_name"] for about in found.values())


def test_nothing_is_defined_and_nothing_repeated(path: Path) -> None:
    """Code lives in the package, where it is typed and tested."""
    found = [type(node).__name__ for cell in _code(path) for node in ast.walk(ast.parse(cell.source))]
    assert [name for name in found if name in {kind.__name__ for kind in BANNED}] == []


def test_every_cell_is_plain_python(path: Path) -> None:
    """A shell command or a magic may fail without failing the notebook."""
    for cell in _code(path):
        ast.parse(cell.source)


def test_cells_are_short(path: Path) -> None:
    """At most 8 lines of code in a cell and 40 in all; none is empty."""
    lines = [len([line for line in cell.source.splitlines() if line.strip()]) for cell in _code(path)]
    assert 0 < min(lines) <= max(lines) <= 8
    assert sum(lines) <= 40


def test_only_the_package_and_ipython_are_imported(path: Path) -> None:
    """Figures come from the package, where they are tested."""
    tops = {name.partition(".")[0] for cell in _code(path) for name in _imported(cell.source)}
    assert tops <= {"clusterscore", "IPython"}


def test_a_heading_with_prose_stands_before_each_group_of_figures(path: Path) -> None:
    """A figure without words leaves the reader to guess what it answers; a sentence of the page counts as prose."""
    bare, heading, words = [], "", False
    for cell in _cells(path):
        if cell.cell_type == "markdown":
            heading, _, prose = cell.source.partition("\n")
            words = bool(prose.strip())
            continue
        for shown in _shown(path, cell.source):
            if not {Picture, Plate} & set(shown):
                words = True
            elif not (heading.startswith("## ") and words):
                bare.append(heading)
    assert bare == []


def test_no_year_stands_in_it(path: Path) -> None:
    """An edition is a parameter, never a copy."""
    assert [cell.id for cell in _cells(path) if re.search(r"\b(19|20)\d\d\b", cell.source)] == []
    assert not re.search(r"(19|20)\d\d", path.stem)


def _cells(path: Path) -> list[nbformat.NotebookNode]:
    return list(nbformat.read(path, as_version=4).cells)


def _code(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in _cells(path) if cell.cell_type == "code"]


def _markdown(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in _cells(path) if cell.cell_type == "markdown"]


def _imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def _shown(path: Path, source: str) -> Iterator[tuple[type, ...]]:
    """Yield what each ``page.something(...)`` of a cell may return."""
    source_of_all = "\n".join(cell.source for cell in _code(path))
    ((room, maker),) = re.findall(r"^from (clusterscore\.re[\w.]+) import (\w+)$", source_of_all, flags=re.MULTILINE)
    page = get_type_hints(getattr(importlib.import_module(room), maker))["return"]
    for name in re.findall(r"^page\.(\w+)\(", source, flags=re.MULTILINE):
        method = inspect.unwrap(getattr(page, name))
        hint = get_type_hints(method)["return"]
        yield getattr(hint, "__args__", (hint,))
