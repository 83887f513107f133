"""The published pages in a real browser: on a phone and on a desk, by day and by night, and on paper."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clusterscore import publishing
from clusterscore.paths import Workspace
from clusterscore.report.private import publish_brief
from clusterscore.scores import tables
from clusterscore.vocabulary import Verdict
from tests.browser.among_others import BOTH, write
from tests.edition.whole import CLUSTERS, CRAFT, EDITION, LAND, Whole

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        os.environ.get("CLUSTERSCORE_BROWSER") != "1",
        reason="set CLUSTERSCORE_BROWSER=1, with Chromium, Node and `npm ci --prefix tests/browser`",
    ),
]

DRIVER = Path(__file__).with_name("look.mjs")
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
WIDTHS = [320, 390, 1280]  # the first is that at which WCAG 1.4.10 asks for reflow
SCHEMES = ["light", "dark"]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LIGHT, HEAVIEST = 350_000, 1_000_000  # bytes of a first page, and of any
SECONDS = 600
UNITS = [*(f"clusters/{unit}.html" for unit in CLUSTERS), "regions/RG-1.html"]
ROMANIAN = ["ro/index.html", "ro/regions.html", "ro/clusters/C-06.html", "ro/regions/RG-1.html"]
PAGES = ["index.html", "regions.html", *UNITS, *ROMANIAN]
BESIDE = ["staff", "staff in Romanian", "brief", "brief in Romanian", *BOTH]
PRINTED = "clusters/C-06.html"


WRONG = """<!DOCTYPE html><html><title>Wrong</title><p style="width: 3000px; color: #ccc; background: #fff">Pale</p>
<table style="width: 2000px"><caption><span>Wide</span></caption><tr><td></table>
<img src="http://127.0.0.1:9/picture.png"><script>alert(1)</script></html>"""


@dataclass(frozen=True)
class Seen:
    """What the browser saw.

    Attributes
    ----------
    read
        A record per page: title, what it said on the console, what it asked for.
    views
        A record per page, size of the screen and colour scheme: what axe found.
    reached
        A record per page and width of the screen, folded and unfolded: width of the page, captions out of sight.
    sheets
        A record per page: tables and pictures that would be cut on paper, and how many were looked at.
    """

    read: list[dict[str, Any]]
    views: list[dict[str, Any]]
    reached: list[dict[str, Any]]
    sheets: list[dict[str, Any]]


def look(pages: Iterable[Path], paper: Mapping[str, str] | None = None) -> Seen:
    """Return what Chromium sees of pages; some of them also go to paper."""
    asked = {
        "chromium": _program("chromium", "chromium-browser", "google-chrome"),
        "pages": [str(page) for page in pages],
        "sizes": [PHONE, DESK],
        "widths": WIDTHS,
        "schemes": SCHEMES,
        "tags": TAGS,
        "paper": paper or {},
    }
    words, folder = [_program("node"), DRIVER.name], DRIVER.parent
    done = subprocess.run(
        words, input=json.dumps(asked), cwd=folder, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    if done.returncode:
        pytest.fail(f"{DRIVER.name} ended in {done.returncode}: {done.stderr[-3000:]}")
    return Seen(**json.loads(done.stdout))


def _program(*names: str) -> str:
    """Return the path of the first program that is installed; that none is, is a failure and no reason to skip."""
    found = [path for name in names if (path := shutil.which(name))]
    if not found:
        pytest.fail(f"CLUSTERSCORE_BROWSER is set and there is no {' or '.join(names)}")
    return found[0]


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where a printed page goes."""
    return tmp_path_factory.mktemp("paper") / "page.pdf"


@pytest.fixture(scope="module")
def beside(whole: Whole, scored_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return pages beside the small edition: the staff's on raters, a policy brief, a member's, a team's."""
    apart = write(scored_workspace, tmp_path_factory.mktemp("apart") / "pages")
    own = whole.copied(tmp_path_factory.mktemp("beside") / "workspace").workspace
    made = [*publishing.staff(own, CRAFT, EDITION), *publish_brief(own, CRAFT, EDITION, "all", "")]
    return [*(own.root / page.index for page in made), *apart]


@pytest.fixture(scope="module")
def seen(whole: Whole, pdf: Path, beside: list[Path]) -> Seen:
    """Return what Chromium sees of the small edition, and of what is made beside it."""
    return look([*(whole.pages / name for name in PAGES), *beside], {str(whole.pages / PRINTED): str(pdf)})


def _short(record: dict[str, Any]) -> str:
    return "/".join(Path(record["path"]).parts[-2:])


def test_every_page_is_seen_at_every_size_and_in_every_scheme(seen: Seen) -> None:
    """What the tests below find empty was looked at: axe had rules to pass, and the night is dark."""
    looked = {(_short(v), v["width"], v["scheme"]) for v in seen.views}
    assert len(seen.views) == len([*PAGES, *BESIDE]) * 2 * len(SCHEMES)
    assert {(size, scheme) for _, size, scheme in looked} == {(s, n) for s in (390, 1280) for n in SCHEMES}
    assert min(view["passes"] for view in seen.views) > 20
    assert {(view["scheme"], view["background"]) for view in seen.views} == {
        ("light", "rgb(255, 255, 255)"),
        ("dark", "rgb(20, 23, 26)"),
    }


def test_the_browser_sees_what_is_wrong(tmp_path: Path) -> None:
    """Each thing that the tests below forbid is found on a page that does it."""
    (tmp_path / "wrong.html").write_text(WRONG, encoding="utf-8")
    seen = look([tmp_path / "wrong.html"])
    found = {violation["id"] for view in seen.views for violation in view["violations"]}
    assert {"color-contrast", "html-has-lang", "image-alt", "landmark-one-main"} <= found
    assert min(reached["width"] for reached in seen.reached) > 1280
    assert seen.reached[0]["captions"] == ["Wide"]
    (sheet,) = seen.sheets
    assert sheet["cut"] == ["TABLE Wide"]
    (read,) = seen.read
    assert read["dialogs"] == ["1"]
    assert "http://127.0.0.1:9/picture.png" in read["requests"]
    assert any(message.startswith("error: ") for message in read["messages"])


def test_the_pages_that_are_seen_show_every_verdict(whole: Whole) -> None:
    """Each has colours of its own."""
    scores = tables.read(whole.workspace, CRAFT, EDITION).scores
    assert set(scores[scores["year"] == EDITION]["verdict"]) == {str(verdict) for verdict in Verdict}


def test_axe_finds_nothing(seen: Seen) -> None:
    """WCAG 2.2 at level AA and axe's best practice, with all tables unfolded."""
    found = [(_short(v), v["width"], v["scheme"], v["violations"]) for v in seen.views if v["violations"]]
    assert found == []


def test_no_page_is_wider_than_the_screen(seen: Seen) -> None:
    """On a phone only tables move sideways, each within its own frame."""
    assert [(_short(r), r["screen"], r["width"]) for r in seen.reached if r["width"] > r["screen"]] == []
    assert len(seen.reached) == len([*PAGES, *BESIDE]) * len(WIDTHS) * 2


def test_what_a_table_is_about_is_read_without_moving_it(seen: Seen) -> None:
    """On a phone a table is wider than the screen, and its caption is not."""
    assert [(_short(r), r["screen"], r["captions"]) for r in seen.reached if r["captions"]] == []


def test_nothing_is_cut_on_paper(seen: Seen) -> None:
    """Tables and pictures lie within the text of a sheet of A4, and no picture is taller than one."""
    assert [(_short(sheet), sheet["cut"]) for sheet in seen.sheets if sheet["cut"]] == []
    assert len(seen.sheets) == len([*PAGES, *BESIDE])
    assert min(sheet["looked"] for sheet in seen.sheets) > 0


def test_the_console_stays_silent(seen: Seen) -> None:
    """No error, no warning, nothing that the page's own security policy had to stop, no dialog of a hostile name."""
    assert [(_short(r), r["messages"], r["dialogs"]) for r in seen.read if r["messages"] or r["dialogs"]] == []


def test_a_page_asks_for_nothing_but_itself(seen: Seen) -> None:
    """It opens offline; pictures are inside."""
    asked = {_short(r): [url for url in r["requests"] if not url.startswith("data:")] for r in seen.read}
    assert {name: urls for name, urls in asked.items() if len(urls) != 1 or not urls[0].startswith("file://")} == {}


def test_a_title_is_the_name_as_it_was_written(seen: Seen) -> None:
    """The browser itself read it: markup in a name has stayed text."""
    titles = {_short(r): r["title"] for r in seen.read}
    assert {f"clusters/{unit}.html": name for unit, name in CLUSTERS.items()}.items() <= titles.items()


@pytest.mark.parametrize("name", ["index.html", "regions.html", "ro/index.html", "ro/regions.html"])
def test_the_index_is_light(whole: Whole, name: str) -> None:
    """It opens at once on a telephone."""
    assert (whole.pages / name).stat().st_size <= LIGHT


def test_no_page_is_heavy(whole: Whole, beside: list[Path]) -> None:
    """Pictures are inside, and drawn in few lines; the pages beside the edition count too."""
    pages = [*whole.pages.rglob("*.html"), *beside]
    assert len(pages) > len(PAGES)
    assert [path.name for path in pages if path.stat().st_size > HEAVIEST] == []


@pytest.mark.usefixtures("seen")
def test_a_page_can_be_printed(whole: Whole, pdf: Path) -> None:
    """The headline is on the paper: name, score, ranks and verdict; links of the screen are not."""
    scores = tables.read(whole.workspace, CRAFT, EDITION).scores
    row = scores[(scores["unit"] == Path(PRINTED).stem) & (scores["year"] == EDITION)].iloc[0]
    words = [_program("pdftotext"), "-layout", pdf, "-"]
    text = " ".join(subprocess.run(words, capture_output=True, text=True, check=True).stdout.split())
    assert CLUSTERS[row["unit"]].split(" W")[0] in text
    assert f"{row['score_median']:.0f} of 100" in text
    assert f"of {len(CLUSTERS)} clusters" in text
    assert f"peers' verdict: {row['verdict']}" in text
    assert "Skip to content" not in text
    assert LAND.title() not in text
