"""What the workbook says to those who fill it in, in English and Romanian."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from clusterscore.observations.codebook import FigureRule


@dataclass(frozen=True, slots=True)
class Both:
    """The same words in both languages."""

    en: str
    ro: str


SOURCES: Final = (
    "annual accounts / bilanțuri",
    "statistics office / INS",
    "survey of members / chestionar membri",
    "own records / evidențe proprii",
    "estimate / estimare",
)
"""Who may say so; another text is taken as well."""

EXAMPLE_FIGURE: Final = (
    "EXAMPLE: share of members in an export association",
    "EXEMPLU: ponderea membrilor într-o asociație de export",
    "share",
    0.28,
    None,
    0.31,
    SOURCES[1],
    "This row is an example and is never read. / Acest rând este un exemplu și nu se citește.",
)

EXAMPLE_MEMBER: Final = ("EXAMPLE", "EXEMPLU: Firma Model SRL", "RO11", "furniture", "1998")


def lines(edition: int, *, has_members: bool) -> list[Both]:
    """Return the lines of the first sheet, the heading first."""
    found = [
        Both("How to fill in this workbook", "Cum se completează acest registru"),
        Both(
            f"On the sheet `figures`, enter one value in each coloured cell: the figure for {edition}, in the measure "
            "beside it.",
            f"Pe foaia `figures`, introduceți câte o valoare în fiecare celulă colorată: cifra pentru {edition}, în "
            "unitatea de alături.",
        ),
        Both(
            "Leave a cell empty where you do not have the figure. 0 means zero, not missing.",
            "Lăsați celula goală dacă nu aveți cifra. 0 înseamnă zero, nu lipsă.",
        ),
        Both(
            "A share of 12 % may be entered as 12% or as 0.12 (0,12). Give amounts in full, not in thousands or "
            "millions.",
            "O pondere de 12 % se poate introduce ca 12% sau ca 0,12. Sumele se dau întregi, nu în mii sau milioane.",
        ),
        Both(
            "Enter values, not formulas. The last value known to us is shown for comparison and cannot be changed; "
            "if it is wrong, please tell us.",
            "Introduceți valori, nu formule. Ultima valoare cunoscută este afișată pentru comparație și nu poate fi "
            "modificată; dacă este greșită, vă rugăm să ne anunțați.",
        ),
        Both(
            "Say in the column `Source` where each figure comes from.",
            "Indicați în coloana `Sursa` de unde provine fiecare cifră.",
        ),
    ]
    if has_members:
        found.append(
            Both(
                "The sheet `members` has a row for each member that we know. Enter new members in the rows below them, "
                "at least with their name.",
                "Foaia `members` are câte un rând pentru fiecare membru pe care îl cunoaștem. Introduceți membrii noi "
                "în rândurile de mai jos, cel puțin cu numele.",
            )
        )
    found.append(
        Both(
            "Please do not rename, add or delete sheets, rows or columns, and send the file back as an Excel workbook.",
            "Vă rugăm să nu redenumiți, adăugați sau ștergeți foi, rânduri ori coloane și să trimiteți fișierul înapoi "
            "ca registru Excel.",
        )
    )
    return found


def bounds(rule: FigureRule) -> Both:
    """Return in words what a figure may be."""
    number = Both("a whole number", "un număr întreg") if rule.whole else Both("a number", "un număr")
    en, ro = [number.en], [number.ro]
    if math.isfinite(rule.minimum):
        en.append(f"of at least {rule.minimum:g}" if rule.closed else f"above {rule.minimum:g}")
        ro.append(f"de cel puțin {rule.minimum:g}" if rule.closed else f"mai mare decât {rule.minimum:g}")
    if math.isfinite(rule.maximum):
        en.append(f"and at most {rule.maximum:g}")
        ro.append(f"și de cel mult {rule.maximum:g}")
    return Both(f"{' '.join(en)}, in: {rule.measure}", f"{' '.join(ro)}, în: {rule.measure}")
