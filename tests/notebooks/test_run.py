"""A notebook runs from its first cell to its last with the parameters it was given, or an error names the cell."""

import ast
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

import nbformat
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from papermill.parameterize import parameterize_notebook

from clusterscore import paths
from clusterscore.errors import NotebookFailed, UnknownName
from clusterscore.paths import Workspace
from clusterscore.report import kernel, notebooks
from clusterscore.report.notebooks import run
from clusterscore.report.render import to_html
from tests.report.handmade import EDITION
from tests.report.payloads import FOREIGN, PAYLOADS

Make = Callable[..., Path]
PARAMETERS = "number: int = 0  # a number\nword: str = ''  # a word"
GOOD = {"number": 7, "word": "seven"}
SHOW = "from IPython.display import HTML, display"


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return what writes a notebook with two parameters and the cells given."""

    def write(*cells: str, tags: str | None = None, name: str = "some.ipynb") -> Path:
        code = [new_code_cell(cell, id=f"cell-{number}") for number, cell in enumerate(cells)]
        if tags:
            code[0].metadata["tags"] = [tags]
        asked = new_code_cell(PARAMETERS, id="asked", metadata={"tags": ["parameters"]})
        notebook = new_notebook(cells=[new_markdown_cell("# Why?", id="why"), asked, *code])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "python", "language": "python"}
        nbformat.write(notebook, tmp_path / name)
        return tmp_path / name

    return write


# Parameters ----------------------------------------------------------------------------------------


def test_an_unknown_parameter_is_refused_with_the_known_ones(make: Make) -> None:
    """Papermill alone would run the default under the wrong name."""
    with pytest.raises(UnknownName, match=r"'nubmer'; known: number, word"):
        run(make("number"), {**GOOD, "nubmer": 7})


@pytest.mark.parametrize("name", ["x=1;PWN=1;y", "x\nprint(1)", ""])
def test_a_name_that_is_none_is_refused_with_its_code(make: Make, name: str) -> None:
    """P01: Papermill would write it into the notebook as it is."""
    with pytest.raises(NotebookFailed, match="E-PARAM-NAME"):
        run(make("number"), {**GOOD, name: 7})


@pytest.mark.parametrize("missing", ["number", "word"])
def test_a_missing_parameter_is_refused_by_name(make: Make, missing: str) -> None:
    """No page is made from a default."""
    with pytest.raises(NotebookFailed, match=f"no value for {missing}"):
        run(make("number"), {name: value for name, value in GOOD.items() if name != missing})


@pytest.mark.parametrize(
    "value",
    [
        *(Path("x"), PurePosixPath("x"), (1, 2), [1], {"a": 1}, None, b"x", 1j),
        *(np.int64(5), np.float64(5), np.bool_(False), np.str_("x")),  # noqa: FBT003
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_parameter_of_any_other_type_is_refused_by_name(make: Make, value: Any) -> None:
    """P02, P04: Papermill turns some into other values, and some into code; nothing is converted, all are refused."""
    with pytest.raises(
        NotebookFailed, match=r"some\.ipynb: number must be str, int, float or bool, not \w+ \(E-PARAM-TYPE\)"
    ):
        run(make("number"), {**GOOD, "number": value})


def test_refused_parameters_start_no_kernel(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing runs before everything is known to be right."""
    monkeypatch.setattr(notebooks, "_execute", lambda *_arguments: pytest.fail("something ran"))
    with pytest.raises(NotebookFailed):
        run(make("number"), {"number": 1})


def test_hostile_words_arrive_verbatim(make: Make) -> None:
    """A parameter is a value, never code."""
    words = [
        *PAYLOADS,
        *FOREIGN,
        '"""',
        "'''",
        "\\",
        "\\'",
        "'; import os; os._exit(1) #",
        "\n1/0\n",
        "%%bash",
        "!false",
    ]
    word = "\N{SYMBOL FOR UNIT SEPARATOR}".join(words)
    notebook = make(f"{SHOW}\n" + "display({'application/json': {'word': word}}, raw=True)")
    executed = run(notebook, {**GOOD, "word": word})
    assert executed.cells[-1].outputs[0].data["application/json"]["word"] == word


@settings(max_examples=300)
@given(
    st.text(max_size=60),
    st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.text(max_size=60)),
)
def test_an_injected_cell_holds_assignments_of_the_values_and_nothing_else(word: str, number: Any) -> None:
    """What papermill writes into the notebook is exactly one literal for each parameter."""
    asked = new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    about = {"name": "python3", "display_name": "python", "language": "python"}
    notebook = new_notebook(cells=[asked], metadata={"kernelspec": about, "papermill": {}})
    (_, injected) = parameterize_notebook(notebook, {"number": number, "word": word}).cells
    body = ast.parse(injected.source).body
    values = {statement.targets[0].id: ast.literal_eval(statement.value) for statement in body}  # type: ignore[attr-defined]
    assert values == {"number": number, "word": word}
    assert len(body) == 2


# Failures ------------------------------------------------------------------------------------------

SHOWN_TRACEBACK = "try:\n    1 / 0\nexcept ZeroDivisionError:\n    get_ipython().showtraceback()"
FAILURES = {
    "an error": "1 / 0",
    "an unknown name": "nosuch",
    "a syntax error": "1 +",
    "sys.exit(0)": "import sys; sys.exit(0)",
    "raise SystemExit": "raise SystemExit",
    "os._exit(0)": "import os; os._exit(0)",
    "a killed kernel": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "an interrupt": "raise KeyboardInterrupt",
    "a caught error that is shown": SHOWN_TRACEBACK,
    "a magic that fails": "%%bash\nfalse",
    "an unknown magic": "%nosuch",
    "a shell command that fails": "!false",
    "an assertion": "assert number == 8",
}


@pytest.mark.parametrize("cell", FAILURES.values(), ids=FAILURES)
def test_a_failure_in_the_middle_is_an_error_that_names_the_cell(make: Make, cell: str) -> None:
    """Never a page, and whoever mends the notebook knows where to look."""
    with pytest.raises(NotebookFailed, match=r"some\.ipynb: .*code cell 3\b"):
        run(make("number", cell, "word"), GOOD)


@pytest.mark.parametrize("cell", ["!false", "x = !false", "%sx false", "%%script --no-raise-error false", "!true"])
def test_what_a_shell_runs_starts_no_kernel(make: Make, monkeypatch: pytest.MonkeyPatch, cell: str) -> None:
    """IPython goes on after a command that failed, in more than one way; so a cell is plain Python."""
    monkeypatch.setattr(notebooks, "_execute", lambda *_arguments: pytest.fail("something ran"))
    with pytest.raises(NotebookFailed, match=r"some\.ipynb: code cell 2 is not plain Python"):
        run(make(cell), GOOD)


@pytest.mark.parametrize("tag", ["raises-exception", "skip-execution"])
def test_no_tag_makes_a_failure_pass(make: Make, tag: str) -> None:
    """Jupyter knows tags that let errors through."""
    with pytest.raises(NotebookFailed, match="cell"):
        run(make("1 / 0", "word", tags=tag), GOOD)


def test_an_exit_in_the_last_cell_is_an_error(make: Make) -> None:
    """No cell of ours comes after it."""
    with pytest.raises(NotebookFailed, match="cell"):
        run(make("number", "import sys; sys.exit(0)"), GOOD)


def test_a_cell_that_never_ends_is_ended(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edition does not hang."""
    monkeypatch.setattr(notebooks, "_SECONDS", 1)
    started = time.monotonic()
    with pytest.raises(NotebookFailed, match=r"some\.ipynb"):
        run(make("import time; time.sleep(60)", "word"), GOOD)
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "cell", ["print(number)", "import warnings; warnings.warn('careful')", "import sys; sys.stderr.write('x')"]
)
def test_printed_text_never_reaches_a_page(make: Make, cell: str) -> None:
    """Whatever was printed, a reader of the page cannot use it."""
    with pytest.raises(NotebookFailed, match=r"cell \d+ printed"):
        to_html(run(make(cell), GOOD), "t", "k", {})


def test_a_failure_of_the_package_keeps_its_words(make: Make) -> None:
    """The message of the error itself is in the message of the run."""
    with pytest.raises(NotebookFailed, match=r"ValueError: no such thing"):
        run(make("raise ValueError('no such thing')"), GOOD)


def test_a_failed_notebook_leaves_no_file(make: Make, tmp_path: Path) -> None:
    """A half-run notebook that looks complete is the trap."""
    notebook = make("1 / 0")
    before = notebook.read_bytes()
    with pytest.raises(NotebookFailed):
        run(notebook, GOOD)
    assert [path.name for path in tmp_path.iterdir()] == ["some.ipynb"]
    assert notebook.read_bytes() == before


# Success -------------------------------------------------------------------------------------------


def test_every_cell_of_a_run_notebook_was_run_once_in_order(make: Make) -> None:
    """Nothing of the runner itself is left in it."""
    executed = run(make("number", "word"), GOOD)
    counts = [cell.execution_count for cell in executed.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert [cell.outputs[0].data["text/plain"] for cell in executed.cells[-2:]] == ["7", "'seven'"]
    assert notebooks._MARK not in nbformat.writes(executed)


def test_a_run_notebook_holds_no_path_and_no_time(make: Make, tmp_path: Path) -> None:
    """Papermill notes where it ran; that is nobody's business."""
    executed = run(make("number"), GOOD)
    assert str(tmp_path) not in nbformat.writes(executed)
    assert executed.metadata["papermill"] == {"parameters": GOOD}


def test_two_runs_at_once_do_not_mix(make: Make) -> None:
    """Pages are made in two threads."""
    notebook = make("import time; time.sleep(0.2)", "number", "word")

    def shown(number: int) -> list[str]:
        executed = run(notebook, {"number": number, "word": f"w{number}"})
        return [cell.outputs[0].data["text/plain"] for cell in executed.cells[-2:]]

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(shown, range(4))) == [[str(number), f"'w{number}'"] for number in range(4)]


SPILL = """\
import builtins, os, warnings
import matplotlib, pandas, numpy
builtins.spilt = leaked = 1
matplotlib.rcParams["font.size"] = 33
pandas.set_option("display.precision", 1)
numpy.seterr(all="ignore"); warnings.simplefilter("ignore")
os.environ["SPILT"] = "1"; os.chdir("/")
from clusterscore.report import text; text.INTERVAL = "spilt"\
"""
LOOK = """\
import builtins, os
import matplotlib, pandas
from clusterscore.report import text
seen = [hasattr(builtins, "spilt"), "leaked" in globals(), "SPILT" in os.environ, os.getcwd() == "/"]
seen += [matplotlib.rcParams["font.size"] == 33, pandas.get_option("display.precision") == 1, text.INTERVAL == "spilt"]
any(seen)\
"""


def test_nothing_leaks_from_one_notebook_to_the_next(make: Make) -> None:
    """Variables, parameters of figures, options, patched modules: each notebook starts as if it were the only one."""
    run(make(SPILL, name="first.ipynb"), GOOD)
    executed = run(make(LOOK, name="second.ipynb"), GOOD)
    assert executed.cells[-1].outputs[0].data["text/plain"] == "False"


def test_without_fork_the_ordinary_kernel_shows_the_same(
    published_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows is slower, not different; pictures are compared without their generated ids."""
    notebook = paths.notebooks() / "04-cluster.ipynb"
    about = {"function": "places", "edition": EDITION, "unit": "RG-1", "language": "en"}
    parameters = {"workspace": str(published_workspace.root), **about}
    forked = run(notebook, parameters)
    monkeypatch.setattr(notebooks, "can_fork", lambda: False)
    monkeypatch.setattr(kernel, "_run_kernel", lambda *_arguments: pytest.fail("forked"))
    assert _outputs(run(notebook, parameters)) == _outputs(forked)


def _outputs(executed: nbformat.NotebookNode) -> list[list[str]]:
    shown = [cell.outputs for cell in executed.cells if cell.cell_type == "code"]
    bundles = [
        [nbformat.from_dict({"o": output.data, "m": output.metadata}) for output in outputs] for outputs in shown
    ]
    return [[re.sub(r"\b([pm]|C\d+_\d+_)[0-9a-f]{10}\b", "id", str(bundle)) for bundle in each] for each in bundles]
