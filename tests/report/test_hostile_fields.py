"""Which fields people write, and that what stands in them reaches the pages that are opened in Chromium."""

from dataclasses import dataclass

import pandas as pd
import pytest

from clusterscore.paths import Workspace
from clusterscore.scores.schema import SCHEMAS
from tests.report import hostile
from tests.report.payloads import PAYLOADS
from tests.report.reading import Page

ON_PAGES = {
    *("name", "region", "sector", "country", "measure", "reason", "register", "en", "ro", "source", "why"),
    *("advice text", "advice because", "advice said", "advice found", "advice source"),
}


@dataclass(frozen=True)
class Marks(hostile.Words):
    """Says in each field which it is."""

    def __call__(self, field: str, value: str = "") -> str:  # noqa: ARG002 - one word for all
        """Return the field's name."""
        return f"<mark-of {field.removesuffix('_en').removesuffix('_ro')}>"


def test_every_text_that_is_published_is_known_to_be_ours_or_theirs() -> None:
    """A new column of free text belongs to one of the two lists; a stale entry does too."""
    free = {
        (table, name)
        for table, schema in SCHEMAS.items()
        for name, column in schema.columns.items()
        if (column.dtype is None or pd.api.types.is_string_dtype(column.dtype.type))
        and not {check.name for check in column.checks} & {"str_matches", "isin"}
    }
    theirs = {(table, name) for table, columns in hostile.WRITTEN.items() for name in columns}
    assert free | {("quotients", "region"), ("quotients", "sector")} == theirs | hostile.OURS


def test_what_people_write_reaches_the_pages(unpublished: Workspace) -> None:
    """Else the hostile strings would test nothing; every one is text there."""
    pages = dict(hostile.pages(unpublished, Marks(0)))
    whole = "".join(pages.values())
    assert {field for field in ON_PAGES if f"&lt;mark-of {field}&gt;" not in whole} == set()
    assert "<mark-of" not in whole


@pytest.mark.parametrize("turn", [0, len(PAYLOADS) // 2])
def test_no_page_has_a_tag_that_nobody_of_ours_wrote(unpublished: Workspace, turn: int) -> None:
    """All kinds of pages, as a parser reads them."""
    found = {name: Page(html).strangers() for name, html in hostile.pages(unpublished, hostile.Words(turn))}
    assert {name: strange for name, strange in found.items() if strange} == {}
