"""`GET /v2/events` and `GET /v2/events/:guid`: parameters, the grammar of `q`, pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, InstanceOf
from pydantic_core import PydanticCustomError

from polylog.call import Call
from polylog.clauses import Clause, ClauseGrammar, without_end
from polylog.dialects.cloudfoundry.errors import CONTENT_TYPE, CannotOrderBy
from polylog.dialects.cloudfoundry.wire import escape, render_event
from polylog.errors import InvalidParameter
from polylog.filter import NOTHING, Compare, Filter, Op, conjunction, disjunction
from polylog.http import Response
from polylog.params import Params
from polylog.query import Order, Window
from polylog.times import SECOND, parse_iso8601

_IN = " IN "
_OPS = {":": Op.EQ, ">": Op.GT, ">=": Op.GE, "<": Op.LT, "<=": Op.LE}


def _text(field: str) -> Callable[[Clause], Filter]:
    def build(clause: Clause) -> Filter:
        op = _OPS.get(clause.operator or "", Op.EQ)
        return disjunction(Compare(field, op, value) for value in clause.values)

    return build


def _timestamp(clause: Clause) -> Filter:
    """Compare whole seconds, as the server does since 2017 (query.rb)."""
    if clause.operator is None:
        # Ours: the server fails, while it takes other names without an operator for nothing.
        raise InvalidParameter("timestamp", "must be followed by an operator and a time")
    if clause.operator == ":" and clause.values == ("",):
        return NOTHING
    starts = [_parse_timestamp(value) for value in clause.values]
    match clause.operator:
        case ">":
            return Compare("time", Op.GE, starts[0] + SECOND)
        case ">=":
            return Compare("time", Op.GE, starts[0])
        case "<":
            return Compare("time", Op.LT, starts[0])
        case "<=":
            return Compare("time", Op.LT, starts[0] + SECOND)
        case _:
            return disjunction(
                conjunction([Compare("time", Op.GE, start), Compare("time", Op.LT, start + SECOND)])
                for start in starts
            )


def _parse_timestamp(text: str) -> int:
    """Ours: Ruby's other date forms, and an offset whose `+` became a blank, are refused."""
    try:
        return parse_iso8601(text)
    except ValueError as error:
        reason = f"must be an ISO 8601 time with any + escaped as %2B but was '{text}'"
        raise InvalidParameter("timestamp", reason) from error


# The document names the first three; the server knows the other two since November 2016.
GRAMMAR = ClauseGrammar(
    parameter="q",
    fields={
        "timestamp": _timestamp,
        "type": _text("type"),
        "actee": _text("target.id"),
        "space_guid": _text("project_id"),
        "organization_guid": _text("organization_id"),
    },
    operators=(":", ">=", "<=", "<", ">", _IN),
    lists=frozenset({_IN}),
)


_BASES = {None: 10, "0": 8, "0_": 8, "0b": 2, "0d": 10, "0o": 8, "0x": 16}
_RUBY_INTEGER = re.compile(
    r"\s*([+-]?)(0[bdox]|0_?(?=\d))?([\da-f]+(?:_[\da-f]+)*)\s*", re.ASCII | re.IGNORECASE
)


def _ruby_integer(value: object) -> int:
    """Read what Ruby's `Integer()` reads: blanks around, a sign, `0x10`, `010` (octal), `1_000`."""
    match = _RUBY_INTEGER.fullmatch(str(value))
    try:
        if not match:
            raise ValueError(value)
        sign, prefix, digits = match.groups()
        return int(sign + digits, _BASES[prefix and prefix.lower()])
    except ValueError as error:
        raise PydanticCustomError("int_parsing", "must be an integer") from error


# Ours: the server's database takes no longer integers either, and the server then fails.
RubyInteger = Annotated[int, BeforeValidator(_ruby_integer), Field(ge=-(2**63), le=2**63 - 1)]


@dataclass(frozen=True, slots=True)
class Q:
    """One `q` parameter: as it was given, which the urls of other pages repeat, and read."""

    text: str
    filter: Filter

    @classmethod
    def parse(cls, text: str) -> Q:
        """Read the text; raises `InvalidParameter`."""
        return cls(text, GRAMMAR.parse(text))


def _last_is_sortable(fields: tuple[str, ...]) -> tuple[str, ...]:
    if fields[-1] not in ("timestamp", "id"):
        raise CannotOrderBy(fields[-1])
    return fields


class ListParams(Params):
    """The parameters of the list, in the order in which the server checks what they mean.

    Ours: whether they are integers is checked with that, not before all else.
    """

    order_by: Annotated[
        tuple[str, ...], Field(alias="order-by"), AfterValidator(_last_is_sortable)
    ] = ("timestamp", "id")
    q: tuple[Annotated[InstanceOf[Q], BeforeValidator(Q.parse)], ...] = ()
    results_per_page: Annotated[RubyInteger, Field(alias="results-per-page", ge=1, le=100)] = 50
    inline_relations_depth: Annotated[
        RubyInteger | None, Field(alias="inline-relations-depth", le=3)
    ] = None
    order_direction: Annotated[Order, Field(alias="order-direction")] = Order.ASCENDING
    page: Annotated[RubyInteger, Field(ge=1)] = 1
    orphan_relations: Annotated[RubyInteger | None, Field(alias="orphan-relations")] = None
    exclude_relations: Annotated[str | None, Field(alias="exclude-relations")] = None
    include_relations: Annotated[str | None, Field(alias="include-relations")] = None


def list_events(call: Call, params: ListParams) -> Response:
    """Answer one page, with exact totals and the paths of its neighbours."""
    filter = conjunction(q.filter for q in params.q)
    size = params.results_per_page
    window = Window(limit=size, offset=(params.page - 1) * size)
    page = call.find(filter, params.order_direction, window, with_total=True)
    total = page.total or 0
    pages = max(1, -(-total // size))
    document: dict[str, object] = {
        "total_results": total,
        "total_pages": pages,
        "prev_url": _page_url(params, params.page - 1) if params.page > 1 else None,
        "next_url": _page_url(params, params.page + 1) if params.page < pages else None,
        "resources": [render_event(event) for event in page.events],
    }
    if params.orphan_relations == 1:
        document["orphans"] = {}
    return Response.of(document, headers=(CONTENT_TYPE,))


def _page_url(params: ListParams, page: int) -> str:
    """Return the path of another page: every parameter in effect, sorted by name.

    `order-by` stands there always and twice, as servers write it since 2017; it changes nothing.
    """
    depth, orphans = params.inline_relations_depth, params.orphan_relations
    pairs = [
        *(("exclude-relations", name) for name in _split(params.exclude_relations)),
        *(("include-relations", name) for name in _split(params.include_relations)),
        *([] if depth is None else [("inline-relations-depth", depth)]),
        ("order-by", "timestamp"),
        ("order-by", "id"),
        ("order-direction", params.order_direction),
        *([] if orphans is None else [("orphan-relations", orphans)]),
        ("page", page),
        *(("q", q.text) for q in params.q),
        ("results-per-page", params.results_per_page),
    ]
    return "/v2/events?" + "&".join(f"{name}={escape(str(value))}" for name, value in pairs)


def _split(names: str | None) -> list[str]:
    return without_end((names or "").split(","))


class GuidParams(Params):
    """The event that the path names."""

    guid: str


def get_event(call: Call, params: GuidParams) -> Response:
    """Answer one event."""
    return Response.of(render_event(call.get(params.guid)), headers=(CONTENT_TYPE,))
