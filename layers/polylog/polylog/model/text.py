"""How texts compare in search: in any case, with letters composed or decomposed."""

from __future__ import annotations

from typing import Final
from unicodedata import normalize

# The mark U+0345, and the letters that carry it, fold to this letter. Decomposing sorts the marks
# of a letter, and a letter among them would stop that. So such texts are decomposed before they
# are folded. For all other texts the order makes no difference.
_IOTA: Final = "\N{GREEK SMALL LETTER IOTA}"


def folded(text: str) -> str:
    """Return the text as search compares it: texts that differ only in case or form become equal.

    >>> folded("Straße") == folded("STRASSE")
    True

    This is the canonical caseless match of the Unicode Standard (D145), composed at the end (NFC).
    So `é` does not contain `e`, whether `é` is stored as one character or as two.
    """
    if text.isascii():
        return text.lower()
    plain = text.casefold()
    if _IOTA in plain:
        plain = normalize("NFD", text).casefold()
    return normalize("NFC", plain)
