"""One command from files to pages: what changed is done again with all that depends on it, and nothing else is."""

import contextlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clusterscore.durable import TEMPORARY_PREFIX
from clusterscore.errors import NotebookFailed
from clusterscore.paths import Workspace
from clusterscore.posterior import store
from clusterscore.posterior.record import TRUSTED, Run
from clusterscore.report import edition, rendering
from clusterscore.report.planned import Page
from clusterscore.scores import tables
from clusterscore.vocabulary import Channel
from tests.command import Command
from tests.edition.whole import CLUSTERS, CRAFT, EDITION, LAND, REGIONS, Whole, correct_a_region
from tests.observations.association import snapshot

MODULES = """
import sys
from clusterscore.cli import main
try:
    main()
finally:
    print(*sys.modules)
"""


def test_publication_ends_with_the_address_of_the_index(whole: Whole) -> None:
    """The last thing said is what to open; the file is there."""
    first, last = whole.output.splitlines()
    assert last.partition("  ")[0] == f"reports/{EDITION}/index.html"
    assert first.partition("  ")[0] == last.partition("  ")[0]
    assert (whole.workspace.root / last.partition("  ")[0]).is_file()


def test_every_unit_has_its_page_and_every_function_its_overview(whole: Whole) -> None:
    """A page in each language; nothing else lies in the edition but its manifest and what can be downloaded."""
    english = {f"clusters/{unit}.html" for unit in CLUSTERS} | {f"regions/{unit}.html" for unit in REGIONS}
    english |= {"clusters.html", "regions.html", "index.html"}
    made = {name for name in snapshot(whole.pages) if not name.startswith("downloads/")}
    assert made == english | {f"ro/{page}" for page in english} | {"manifest.json"}


def test_nothing_unfinished_is_left_behind(whole: Whole) -> None:
    """No temporary file or folder, anywhere in the workspace."""
    assert [path.name for path in whole.workspace.root.rglob(f"{TEMPORARY_PREFIX}*")] == []
    assert whole.editions == [str(EDITION)]


def test_pages_can_be_read_by_a_web_server(whole: Whole) -> None:
    """Everybody may read files and open folders."""
    parts = [whole.pages, *whole.pages.rglob("*")]
    assert [path.name for path in parts if path.stat().st_mode & 0o777 != (0o755 if path.is_dir() else 0o644)] == []


# Again -----------------------------------------------------------------------------------------------


def test_a_second_run_touches_no_file(own: Whole, command: Command) -> None:
    """Every file of the workspace has the bytes and the time that it had."""
    before = _times(own), snapshot(own.workspace.root)
    code, output, _ = command("publication", "--workspace", own.workspace.root)
    assert code == 0
    assert output.count(" 0 rendered now ") == len(output.splitlines()) == 2
    assert snapshot(own.workspace.root) == before[1]
    assert {name for name, time in _times(own).items() if before[0].get(name) != time} == set()


def test_a_second_run_does_without_the_sampler(own: Whole) -> None:
    """Whoever runs it to be sure does not wait until PyMC is imported."""
    words = [sys.executable, "-c", MODULES, "publication", "--workspace", own.workspace.root]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert loaded & {"pymc", "pytensor", "nutpie", "numba", "arviz"} == set()


def test_an_edition_made_again_from_the_same_draws_is_the_same_to_the_byte(own: Whole, command: Command) -> None:
    """Pages and tables depend on neither the place nor the time; the manifest says the same."""
    scores = own.workspace.processed / "scores"
    before = snapshot(own.pages), snapshot(scores)
    shutil.rmtree(own.workspace.editions)
    shutil.rmtree(scores)
    assert command("publication", "--workspace", own.workspace.root)[0] == 0
    assert (snapshot(own.pages), snapshot(scores)) == before


def test_no_page_says_where_it_was_made(whole: Whole) -> None:
    """The folder of the workspace is nobody's business."""
    place = str(whole.workspace.root).encode()
    assert [name for name, content in snapshot(whole.pages).items() if place in content] == []


def test_an_edition_that_cannot_be_finished_leaves_the_old_one(
    own: Whole, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole or not there at all: one bad page is enough."""
    for page in (own.pages / "clusters").iterdir():
        page.write_bytes(b"")
    before, render = snapshot(own.workspace.editions), rendering.render

    def most(root: Path, page: Page) -> str:
        if page.path == "clusters/C-04.html":
            raise NotebookFailed("this page cannot be made")
        return render(root, page)

    monkeypatch.setattr(rendering, "render", most)
    words = ["publish", "--function", CRAFT, "--workers", 1, "--workspace", own.workspace.root]
    code, output, messages = command(*words)
    assert (code, output) == (1, "")
    assert "this page cannot be made" in messages
    assert snapshot(own.workspace.editions) == before


def test_two_functions_published_at_once_lose_no_page(
    own: Whole, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes second waits, or is refused and comes again; nobody's pages vanish."""
    shutil.rmtree(own.workspace.editions)
    words = [Path(sys.executable).with_name("clusterscore"), "publish", "--workspace", own.workspace.root, "--function"]
    make, others = edition.render_all, []

    def meanwhile(workspace: Workspace, *rest: Any) -> int:
        others.append(subprocess.Popen([*words, LAND], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        with contextlib.suppress(subprocess.TimeoutExpired):  # it waits for us
            others[0].wait(timeout=4)
        return make(workspace, *rest)

    monkeypatch.setattr(edition, "render_all", meanwhile)
    assert command("publish", "--function", CRAFT, "--workspace", own.workspace.root)[0] == 0
    expected = {"clusters.html"} if others[0].wait() else {"clusters.html", "regions.html"}
    assert {path.name for path in own.pages.glob("*s.html")} == expected


def test_what_a_killed_run_left_behind_is_no_edition(own: Whole, command: Command) -> None:
    """Neither the pages that were being made nor those that were being replaced are listed or vouched for."""
    for name in (f"{TEMPORARY_PREFIX}old-{EDITION}", f"{TEMPORARY_PREFIX}x5f3k2"):
        shutil.copytree(own.pages, own.workspace.editions / name)
    _, listed, _ = command("status", "--workspace", own.workspace.root)
    _, checked, _ = command("check", "--workspace", own.workspace.root)
    assert [line for line in listed.splitlines() if line.startswith("edition ")] == [f"edition {EDITION}"]
    assert [line for line in checked.splitlines() if line.startswith("report: ")] == [f"report: reports/{EDITION}"]


def test_the_next_run_clears_up_what_a_killed_one_left(own: Whole, command: Command) -> None:
    """Half-made pages go; an edition that was only set aside comes back before anything else happens."""
    shutil.copytree(own.pages, own.workspace.editions / f"{TEMPORARY_PREFIX}x5f3k2")
    own.pages.rename(own.workspace.editions / f"{TEMPORARY_PREFIX}old-{EDITION}")
    code, output, _ = command("publish", "--function", CRAFT, "--workspace", own.workspace.root)
    assert (code, " 0 rendered now " in output) == (0, True)
    assert list(own.workspace.editions.glob(f"{TEMPORARY_PREFIX}*")) == []


def test_tables_are_made_again_when_their_code_changes(
    own: Whole, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the same draws: nothing published rests on code that is no longer there."""
    monkeypatch.setattr(tables, "code", lambda: "other code")
    assert command("scores", "--function", CRAFT, "--workspace", own.workspace.root)[0] == 0
    assert tables.manifest(own.workspace, CRAFT, EDITION)["code"] == "other code"


# After a correction ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def corrected(whole: Whole, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """Return the workspace after one figure of one region was corrected and everything was published again."""
    return correct_a_region(whole.copied(tmp_path_factory.mktemp("corrected") / "workspace"))


def test_what_figures_and_peers_say_alone_stands_beside_the_posterior(whole: Whole, command: Command) -> None:
    """Of the function that has both; from draws of their own, stored and vouched for like the others."""
    runs = store.companions(whole.workspace, _run(whole, CRAFT))
    assert set(runs) == set(Channel)
    assert [run.status for run in runs.values()] == [TRUSTED] * 2
    assert (runs[Channel.FIGURES].design["answers"], runs[Channel.PEERS].design["figures"]) == (0, 0)
    assert store.companions(whole.workspace, _run(whole, LAND)) == {}
    _, checked, _ = command("check", "--workspace", whole.workspace.root)
    for channel, run in runs.items():
        assert f"posterior: {CRAFT} {EDITION} {channel} alone {run.id}" in checked.splitlines()
    said = tables.read(whole.workspace, CRAFT, EDITION).validation
    assert said.loc[said["year"] == EDITION, ["figures_alone_mean", "peers_alone_mean"]].notna().all(axis=None)


def test_a_correction_gives_its_function_a_posterior_of_its_own(whole: Whole, corrected: Whole) -> None:
    """Another ledger head, another id, the old posterior as its parent and still on disk."""
    old, new = _run(whole, LAND), _run(corrected, LAND)
    assert (old.head != new.head, old.id != new.id, new.parent) == (True, True, old.id)
    assert int(new.head.partition(":")[0]) > int(old.head.partition(":")[0])
    assert (corrected.workspace.posterior(LAND, EDITION) / old.id / store.DRAWS).is_file()


def test_a_correction_renews_every_page_of_its_function(whole: Whole, corrected: Whole) -> None:
    """A score is relative to the others, and each page names the ledger head."""
    old, new = snapshot(whole.pages / "regions"), snapshot(corrected.pages / "regions")
    assert [name for name in old if old[name] == new[name]] == []
    assert (whole.pages / "regions.html").read_bytes() != (corrected.pages / "regions.html").read_bytes()


def test_a_correction_leaves_other_functions_alone(whole: Whole, corrected: Whole) -> None:
    """The clusters were not drawn again; of their pages only the overview, which shows the regions, was made again."""
    assert _run(whole, CRAFT) == _run(corrected, CRAFT)
    for folder in ("clusters", "ro/clusters"):
        assert snapshot(whole.pages / folder) == snapshot(corrected.pages / folder)
    rendered = [int(count) for count in re.findall(r" (\d+) rendered now ", corrected.output)]
    assert (len(rendered), sum(rendered)) == (2, 2 * len(REGIONS) + 4)


def test_a_corrected_workspace_passes_the_check(corrected: Whole, command: Command) -> None:
    """The manifest names the new posterior."""
    manifest = json.loads((corrected.pages / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["functions"][LAND]["posterior"] == _run(corrected, LAND).id
    assert command("check", "--workspace", corrected.workspace.root)[0] == 0


def test_the_manifest_names_the_posterior_on_which_the_tables_rest(
    whole: Whole, corrected: Whole, command: Command, tmp_path: Path
) -> None:
    """Drawn again and not scored yet, while another function is published: the pages still rest on the old draws."""
    own, old = corrected.copied(tmp_path / "own"), _run(whole, LAND)
    store.make_current(own.workspace, old)  # now the tables are those of another posterior than the current one
    assert command("publish", "--function", CRAFT, "--workspace", own.workspace.root)[0] == 0
    manifest = json.loads((own.pages / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["functions"][LAND]["posterior"] == tables.manifest(own.workspace, LAND, EDITION)["posterior"]


def _times(whole: Whole) -> dict[str, int]:
    root: Path = whole.workspace.root
    return {path.relative_to(root).as_posix(): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


def _run(whole: Whole, function: str) -> Run:
    return store.current_run(whole.workspace, function, EDITION)
