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
from clusterscore.report.language import ENGLISH, LANGUAGES, speaking
from clusterscore.report.member import MemberPage, member_page
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
    suffix = "" if language == ENGLISH else f".{language}"
    own = about(shown.data, {"member": shown.member, "language": language})
    path = f"{shown.member}{suffix}.html"
    return planned(workspace, Page(path, "05-member.ipynb", own, shown.name, kicker(shown.data), {}))


def publish_staff(workspace: Workspace, function: str, edition: int) -> Published:
    """Make the page on raters that only staff may read, in the workspace's private folder.

    Raises
    ------
    NotebookFailed
        Where the page cannot be made.
    """
    data = load_edition(workspace.root, function, edition)
    title = f"{data.function.title.en} {edition}: raters"
    page = planned(workspace, Page("", "09-staff.ipynb", about(data, {}), title, kicker(data), {}))
    path = workspace.staff(edition) / f"{function}-raters.html"
    write_atomically(path, render(workspace.root, page).encode())
    return Published(workspace.relative(path), 1, 1, digest_of(path), path.stat().st_size)


def publish_brief(workspace: Workspace, function: str, edition: int, by: str, value: str) -> Published:
    """Make the policy brief of a place, beside the editions: it belongs to none and is made again at any time.

    Raises
    ------
    UnknownName
        Where there is no such place.
    """
    shown = brief_page(workspace.root, function, edition, by, value)
    own = about(shown.data, {"by": by, "value": value})
    line = kicker(shown.data)
    page = planned(workspace, Page("", "08-policy.ipynb", own, f"Policy brief: {shown.title}", line, {}))
    path = workspace.briefs / f"{function}-{edition}-{file_name(by, value)}.html"
    write_atomically(path, render(workspace.root, page).encode())
    return Published(workspace.relative(path), 1, 1, digest_of(path), path.stat().st_size)
