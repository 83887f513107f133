"""An edition is what its manifest says: every change is found and named, and publishing again mends it."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from clusterscore.posterior import store
from tests.command import Command
from tests.edition.whole import CRAFT, EDITION, LAND, Whole
from tests.observations.association import snapshot

Damage = Callable[[Whole], str]


def _edit(path: Path) -> str:
    content = path.read_bytes()
    path.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
    return path.name


def _remove(path: Path) -> str:
    path.unlink()
    return path.name


def _draws(own: Whole) -> Path:
    run = store.current_run(own.workspace, CRAFT, EDITION)
    return own.workspace.posterior(CRAFT, EDITION) / run.id / store.DRAWS


def _an_edited_page(own: Whole) -> str:
    return _edit(own.pages / "clusters" / "C-02.html")


def _an_edited_page_of_the_other_function(own: Whole) -> str:
    return _edit(own.pages / "regions" / "RG-2.html")


def _an_edited_index(own: Whole) -> str:
    return _edit(own.pages / "index.html")


def _a_removed_page(own: Whole) -> str:
    return _remove(own.pages / "clusters" / "C-02.html")


def _a_removed_page_of_the_other_function(own: Whole) -> str:
    return _remove(own.pages / "regions" / "RG-2.html")


def _a_removed_overview(own: Whole) -> str:
    return _remove(own.pages / "clusters.html")


def _a_removed_index(own: Whole) -> str:
    return _remove(own.pages / "index.html")


def _an_added_page(own: Whole) -> str:
    (own.pages / "clusters" / "C-99.html").write_text("<p>Best of all.</p>", encoding="utf-8")
    return "C-99.html"


def _a_removed_manifest(own: Whole) -> str:
    return _remove(own.pages / "manifest.json")


def _edited_scores(own: Whole) -> str:
    path = own.workspace.scores(CRAFT, EDITION) / "scores.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("contradicted", "validated"), encoding="utf-8")
    return path.name


def _removed_scores(own: Whole) -> str:
    return _remove(own.workspace.scores(LAND, EDITION) / "ranks.csv")


def _an_edited_posterior(own: Whole) -> str:
    return _edit(_draws(own))


def _a_removed_posterior(own: Whole) -> str:
    return _remove(_draws(own))


PAGES: tuple[Damage, ...] = (
    _an_edited_page,
    _an_edited_page_of_the_other_function,
    _an_edited_index,
    _a_removed_page,
    _a_removed_page_of_the_other_function,
    _a_removed_overview,
    _a_removed_index,
    _an_added_page,
)
SCORES: tuple[Damage, ...] = (_edited_scores, _removed_scores)
DRAWS: tuple[Damage, ...] = (_an_edited_posterior, _a_removed_posterior)


def _said(damage: Damage) -> str:
    return damage.__name__.replace("_", " ").strip()


def test_the_manifest_holds_the_digest_of_every_page(whole: Whole) -> None:
    """No page is left out, none is named that is not there."""
    content = snapshot(whole.pages)
    manifest = json.loads(content.pop("manifest.json"))
    digests = {name: entry["sha256"] for name, entry in manifest["pages"].items()} | manifest["files"]
    assert digests == {name: hashlib.sha256(page).hexdigest() for name, page in content.items()}


def test_the_manifest_says_what_the_pages_rest_on(whole: Whole) -> None:
    """Posterior, ledger head, tables and whether they are invented, by function."""
    manifest = json.loads((whole.pages / "manifest.json").read_text(encoding="utf-8"))
    runs = {name: store.current_run(whole.workspace, name, EDITION) for name in (CRAFT, LAND)}
    scores = {name: (whole.workspace.scores(name, EDITION) / "scores.json").read_bytes() for name in runs}
    told = ("posterior", "head", "demonstration", "scores")
    assert {name: {key: one[key] for key in told} for name, one in manifest["functions"].items()} == {
        name: {
            "posterior": run.id,
            "head": run.head,
            "demonstration": name == CRAFT,
            "scores": hashlib.sha256(scores[name]).hexdigest(),
        }
        for name, run in runs.items()
    }


def test_a_sound_workspace_passes_the_check(whole: Whole, command: Command) -> None:
    """Each thing that was verified has its line."""
    code, output, messages = command("check", "--workspace", whole.workspace.root)
    assert (code, messages) == (0, "")
    first = [line.partition(": ")[0] for line in output.splitlines()]
    assert first == ["raw", "ledger", *["posterior"] * 4, "scores", "scores", "report"]


@pytest.mark.parametrize("damage", [*PAGES, _a_removed_manifest, *SCORES, *DRAWS], ids=_said)
def test_the_check_finds_every_damage(own: Whole, command: Command, damage: Damage) -> None:
    """It ends in code 2 and names the file, and nothing else."""
    name = damage(own)
    code, output, messages = command("check", "--workspace", own.workspace.root)
    assert (code, output) == (2, "")
    assert name in messages
    assert len(messages.splitlines()) == 1


def test_the_check_names_all_damages_at_once(own: Whole, command: Command) -> None:
    """One check is enough to know everything."""
    names = [damage(own) for damage in (_an_edited_page, _an_added_page, _edited_scores, _an_edited_posterior)]
    _, _, messages = command("check", "--workspace", own.workspace.root)
    assert [name for name in names if name not in messages] == []


@pytest.mark.parametrize("damage", [*PAGES, *SCORES], ids=_said)
def test_publishing_again_mends_every_damage(whole: Whole, own: Whole, command: Command, damage: Damage) -> None:
    """Pages and tables are made from the draws, so that the edition is again what it was, to the byte."""
    damage(own)
    assert command("publication", "--workspace", own.workspace.root)[0] == 0
    assert snapshot(own.workspace.processed / "scores") == snapshot(whole.workspace.processed / "scores")
    assert snapshot(own.pages) == snapshot(whole.pages)


@pytest.mark.parametrize("damage", DRAWS, ids=_said)
def test_no_tables_are_made_from_damaged_draws(own: Whole, command: Command, damage: Damage) -> None:
    """What cannot be mended is refused, and the edition stays as it was."""
    name, before = damage(own), snapshot(own.pages)
    _edited_scores(own)
    code, _, messages = command("publish", "--function", CRAFT, "--workspace", own.workspace.root)
    assert code == 2
    assert name in messages
    assert snapshot(own.pages) == before


def test_an_edition_that_is_computed_again_is_the_same(whole: Whole, command: Command) -> None:
    """Tables from the draws, pages and downloads from the tables, elsewhere; nothing of the edition is touched."""
    before = snapshot(whole.pages)
    code, output, messages = command("check", whole.pages, "--workspace", whole.workspace.root)
    assert code == 0, messages
    assert (
        output.splitlines()[-1]
        == f"made again: {_pages(whole)} pages and {_files(whole)} downloads are the same to the byte"
    )
    assert snapshot(whole.pages) == before


def test_a_forgery_with_a_manifest_of_its_own_is_found_by_computing_again(own: Whole, command: Command) -> None:
    """Digests alone cannot tell: whoever changes a page may change what the manifest says of it."""
    path, page = own.pages / "manifest.json", own.pages / "clusters" / "C-02.html"
    _edit(page)
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["pages"]["clusters/C-02.html"]["sha256"] = hashlib.sha256(page.read_bytes()).hexdigest()
    path.write_text(json.dumps(manifest), encoding="utf-8")
    assert command("check", "--workspace", own.workspace.root)[0] == 0
    code, output, messages = command("check", own.pages, "--workspace", own.workspace.root)
    assert (code, output) == (2, "")
    assert "clusters/C-02.html: made again" in messages


@pytest.mark.parametrize("name", ["1999", "nowhere"])
def test_only_a_published_edition_can_be_computed_again(whole: Whole, command: Command, name: str) -> None:
    """Code 2, and nothing is made."""
    code, _, messages = command("check", whole.pages.with_name(name), "--workspace", whole.workspace.root)
    assert code == 2
    assert "unknown published edition" in messages


def _pages(whole: Whole) -> int:
    return len(list(whole.pages.rglob("*.html")))


def _files(whole: Whole) -> int:
    return len(list((whole.pages / "downloads").iterdir()))
