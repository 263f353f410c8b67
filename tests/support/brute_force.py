"""Evaluates a filter over the event's JSON document, with no code of the product."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from unicodedata import normalize

from polylog.model.event import Event
from polylog.model.filter import And, Compare, Filter, Not, Or, Pattern, Text
from support.strategies import PATHS


def holds(filter: Filter, event: Event) -> bool:
    """Return whether the event passes a filter that names only links and fields of `PATHS`."""
    match filter:
        case Compare():
            return _compares(filter, event.model_dump())
        case Pattern(field, pieces):
            found = _found(field, event.model_dump())
            return bool(re.fullmatch(".*".join(map(re.escape, pieces)), _as_text(found), re.DOTALL))
        case Text(text):
            told = [event.message, event.actor.id, event.actor.name]
            told += [event.target.id, event.target.name]
            return any(_contains(part or "", text) for part in told)
        case Not(term):
            return not holds(term, event)
        case And(terms):
            return sum(holds(term, event) for term in terms) == len(terms)
        case Or(terms):
            return sum(holds(term, event) for term in terms) > 0


def _compares(part: Compare, document: dict[str, Any]) -> bool:
    if part.field == "links":
        return part.value in document["links"]
    found = _found(part.field, document)
    if part.field.startswith("data."):
        return _holds_in_data(found, part.op.value, part.value)
    return _outcome("" if found is None else found, part.op.value, part.value)


def _found(field: str, document: dict[str, Any]) -> Any:
    found: Any = document
    for name in PATHS[field]:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _holds_in_data(found: Any, op: str, value: Any) -> bool:
    if op == ":":
        parts = found if type(found) is list else [found]
        return any(_outcome(_as_text(part), op, value) for part in parts)
    if type(value) is str:
        return _outcome(_as_text(found), op, value)
    if type(found) not in (int, float):
        return op == "!="
    return _outcome(found, op, value)


def _contains(text: str, part: str) -> bool:
    one, other = (normalize("NFC", normalize("NFD", each).casefold()) for each in (text, part))
    return other in one


def _as_text(found: Any) -> str:
    if found is None:
        return ""
    return found if type(found) is str else json.dumps(found, ensure_ascii=False)


def _outcome(found: Any, op: str, value: Any) -> bool:
    outcomes: dict[str, Callable[[], bool]] = {
        "=": lambda: bool(found == value),
        "!=": lambda: bool(found != value),
        "<": lambda: bool(found < value),
        "<=": lambda: not found > value,
        ">": lambda: bool(found > value),
        ">=": lambda: not found < value,
        ":": lambda: _contains(str(found), str(value)),
    }
    return outcomes[op]()
