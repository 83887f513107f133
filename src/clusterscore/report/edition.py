"""A published edition: all pages in one folder, with a manifest of their digests; whole or not there at all.

Pages are built in a folder beside the edition and renamed into place at the end. A page whose inputs did not change
since it was made is taken over instead of made again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from clusterscore import paths
from clusterscore.advice import tables as advised
from clusterscore.durable import TEMPORARY_PREFIX, digest_of, fsync_folder, make_folder, write_atomically
from clusterscore.errors import UnknownName
from clusterscore.paths import Workspace
from clusterscore.progress import Progress, silent
from clusterscore.report import downloads
from clusterscore.report.brief import brief_page, file_name
from clusterscore.report.language import ENGLISH, LANGUAGES, NAMES, ROMANIAN, of, say, speaking
from clusterscore.report.member import member_page
from clusterscore.report.notebooks import Value, run
from clusterscore.report.pages import EditionData, load_edition
from clusterscore.report.render import to_html
from clusterscore.scores import tables
from clusterscore.vocabulary import Kind

MANIFEST: Final = "manifest.json"
INDEX: Final = "index.html"
_INDICES: Final = {INDEX, f"{ROMANIAN}/{INDEX}"}
_SET_ASIDE: Final = f"{TEMPORARY_PREFIX}old-"
_WORKERS: Final = 2
_CODE: Final = Path(__file__).parent
_SOURCES: Final = {".py", ".j2", ".css", ".js", ".json", ".yml"}
_OVERVIEW: Final = "07-edition.ipynb"


@dataclass(frozen=True, slots=True)
class Page:
    """One page to be made.

    Attributes
    ----------
    path
        Where it stands within the edition.
    notebook
        Which notebook shows it.
    parameters
        The notebook's parameters but for the workspace.
    title, kicker, links
        What the template writes around the notebook.
    key
        Digest of everything the page is made from.
    language
        In which it speaks.
    """

    path: str
    notebook: str
    parameters: Mapping[str, Value]
    title: str
    kicker: str
    links: Mapping[str, str]
    key: str
    language: str = ENGLISH


@dataclass(frozen=True, slots=True)
class Published:
    """What was published: the edition's index, how many pages it has and how many were rendered now."""

    index: str
    pages: int
    rendered: int
    sha256: str
    bytes: int = field(default=0)


def publish(
    workspace: Workspace, function: str, edition: int, progress: Progress | None = None, unit: str | None = None
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

    Raises
    ------
    NotebookFailed
        Where a page cannot be made; the edition stays as it was.
    """
    make_folder(workspace.editions)
    with FileLock(workspace.editions / ".lock"):
        return _publish(workspace, function, edition, progress or silent, unit)


def _publish(workspace: Workspace, function: str, edition: int, told: Progress, unit: str | None) -> Published:
    home = workspace.edition(edition)
    _clear_up(workspace.editions)
    known = read_manifest(home) if (home / MANIFEST).is_file() else {"functions": {}, "pages": {}}
    data = {name: load_edition(workspace.root, name, edition) for name in {*known["functions"], function}}
    wanted = _unit_pages(workspace, data[function], unit)
    alone = unit is not None and known["functions"].get(function, {}).get("posterior") == data[function].run.id
    alone = alone and "files" in known
    pages = wanted if alone else [*_unit_pages(workspace, data[function], None), *_overviews(workspace, data)]
    building = Path(tempfile.mkdtemp(dir=workspace.editions, prefix=TEMPORARY_PREFIX))
    try:
        entries, rendered = _carry_over(home, building, known, pages, None if alone else function)
        entries |= make(workspace, building, [page for page in pages if page.path not in rendered], told)
        files = _files(workspace, home, building, known, None if alone else data)
        _finish(workspace, building, data, entries, files)
        _put_in_place(building, home)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    shown = home / (INDEX if unit is None else wanted[0].path)
    return Published(
        workspace.relative(shown), len(entries), len(pages) - len(rendered), digest_of(shown), shown.stat().st_size
    )


def publish_member(workspace: Workspace, function: str, edition: int, member: str, language: str) -> Published:
    """Make the page of one member, in the workspace's private folder: it is for that member only.

    Raises
    ------
    UnknownName
        Where nothing is known of the member.
    NotebookFailed
        Where the page cannot be made.
    """
    with speaking(language):
        about = member_page(workspace.root, function, edition, member, language)
        title, kicker = about.name, _kicker(about.data)
    own: dict[str, Value] = {"member": member, "language": language}
    suffix = "" if language == ENGLISH else f".{language}"
    page = _page(workspace, about.data, f"{member}{suffix}.html", "05-member.ipynb", own, title, {}, kicker)
    path = workspace.members(edition) / page.path
    write_atomically(path, _render(workspace, page).encode())
    return Published(workspace.relative(path), 1, 1, digest_of(path), path.stat().st_size)


def publish_staff(workspace: Workspace, function: str, edition: int) -> Published:
    """Make the page on raters that only staff may read, in the workspace's private folder.

    Raises
    ------
    NotebookFailed
        Where the page cannot be made.
    """
    data = load_edition(workspace.root, function, edition)
    title = f"{data.function.title.en} {edition}: raters"
    page = _page(workspace, data, "", "09-staff.ipynb", {}, title, {}, _kicker(data))
    path = workspace.staff(edition) / f"{function}-raters.html"
    write_atomically(path, _render(workspace, page).encode())
    return Published(workspace.relative(path), 1, 1, digest_of(path), path.stat().st_size)


def publish_brief(workspace: Workspace, function: str, edition: int, by: str, value: str) -> Published:
    """Make the policy brief of a place, beside the editions: it belongs to none and is made again at any time.

    Raises
    ------
    UnknownName
        Where there is no such place.
    """
    about = brief_page(workspace.root, function, edition, by, value)
    own: dict[str, Value] = {"by": by, "value": value}
    page = _page(
        workspace, about.data, "", "08-policy.ipynb", own, f"Policy brief: {about.title}", {}, _kicker(about.data)
    )
    path = workspace.briefs / f"{function}-{edition}-{file_name(by, value)}.html"
    write_atomically(path, _render(workspace, page).encode())
    return Published(workspace.relative(path), 1, 1, digest_of(path), path.stat().st_size)


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
    pages = [page for here in data.values() for page in _unit_pages(workspace, here, None)]
    with tempfile.TemporaryDirectory() as folder:
        building = Path(folder)
        entries = make(workspace, building, [*pages, *_overviews(workspace, data)], progress or silent)
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


def _kicker(data: EditionData) -> str:
    kicker = say("{title} · edition {edition}", title=of(data.function.title), edition=data.edition)
    return kicker + (say(" · demonstration") if data.run.demonstration else "")


def _unit_pages(workspace: Workspace, data: EditionData, unit: str | None) -> list[Page]:
    units = list(data.current["unit"])
    if unit is not None and unit not in units:
        raise UnknownName(f"{data.function.kind} with a score in {data.edition}", unit, units)
    chosen = units if unit is None else [unit]
    return [unit_page(workspace, data, name, language) for language in LANGUAGES for name in chosen]


def unit_page(workspace: Workspace, data: EditionData, unit: str, language: str) -> Page:
    """Return the page of one unit in one language, with a link to the other."""
    notebook = "06-management.ipynb" if data.function.kind is Kind.TEAM else "04-cluster.ipynb"
    with speaking(language):
        back = say("← All {plural} of edition {edition}", plural=say(data.plural), edition=data.edition)
        kicker = _kicker(data)
    here = f"{data.plural}/{unit}.html"
    links = {back: f"../{data.plural}.html", NAMES[ROMANIAN]: f"../{ROMANIAN}/{here}"}
    if language != ENGLISH:
        links = {back: f"../{data.plural}.html", NAMES[ENGLISH]: f"../../{here}"}
        here = _in(language, here)
    own: dict[str, Value] = {"unit": unit, "language": language}
    return _page(workspace, data, here, notebook, own, data.names[unit], links, kicker)


def _overviews(workspace: Workspace, data: Mapping[str, EditionData]) -> list[Page]:
    return [overview(workspace, data, name, language) for language in LANGUAGES for name, _ in sorted(data.items())]


def overview(workspace: Workspace, data: Mapping[str, EditionData], name: str, language: str) -> Page:
    """Return the overview of one function in one language, with links to the others and to the other language."""
    here = data[name]
    path = f"{here.plural}.html"
    with speaking(language):
        title, kicker = f"{of(here.function.title)} {here.edition}", _kicker(here)
        links = {of(one.function.title): f"{one.plural}.html" for key, one in sorted(data.items()) if key != name}
    other = {NAMES[ROMANIAN]: f"{ROMANIAN}/{path}"} if language == ENGLISH else {NAMES[ENGLISH]: f"../{path}"}
    own: dict[str, Value] = {"language": language}
    return _page(workspace, here, _in(language, path), _OVERVIEW, own, title, links | other, kicker)


def _in(language: str, path: str) -> str:
    """Return where a page of an edition lies in a language."""
    return path if language == ENGLISH else f"{language}/{path}"


def _page(  # noqa: PLR0913, PLR0917 - all that a page is made from
    workspace: Workspace,
    data: EditionData,
    path: str,
    notebook: str,
    own: Mapping[str, Value],
    title: str,
    links: Mapping[str, str],
    kicker: str,
) -> Page:
    parameters: dict[str, Value] = {"function": data.function.function, "edition": data.edition, **own}
    total = hashlib.sha256(json.dumps([parameters, title, kicker, dict(links)], sort_keys=True).encode())
    sources = [paths.notebooks() / notebook, workspace.scores(data.function.function, data.edition) / tables.MANIFEST]
    sources += sorted(source for source in _CODE.rglob("*") if source.suffix in _SOURCES)
    sources += sorted(workspace.catalogue.glob("*.yml"))
    if notebook == _OVERVIEW:
        sources += sorted(workspace.processed.glob("scores/*/*/scores.json"))
        sources += sorted(workspace.processed.glob("advice/*/*/advice.json"))
    for source in sources:
        total.update(source.read_bytes())
    total.update(data.function.digest.encode())
    language = str(own.get("language", ENGLISH))
    return Page(path, notebook, parameters, title, kicker, links, total.hexdigest(), language)


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


def make(workspace: Workspace, building: Path, pages: list[Page], told: Progress) -> dict[str, Any]:
    """Render pages into a folder, two at a time, and return what the manifest says of each."""
    entries: dict[str, Any] = {}
    with ThreadPoolExecutor(_WORKERS) as pool:
        jobs = {pool.submit(_render, workspace, page): page for page in pages}
        try:
            for job in as_completed(jobs):
                page = jobs[job]
                target = building / page.path
                write_atomically(target, job.result().encode())
                entries[page.path] = {
                    "sha256": digest_of(target),
                    "key": page.key,
                    "function": page.parameters["function"],
                }
                told("pages", len(entries) / len(pages))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    told("pages", 1.0)
    return entries


def _render(workspace: Workspace, page: Page) -> str:
    executed = run(paths.notebooks() / page.notebook, {"workspace": str(workspace.root), **page.parameters})
    return to_html(executed, page.title, page.kicker, page.links, page.language)


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
    overviews = [
        f"{here.plural}.html" for _, here in sorted(data.items(), key=lambda pair: (pair[1].function.kind, pair[0]))
    ]
    for language in LANGUAGES:
        present = [_in(language, path) for path in overviews if _in(language, path) in entries]
        if present:
            shutil.copy2(building / present[0], building / _in(language, INDEX))
            entries[_in(language, INDEX)] = entries[present[0]]
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
