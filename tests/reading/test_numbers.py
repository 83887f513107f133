"""Numbers are read as whoever wrote them meant them, or not at all."""

import math
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clusterscore.reading.numbers import (
    COMMA,
    DECLARED,
    POINT,
    Contradiction,
    Locale,
    Unreadable,
    is_grouped,
    prove,
    read_number,
)

FINITE = st.floats(allow_nan=False, allow_infinity=False)
TYPED = st.text(alphabet="0123456789.,-+eE '\u00a0\u2212%", max_size=12)
LOCALES = pytest.mark.parametrize("locale", [POINT, COMMA, *DECLARED.values()], ids=repr)


def written(value: float, locale: Locale, mark: str = "") -> str:
    """Return a number as a locale writes it, all digits, thousands set apart by a mark."""
    whole, _, part = f"{Decimal(repr(value)):,f}".partition(".")
    return whole.replace(",", mark) + (locale.decimal + part if part else "")


def refused(text: str, locale: Locale | None = None) -> str:
    """Return the code by which a text is refused."""
    with pytest.raises(Unreadable) as found:
        read_number(text, locale)
    return found.value.code


@LOCALES
@given(value=FINITE, grouped=st.booleans(), place=st.integers(0, 9))
@example(value=-0.0, grouped=True, place=0)
@example(value=1234567.875, grouped=True, place=3)
def test_what_a_locale_writes_it_reads_back(locale: Locale, value: float, *, grouped: bool, place: int) -> None:
    """Every float comes back to the last bit, by every mark between thousands that the locale knows."""
    mark = locale.grouping[place % len(locale.grouping)] if grouped else ""
    back = float(read_number(written(value, locale, mark), locale))
    assert (back, math.copysign(1, back)) == (value, math.copysign(1, value))


@given(value=FINITE)
def test_what_a_program_writes_is_read_without_a_locale_or_is_ambiguous(value: float) -> None:
    """Canonical files stay as they are: only a point before three digits may be a mark between thousands."""
    text = repr(value)
    if prove([text]) is POINT or float(read_number(text, COMMA)) == value:
        assert float(read_number(text)) == value
    else:
        assert refused(text) == "E-NUM-AMBIGUOUS"


@given(text=TYPED)
@example("1.234")
@example("1,234")
@example("-1.234.567,5")
def test_nothing_that_two_locales_read_differently_is_read_without_proof(text: str) -> None:
    """Whatever is read without a locale means the same to everybody who can read it."""
    try:
        found = float(read_number(text))
    except Unreadable:
        return
    for locale in (POINT, COMMA):
        try:
            assert float(read_number(text, locale)) == found
        except Unreadable:
            continue


@given(texts=st.lists(TYPED, max_size=6))
def test_a_proof_is_a_number_that_the_other_locale_cannot_read(texts: list[str]) -> None:
    """A file proves a locale by what it holds, and by nothing else."""
    able = {locale: [can(text, locale) for text in texts] for locale in (POINT, COMMA)}
    only = {
        locale
        for locale, other in ((POINT, COMMA), (COMMA, POINT))
        if any(one and not two for one, two in zip(able[locale], able[other], strict=True))
    }
    if len(only) == 2:
        with pytest.raises(Contradiction) as found:
            prove(texts)
        assert {prove([texts[place]]) for place in found.value.places} == only
    else:
        assert prove(texts) == next(iter(only), None)


def can(text: str, locale: Locale) -> bool:
    """Whether a locale reads a text as a number, however large."""
    try:
        read_number(text, locale, percent=True)
    except Unreadable as found:
        return found.code == "E-NUM-RANGE"
    return True


@pytest.mark.parametrize(
    ("texts", "locale"),
    [
        (["5", "1.234"], None),
        (["1.234", "0.5"], POINT),
        (["1.234", "0,5"], COMMA),
        (["1.234.567"], COMMA),
        (["1,234,567"], POINT),
        (["0.123"], POINT),
        (["1.234e3"], POINT),
        (["1234,567"], COMMA),
        (["n/a", "12.34.56", "1 234"], None),
        ([], None),
    ],
)
def test_what_proves_a_locale(texts: list[str], locale: Locale | None) -> None:
    """One number that can be read in one way only is enough."""
    assert prove(texts) == locale


def test_numbers_that_contradict_each_other_are_named() -> None:
    """Who mends the file needs both."""
    with pytest.raises(Contradiction, match=r"'1,5' and '2\.5'") as found:
        prove(["7", "1,5", "3", "2.5", "4,5"])
    assert (found.value.code, found.value.places) == ("E-NUM-LOCALE", (1, 3))


@pytest.mark.parametrize(
    ("text", "locale", "expected"),
    [
        ("1.234", "ro", "1234"),
        ("1.234", "en", "1.234"),
        ("1,234", "ro", "1.234"),
        ("1,234", "en", "1234"),
        ("1 234,5", "ro", "1234.5"),
        ("1\u00a0234\u00a0567", "ro", "1234567"),
        ("1\u2009234.5", "en", "1234.5"),
        ("1'234.5", "en", "1234.5"),
        ("\u22121.234,5", "ro", "-1234.5"),
        ("1,5e3", "ro", "1.5e3"),
    ],
)
def test_a_declared_locale_decides(text: str, locale: str, expected: str) -> None:
    """N02, N06: who says how numbers are written is believed."""
    assert read_number(text, DECLARED[locale]) == expected


@pytest.mark.parametrize(
    ("text", "locale", "code"),
    [
        ("1.234", None, "E-NUM-AMBIGUOUS"),
        ("12.34.56", None, "E-NUM-GROUPING"),
        ("12.34.56", "ro", "E-NUM-GROUPING"),
        ("1.23.456,7", None, "E-NUM-GROUPING"),
        ("1.5", "ro", "E-NUM-GROUPING"),
        ("1,5", "en", "E-NUM-GROUPING"),
        ("1 234", None, "E-NUM-FORMAT"),
        ("1'234", None, "E-NUM-FORMAT"),
        ("1 234.567", "ro", "E-NUM-GROUPING"),
        ("0.234", "ro", "E-NUM-GROUPING"),
        ("(123)", None, "E-NUM-FORMAT"),
        ("1.234 lei", "ro", "E-NUM-FORMAT"),
        ("€ 5", None, "E-NUM-FORMAT"),
        ("\u0661\u0662", None, "E-NUM-FORMAT"),
        ("\uff11\uff12", "ro", "E-NUM-FORMAT"),
        ("--5", None, "E-NUM-FORMAT"),
        ("\u20135", None, "E-NUM-FORMAT"),
        ("1e400", "en", "E-NUM-RANGE"),
        ("1e-400", None, "E-NUM-RANGE"),
        ("-INF", None, "E-NUM-NONFINITE"),
        ("lipsă", "ro", "E-NUM-MISSINGCODE"),
        ("\u2014", None, "E-NUM-MISSINGCODE"),
        ("12 %", "ro", "E-NUM-PERCENT"),
    ],
)
def test_what_is_no_number_has_a_code(text: str, locale: str | None, code: str) -> None:
    """N02 to N11: nothing is guessed."""
    assert refused(text, DECLARED[locale] if locale else None) == code


def test_both_readings_of_an_ambiguous_number_are_offered() -> None:
    """Whoever wrote it sees at once which to write."""
    with pytest.raises(Unreadable, match=r"1\.2340 or 1234, written so"):
        read_number("1.234")


@pytest.mark.parametrize("text", ["12%", "12 %", "12\u00a0%", "12,0%"])
def test_a_percent_sign_may_stand_in_a_column_of_percent(text: str) -> None:
    """N08: where the measure says percent, the sign says it again."""
    assert float(read_number(text, percent=True)) == 12


@pytest.mark.parametrize(
    ("text", "grouped"), [("1,234.5", True), ("1 234", True), ("1234.5", False), ("1.5e3", False), ("-12", False)]
)
def test_whether_thousands_are_set_apart_is_seen(text: str, *, grouped: bool) -> None:
    """What is left out of a number is told."""
    assert is_grouped(text) is grouped
