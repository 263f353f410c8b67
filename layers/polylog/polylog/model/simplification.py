"""Filters in the form that says most at its top: what must hold stands side by side there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from polylog.model.filter import EVERYTHING, NOTHING, And, Compare, Filter, Not, Op, Or

# Exact where there is a total order: text (absent is ""), times and numbers of arrival.
_OPPOSITES: Final[Mapping[Op, Op]] = {
    Op.EQ: Op.NE,
    Op.NE: Op.EQ,
    Op.LT: Op.GE,
    Op.GE: Op.LT,
    Op.GT: Op.LE,
    Op.LE: Op.GT,
}


def simplified(filter: Filter) -> Filter:
    """Return a filter that every event passes or fails like this one.

    No And stands in an And and no Or in an Or, none has fewer than two terms or one twice, and Not
    stands only before a term that has no opposite. Only the whole is `EVERYTHING` or `NOTHING`.
    """
    match filter:
        case And(terms):
            return _all_of(map(simplified, terms))
        case Or(terms):
            return _one_of(map(simplified, terms))
        case Not(term):
            return _opposite(term)
        case _:
            return filter


def _opposite(filter: Filter) -> Filter:
    """Return the simplified filter of what does not pass."""
    match filter:
        case And(terms):
            return _one_of(map(_opposite, terms))
        case Or(terms):
            return _all_of(map(_opposite, terms))
        case Not(term):
            return simplified(term)
        case Compare(field, op, value) if op in _OPPOSITES and not _is_in_data(filter):
            return Compare(field, _OPPOSITES[op], value)
        case _:
            return Not(filter)


def _is_in_data(part: Compare) -> bool:
    """Return whether the comparison is one with a number in `data`, where anything may stand."""
    return part.field.startswith("data.") and not isinstance(part.value, str)


def _all_of(filters: Iterable[Filter]) -> Filter:
    nested = (each.terms if isinstance(each, And) else (each,) for each in filters)
    terms = _distinct(nested)
    if NOTHING in terms:
        return NOTHING
    return terms[0] if len(terms) == 1 else And(terms)


def _one_of(filters: Iterable[Filter]) -> Filter:
    nested = (each.terms if isinstance(each, Or) else (each,) for each in filters)
    terms = _distinct(nested)
    if EVERYTHING in terms:
        return EVERYTHING
    return terms[0] if len(terms) == 1 else Or(terms)


def _distinct(nested: Iterable[tuple[Filter, ...]]) -> tuple[Filter, ...]:
    return tuple(dict.fromkeys(term for terms in nested for term in terms))
