"""Selects events by a filter, and drops most others without decoding their JSON.

If an event passes, its JSON contains the texts that the filter looks for, unless JSON has to escape
them. So events without such a text are dropped early. The JSON is folded as a whole for that
(`polylog.model.text`). Quotes and escapes still separate its texts then, since no combining mark
joins a quote or a backslash. But a mark after an escape such as `\\n` joins the letter of the
escape, so texts that begin with a mark are not looked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final
from unicodedata import combining

from polylog.dynamo.events.items import read_body, unpack_body
from polylog.model.event import Event
from polylog.model.filter import FIELDS, Compare, Filter, Op, Pattern, Text, conjuncts
from polylog.model.predicate import predicate
from polylog.model.text import folded

if TYPE_CHECKING:
    from polylog.dynamo.tables import Item

# The JSON leaves out the usual origin.
_WRITTEN: Final = FIELDS.keys() - {"seq", "time", "origin"}

_ESCAPED: Final = re.compile(r'["\\\x00-\x1f]')


def selector(filter: Filter) -> Callable[[Item], Event | None]:
    """Return the function that reads an event from its item, or None if it does not pass."""
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
    """Return texts, folded, that the JSON of every passing event contains.

    >>> sought(Compare("source", Op.EQ, "Billing"))
    ('billing',)
    """
    texts = (folded(text) for term in conjuncts(filter) for text in _texts(term))
    return tuple(text for text in texts if text and not _is_altered(text))


def _is_altered(text: str) -> bool:
    """Return whether JSON may contain the text in another form: escaped, or joined to an escape."""
    return bool(combining(text[0]) or _ESCAPED.search(text))


def _texts(term: Filter) -> Iterator[str]:
    match term:
        case Text(text):
            yield text
        case Compare(field, Op.HAS | Op.EQ, str(value)) if field in _WRITTEN:
            yield value
        case Pattern(field, pieces) if field in _WRITTEN:
            # A combining mark that follows may join the last letter of an ASCII piece, no other.
            yield from (piece[:-1] for piece in pieces if piece.isascii())
        case _:
            pass
