"""The parameters that choose events. An event must pass all of them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import Field, PlainValidator

from polylog.api.call import Call
from polylog.api.params import Params, Where
from polylog.dialects.waldur.errors import TimeOutOfRange
from polylog.dialects.waldur.groups import catalogue
from polylog.dialects.waldur.scopes import EXAMPLE, is_restricted, seen_by, url_of
from polylog.dialects.waldur.uuids import PATTERN, dashed, hex_of
from polylog.model.errors import shown
from polylog.model.filter import NOTHING, Compare, Filter, Op, conjunction, disjunction
from polylog.model.query import Order
from polylog.model.times import EARLIEST, LATEST, SECOND

_FIRST, _LAST = EARLIEST // SECOND, LATEST // SECOND
_ORDERS = {"created": Order.ASCENDING, "-created": Order.DESCENDING}


def _words(text: str) -> str | None:
    return text.strip() or None


def _number(text: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError("Enter a number.")
    return number


def _uuid(text: str) -> str | None:
    if not text.strip():
        return None
    digits = hex_of(text.strip())
    if digits is None:
        raise ValueError("Enter a valid UUID.")
    return digits


def _order(text: str) -> Order:
    """Read a list of names separated by commas. The first one counts."""
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in _ORDERS:
            raise ValueError(
                f"Select a valid choice. {shown(name)} is not one of the available choices."
            )
    return _ORDERS[names[0]] if names else Order.DESCENDING


Words = Annotated[str | None, PlainValidator(_words), Field(json_schema_extra={"type": "string"})]
Number = Annotated[
    Decimal | None, PlainValidator(_number), Field(json_schema_extra={"type": "number"})
]
Hex = Annotated[
    str | None,
    PlainValidator(_uuid),
    Field(json_schema_extra={"type": "string", "pattern": f"^({PATTERN})?$"}),
]
_Order = Annotated[
    Order,
    PlainValidator(_order),
    Field(json_schema_extra={"type": "string", "enum": list(_ORDERS)}),
]


def _only(what: str) -> object:
    return Field(description=f"Only {what}.")


class ScopeParams(Params):
    """The parameters that the list and the statistics share."""

    event_type: Annotated[
        tuple[str, ...],
        _only("events of this type, such as `role_granted`; repeat the parameter for several"),
    ] = ()
    feature: Annotated[
        tuple[str, ...],
        _only("events whose type is in this group, such as `auth`; repeat it for several groups"),
    ] = ()
    scope: Annotated[
        str | None,
        _only(
            "events attached to the object with this URL, on any host; a key that is confined to "
            "a customer or a project must name it here"
        ),
        Field(examples=[EXAMPLE]),
    ] = None
    related_user_uuid: Annotated[Hex, _only("events by or about the user with this UUID")] = None

    @property
    def filter(self) -> Filter:
        """The filter for all parameters except `scope`, which depends on the caller."""
        parts = [super().filter]
        if self.event_type:
            parts.append(_any_of("type", self.event_type))
        if self.feature:
            parts.append(_any_of("type", sorted(catalogue().types_of(self.feature))))
        if self.related_user_uuid is not None:
            parts.append(_related_to(self.related_user_uuid))
        return conjunction(parts)


class FilterParams(ScopeParams):
    """The parameters that choose events; a blank one counts as not given."""

    created_from: Annotated[
        Number, _only("events at or after this Unix time, in whole seconds, such as 1772366400")
    ] = None
    created_to: Annotated[
        Number, _only("events before this Unix time, in whole seconds, such as 1772370000")
    ] = None
    message: Annotated[
        Words, _only("events whose message contains this text, in upper or lower case")
    ] = None
    customer_uuid: Annotated[
        Hex, Where("organization_id", Op.EQ), _only("events of the customer with this UUID")
    ] = None
    project_uuid: Annotated[
        Hex, Where("project_id", Op.EQ), _only("events of the project with this UUID")
    ] = None
    user_uuid: Annotated[
        Hex, Where("actor.id", Op.EQ), _only("events by the user with this UUID")
    ] = None
    auth_method: Annotated[
        Words,
        Where("data.auth_method", Op.EQ),
        _only("events by users who had logged in with this method"),
    ] = None
    pat_uuid: Annotated[Words, _only("events by the personal access token with this UUID")] = None
    o: Annotated[
        _Order,
        Field(
            description="The order: `created` lists the oldest first, and `-created` the newest.",
            json_schema_extra={"default": "-created"},
        ),
    ] = Order.DESCENDING

    @property
    def filter(self) -> Filter:
        """The filter for all parameters except `scope`; raises `TimeOutOfRange`."""
        parts = [super().filter]
        if self.created_from is not None:
            parts.append(Compare("time", Op.GE, _microseconds(self.created_from)))
        if self.created_to is not None:
            parts.append(Compare("time", Op.LT, _microseconds(self.created_to)))
        if self.message is not None:
            parts.append(Compare("message", Op.HAS, self.message))
        if self.pat_uuid is not None:
            parts.append(_any_of("data.pat_uuid", _forms(self.pat_uuid)))
        return conjunction(parts)


def chosen(call: Call, params: ScopeParams) -> Filter:
    """Return the filter for the events that the request asks for and that the caller may see.

    Raises `TimeOutOfRange` and, after that, `UnknownObject`. Ours: with `related_user_uuid` a
    restricted key sees nothing, because it belongs to no user.
    """
    wanted = params.filter
    seen = seen_by(call.principal, params.scope)
    if params.related_user_uuid is not None and is_restricted(call.principal):
        return NOTHING
    return conjunction([seen, wanted])


def _any_of(field: str, values: tuple[str, ...] | list[str]) -> Filter:
    return disjunction(Compare(field, Op.EQ, value) for value in values)


def _forms(text: str) -> tuple[str, ...]:
    """Return both forms that a UUID may have in a context, or any other text as it is."""
    digits = hex_of(text)
    return (text,) if digits is None else (digits, dashed(digits))


def _related_to(digits: str) -> Filter:
    return disjunction(
        [
            Compare("links", Op.HAS, url_of("users", digits)),
            Compare("actor.id", Op.EQ, digits),
            _any_of("data.affected_user_uuid", _forms(digits)),
        ]
    )


def _microseconds(seconds: Decimal) -> int:
    """Return microseconds for a Unix time, after cutting it to whole seconds."""
    if not _FIRST - 1 < seconds < _LAST + 1:
        raise TimeOutOfRange(seconds)
    return int(seconds) * SECOND
