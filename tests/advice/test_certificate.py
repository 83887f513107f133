"""The certificate: one self-contained page made from the register, in two languages, in which nothing runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clusterscore.advice.register import Entry, Step
from clusterscore.chain import Head
from clusterscore.report.certificate import certificate, file_of, id_of, mark_in, number_of
from clusterscore.report.paper import chromium, print_page
from tests.report import reading
from tests.report.payloads import PAYLOADS

HEAD = Head(2, "a" * 64)
BASIS = {
    "name": "Clusterul Mobilă",
    "issuer": {"en": "An association", "ro": "O asociație"},
    "title": {"en": "Recognised cluster", "ro": "Cluster recunoscut"},
    "edition": 2023,
    "posterior": "0" * 16,
    "head": "12:" + "b" * 64,
    "levels": "c" * 64,
    "demonstration": True,
    "mean": 61.2,
    "low": 50.0,
    "high": 70.0,
    "said": {"en": "Recognised cluster (probability 91 %)", "ro": "Cluster recunoscut (probabilitate 91 %)"},
}
ORIGIN = {"association": "Another", "country": "MD", "level": "one", "until": "2025", "evidence": "a letter"}


def records(text: str = "seen on site") -> tuple[Entry, Entry]:
    """Return an application and a decision in which people wrote some text wherever they can."""
    origin = dict.fromkeys(ORIGIN, text)
    asked = Entry(1, Step.TRANSFER, "CL-A", 0, {"level": "recognised", "origin": origin}, text, "2024-03-01", text)
    conditions = [
        {"name": "score", "holds": "yes", "found": "P(score >= 25): > 99 %", "needed": ">= 80 %"},
        {"name": "validation", "holds": "yes", "found": "validated", "needed": "not: contradicted"},
        {"name": "members", "holds": "waived", "found": "", "needed": ">= 15"},
        {"name": "staff", "holds": "not recorded", "found": "", "needed": ">= 0.5"},
    ]
    data = {
        "level": "recognised",
        "given": True,
        "conditions": conditions,
        "override": text,
        "basis": BASIS | {"name": text, "issuer": {"en": text, "ro": text}, "title": {"en": text, "ro": text}},
        "since": "2024-03-31",
        "until": "2026-03-31",
    }
    return asked, Entry(2, Step.DECIDE, "CL-A", 1, data, text, "2024-03-31T10:00:00+00:00", text)


def made(text: str = "seen on site", language: str = "en") -> bytes:
    """Return a certificate."""
    asked, decision = records(text)
    return certificate(decision, asked, HEAD, language)


@pytest.mark.parametrize("language", ["en", "ro"])
def test_nothing_that_people_wrote_runs(tmp_path: Path, language: str) -> None:
    """Every hostile string in every field: only our tags and attributes, and no address but that of our skip link."""
    path = tmp_path / "certificate.html"
    for payload in PAYLOADS:
        path.write_bytes(made(payload, language))
        page = reading.read(path)
        assert page.strangers() == []
        assert page.hrefs == ["#main"]


def test_the_page_allows_no_source_and_no_script() -> None:
    """The same policy as every page."""
    assert b"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'" in made()


def test_the_same_record_gives_the_same_bytes() -> None:
    """So that verification can make it again."""
    assert made() == made()
    assert made("another reason") != made()


def test_it_says_what_the_register_says() -> None:
    """Id, level, span, person, reason, exception, conditions, digests, the command, and that it is invented."""
    text = made().decode()
    for said in (
        "Certificate A-000002",
        "from 2024-03-31 until 2026-03-31",
        "Given by way of exception",
        "Score 61 (50 to 70, central 90 % interval) in edition 2023",
        "clusterscore verify A-000002-en.html",
        "Demonstration: the cluster",
        "waived: level held before",
        str(HEAD),
        BASIS["head"],
        "no label of ESCA",
    ):
        assert str(said) in text


def test_the_romanian_one_is_romanian_throughout() -> None:
    """Conditions and what was found as well."""
    text = made(language="ro").decode()
    for said in (
        "Certificat A-000002",
        "de la 31.03.2024 până la 31.03.2026",
        "nu: contrazis",
        "P(scor",
        "neînregistrat",
    ):
        assert said in text
    assert not {"Condition", "Found", "Needed", "validated", "not recorded"} & set(text.replace(">", " ").split())


def test_a_page_says_which_certificate_it_is() -> None:
    """Id, language and head; two marks, or none, are no certificate."""
    mark = mark_in(made())
    assert mark is not None
    assert (mark.id, mark.number, mark.language, mark.head) == ("A-000002", 2, "en", HEAD)
    assert mark_in(made() + made()) is None
    assert mark_in(b"\xff\xfe") is None


@pytest.mark.parametrize("name", ["A-2", "A-000002\n", "../A-000002", "A-00000२", ""])
def test_only_an_id_is_an_id(name: str) -> None:
    """No path, no line break, no other digits."""
    assert number_of(name) is None
    assert number_of(id_of(2)) == 2
    assert file_of(2, "ro", "pdf") == "A-000002-ro.pdf"


def test_without_a_browser_nothing_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And that is said, not hidden."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert chromium() is None
    assert not print_page(tmp_path / "page.html", tmp_path / "page.pdf")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.browser
@pytest.mark.skipif(os.environ.get("CLUSTERSCORE_BROWSER") != "1", reason="set CLUSTERSCORE_BROWSER=1, with Chromium")
def test_it_prints_on_a4(tmp_path: Path) -> None:
    """Two pages at most, of 595 by 842 points."""
    page, paper = tmp_path / "page.html", tmp_path / "page.pdf"
    page.write_bytes(made())
    assert print_page(page, paper)
    content = paper.read_bytes()
    assert content.startswith(b"%PDF-")
    assert b"/MediaBox [0 0 594.9" in content or b"/MediaBox [0 0 595" in content
    assert 1 <= content.count(b"/MediaBox") <= 2
