"""The parameter `q`: conditions like `type:app.crash;timestamp>=2026-03-01T10:00:00Z`.

Follows query.rb of cloud_controller_ng. `;` joins conditions, and all of them must hold. A doubled
`;;` is a semicolon inside a value. In each condition, the first operator from the left separates
the name from the value. ` IN ` takes several values, with commas between them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from polylog.dialects.cloudcontroller.seconds import compare_time
from polylog.model.errors import InvalidParameter, UnknownField
from polylog.model.filter import NOTHING, Compare, Filter, Op, conjunction, disjunction
from polylog.model.times import read_time

_IN: Final = " IN "
_OPERATOR: Final = re.compile(f":|>=|<=|<|>|{_IN}")
_OPS: Final = {":": Op.EQ, ">": Op.GT, ">=": Op.GE, "<": Op.LT, "<=": Op.LE, _IN: Op.EQ}
_CONDITION: Final = re.compile(r"((?:;;|[^;])*)(?:;|$)")

_TIMESTAMP: Final = "timestamp"
_TEXTS: Final = {
    "type": "type",
    "actee": "target.id",
    "space_guid": "project_id",
    "organization_guid": "organization_id",
}
"""The fields of an event by the names in `q`.

The document has the first two and `timestamp`. The server added the others in November 2016.
"""


@dataclass(frozen=True, slots=True)
class Q:
    """One `q` parameter: its text, which the URLs of other pages repeat, and its filter."""

    text: str
    filter: Filter

    @classmethod
    def parse(cls, text: str) -> Q:
        """Read the text of a `q`. Raises `InvalidParameter` or `UnknownField`."""
        return cls(text, parse(text))


def parse(q: str) -> Filter:
    """Return the filter that a `q` means.

    Raises `InvalidParameter` or `UnknownField`.

    >>> parse("type IN app.crash,app.start;actee:a1") == conjunction([
    ...     disjunction([Compare("type", Op.EQ, "app.crash"), Compare("type", Op.EQ, "app.start")]),
    ...     Compare("target.id", Op.EQ, "a1"),
    ... ])
    True
    """
    conditions = without_end(_CONDITION.findall(q))
    return conjunction(_condition(text.replace(";;", ";")) for text in conditions)


def without_end(parts: list[str]) -> list[str]:
    """Return the parts without the empty ones at the end, which Ruby's `split` drops."""
    while parts and not parts[-1]:
        parts.pop()
    return parts


def _condition(text: str) -> Filter:
    found = _OPERATOR.search(text)
    name = text[: found.start()] if found else text
    if name != _TIMESTAMP and name not in _TEXTS:
        raise UnknownField("q", name)
    if found is None:
        return _without_operator(name)
    operator, value = found[0], text[found.end() :]
    values = without_end(value.split(",")) if operator == _IN else [value]
    if name == _TIMESTAMP:
        return _times(operator, values)
    return disjunction(Compare(_TEXTS[name], _OPS[operator], value) for value in values)


def _without_operator(name: str) -> Filter:
    """Return the filter for a name alone, which finds nothing.

    Ours: `timestamp` alone is refused. The server fails on it.
    """
    if name == _TIMESTAMP:
        raise InvalidParameter(name, "must be followed by an operator and a time")
    return NOTHING


def _times(operator: str, values: list[str]) -> Filter:
    if operator == ":" and values == [""]:
        return NOTHING
    return disjunction(compare_time(_OPS[operator], _parse_time(value)) for value in values)


def _parse_time(text: str) -> int:
    """Return a time in microseconds since the epoch; raises `InvalidParameter`.

    Ours: it must be ISO 8601. The other date forms of Ruby are refused, and so is an offset whose
    `+` was not escaped and became a blank.
    """
    return read_time(text, _TIMESTAMP, "an ISO 8601 time with any + escaped as %2B")
