"""Selects events by a filter, and drops most others without decoding their JSON.

A text that a filter looks for also stands in the JSON of the event, unless JSON has to escape it.
Quotes and escapes part the texts of a JSON, also when it is folded as a whole, since no mark joins
a quote or a backslash. But a mark after an escape like `\\n` joins the letter of the escape.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final
from unicodedata import combining

from polylog.dynamo.events.items import read_body, unpack_body
from polylog.model.event import Event
from polylog.model.filter import FIELDS, Compare, Filter, Op, Pattern, Text, conjuncts, predicate
from polylog.model.text import folded

if TYPE_CHECKING:
    from polylog.dynamo.tables import Item

# The JSON leaves out the usual origin.
_WRITTEN: Final = FIELDS.keys() - {"seq", "time", "origin"}

_ESCAPED: Final = re.compile(r'["\\\x00-\x1f]')


def selector(filter: Filter) -> Callable[[Item], Event | None]:
    """Return the function that reads an event from its item, None when it does not pass."""
    passes, texts = predicate(filter), sought(filter)

    def select(item: Item) -> Event | None:
        body = unpack_body(item)
        if texts and not contains(body, texts):
            return None
        event = read_body(body)
        return event if passes(event) else None

    return select


def contains(body: bytes | str, texts: Iterable[str]) -> bool:
    """Return whether a body's JSON, folded, contains all of these texts."""
    whole = folded(body if isinstance(body, str) else body.decode())
    return all(text in whole for text in texts)


def sought(filter: Filter) -> tuple[str, ...]:
    """Return texts, folded, that the JSON of every passing event contains."""
    texts = (folded(text) for term in conjuncts(filter) for text in _texts(term))
    return tuple(text for text in texts if text and not _is_altered(text))


def _is_altered(text: str) -> bool:
    """Return whether the text may stand otherwise in a JSON: escaped, or joined to an escape."""
    return bool(combining(text[0]) or _ESCAPED.search(text))


def _texts(term: Filter) -> Iterator[str]:
    match term:
        case Text(text):
            yield text
        case Compare(field, Op.HAS | Op.EQ, str(value)) if field in _WRITTEN:
            yield value
        case Pattern(field, pieces) if field in _WRITTEN:
            # A mark that follows may join the last letter of a piece in ASCII, and no other.
            yield from (piece[:-1] for piece in pieces if piece.isascii())
        case _:
            pass
