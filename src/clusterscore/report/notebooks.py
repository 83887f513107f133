"""Run a notebook strictly: known parameters of plain types, every cell run, the last one reached; or an error.

Papermill alone runs a mistyped parameter with its default, takes ``sys.exit()`` for success and saves a killed
kernel's notebook as completed. So names are checked before and cells after, and the result is returned only when both
are right.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from clusterscore.errors import NotebookFailed, UnknownName
from clusterscore.report.kernel import ForkKernelManager, can_fork

Value = str | int | float | bool
_SECONDS: Final = 300  # for one cell
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
        The notebook; it has exactly one cell tagged ``parameters``.
    parameters
        A value for each of its parameters, none missing, none unknown.

    Raises
    ------
    UnknownName
        Where a parameter is unknown or missing.
    NotebookFailed
        Where a cell raises, is not run, or the kernel dies.
    """
    _refuse_parameters(notebook, parameters)
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
        if name not in known:
            raise UnknownName(f"parameter of {notebook.name}", name, known)
    missing = sorted(set(known) - set(parameters))
    if missing:
        raise NotebookFailed(f"{notebook.name}: no value for {', '.join(missing)}")
    for name, value in parameters.items():
        if type(value) not in (str, int, float, bool):
            raise NotebookFailed(f"{notebook.name}: {name} must be str, int, float or bool, not {type(value).__name__}")


def _with_mark(notebook: Path) -> str:
    content = nbformat.read(notebook, as_version=4)
    content.cells.append(nbformat.v4.new_code_cell(f"print({_MARK!r})", id="last-cell"))
    return str(nbformat.writes(content))


def _execute(name: str, source: Path, result: Path, parameters: dict[str, Value]) -> None:
    logging.getLogger("papermill").setLevel(logging.ERROR)
    options: dict[str, Any] = {"kernel_manager_class": ForkKernelManager} if can_fork() else {}
    try:
        papermill.execute_notebook(
            str(source),
            str(result),
            parameters,
            progress_bar=False,
            request_save_on_cell_execute=False,
            shutdown_kernel="immediate",
            execution_timeout=_SECONDS,
            config=Config(KernelManager={"transport_encryption": "auto"}),
            **options,
        )
    except PapermillExecutionError as error:
        raise NotebookFailed(f"{name}: cell {error.exec_count}: {error.ename}: {error.evalue}") from None
    except (DeadKernelError, TimeoutError, RuntimeError) as error:
        raise NotebookFailed(f"{name}: the kernel ended before the last cell: {error}") from None


def _refuse_unfinished(name: str, executed: nbformat.NotebookNode) -> None:
    cells = [cell for cell in executed.cells if cell.cell_type == "code"]
    for number, cell in enumerate(cells, start=1):
        if cell.execution_count is None:
            raise NotebookFailed(f"{name}: code cell {number} was not run; an earlier one ended the notebook")
        if any(output.output_type == "error" for output in cell.outputs):
            raise NotebookFailed(f"{name}: code cell {number} ended in an error")
    if _MARK not in json.dumps(cells[-1].outputs):
        raise NotebookFailed(f"{name}: the last cell was not reached")
