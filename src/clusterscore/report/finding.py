"""What makes a page easy to find one's way in: addresses of its parts, contents, one script with its digest.

The script is written into each page and allowed by its SHA-256 alone. Without it a page says the same: tables keep the
order in which they were written, and the browser's own search takes the place of ours.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

from markupsafe import Markup

from clusterscore.report.language import say

_SCRIPT: Final = Path(__file__).parent / "template" / "clusterscore" / "page.js"
_HEADING: Final = re.compile(r"<h2>(.*?)</h2>", re.DOTALL)
_TAG: Final = re.compile(r"<[^>]+>")
_CONTENTS: Final = "Contents"
FEWEST: Final = 8
"""Sections from which on a page has contents."""


@cache
def script() -> str:
    """Return the script of every page."""
    return _SCRIPT.read_text(encoding="utf-8")


@cache
def script_source() -> str:
    """Return by which name a page's security policy allows the script: its SHA-256."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()


def findable(text: str, kind: str, identifier: str, *, address: str | None = None, also: str = "") -> Markup:
    """Return text that the search finds and a deep link leads to.

    Parameters
    ----------
    kind
        What it is, as the search says it.
    identifier
        Its address within the page.
    address
        Where it leads, as seen from this page; None where it is what one looks for.
    also
        Other words by which it is found.
    """
    if address is None:
        return Markup('<span id="{}" data-find="{}" data-also="{}">{}</span>').format(identifier, kind, also, text)
    return Markup('<a id="{}" data-find="{}" data-also="{}" href="{}">{}</a>').format(
        identifier, kind, also, address, text
    )


def slug(text: str) -> str:
    """Return a heading as part of an address: small letters without their signs, and hyphens."""
    plain = unicodedata.normalize("NFD", _TAG.sub("", text).lower())
    return (
        re.sub(r"[^a-z0-9]+", "-", "".join(letter for letter in plain if not unicodedata.combining(letter))).strip("-")
        or "section"
    )


def addressed(page: str) -> str:
    """Return a page whose headings have addresses, with contents before the first where it has many.

    Headings are those of notebooks: text that people wrote is escaped and never one.
    """
    taken: dict[str, int] = {}
    entries: list[tuple[str, str]] = []

    def named(match: re.Match[str]) -> str:
        name = slug(match[1])
        taken[name] = taken.get(name, 0) + 1
        name = name if taken[name] == 1 else f"{name}-{taken[name]}"
        entries.append((name, _TAG.sub("", match[1])))
        return f'<h2 id="{name}">{match[1]}</h2>'

    whole = _HEADING.sub(named, page)
    contents = _contents(entries) if len(entries) >= FEWEST else ""
    return whole.replace("<h2 ", f"{contents}<h2 ", 1)


def _contents(entries: list[tuple[str, str]]) -> str:
    items = "".join(f'<li><a href="#{name}">{title}</a></li>' for name, title in entries)
    return f'<nav class="contents" aria-label="{say(_CONTENTS)}"><ol>{items}</ol></nav>'
