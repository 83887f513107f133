"""A page can be walked through: addresses, contents, one script that is allowed by its digest alone."""

import base64
import hashlib

from clusterscore.report.finding import FEWEST, addressed, findable, script, script_source
from tests.report.payloads import PAYLOADS
from tests.report.reading import Page


def test_every_heading_has_an_address_of_its_own() -> None:
    """Two headings of the same words are told apart."""
    page = Page(addressed("<h2>Who moved?</h2><h2>Who moved?</h2>"))
    assert [each.attributes["id"] for each in page.all("h2")] == ["who-moved", "who-moved-2"]


def test_a_long_page_has_contents_and_a_short_one_has_none() -> None:
    """They stand before the first part and lead to each."""
    long = Page(addressed("<p>first</p>" + "".join(f"<h2>Part {n}</h2>" for n in range(FEWEST))))
    assert long.hrefs == [f"#part-{n}" for n in range(FEWEST)]
    assert [each.tag for each in long.elements].index("nav") == 1
    assert Page(addressed("<h2>Part</h2>")).all("nav") == []


def test_an_address_has_no_signs_that_only_one_language_has() -> None:
    """A heading in Romanian leads to letters that every browser writes the same."""
    page = Page(addressed("<h2>Cine s-a mișcat în țară?</h2>"))
    assert [each.attributes["id"] for each in page.all("h2")] == ["cine-s-a-miscat-in-tara"]


def test_what_people_wrote_cannot_leave_its_place() -> None:
    """Not by a name, an address or another word by which it is found."""
    for text in PAYLOADS:
        page = Page(str(findable(text, "cluster", "C-01", address="clusters/C-01.html", also=text)))
        assert page.strangers() == []


def test_the_digest_is_that_of_the_script() -> None:
    """As a browser works it out."""
    digest = base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()
    assert script_source() == f"sha256-{digest}"
    assert "</" not in script()
