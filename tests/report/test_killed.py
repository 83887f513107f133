"""A run of rendering that is killed leaves whole pages and no process; the next goes on where it was."""

import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from clusterscore.durable import TEMPORARY_PREFIX
from clusterscore.paths import Workspace
from clusterscore.report.edition import check_edition
from clusterscore.report.kept import Kept
from clusterscore.report.planned import Page
from tests.report.handmade import EDITION

SECONDS = 4.0  # from the first page until a kill at most: about as long as all pages take
MARK = "CLUSTERSCORE_TEST_OF_KILLING"

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes as POSIX does")


@contextmanager
def a_child() -> Iterator[subprocess.Popen[str]]:
    """Run the process whose forks are killed."""
    environment = os.environ | {MARK: str(os.getpid()), "PYTHONWARNINGS": "ignore"}
    words = [sys.executable, "-m", "tests.report.render_until_killed"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    root = Path(__file__).parents[2]
    with subprocess.Popen(words, text=True, env=environment, cwd=root, **pipes) as process:
        yield process
        process.communicate()


def killed(child: subprocess.Popen[str], workspace: Workspace, workers: int, seconds: float) -> None:
    """Let a fork render, and kill it as a power cut would some time after its first page."""
    assert child.stdin is not None
    assert child.stdout is not None
    before = set(_kept(workspace))
    child.stdin.write(f"{workers} {workspace.root}\n")
    child.stdin.flush()
    pid = int(child.stdout.readline().removeprefix("pid "))
    while not set(_kept(workspace)) - before:
        time.sleep(0.01)
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    assert child.stdout.readline() == f"over {signal.SIGKILL}\n"


def partial(workspace: Workspace) -> list[str]:
    """Return every page, kept or in place, that is not whole."""
    kept = [path for path in workspace.pages(EDITION).glob("*.html") if not path.name.startswith(TEMPORARY_PREFIX)]
    found = [path.name for path in kept if path.stem.partition("-")[2] != hashlib.sha256(path.read_bytes()).hexdigest()]
    found += [path.name for path in kept if not path.read_text(encoding="utf-8").rstrip().endswith("</html>")]
    home = workspace.edition(EDITION)
    aside = home.with_name(f"{TEMPORARY_PREFIX}old-{EDITION}")  # killed between the two renames
    return found + check_edition(home if home.is_dir() else aside)


def still_running() -> list[int]:
    """Return the processes that the killed ones had started, but for the one kernels are forked from."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            marked = f"{MARK}={os.getpid()}".encode() in (path / "environ").read_bytes().split(b"\0")
            words = (path / "cmdline").read_bytes()
        except OSError:
            continue
        if marked and b"forkserver" in words and _parent_is_a_server(path):
            found.append(int(path.name))
    return found


def _parent_is_a_server(path: Path) -> bool:
    try:
        parent = re.findall(r"^PPid:\s+(\d+)$", (path / "status").read_text(encoding="utf-8"), flags=re.MULTILINE)[0]
        return b"forkserver" in (Path("/proc") / parent / "cmdline").read_bytes()
    except OSError:
        return False


def kill_again_and_again(workspace: Workspace, times: int) -> None:
    """Kill at random moments, and look after each."""
    dice = random.Random(times)  # noqa: S311 - moments of a test
    bad: list[str] = []
    with a_child() as child:
        for number in range(times):
            killed(child, workspace, 1 + number % 2, dice.uniform(0.0, SECONDS))
            bad += partial(workspace)
        until = time.monotonic() + 20
        while (left := still_running()) and time.monotonic() < until:
            time.sleep(0.2)
    assert bad == []
    assert left == []


def test_a_killed_run_leaves_no_partial_page_and_no_process(workspace: Workspace) -> None:
    """Neither among what is kept nor in the edition; workers and kernels end with the process that wanted them."""
    kill_again_and_again(workspace, 4)


@pytest.mark.slow
def test_two_hundred_killed_runs_leave_no_partial_page(workspace: Workspace) -> None:
    """Nor a process."""
    kill_again_and_again(workspace, 200)


def test_what_was_done_before_a_kill_is_not_done_again(unpublished: Workspace) -> None:
    """The next run renders the rest and nothing else; every page is there."""
    place = ["--function", "places", "--workspace", unpublished.root]
    words = [Path(sys.executable).with_name("clusterscore"), "report", "--all", "--workers", "2", *place]
    first = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(done := _kept(unpublished)) < 3:
        assert first.poll() is None
        time.sleep(0.01)
    first.kill()
    first.wait()
    done = _kept(unpublished)
    assert len(done) < 8
    second = subprocess.run(words, capture_output=True, text=True, check=True)
    assert second.stdout.partition("  ")[2].startswith(f"10 pages, {8 - len(done)} rendered now")
    assert check_edition(unpublished.edition(EDITION)) == []
    assert _kept(unpublished) == []
    third = subprocess.run(words, capture_output=True, text=True, check=True)
    assert " 10 pages, 0 rendered now" in third.stdout


def test_a_kept_page_that_was_damaged_is_rendered_again(tmp_path: Path) -> None:
    """It is not what its name says, so it goes; nor is a page taken that was made from something else."""
    page = Page("a.html", "04-cluster.ipynb", {}, "A", "", {}, key="1" * 64)
    kept = Kept(tmp_path)
    kept.put(page, b"<html></html>")
    assert (kept.find(page), kept.missing([page])) == (b"<html></html>", [])
    assert kept.find(replace(page, key="2" * 64)) is None
    (path,) = tmp_path.iterdir()
    path.write_bytes(b"<html>")
    assert kept.missing([page]) == [page]
    assert list(tmp_path.iterdir()) == []


def _kept(workspace: Workspace) -> list[str]:
    return [path.name for path in workspace.pages(EDITION).glob("[!.]*.html")]
