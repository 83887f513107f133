"""A picture as SVG that holds what is seen and nothing else: a page carries it inside, so its bytes are the reader's.

Matplotlib writes every number to a millionth of a point, repeats each style on each element and names every group.
Here numbers are rounded to a hundredth of a point, styles that occur more than once stand once, and groups and names
to which nothing refers go. The picture is the same.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final
from xml.etree.ElementTree import Element, fromstring, tostring

_NAMESPACE: Final = "http://www.w3.org/2000/svg"
_DIGITS: Final = 2  # after the decimal point, in points: no screen shows more
_LENGTHS: Final = ("d", "height", "points", "transform", "viewBox", "width", "x", "y", "x1", "x2", "y1", "y2")
_NUMBER: Final = re.compile(r"-?\d*\.\d+")
_REFERENCE: Final = re.compile(r"#([\w-]+)")
_UNTURNED: Final = re.compile(r"rotate\(-?0(?: [^)]*)?\)\s*")
_WORDS: Final = {"text", "tspan", "style"}
"""Elements whose text is read, and not there for the layout of the file."""


def compact(svg: str) -> str:
    """Return the same picture in fewer bytes; the same bytes for the same picture."""
    root = fromstring(svg)  # noqa: S314 - of ours: Matplotlib has just written it
    for element in root.iter():
        _plain(element)
    _flatten(root)
    _rename(root)
    _share_styles(root)
    root.set("xmlns", _NAMESPACE)
    return tostring(root, encoding="unicode")


def _plain(element: Element) -> None:
    """Take namespaces, blanks between elements, and digits that nobody sees out of one element."""
    element.tag = _local(element.tag)
    attributes = {_local(name): value for name, value in element.attrib.items()}
    for name in _LENGTHS:
        if name in attributes:
            attributes[name] = _NUMBER.sub(_rounded, attributes[name])
    if "d" in attributes:
        attributes["d"] = re.sub(r"\s*([A-Za-z])\s*", r"\1", attributes["d"]).strip()
    if "transform" in attributes and not _UNTURNED.sub("", attributes["transform"]).strip():
        del attributes["transform"]
    if "style" in attributes:
        attributes["style"] = re.sub(r"\s*([:;])\s*", r"\1", attributes["style"]).strip(" ;")
    element.attrib.clear()
    element.attrib.update(attributes)
    if element.tag not in _WORDS and not (element.text or "").strip():
        element.text = None
    if element.tag != "tspan" and not (element.tail or "").strip():
        element.tail = None


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _rounded(number: re.Match[str]) -> str:
    text = f"{float(number[0]):.{_DIGITS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _flatten(root: Element) -> None:
    """Take out what describes the file, names to which nothing refers, and groups that say nothing then."""
    referred = {name for one in root.iter() for value in one.attrib.values() for name in _REFERENCE.findall(value)}
    for element in root.iter():
        if element.get("id") not in referred:
            element.attrib.pop("id", None)
    _lift(root)


def _lift(parent: Element) -> None:
    for child in list(parent):
        _lift(child)
    children = [one for child in parent if child.tag != "metadata" for one in _content(child)]
    parent[:] = children


def _content(child: Element) -> list[Element]:
    """Return a child, or what is in it where it is a group without a say of its own."""
    return list(child) if child.tag == "g" and not child.attrib else [child]


def _rename(root: Element) -> None:
    """Give what is referred to short names, in the order in which it stands."""
    names = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    short = {name: f"i{number}" for number, name in enumerate(names)}
    for element in root.iter():
        for attribute, value in element.attrib.items():
            if attribute == "id":
                element.set("id", short[value])
            elif "#" in value:
                element.set(attribute, _REFERENCE.sub(lambda found: f"#{short.get(found[1], found[1])}", value))


def _share_styles(root: Element) -> None:
    """Let styles that occur more than once stand once, as classes of the picture's own style sheet."""
    count = Counter(element.attrib["style"] for element in root.iter() if "style" in element.attrib)
    classes = {style: f"c{number}" for number, style in enumerate(style for style, n in count.items() if n > 1)}
    for element in root.iter():
        if element.get("style") in classes:
            element.set("class", classes[element.attrib.pop("style")])
    sheet = root.find(".//style")
    if sheet is not None:
        rules = "".join(f".{name}{{{style}}}" for style, name in classes.items())
        sheet.text = (sheet.text or "") + rules
