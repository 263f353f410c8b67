"""The tokens of a filter: parentheses, `AND`, `OR`, `NOT`, operators and texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from polylog.model.errors import InvalidFilter
from polylog.model.literals import OPEN_STRING, STRING


class Kind(StrEnum):
    """What a token is. A text may be quoted, in part (`data."a b"`) or not at all."""

    OPEN = "("
    CLOSE = ")"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    OPERATOR = "operator"
    TEXT = "text"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a filter as written, and the column where it begins, counted from 1."""

    kind: Kind
    text: str
    column: int

    def opens_right_after(self, other: Token) -> bool:
        """Return whether this is a parenthesis that directly follows the other token."""
        return self.kind is Kind.OPEN and self.column == other.column + len(other.text)


# A colon is an operator, except in a time, whose letters may be in lower case (RFC 3339). A text
# has no lone surrogates, because UTF-8 cannot write them.
_TIME: Final = r"\d{4}-\d\d-\d\d[Tt]\d\d:[\d:.,]*(?:[Zz]|[+-][\d:]+)?"
_BARE: Final = r"""(?:[^\s()"'=<>:!\ud800-\udfff]|!(?![=~]))"""
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<mark>[()])"
    r"|(?P<operator>[=!]~|[=<>!]=|<>|[=<>:])"
    rf"|(?P<text>(?:{_TIME}|{_BARE}|{STRING})(?:{_BARE}|{STRING})*)"
    r"|(?P<end>\Z)"
    r"|(?P<other>.))",
    re.DOTALL,
)


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a filter, ending with `END`; raises `InvalidFilter`.

    >>> [token.text for token in tokens_of('type = "a b"')]
    ['type', '=', '"a b"', '']
    """
    return [_token(match) for match in _TOKEN.finditer(text)]


def _token(match: re.Match[str]) -> Token:
    name = match.lastgroup or "other"
    text, start = match[name], match.start(name)
    if name == "other":
        raise _stray(match.string, start)
    is_word = name == "mark" or text in ("AND", "OR", "NOT")
    return Token(Kind(text) if is_word else Kind(name), text, start + 1)


def _stray(text: str, start: int) -> InvalidFilter:
    opened = re.compile(OPEN_STRING).match(text, start)
    if not opened:
        return InvalidFilter(start + 1, "half of a surrogate pair is not a character")
    if opened.end() == len(text):
        return InvalidFilter(start + 1, f"the text has no {text[start]} at its end")
    escapes = r"\" \' \\ \/ \* \b \f \n \r \t \uXXXX"
    return InvalidFilter(opened.end() + 1, f"there is no such escape; there are {escapes}")
