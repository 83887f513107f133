"""How long the pages of clusters take against ``papermill`` and ``jupyter nbconvert`` called for each, in one run.

Both run the same notebook, ``04-cluster``, on the same published tables, a page a cluster, in English. The rival is
what is usually done: a shell loop over both commands. Ours is what ``clusterscore report --all`` does: kernels forked
from a process that has imported everything, driven by one process a core, which exports by the house template. Besides,
the notebook's own cells are timed in one process that has imported everything, which is the least any way can take.

Run alone, after ``clusterscore publication``: ``python benchmarks/render.py``. The last line holds how many times
faster ours is, ``vs_papermill_nbconvert``, and its time a page over that of the cells and the export, ``vs_own_cells``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat

from clusterscore import paths, steps
from clusterscore.paths import Workspace
from clusterscore.progress import silent
from clusterscore.report import notebooks
from clusterscore.report.kept import Kept
from clusterscore.report.language import ENGLISH
from clusterscore.report.pages import EditionData, load_edition
from clusterscore.report.planned import unit_page
from clusterscore.report.render import to_html
from clusterscore.report.rendering import Hands, render_all

NOTEBOOK = "04-cluster.ipynb"


def main() -> None:
    """Measure both on the same clusters and print a line each, then how they compare."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--workspace", type=Path, default=Path())
    parser.add_argument("--function", default="competitiveness")
    parser.add_argument("--clusters", type=int, default=0, help="how many; 0 for all")
    asked = parser.parse_args()
    workspace = Workspace.find(asked.workspace)
    through = steps.newest_posterior(workspace, asked.function)
    data = load_edition(workspace.root, asked.function, through)
    units = sorted(data.current["unit"])[: asked.clusters or None]
    print(f"{len(units)} pages of {asked.function}, edition {through}")
    ours = timed("clusterscore", len(units), lambda: render(workspace, data, units))
    theirs = timed("papermill and jupyter nbconvert", len(units), lambda: loop(workspace, data, units))
    least = timed("the cells and the export alone", 1, lambda: cells(workspace, data, units[0]))
    print(f"\nvs_papermill_nbconvert={theirs / ours:.2f} vs_own_cells={ours / len(units) / least:.2f}")


def timed(label: str, n_pages: int, work: object) -> float:
    """Return how many seconds some work takes, and print it; work may return the seconds that count."""
    started = time.perf_counter()
    counted = work()  # type: ignore[operator]
    seconds = counted if isinstance(counted, float) else time.perf_counter() - started
    print(f"{label:34} {seconds:8.2f} s  {seconds / n_pages:6.2f} s a page")
    return seconds


def render(workspace: Workspace, data: EditionData, units: Sequence[str]) -> None:
    """Make the pages as an edition makes them."""
    pages = [unit_page(workspace, data, unit, ENGLISH) for unit in units]
    with tempfile.TemporaryDirectory() as folder:
        made = render_all(workspace, pages, Kept(Path(folder)), Hands(), silent)
    assert made == len(units)


def loop(workspace: Workspace, data: EditionData, units: Sequence[str]) -> None:
    """Call both commands for each cluster, one after the other."""
    source, programs = paths.notebooks() / NOTEBOOK, Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as folder:
        for unit in units:
            executed, page = Path(folder) / f"{unit}.ipynb", Path(folder) / f"{unit}.html"
            own = {"workspace": workspace.root, "function": data.function.function, "unit": unit, "language": ENGLISH}
            words = [word for name, value in own.items() for word in ("-p", name, str(value))]
            words += ["-p", "edition", str(data.edition)]
            subprocess.run([programs / "papermill", source, executed, *words], check=True, capture_output=True)
            subprocess.run(
                [programs / "jupyter", "nbconvert", "--to", "html", "--no-input", executed],
                check=True,
                capture_output=True,
            )
            assert page.stat().st_size > 0


def cells(workspace: Workspace, data: EditionData, unit: str) -> float:
    """Return the seconds of the second time that a cluster's cells run here and are exported."""
    page = unit_page(workspace, data, unit, ENGLISH)
    executed = notebooks.run(paths.notebooks() / NOTEBOOK, {"workspace": str(workspace.root), **page.parameters})
    lines = [
        cell.source
        for cell in nbformat.read(paths.notebooks() / NOTEBOOK, as_version=4).cells
        if cell.cell_type == "code"
    ]
    for _ in range(2):
        started = time.perf_counter()
        known: dict[str, object] = {}
        for number, source in enumerate(lines):
            quiet = "\n".join(line for line in source.splitlines() if not line.startswith("page."))
            exec(compile(quiet, NOTEBOOK, "exec"), known)  # noqa: S102 - the notebook under measurement
            if number == 0:
                known |= {"workspace": str(workspace.root), **page.parameters}
        _drawn(known, lines)
        to_html(executed, page.title, page.kicker, page.links)
    return time.perf_counter() - started


def _drawn(known: dict[str, object], lines: Sequence[str]) -> None:
    """Show what the last expression of each cell gives, as a notebook would."""
    from IPython.utils.capture import capture_output  # noqa: PLC0415 - of this measurement only

    with capture_output():
        for source in lines:
            last = source.strip().splitlines()[-1]
            if last.startswith("page."):
                shown = eval(last, known)  # noqa: S307 - as above
                show = getattr(shown, "_ipython_display_", None) or shown._repr_html_
                show()


if __name__ == "__main__":
    main()
