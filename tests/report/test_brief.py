"""A policy brief speaks about one place, and its file has a name that nobody wrote."""

import re
import shutil
from pathlib import Path

import pytest

from clusterscore.errors import UnknownName
from clusterscore.paths import Workspace
from clusterscore.report.brief import brief_page, file_name
from clusterscore.report.private import publish_brief
from tests.report import handmade
from tests.report.payloads import PAYLOADS


@pytest.mark.parametrize("value", [*PAYLOADS, "../../etc/passwd", "RO11"])
def test_the_name_of_a_file_holds_nothing_that_people_wrote(value: str) -> None:
    """Small letters, digits and hyphens."""
    assert re.fullmatch(r"region-[a-z0-9-]{1,50}", file_name("region", value))
    assert len({file_name("region", value), file_name("region", value + "x"), file_name("all", "")}) == 3


def test_an_unknown_place_is_refused_with_those_that_are_known(scored_workspace: Workspace) -> None:
    """So is another way of dividing."""
    with pytest.raises(UnknownName, match="Atlantis"):
        brief_page(scored_workspace.root, "small", handmade.EDITION, "region", "Atlantis")
    with pytest.raises(UnknownName, match="colour"):
        brief_page(scored_workspace.root, "small", handmade.EDITION, "colour", "red")


def test_a_brief_in_romanian_is_in_romanian(scored_workspace: Workspace, tmp_path: Path) -> None:
    """Sentences, headings and numbers; each language leads to the other, and says which one it is."""
    root = Path(shutil.copytree(scored_workspace.root, tmp_path / "own"))
    english, romanian = publish_brief(Workspace.find(root), "small", handmade.EDITION, "all", "")
    assert (english.index, romanian.index) == tuple(
        f"briefs/small-{handmade.EDITION}-all{suffix}.html" for suffix in ("", ".ro")
    )
    pages = {one.index: (root / one.index).read_text(encoding="utf-8") for one in (english, romanian)}
    assert '<html lang="en">' in pages[english.index]
    assert '<html lang="ro">' in pages[romanian.index]
    assert f'href="small-{handmade.EDITION}-all.ro.html">Română</a>' in pages[english.index]
    assert f'href="small-{handmade.EDITION}-all.html">English</a>' in pages[romanian.index]
    for word in (
        "Notă de politici publice",
        "Verdictele evaluatorilor",
        "Unde sunt puține dovezi",
        "au un scor în ediția",
    ):
        assert word in pages[romanian.index]
        assert word not in pages[english.index]
    for word in ("Where is evidence thin", "Which instruments cost money", "rank interval"):
        assert word in pages[english.index]
        assert word not in pages[romanian.index]


def test_a_brief_of_all_holds_all_and_says_where_evidence_is_thin(scored_workspace: Workspace) -> None:
    """Without advice it says that nothing is recommended, and does not fail."""
    page = brief_page(scored_workspace.root, "small", handmade.EDITION, "all", "")
    assert set(page.units["unit"]) == set(page.data.current["unit"])
    assert "instrument" in page.financial()._repr_html_()
    known = page.data.scores.validation
    few = known[(known["year"] == handmade.EDITION) & (known["n_raters"] < page.data.minimum_raters)]["unit"]
    assert set(few) <= set(page._thin)
