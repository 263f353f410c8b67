"""Turns a field, an operator and a value into a condition, or says why they do not fit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from math import isfinite
from typing import Final

from polylog.language.lexer import Token
from polylog.model.errors import InvalidFilter, shown
from polylog.model.filter import ATTRIBUTE, DATA, FIELDS, Compare, Filter, Not, Op, Pattern, Value
from polylog.model.literals import STRING, names_of, path_of, unquoted, unquoted_pattern
from polylog.model.times import parse_iso8601

QUOTE: Final = "if you mean it as text, put it in quotes"
"""How many messages about filters end."""

_ORDERED: Final = tuple(op for op in Op if op is not Op.HAS)
_OPERATORS: Final[Mapping[str, tuple[Op, ...]]] = {
    "time": _ORDERED,
    "seq": _ORDERED,
    "links": (Op.HAS,),
}
"""The operators of fields that do not take all of them."""

_KNOWN: Final = (*FIELDS, "links")
_PATH: Final = re.compile(rf"""(?:{STRING}|[^."']+)(?:\.(?:{STRING}|[^."']+))*""")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_MAX_NUMBER_LENGTH: Final = 300
_INSTEAD: Final = {"and": "AND", "or": "OR", "not": "NOT", "&&": "AND", "||": "OR"}
_CURLY: Final = "\u201c\u201d\u2018\u2019"


def field_of(token: Token) -> str:
    """Return the field that a token names, in the spelling that filters use."""
    name = token.text
    if name in _KNOWN:
        return name
    for prefix in (ATTRIBUTE, DATA):
        if name.startswith(prefix):
            names = _path(token, name.removeprefix(prefix))
            return prefix + path_of(".".join(names).split(".") if prefix == ATTRIBUTE else names)
    raise InvalidFilter(token.column, _unknown(shown(name)))


def _path(token: Token, path: str) -> tuple[str, ...]:
    if not _PATH.fullmatch(path):
        problem = "between dots there must be a name, or a name in quotes"
        raise InvalidFilter(token.column, problem)
    names = names_of(path)
    if any(map(_SURROGATE.search, names)):
        raise InvalidFilter(token.column, "half of a surrogate pair is not a character")
    return names


def _unknown(name: str) -> str:
    if re.match("[\"']", name):
        return "a field must not be in quotes"
    if name in ("attributes", "data"):
        return f"name a member, as in {name}.<name>"
    known = (*_KNOWN, *(prefix + name.partition(".")[2] for prefix in (ATTRIBUTE, DATA)))
    nearest = get_close_matches(name.lower(), known, n=1)
    if nearest:
        return f"there is no field '{name}'; did you mean '{nearest[0]}'?"
    fields = ", ".join((*_KNOWN, "attributes.<name>", "data.<path>"))
    return f"there is no field '{name}'; there are {fields}"


def operator_of(token: Token, field: str) -> Op:
    """Return the operator; raises `InvalidFilter` if the field does not take it."""
    taken = _OPERATORS.get(field, tuple(Op))
    if token.text not in taken:
        problem = f"{field} does not take '{token.text}'; it takes {' '.join(taken)}"
        raise InvalidFilter(token.column, problem)
    return Op(token.text)


def comparison(field: str, op: Op, token: Token) -> Filter:
    """Return the comparison of a field with a value; a value with wildcards makes a pattern."""
    if op is Op.HAS:
        return _presence(field, token) if token.text == "*" else Compare(field, op, text_of(token))
    if op in (Op.EQ, Op.NE) and field not in _TYPED:
        pieces = _pieces(token)
        if len(pieces) > 1:
            pattern = _pattern(field, pieces, token)
            return pattern if op is Op.EQ else Not(pattern)
    return Compare(field, op, _value(field, token))


def _presence(field: str, token: Token) -> Compare:
    if field == "links":
        raise InvalidFilter(token.column, "links can only be compared with a whole URL")
    return Compare(field, Op.NE, "")


def _pattern(field: str, pieces: tuple[str, ...], token: Token) -> Pattern:
    if not any(pieces):
        problem = f"every text matches this; {field}:* asks whether there is any"
        raise InvalidFilter(token.column, problem)
    return Pattern(field, pieces)


def _pieces(token: Token) -> tuple[str, ...]:
    """Return the texts around the wildcards of a value; one text if it has no wildcard."""
    text = token.text
    if not re.fullmatch(STRING, text):
        if "\\*" in text:
            raise InvalidFilter(token.column, r"\* is an asterisk only in quotes")
        _check_bare(token)
        return tuple(text.split("*"))
    pieces = unquoted_pattern(text)
    _check_characters(token, "".join(pieces))
    return pieces


def text_of(token: Token) -> str:
    """Return the text that a token means, with or without quotes."""
    if re.fullmatch(STRING, token.text):
        text = unquoted(token.text)
        _check_characters(token, text)
        return text
    _check_bare(token)
    if "*" in token.text:
        problem = f"only = and != of texts take wildcards; {QUOTE}"
        raise InvalidFilter(token.column, problem)
    return token.text


def _check_characters(token: Token, text: str) -> None:
    if _SURROGATE.search(text):
        raise InvalidFilter(token.column, "half of a surrogate pair is not a character")


def _check_bare(token: Token) -> None:
    if re.search("[\"']", token.text):
        raise InvalidFilter(token.column, "put quotes around the whole text")
    if problem := _likely_mistake(token.text):
        raise InvalidFilter(token.column, f"{problem}; {QUOTE}")


def _likely_mistake(text: str) -> str | None:
    """Return what is wrong with an unquoted text that would silently find nothing."""
    if text.lower() in _INSTEAD:
        return f"'{text}' is written {_INSTEAD[text.lower()]}"
    if text[0] in _CURLY or text[-1] in _CURLY:
        return "quotes are straight: \" or '"
    return None


def _value(field: str, token: Token) -> Value:
    if field in _TYPED:
        return _TYPED[field](token)
    if token.text == "null":
        return ""
    if field.startswith(DATA) and _NUMBER.fullmatch(token.text):
        return _number(token)
    return text_of(token)


def _time(token: Token) -> int:
    text = text_of(token)
    try:
        return parse_iso8601(text)
    except ValueError as error:
        problem = f"a time must be like 2026-11-01T00:00:00Z, not '{shown(text)}'"
        raise InvalidFilter(token.column, problem) from error


def _integer(token: Token) -> int:
    text = text_of(token)
    if not _INTEGER.fullmatch(text):
        problem = f"seq must be an integer of at most 18 digits, not '{shown(text)}'"
        raise InvalidFilter(token.column, problem)
    return int(text)


def _number(token: Token) -> int | float:
    if len(token.text) <= _MAX_NUMBER_LENGTH:
        number: int | float = json.loads(token.text)
        if isfinite(number):
            return number
    raise InvalidFilter(token.column, f"the number is too large; {QUOTE}")


_TYPED: Final[Mapping[str, Callable[[Token], Value]]] = {"time": _time, "seq": _integer}
