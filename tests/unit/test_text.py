"""How search compares texts: in any case, with letters composed or decomposed."""

from __future__ import annotations

import sys
from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from polylog.model.text import folded

# Letters with one case and with more, marks and their letters, a mark that folds to a letter.
_LETTERS = "aeEnsSßKk\u212aÉé\u01f0\u0130ςΣ\u03b1\u0391\u03b9\u1fb3\u1fbc\u1f80"
_MARKS = "\u0345\u0301\u0323\u0308\u030c"
_SYLLABLES = "\uac00\uac01\u1100\u1161\u11a8\u0bc6\u0bbe"
_TEXTS = st.text(st.sampled_from(_LETTERS + _MARKS + _SYLLABLES), max_size=6) | st.text(max_size=6)


def contains(text: str, part: str) -> bool:
    return folded(part) in folded(text)


@given(_TEXTS, _TEXTS)
@example("\u1fb3\u0323", "\u03b1")
@example("e\u0323\u0301", "é")
def test_composed_and_decomposed_texts_give_the_same_answer(text: str, part: str) -> None:
    forms = [(text, part)] + [
        (normalize(one, text), normalize(other, part))
        for one in ("NFC", "NFD")
        for other in ("NFC", "NFD")
    ]
    assert len({contains(*form) for form in forms}) == 1


@given(_TEXTS)
def test_it_is_the_canonical_caseless_match(text: str) -> None:
    """The Unicode Standard, D145; `folded` decomposes only what it has to."""
    assert folded(text) == normalize("NFC", normalize("NFD", text).casefold())


def test_every_character_alone_folds_as_the_standard_says() -> None:
    characters = map(chr, range(sys.maxunicode + 1))
    assert all(
        folded(each) == normalize("NFC", normalize("NFD", each).casefold()) for each in characters
    )


@given(_TEXTS)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(_TEXTS, _TEXTS, _TEXTS)
def test_a_text_between_blanks_is_found(before: str, part: str, after: str) -> None:
    assert contains(f"{before} {part} {after}", f" {part} ")


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        ("Café", "CAFE\u0301", True),
        ("Cafe\u0301", "café", True),
        ("Café", "cafe", False),
        ("Cafe\u0301", "cafe", False),
        ("\u1ec7", "ẹ", False),
        ("\u212bngström", "ångstro\u0308m", True),
        ("\u1112\u1161\u11ab", "한", True),
        ("STRASSE", "straße", True),
        ("\u1fb3", "\u0391\u0399", True),
        ("İstanbul", "i\u0307stanbul", True),
        ("ﬁle", "FILE", True),
        ("①", "1", False),
    ],
)
def test_a_typed_text_finds_all_its_forms(text: str, part: str, expected: bool) -> None:
    assert contains(text, part) is expected
