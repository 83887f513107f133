"""Pages rendered by the workers of a Dask cluster: scheduler and workers as processes on loopback."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from clusterscore.errors import SchedulerFailed
from clusterscore.paths import Workspace
from clusterscore.report.edition import check_edition, read_manifest
from clusterscore.report.pages import load_edition
from clusterscore.report.planned import unit_page
from clusterscore.report.scheduled import render_there, rendered_there
from tests.report.handmade import EDITION, REGIONS

DASK = Path(sys.executable).with_name("dask")
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
SECONDS = 60


@contextmanager
def process(*words: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until it is no longer needed."""
    running = subprocess.Popen([str(word) for word in words], **QUIET)
    try:
        yield running
    finally:
        running.terminate()
        running.wait()


def wait_for(found: object) -> None:
    """Wait until something is true."""
    until = time.monotonic() + SECONDS
    while not found():  # type: ignore[operator]
        assert time.monotonic() < until
        time.sleep(0.02)


def address_in(file: Path) -> str:
    """Return the address that a scheduler has written."""
    wait_for(lambda: file.is_file() and file.read_text(encoding="utf-8").endswith("}"))
    return str(json.loads(file.read_text(encoding="utf-8"))["address"])


def test_a_worker_that_is_killed_half_way_loses_no_page(unpublished: Workspace, tmp_path: Path) -> None:
    """Every page is there, once; one worker may have children and forks kernels, the other may not and does without."""
    file = tmp_path / "scheduler.json"
    here = ["--host", "127.0.0.1", "--no-dashboard"]
    with ExitStack() as stack:
        stack.enter_context(process(DASK, "scheduler", "--port", "0", "--scheduler-file", file, *here))
        address = address_in(file)
        worker = [DASK, "worker", address, "--nthreads", "1", "--local-directory", tmp_path / "scratch", *here]
        first = stack.enter_context(process(*worker, "--no-nanny"))
        stack.enter_context(process(*worker))
        words = [Path(sys.executable).with_name("clusterscore"), "report", "--all", "--scheduler", address]
        words += ["--function", "places", "--workspace", unpublished.root]
        run = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: run.poll() is not None or len(list(unpublished.pages(EDITION).glob("[!.]*"))) >= 3)
        assert run.poll() is None, run.communicate()
        first.kill()
        output, messages = run.communicate(timeout=5 * SECONDS)
    assert run.returncode == 0, messages
    assert " 10 pages, 8 rendered now" in output
    english = {f"regions/{unit}.html" for unit in REGIONS} | {"regions.html", "index.html"}
    expected = english | {f"ro/{page}" for page in english}
    assert set(read_manifest(unpublished.edition(EDITION))["pages"]) == expected
    assert check_edition(unpublished.edition(EDITION)) == []


def test_without_dask_the_message_says_how_to_install_it(
    unpublished: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an extra, which few need."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SchedulerFailed, match=r"pip install 'clusterscore\[dask\]'"):
        list(rendered_there("tcp://127.0.0.1:1", unpublished, []))


def test_a_worker_with_other_files_renders_nothing(scored_workspace: Workspace, tmp_path: Path) -> None:
    """Nor one that does not see the workspace: it would make another page than was asked for."""
    page = unit_page(scored_workspace, load_edition(scored_workspace.root, "places", EDITION), "RG-1", "en")
    with pytest.raises(SchedulerFailed, match="other code, or other files"):
        render_there(str(scored_workspace.root), replace(page, key="0" * 64))
    with pytest.raises(SchedulerFailed, match="does not see the workspace"):
        render_there(str(tmp_path / "nowhere"), page)
