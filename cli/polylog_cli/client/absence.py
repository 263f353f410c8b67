"""Why a question finds no events: the likeliest reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from itertools import chain
from typing import Final

from polylog.language.parser import parse
from polylog.model.errors import InvalidFilter
from polylog.model.filter import And, Compare, Filter, Op, Or, Pattern, Text, conjuncts
from polylog.model.literals import quoted
from polylog.model.times import parse_iso8601
from polylog_cli.client.answers import JsonObject
from polylog_cli.client.http import ServiceError
from polylog_cli.client.log import Question, Reader

_UNSHARED: Final = {"id", "seq", "time", "links", "message"}
"""Fields that `polylog groups` does not take, or that differ in every event."""


def likely_reason(log: Reader) -> str | None:
    """Return why a question finds no events; None if no reason is known."""
    try:
        return reason_for_nothing(log.question, log.types)
    except ServiceError:  # The service would have to read much: the reason is not worth that.
        return None


def range_asked(question: Question) -> str:
    """Say in which range of time a question looks, like `events from 2026-11-01T00:00:00Z on`."""
    match question.since, question.until:
        case None, None:
            return "events of all times"
        case since, None:
            return f"events from {since} on"
        case None, until:
            return f"events before {until}"
        case since, until:
            return f"events from {since} to {until}"


def field_asked(question: Question) -> str:
    """Return the first field of a filter that events share values of, or else `type`."""
    try:
        terms = _required(parse(question.text))
    except InvalidFilter:
        return "type"
    fields = (term.field for term in terms if isinstance(term, Compare | Pattern))
    return next((field for field in fields if field not in _UNSHARED), "type")


def reason_for_nothing(
    question: Question, ask_types: Callable[[], Sequence[JsonObject]]
) -> str | None:
    """Return why no event matches; None if the reason is not clear.

    `ask_types` returns the groups of the whole log by type. They come from counts, so they cost
    few reads.
    """
    if _is_upside_down(question):
        return f"--since {question.since} is not before --until {question.until}"
    types = ask_types()
    if not types:
        return "the log has no events that this key may read"
    return _too_new(question, types) or _of_filter(question.text, types)


def _is_upside_down(question: Question) -> bool:
    since, until = question.since, question.until
    if since is None or until is None:
        return False
    return parse_iso8601(since) >= parse_iso8601(until)


def _too_new(question: Question, types: Sequence[JsonObject]) -> str | None:
    newest = max((str(each["time"]) for each in types), key=parse_iso8601)
    if question.since is None or parse_iso8601(newest) >= parse_iso8601(question.since):
        return None
    return f"the newest event is from {newest}, and --since is {question.since}"


def _of_filter(text: str, types: Sequence[JsonObject]) -> str | None:
    try:
        terms = list(_required(parse(text)))
    except InvalidFilter:
        return None
    reasons = chain(_unknown_types(terms, types), _words(terms, types))
    return next(reasons, None)


def _required(part: Filter) -> Iterable[Filter]:
    """Yield the conditions that must all hold, including those in parentheses."""
    for term in conjuncts(part):
        if isinstance(term, And):
            yield from _required(term)
        else:
            yield term


def _unknown_types(terms: Iterable[Filter], groups: Sequence[JsonObject]) -> Iterable[str]:
    """Yield a reason for each condition that asks for types that no event has."""
    if any(group.get("is_other") for group in groups):
        return  # The log counts rare types together, and does not name them.
    known = [str(group["value"]) for group in groups]
    for wanted in filter(None, map(_types, terms)):
        if not set(wanted) & set(known):
            near = [each for type in wanted for each in get_close_matches(type, known, n=1)]
            guess = f"; did you mean {quoted(near[0])}?" if near else ""
            yield f"no event has the type {' or '.join(map(quoted, wanted))}{guess}"


def _types(term: Filter) -> Sequence[str]:
    """Return the types that a term allows; empty if it asks for something else."""
    match term:
        case Compare("type", Op.EQ, str(value)):
            return (value,)
        case Or(terms) if all(map(_types, terms)):
            return [type for each in terms for type in _types(each)]
        case _:
            return ()


def _words(terms: Iterable[Filter], groups: Sequence[JsonObject]) -> Iterable[str]:
    """Yield a reason for each word without a field: where it is looked for."""
    known = [str(group["value"]).casefold() for group in groups]
    for term in terms:
        if isinstance(term, Text):
            places = "in the message, and in the ids and names of actor and target"
            offer = (
                f"; try type : {term}"
                if any(term.text.casefold() in type for type in known)
                else ""
            )
            yield f"a word alone is looked for {places}{offer}"
