"""A published edition: all pages in one folder, with a manifest of their digests; whole or not there at all.

Pages are built in a folder beside the edition and renamed into place at the end. A page whose inputs did not change
since it was made is taken over instead of made again; one that a run rendered before it was stopped is not rendered
again either.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from clusterscore.advice import tables as advised
from clusterscore.durable import TEMPORARY_PREFIX, digest_of, fsync_folder, make_folder, write_atomically
from clusterscore.errors import UnknownName
from clusterscore.paths import Workspace
from clusterscore.progress import Progress, silent
from clusterscore.report import downloads
from clusterscore.report.kept import Kept
from clusterscore.report.language import LANGUAGES, ROMANIAN
from clusterscore.report.pages import EditionData, load_edition
from clusterscore.report.planned import Page, in_language, overviews, unit_pages
from clusterscore.report.rendering import Hands, render_all
from clusterscore.scores import tables

MANIFEST: Final = "manifest.json"
INDEX: Final = "index.html"
_INDICES: Final = {INDEX, f"{ROMANIAN}/{INDEX}"}
_SET_ASIDE: Final = f"{TEMPORARY_PREFIX}old-"


@dataclass(frozen=True, slots=True)
class Published:
    """What was published: the edition's index, how many pages it has and how many were rendered now."""

    index: str
    pages: int
    rendered: int
    sha256: str
    bytes: int = field(default=0)


def publish(
    workspace: Workspace,
    function: str,
    edition: int,
    progress: Progress | None = None,
    unit: str | None = None,
    hands: Hands | None = None,
) -> Published:
    """Make all pages of a function and edition, or one unit's page, and put the edition in place.

    Parameters
    ----------
    workspace
        Where scores are read and the edition is written.
    function, edition
        What is published.
    progress
        Told the stage ``pages``.
    unit
        Only this unit's page, leaving the others as they are; None for all pages and the index. Where the edition in
        place rests on another posterior, or there is none, all pages are made: an edition never mixes posteriors.
    hands
        Who renders; None for a process a core.

    Raises
    ------
    NotebookFailed
        Where a page cannot be made; the edition stays as it was, and the next run goes on from here.
    """
    make_folder(workspace.editions)
    with FileLock(workspace.editions / ".lock"):
        return _publish(workspace, function, edition, progress or silent, unit, hands or Hands())


def _publish(
    workspace: Workspace, function: str, edition: int, told: Progress, unit: str | None, hands: Hands
) -> Published:
    home = workspace.edition(edition)
    _clear_up(workspace.editions)
    known = read_manifest(home) if (home / MANIFEST).is_file() else {"functions": {}, "pages": {}}
    data = {name: load_edition(workspace.root, name, edition) for name in {*known["functions"], function}}
    wanted = unit_pages(workspace, data[function], unit)
    alone = unit is not None and known["functions"].get(function, {}).get("posterior") == data[function].run.id
    alone = alone and "files" in known
    pages = wanted if alone else [*unit_pages(workspace, data[function], None), *overviews(workspace, data)]
    kept = Kept(workspace.pages(edition))
    building = Path(tempfile.mkdtemp(dir=workspace.editions, prefix=TEMPORARY_PREFIX))
    try:
        entries, over = _carry_over(home, building, known, pages, None if alone else function)
        stale = [page for page in pages if page.path not in over]
        rendered = render_all(workspace, stale, kept, hands, told)
        entries |= _put(building, stale, kept)
        files = _files(workspace, home, building, known, None if alone else data)
        _finish(workspace, building, data, entries, files)
        _put_in_place(building, home)
        kept.clear()
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    shown = home / (INDEX if unit is None else wanted[0].path)
    return Published(workspace.relative(shown), len(entries), rendered, digest_of(shown), shown.stat().st_size)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of an edition."""
    content: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return content


def check_edition(folder: Path) -> list[str]:
    """Return every page that is not the one the manifest describes, and every file it does not know, in words."""
    if not (folder / MANIFEST).is_file():
        return [f"{folder.name}/{MANIFEST}: absent"]
    manifest, problems = read_manifest(folder), []
    pages = {name: entry["sha256"] for name, entry in manifest["pages"].items()} | manifest.get("files", {})
    for name, recorded in pages.items():
        path = folder / name
        found = digest_of(path) if path.is_file() else "absent"
        if found != recorded:
            problems.append(f"{folder.name}/{name}: SHA-256 is {found}, {MANIFEST} says {recorded}")
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    unknown = sorted(present - set(pages) - {MANIFEST})
    return problems + [f"{folder.name}/{name}: not in {MANIFEST}" for name in unknown]


def rebuild(workspace: Workspace, edition: int, progress: Progress | None = None) -> list[str]:
    """Make every page and download of an edition again, elsewhere, and say in words which is not the same to the byte.

    Raises
    ------
    UnknownName
        Where the edition was not published.
    """
    home = workspace.edition(edition)
    if not (home / MANIFEST).is_file():
        raise UnknownName(
            "published edition", home.name, [path.parent.name for path in workspace.editions.glob(f"[!.]*/{MANIFEST}")]
        )
    known = read_manifest(home)
    data = {name: load_edition(workspace.root, name, edition) for name in known["functions"]}
    pages = [page for here in data.values() for page in unit_pages(workspace, here, None)]
    pages += overviews(workspace, data)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        building, kept = Path(folder), Kept(Path(other))
        render_all(workspace, pages, kept, Hands(), progress or silent)
        entries = _put(building, pages, kept)
        _finish(workspace, building, data, entries, _files(workspace, home, building, known, data))
        again = read_manifest(building)
    return _different(home.name, known, again)


def _different(name: str, known: Mapping[str, Any], again: Mapping[str, Any]) -> list[str]:
    """Return what two manifests of one edition say differently of pages, files and functions."""
    digests = [
        {path: entry["sha256"] for path, entry in one["pages"].items()} | dict(one["files"]) for one in (known, again)
    ]
    said, made = digests
    problems = [
        f"{name}/{path}: made again, its SHA-256 is {made.get(path, 'absent')}, "
        f"{MANIFEST} says {said.get(path, 'absent')}"
        for path in sorted({*said, *made})
        if said.get(path) != made.get(path)
    ]
    return problems + [
        f"{name}/{MANIFEST}: made again, {function} has {key} {value}, not {known['functions'][function].get(key)}"
        for function, one in sorted(again["functions"].items())
        for key, value in one.items()
        if value != known["functions"][function].get(key)
    ]


def _carry_over(
    home: Path, building: Path, known: Mapping[str, Any], pages: list[Page], replaced: str | None
) -> tuple[dict[str, Any], set[str]]:
    """Copy the pages that need not be made again; return their entries and which of the wanted pages are among them."""
    wanted = {page.path: page for page in pages}
    entries: dict[str, Any] = {}
    for path, entry in known["pages"].items():
        if not (home / path).is_file():
            continue
        unchanged = path in wanted and wanted[path].key == entry["key"] and digest_of(home / path) == entry["sha256"]
        other = path not in wanted and path not in _INDICES and entry["function"] != replaced
        if unchanged or other:
            target = building / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(home / path, target)
            entries[path] = entry
    return entries, set(entries) & set(wanted)


def _put(building: Path, pages: list[Page], kept: Kept) -> dict[str, Any]:
    """Write kept pages into the edition that is being built, and return what the manifest says of each."""
    entries: dict[str, Any] = {}
    for page in pages:
        content = kept.take(page)
        write_atomically(building / page.path, content)
        entries[page.path] = {
            "sha256": hashlib.sha256(content).hexdigest(),
            "key": page.key,
            "function": page.parameters["function"],
        }
    return entries


def _files(
    workspace: Workspace, home: Path, building: Path, known: Mapping[str, Any], data: Mapping[str, EditionData] | None
) -> dict[str, str]:
    """Write what can be downloaded of all functions, or take it over where only one page is made; return digests."""
    if data is None:
        shutil.copytree(home / downloads.FOLDER, building / downloads.FOLDER)
        files: dict[str, str] = known["files"]
        return files
    names = [name for _, here in sorted(data.items()) for name in downloads.write(workspace, here, building)]
    names.append(downloads.write_digests(building, names))
    return {name: digest_of(building / name) for name in sorted(names)}


def _finish(
    workspace: Workspace,
    building: Path,
    data: Mapping[str, EditionData],
    entries: dict[str, Any],
    files: Mapping[str, str],
) -> None:
    ordered = [
        f"{here.plural}.html" for _, here in sorted(data.items(), key=lambda pair: (pair[1].function.kind, pair[0]))
    ]
    for language in LANGUAGES:
        present = [in_language(language, path) for path in ordered if in_language(language, path) in entries]
        if present:
            shutil.copy2(building / present[0], building / in_language(language, INDEX))
            entries[in_language(language, INDEX)] = entries[present[0]]
    functions = {
        name: {
            "posterior": here.run.id,
            "head": here.run.head,
            "demonstration": here.run.demonstration,
            "scores": digest_of(workspace.scores(name, here.edition) / tables.MANIFEST),
            **_said_in(workspace, here),
        }
        for name, here in sorted(data.items())
    }
    manifest = {"functions": functions, "pages": dict(sorted(entries.items())), "files": dict(files)}
    write_atomically(building / MANIFEST, (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode())
    building.chmod(0o755)


def _said_in(workspace: Workspace, data: EditionData) -> dict[str, Any]:
    """Return what another edition is compared with: digests of data and document, software, diagnostics in words."""
    run = data.run
    return {
        "document": data.function.digest,
        "version": data.function.version,
        "observations": run.digests["observations"],
        "model": run.digests.get("code", "not recorded"),
        "tables": tables.code(),
        "seed": run.sampler["seed"],
        "software": dict(run.versions),
        "evidence": {name: run.design[name] for name in ("units", "figures", "answers", "raters")},
        "advice": advised.posterior_of(workspace, data.function.function, data.edition),
    }


def _clear_up(editions: Path) -> None:
    """Undo what a killed build left behind: whoever holds the lock builds alone."""
    for left in editions.glob(f"{TEMPORARY_PREFIX}*"):
        home = editions / left.name.removeprefix(_SET_ASIDE)
        if left.name.startswith(_SET_ASIDE) and not home.exists():
            left.rename(home)
        else:
            shutil.rmtree(left, ignore_errors=True)


def _put_in_place(building: Path, home: Path) -> None:
    """Let the new edition take the place of the old one, unless that is the same to the byte."""
    same = (home / MANIFEST).is_file() and (home / MANIFEST).read_bytes() == (building / MANIFEST).read_bytes()
    if same and not check_edition(home):
        shutil.rmtree(building)
        return
    old = home.with_name(f"{_SET_ASIDE}{home.name}")
    if home.exists():
        home.rename(old)
    building.rename(home)
    fsync_folder(home.parent)
    shutil.rmtree(old, ignore_errors=True)
