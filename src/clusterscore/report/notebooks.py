"""Run a notebook strictly: known parameters of plain types, every cell run, the last one reached; or an error.

Papermill alone runs a mistyped parameter with its default, takes ``sys.exit()`` for success and saves a killed
kernel's notebook as completed; IPython goes on after a shell command that failed. So names and cells are checked
before and outputs after, and the result is returned only when all are right. An error names the code cell by its
number in the notebook as it was written.
"""

from __future__ import annotations

import ast
import json
import logging
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from clusterscore.errors import NotebookFailed, UnknownName, quoted
from clusterscore.report.kernel import ForkKernelManager, can_fork

Value = str | int | float | bool
_SECONDS: Final = 300  # for one cell
_LONGEST: Final = 100  # characters of a socket's path, which Linux ends after 107
_MARK: Final = "clusterscore: last cell reached"


def parameters_of(notebook: Path) -> dict[str, str]:
    """Return the parameters of a notebook with their default values as written."""
    inspected = papermill.inspect_notebook(str(notebook))
    return {name: str(parameter["default"]) for name, parameter in inspected.items()}


def run(notebook: Path, parameters: Mapping[str, Value]) -> nbformat.NotebookNode:
    """Execute a notebook in a fresh kernel and return it.

    Parameters
    ----------
    notebook
        The notebook; it has exactly one cell tagged ``parameters``, and no magics.
    parameters
        A value for each of its parameters, none missing, none unknown.

    Raises
    ------
    UnknownName
        Where a parameter is unknown or missing.
    NotebookFailed
        Where a cell is not plain Python, raises, is not run, or the kernel dies.
    """
    _refuse_parameters(notebook, parameters)
    _refuse_magics(notebook)
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder) / notebook.name, Path(folder) / "executed.ipynb"
        source.write_text(_with_mark(notebook), encoding="utf-8")
        _execute(notebook.name, source, result, dict(parameters))
        executed: nbformat.NotebookNode = nbformat.read(result, as_version=4)
    _refuse_unfinished(notebook.name, executed)
    executed.cells.pop()
    executed.metadata["papermill"] = {"parameters": dict(parameters)}
    return executed


def _refuse_parameters(notebook: Path, parameters: Mapping[str, Value]) -> None:
    known = parameters_of(notebook)
    for name in parameters:
        if not name.isidentifier():
            raise NotebookFailed(f"{notebook.name}: E-PARAM-NAME: {quoted(name)} is no name of a parameter")
        if name not in known:
            raise UnknownName(f"parameter of {notebook.name}", name, known)
    missing = sorted(set(known) - set(parameters))
    if missing:
        raise NotebookFailed(f"{notebook.name}: no value for {', '.join(missing)}")
    for name, value in parameters.items():
        if type(value) not in (str, int, float, bool):
            found = f"not {type(value).__name__} (E-PARAM-TYPE)"
            raise NotebookFailed(f"{notebook.name}: {name} must be str, int, float or bool, {found}")


def _refuse_magics(notebook: Path) -> None:
    """Raise :class:`NotebookFailed` for a cell that Python alone cannot read: what a shell runs may fail in silence."""
    for number, cell in enumerate(_code(nbformat.read(notebook, as_version=4).cells), start=1):
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            fault = f"code cell {number} is not plain Python: {error.msg}, line {error.lineno}"
            raise NotebookFailed(f"{notebook.name}: {fault}") from None


def _code(cells: Iterable[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Return the code cells that somebody wrote: all but Papermill's own."""
    code = (cell for cell in cells if cell.cell_type == "code")
    return [cell for cell in code if "injected-parameters" not in cell.metadata.get("tags", [])]


def _with_mark(notebook: Path) -> str:
    content = nbformat.read(notebook, as_version=4)
    content.cells.append(nbformat.v4.new_code_cell(f"print({_MARK!r})", id="last-cell"))
    return str(nbformat.writes(content))


def _execute(name: str, source: Path, result: Path, parameters: dict[str, Value]) -> None:
    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what goes wrong is raised, not logged
    options: dict[str, Any] = {"kernel_manager_class": ForkKernelManager} if can_fork() else {}
    begun: list[nbformat.NotebookNode] = []
    try:
        papermill.execute_notebook(
            str(source),
            str(result),
            parameters,
            progress_bar=False,
            request_save_on_cell_execute=False,
            shutdown_kernel="immediate",
            execution_timeout=_SECONDS,
            config=Config(KernelManager=_wire(source.with_name("wire"))),
            on_cell_start=lambda cell, cell_index: begun.append(cell),  # noqa: ARG005 - named by nbclient
            **options,
        )
    except PapermillExecutionError as error:
        number = len(_code(begun[: error.cell_index + 1]))
        raise NotebookFailed(f"{name}: code cell {number}: {error.ename}: {error.evalue}") from None
    except (DeadKernelError, TimeoutError, RuntimeError) as error:
        where = f"in code cell {len(_code(begun))}" if begun else "before the first cell"
        raise NotebookFailed(f"{name}: the kernel ended {where}: {error}") from None


def _wire(sockets: Path) -> dict[str, str]:
    """Return how a kernel is spoken to: by sockets in a folder that no other user may open, where their names fit.

    Ports, the other way, are found free by several processes at once, and one of them then does not get its own.
    """
    if can_fork() and len(str(sockets)) < _LONGEST:
        return {"transport": "ipc", "ip": str(sockets)}
    return {"transport_encryption": "auto"}


def _refuse_unfinished(name: str, executed: nbformat.NotebookNode) -> None:
    cells = _code(executed.cells)
    for number, cell in enumerate(cells, start=1):
        if cell.execution_count is None:
            raise NotebookFailed(f"{name}: code cell {number} was not run; an earlier one ended the notebook")
        if any(output.output_type == "error" for output in cell.outputs):
            raise NotebookFailed(f"{name}: code cell {number} ended in an error")
    if _MARK not in json.dumps(cells[-1].outputs):
        raise NotebookFailed(f"{name}: the last cell was not reached")
