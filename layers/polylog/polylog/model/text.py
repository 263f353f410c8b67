"""How texts compare in search: in any case, with letters composed or decomposed."""

from __future__ import annotations

from typing import Final
from unicodedata import normalize

# A mark (U+0345) and the letters that carry it fold to this letter. Marks have an order of their
# own that a letter stops, so these are decomposed first. For all others it makes no difference.
_IOTA: Final = "\N{GREEK SMALL LETTER IOTA}"


def folded(text: str) -> str:
    """Return the text as search compares it: texts that differ only in case or form become equal.

    This is the canonical caseless match of the Unicode Standard (D145), composed at the end (NFC).
    So `e` is no part of `é`, whether `é` is stored as one character or as two.
    """
    if text.isascii():
        return text.lower()
    plain = text.casefold()
    if _IOTA in plain:
        plain = normalize("NFD", text).casefold()
    return normalize("NFC", plain)
