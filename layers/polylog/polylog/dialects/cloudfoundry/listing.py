"""`GET /v2/events` and `GET /v2/events/:guid`: parameters, the grammar of `q`, pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, NotRequired

from pydantic import AfterValidator, BeforeValidator, Field, InstanceOf, JsonValue, WithJsonSchema
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from polylog.api.call import Call
from polylog.api.http import Response
from polylog.api.params import Params
from polylog.dialects.cloudfoundry.clauses import Clause, ClauseGrammar, without_end
from polylog.dialects.cloudfoundry.errors import CONTENT_TYPE, CannotOrderBy
from polylog.dialects.cloudfoundry.wire import EventResource, escape, render_event
from polylog.model.errors import InvalidParameter
from polylog.model.filter import NOTHING, Compare, Filter, Op, conjunction, disjunction
from polylog.model.query import Order, Window
from polylog.model.times import SECOND, read_time

_IN = " IN "
_SORTABLE = ("timestamp", "id")
_NO_EFFECT = "Has no effect on events, which have no relations."
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
    return read_time(text, "timestamp", "an ISO 8601 time with any + escaped as %2B")


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
    if fields[-1] not in _SORTABLE:
        raise CannotOrderBy(fields[-1])
    return fields


class EventList(TypedDict):
    """A page of events, the number of all events and pages, and the paths of its neighbours."""

    total_results: int
    total_pages: int
    prev_url: str | None
    next_url: str | None
    resources: list[EventResource]
    orphans: NotRequired[dict[str, JsonValue]]


_Q = Annotated[InstanceOf[Q], BeforeValidator(Q.parse), WithJsonSchema({"type": "string"})]


class ListParams(Params):
    """The parameters of the list, in the order in which the server checks what they mean.

    Ours: whether they are integers is checked with that, not before all else.
    """

    order_by: Annotated[
        tuple[str, ...],
        Field(alias="order-by", description="The order, which the last one decides."),
        AfterValidator(_last_is_sortable),
        Field(
            json_schema_extra={"type": "array", "items": {"enum": list(_SORTABLE)}, "minItems": 1}
        ),
    ] = _SORTABLE
    q: Annotated[
        tuple[_Q, ...],
        Field(
            description="Conditions, joined by `;`, of which all must hold: a name (timestamp, "
            "type, actee, space_guid, organization_guid), an operator (`:`, `>=`, `<=`, `<`, `>`, "
            "` IN `) and a value, or several with commas after ` IN `.",
            examples=[["type:app.crash", "timestamp>=2015-02-13T22:34:52Z"]],
        ),
    ] = ()
    results_per_page: Annotated[
        RubyInteger,
        Field(alias="results-per-page", ge=1, le=100, description="How many events a page has."),
    ] = 50
    inline_relations_depth: Annotated[
        RubyInteger | None, Field(alias="inline-relations-depth", le=3, description=_NO_EFFECT)
    ] = None
    order_direction: Annotated[
        Order, Field(alias="order-direction", description="The direction of the order.")
    ] = Order.ASCENDING
    page: Annotated[RubyInteger, Field(ge=1, description="The number of the page.")] = 1
    orphan_relations: Annotated[
        RubyInteger | None,
        Field(alias="orphan-relations", description="1 asks for a member `orphans`."),
    ] = None
    exclude_relations: Annotated[
        str | None, Field(alias="exclude-relations", description=_NO_EFFECT)
    ] = None
    include_relations: Annotated[
        str | None, Field(alias="include-relations", description=_NO_EFFECT)
    ] = None


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

    guid: Annotated[str, Field(description="The id of the event.")]


def get_event(call: Call, params: GuidParams) -> Response:
    """Answer one event."""
    return Response.of(render_event(call.get(params.guid)), headers=(CONTENT_TYPE,))
