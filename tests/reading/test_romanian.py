"""Romanian text is mended where that is certain, and nowhere else."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clusterscore.reading.romanian import closest, fold, has_lost_letters, mend

WORDS = ["Brașov", "Iași", "Constanța", "știință", "Mobilă", "Târgu Mureș", "Făgăraș", "Țesături", "Învățământ"]
ROMANIAN = st.text(alphabet="abcdefghijklmnopqrstuvwxyzăâîșțĂÂÎȘȚ -&.'„”«»\N{EN DASH}…\u00a0", max_size=40)


def codes(text: str) -> list[str]:
    """Return what was done to a text."""
    return [code for code, _, _ in mend(text).steps]


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("codec", ["sloppy-windows-1252", "sloppy-windows-1250", "latin-1"])
def test_text_in_utf_8_that_was_read_as_another_encoding_is_mended(word: str, codec: str) -> None:
    """`BraÅŸov`: what was encoded twice is decoded once more, with either kind of letter."""
    cedilla = word.translate(str.maketrans("șțȘȚ", "şţŞŢ"))
    for original in (word, cedilla):
        assert mend(original.encode().decode(codec)).text == word


@pytest.mark.parametrize("word", ["Brașov", "Iași", "Constanța", "știință", "Făgăraș", "Galați", "Argeș"])
def test_text_of_code_page_1250_that_was_read_as_1252_is_mended(word: str) -> None:
    """`Braºov`: the byte is right, the table was not."""
    confused = word.translate(str.maketrans("șțȘȚ", "şţŞŢ")).encode("cp1250").decode("cp1252")
    assert (mend(confused).text, codes(confused)) == (word, ["N-RO-MOJIBAKE"])


@given(text=ROMANIAN)
@example("Â ")
@example("Â\u00a0")
@example("MOBILĂ\N{EN DASH}TEXTIL")
@example("CASA «MOBILĂ»")
@example("FLORĂ®")
@example("CÂ ȘI Â")
def test_text_that_is_right_stays_as_it_is(text: str) -> None:
    """Nothing is mended that is whole, but for spaces."""
    assert mend(text).text == re.sub("[ \u00a0]+", " ", text).strip()
    assert set(codes(text)) <= {"N-TXT-SPACE"}


def test_what_one_rule_mends_lets_another_mend_the_rest() -> None:
    """A cedilla hid from the rule of code pages that the letter before it was read by the wrong one."""
    assert mend("Aãş").text == "Aăș"


@given(text=st.text(max_size=30))
def test_what_was_mended_is_not_mended_again(text: str) -> None:
    """A name keeps its spelling however often it is sent."""
    once = mend(text).text
    assert mend(once).text == once


@pytest.mark.parametrize(
    "text",
    [
        *("São Paulo Têxtil", "Þórður hf", "Škoda Auto", "Møller", "Nº 5", "1ª", "25 µm", "Citroën", "Gyöngyös"),
        *("O'Neil & Sons <SRL>", "NaN SRL", "Doğuş", "naïve café", "Ťava", "Łódź", "Αθήνα", "Москва"),
    ],
)
def test_other_languages_are_left_alone(text: str) -> None:
    """Only what can be nothing else than a broken Romanian letter is one."""
    assert (mend(text).text, codes(text)) == (text, [])


@pytest.mark.parametrize(
    ("text", "became", "done"),
    [
        ("Braşov", "Brașov", ["N-RO-CEDILLA"]),
        ("Bras\u0326ov", "Brașov", ["N-NFC"]),
        ("Bras\u0327ov", "Brașov", ["N-NFC", "N-RO-CEDILLA"]),
        ("Bra\u200bșov\ufeff", "Brașov", ["N-TXT-INVISIBLE"]),
        ("\u200eBrașov", "Brașov", ["N-TXT-INVISIBLE"]),
        (" Cluj\u00a0\u00a0IT ", "Cluj IT", ["N-TXT-SPACE"]),
        ("TÃ¢rgu MureÅŸ", "Târgu Mureș", ["N-RO-MOJIBAKE", "N-RO-CEDILLA"]),
    ],
)
def test_each_step_is_told(text: str, became: str, done: list[str]) -> None:
    """I12: whoever wonders about a letter finds what was done to it."""
    found = mend(text)
    assert (found.text, [code for code, _, _ in found.steps]) == (became, done)
    assert (found.steps[0][1], found.steps[-1][2]) == (text, became)


def test_a_mark_that_turns_the_writing_round_is_not_hidden() -> None:
    """What could show another text than it holds is for the door to refuse."""
    assert mend("a\u202eb").text == "a\u202eb"


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("Bra?ov", True),
        ("Bra\ufffdov", True),
        ("Who? What", False),
        ("annual accounts?", False),
        ("https://a.ro/page?id=3", False),
        ("?", False),
    ],
)
def test_lost_letters_are_seen(text: str, *, lost: bool) -> None:
    """A question mark within a word is no question."""
    assert has_lost_letters(text) is lost


def test_the_nearest_known_name_is_found_for_one_with_lost_letters() -> None:
    """A hint, never a repair."""
    known = ["Clusterul Brașov", "Cluj IT", "Clusterul Brăila"]
    assert closest("Clusterul Bra?ov", known) == "Clusterul Brașov"
    assert closest("clusterul br\ufffdila", known) == "Clusterul Brăila"
    assert closest("Timi?oara", known) is None


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Alfa și Beta SRL",
            "ALFA SI BETA S.R.L.",
            "SC Alfa & Beta SRL",
            "S.C. ALFA şi BETA S.R.L",
            "„Alfa” and Beta",
        ),
        *("Alfa  și\u00a0Beta, srl", "Alfa s\u0327i Beta"),
    ],
)
def test_spellings_of_one_name_have_one_key(name: str) -> None:
    """Case, letters, quotes and legal form make no other firm."""
    assert fold(name) == "alfa & beta"


@pytest.mark.parametrize(("one", "other"), [("Alfa", "Alfa 2"), ("SRL", "SA"), ("Alfa Beta", "AlfaBeta"), ("Ana", "")])
def test_names_that_differ_keep_different_keys(one: str, other: str) -> None:
    """Two firms are not joined because they are near."""
    assert fold(one) != fold(other)
