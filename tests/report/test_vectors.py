"""A picture is carried in few bytes and looks the same: every word, every length and every style is still there."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, fromstring

import pytest
from markupsafe import Markup

from clusterscore.report.vectors import compact
from tests.report.payloads import PAYLOADS

HEAD = '<svg xmlns:xlink="http://www.w3.org/1999/xlink" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50">'
STYLE = '<defs><style type="text/css">*{stroke-linejoin: round}</style></defs>'
DRAWN = f"""<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"
  "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
{HEAD}
 <metadata>
  <format>image/svg+xml</format>
 </metadata>
 {STYLE}
 <g id="figure_1">
  <g id="line_1">
   <path d="M 10.123456 20.987654
L 30.000001 -0.000004
" clip-path="url(#p0a1b2c)" style="fill: none; stroke: #0b62a4"/>
   <path d="M 1 2
z
" style="fill: none; stroke: #0b62a4"/>
   <path d="M 3 4
z
" style="fill: #d55e00"/>
  </g>
  <g id="text_1">
   <text x="10.5" y="20.597416" transform="rotate(-0 10.5 20.597416)">two  words, 1.23456</text>
   <text x="7.25" y="8.125" transform="rotate(-90 7.25 8.125)">NAME</text>
  </g>
  <g id="points_1">
   <defs><path id="m77" d="M 0 1.5
z
"/></defs>
   <g clip-path="url(#p0a1b2c)"><use xlink:href="#m77" x="5.5" y="6.755"/></g>
  </g>
 </g>
 <defs>
  <clipPath id="p0a1b2c"><rect x="0.5" y="0.5" width="99.123456" height="49"/></clipPath>
 </defs>
</svg>
"""
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def test_words_stay_as_they_were_written() -> None:
    """Blanks and digits within them as well: only lengths are rounded."""
    assert [one.text for one in _elements(compact(DRAWN), "text")] == ["two  words, 1.23456", "NAME"]


@pytest.mark.parametrize("text", PAYLOADS)
def test_hostile_words_stay_words(text: str) -> None:
    """Escaped before, escaped after; no element comes of them."""
    written = "".join(character for character in text if character.isprintable())
    small = compact(DRAWN.replace("NAME", str(Markup.escape(written))))
    assert ([one.text for one in _elements(small, "text")][1] or "") == written
    assert len(list(_parsed(small).iter())) == len(list(_parsed(compact(DRAWN)).iter()))


def test_lengths_are_right_to_a_hundredth_of_a_point() -> None:
    """In the order in which they were drawn, none left out."""
    before, after = (
        [float(number) for one in _elements(svg, "path") for number in NUMBER.findall(one.attrib["d"])]
        for svg in (DRAWN, compact(DRAWN))
    )
    assert after == pytest.approx(before, abs=0.005)
    assert [
        number for one in _elements(compact(DRAWN), "path") for number in re.findall(r"\.\d{3}", one.attrib["d"])
    ] == []


def test_every_path_has_the_style_that_it_had() -> None:
    """One that occurs twice stands once, in the sheet; one that occurs once stays where it is."""
    small = compact(DRAWN)
    sheet = next(_elements(small, "style")).text or ""
    rules = {f"{name}": style for name, style in re.findall(r"\.(\w+)\{([^}]*)\}", sheet)}
    styles = [rules.get(one.get("class", ""), one.get("style")) for one in _elements(small, "path")]
    assert styles == ["fill:none;stroke:#0b62a4", "fill:none;stroke:#0b62a4", "fill:#d55e00", None]
    assert (list(rules), sheet.startswith("*{stroke-linejoin: round}")) == (["c0"], True)


def test_what_is_referred_to_is_found() -> None:
    """Clips and markers keep their names, shortened; whatever else had a name has none."""
    small = compact(DRAWN)
    names = {one.get("id") for one in _parsed(small).iter() if one.get("id")}
    referred = set(re.findall(r"url\(#(\w+)\)|href=\"#(\w+)\"", small))
    assert {one or other for one, other in referred} == names
    assert len(names) == 2
    clipped = [one.get("clip-path") for one in _parsed(small).iter() if one.get("clip-path")]
    assert len(clipped) == 2
    assert len(set(clipped)) == 1


def test_text_that_is_turned_stays_turned() -> None:
    """Only a turn by nothing goes."""
    assert [one.get("transform") for one in _elements(compact(DRAWN), "text")] == [None, "rotate(-90 7.25 8.12)"]


def test_nothing_is_left_that_describes_the_file() -> None:
    """Neither a prolog nor metadata nor groups that hold nothing together."""
    small = compact(DRAWN)
    assert small.startswith("<svg ")
    assert [one.tag for one in _parsed(small).iter() if one.tag.endswith(("metadata", "}g"))] == [
        "{http://www.w3.org/2000/svg}g"
    ]
    assert "\n" not in small


def test_making_a_small_picture_smaller_changes_nothing() -> None:
    """The same bytes, however often."""
    assert compact(compact(DRAWN)) == compact(DRAWN)


def _parsed(svg: str) -> Element:
    return fromstring(svg)  # noqa: S314 - of ours


def _elements(svg: str, name: str) -> Iterator[Element]:
    return (element for element in _parsed(svg).iter() if element.tag.rpartition("}")[2] == name)
