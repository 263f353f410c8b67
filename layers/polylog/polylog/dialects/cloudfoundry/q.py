"""The parameter `q`: conditions like `type:app.crash;timestamp>=2026-03-01T10:00:00Z`.

Follows query.rb of cloud_controller_ng. `;` joins conditions, all of which must hold; a doubled
`;;` is a semicolon inside a value. In each condition the first operator from the left separates
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
"""The document names the first two and `timestamp`, the server the others since November 2016."""


@dataclass(frozen=True, slots=True)
class Q:
    """One `q` parameter: its text, which the urls of other pages repeat, and its meaning."""

    text: str
    filter: Filter

    @classmethod
    def parse(cls, text: str) -> Q:
        """Read the text; raises `InvalidParameter` or `UnknownField`."""
        return cls(text, parse(text))


def parse(q: str) -> Filter:
    """Return the filter that a `q` means; raises `InvalidParameter` or `UnknownField`."""
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
    """Ours: a 400 for `timestamp`, on which the server fails; it takes other names for nothing."""
    if name == _TIMESTAMP:
        raise InvalidParameter(name, "must be followed by an operator and a time")
    return NOTHING


def _times(operator: str, values: list[str]) -> Filter:
    if operator == ":" and values == [""]:
        return NOTHING
    return disjunction(compare_time(_OPS[operator], _parse_time(value)) for value in values)


def _parse_time(text: str) -> int:
    """Ours: Ruby's other date forms, and an offset whose `+` became a blank, are refused."""
    return read_time(text, _TIMESTAMP, "an ISO 8601 time with any + escaped as %2B")
