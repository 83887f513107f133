"""Pages that are no part of an edition: members' own, the staff's on raters, policy briefs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock

from clusterscore.durable import digest_of, make_folder, write_atomically
from clusterscore.paths import Workspace
from clusterscore.progress import Progress, silent
from clusterscore.report.brief import brief_page, file_name
from clusterscore.report.edition import MANIFEST, Published
from clusterscore.report.kept import Kept
from clusterscore.report.language import ENGLISH, LANGUAGES, NAMES, of, say, speaking
from clusterscore.report.member import MemberPage, member_page
from clusterscore.report.notebooks import Value
from clusterscore.report.pages import load_edition
from clusterscore.report.planned import Page, about, kicker, planned
from clusterscore.report.rendering import Hands, render, render_all


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
        page = _page(workspace, member_page(workspace.root, function, edition, member, language), language)
    path = workspace.members(edition) / page.path
    write_atomically(path, render(workspace.root, page).encode())
    return Published(workspace.relative(path), 1, 1, digest_of(path), path.stat().st_size)


def publish_members(
    workspace: Workspace, function: str, edition: int, hands: Hands, progress: Progress | None = None
) -> Published:
    """Make the pages of all members of whom figures came in, in every language, those that did not change left alone.

    Raises
    ------
    NotebookFailed
        Where a page cannot be made; what was made before stays.
    """
    home = workspace.members(edition)
    make_folder(home)
    with FileLock(home / ".lock"):
        return _publish_members(workspace, function, edition, hands, progress or silent)


def _publish_members(workspace: Workspace, function: str, edition: int, hands: Hands, told: Progress) -> Published:
    home = workspace.members(edition)
    pages = _pages(workspace, function, edition)
    known: dict[str, Any] = json.loads((home / MANIFEST).read_text("utf-8")) if (home / MANIFEST).is_file() else {}
    stale = [page for page in pages if not _stands(home, page, known)]
    kept = Kept(home / ".kept")
    rendered = render_all(workspace, stale, kept, hands, told)
    for page in stale:
        content = kept.take(page)
        write_atomically(home / page.path, content)
        known[page.path] = {"sha256": digest_of(home / page.path), "key": page.key, "function": function}
    manifest = home / MANIFEST
    write_atomically(manifest, (json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n").encode())
    kept.clear()
    return Published(workspace.relative(manifest), len(pages), rendered, digest_of(manifest), manifest.stat().st_size)


def _stands(home: Path, page: Page, known: dict[str, Any]) -> bool:
    entry, path = known.get(page.path), home / page.path
    return entry is not None and entry["key"] == page.key and path.is_file() and digest_of(path) == entry["sha256"]


def _pages(workspace: Workspace, function: str, edition: int) -> Sequence[Page]:
    data = load_edition(workspace.root, function, edition)
    pages = []
    for language in LANGUAGES:
        with speaking(language):
            pages += [
                _page(workspace, MemberPage(data, member), language)
                for member in sorted(data.scores.members["member"].unique())
            ]
    return pages


def _page(workspace: Workspace, shown: MemberPage, language: str) -> Page:
    own = about(shown.data, {"member": shown.member, "language": language})
    path = f"{shown.member}{_suffix(language)}.html"
    return planned(workspace, Page(path, "05-member.ipynb", own, shown.name, kicker(shown.data), {}))


def publish_staff(workspace: Workspace, function: str, edition: int) -> list[Published]:
    """Make the page on raters that only staff may read, in every language, in the workspace's private folder.

    Raises
    ------
    NotebookFailed
        Where the page cannot be made.
    """
    data = load_edition(workspace.root, function, edition)
    made = []
    for language in LANGUAGES:
        with speaking(language):
            title = say("{title} {edition}: raters", title=of(data.function.title), edition=str(edition))
            own, line = about(data, {"language": language}), kicker(data)
        made.append(
            _made(workspace, workspace.staff(edition) / f"{function}-raters", "09-staff.ipynb", own, title, line)
        )
    return made


def publish_brief(workspace: Workspace, function: str, edition: int, by: str, value: str) -> list[Published]:
    """Make the policy brief of a place in every language, beside the editions: it is made again at any time.

    Raises
    ------
    UnknownName
        Where there is no such place.
    """
    made = []
    for language in LANGUAGES:
        with speaking(language):
            shown = brief_page(workspace.root, function, edition, by, value, language)
            title = say("Policy brief: {title}", title=shown.title)
            own, line = about(shown.data, {"by": by, "value": value, "language": language}), kicker(shown.data)
        stem = workspace.briefs / f"{function}-{edition}-{file_name(by, value)}"
        made.append(_made(workspace, stem, "08-policy.ipynb", own, title, line))
    return made


def _made(workspace: Workspace, stem: Path, notebook: str, own: dict[str, Value], title: str, line: str) -> Published:
    """Render a page that stands alone but for the one in the other language."""
    language = str(own["language"])
    names = {one: f"{stem.name}{_suffix(one)}.html" for one in LANGUAGES}
    links = {NAMES[one]: name for one, name in names.items() if one != language}
    page = planned(workspace, Page("", notebook, own, title, line, links))
    path = stem.with_name(names[language])
    write_atomically(path, render(workspace.root, page).encode())
    return Published(workspace.relative(path), 1, 1, digest_of(path), path.stat().st_size)


def _suffix(language: str) -> str:
    return "" if language == ENGLISH else f".{language}"
