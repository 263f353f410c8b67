"""The parameters that both of Cloud Eye's lists share. An empty parameter counts as absent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from polylog.api.auth import is_scope
from polylog.api.params import Params, Where
from polylog.dialects.ces.errors import InvalidPaging, InvalidProject
from polylog.dialects.ces.wire import ORIGINS, SUB_EVENT_TYPES, Origin
from polylog.dialects.huawei.members import MILLISECOND
from polylog.model.errors import InvalidParameter, shown
from polylog.model.filter import Compare, Filter, Op, conjunction, disjunction

MAX_LIMIT: Final = 100

_UNIT: Final = "in milliseconds since 1970, UTC"

_SUB_EVENT_TYPES: Final = ("SUB_EVENT.OPS", "SUB_EVENT.PLAN", "SUB_EVENT.CUSTOM")
_TIME = re.compile(r"\d{1,13}", re.ASCII)
_COUNT = re.compile(r"\d{1,18}", re.ASCII)


def _project(value: str) -> str:
    """Ours: a project may also have `.` and `_` in its name, as scopes may."""
    if not is_scope(value):
        raise InvalidProject("project_id", "must be 1 to 64 letters, digits, '-', '.' or '_'")
    return value


Project = Annotated[
    str,
    AfterValidator(_project),
    Field(json_schema_extra={"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}),
    Field(description="The scope of the key. Any other project is refused with 403."),
]


def _text(value: object) -> str | None:
    return str(value) or None


Text = Annotated[str | None, BeforeValidator(_text)]


def _origin(value: object) -> Origin | None:
    text = str(value)
    if text and text not in ORIGINS:
        known = " or ".join(ORIGINS)
        raise InvalidParameter("event_type", f"must be {known} but was '{shown(text)}'")
    return ORIGINS.get(text)


def _required_origin(value: object) -> Origin:
    origin = _origin(value)
    if origin is None:
        raise InvalidParameter("event_type", "is required")
    return origin


_WHICH_ORIGIN = Field(
    description="The origin: `EVENT.SYS` for the cloud's services, `EVENT.CUSTOM` for reports."
)

OptionalOrigin = Annotated[
    Origin | None,
    BeforeValidator(_origin),
    Where("origin", Op.EQ),
    Field(json_schema_extra={"type": "string", "enum": [*ORIGINS, ""]}),
    _WHICH_ORIGIN,
]
RequiredOrigin = Annotated[
    Origin,
    BeforeValidator(_required_origin),
    Where("origin", Op.EQ),
    Field(json_schema_extra={"type": "string", "enum": [*ORIGINS]}),
    _WHICH_ORIGIN,
]


def _sub_event_type(value: object) -> str | None:
    text = str(value)
    if text and text not in _SUB_EVENT_TYPES:
        known = ", ".join(_SUB_EVENT_TYPES)
        raise InvalidParameter("sub_event_type", f"must be one of {known} but was '{shown(text)}'")
    return text or None


def _time(name: str, *, after: int) -> Callable[[object], int | None]:
    """Return the function that reads a time, and adds `after` milliseconds to it.

    Ours: a malformed time is refused. A newer page of the reference takes it for the last day.
    """

    def read(value: object) -> int | None:
        text = str(value)
        if not text:
            return None
        if not _TIME.fullmatch(text):
            reason = "must be a time in milliseconds since 1970, of at most 13 digits, but was"
            raise InvalidParameter(name, f"{reason} '{shown(text)}'")
        return (int(text) + after) * MILLISECOND

    return read


def _count(name: str, meaning: str, least: int, most: int | None = None) -> BeforeValidator:
    def read(value: object) -> int | None:
        text = str(value)
        if not text:
            return None
        number = int(text) if _COUNT.fullmatch(text) else -1
        if number < least or (most is not None and number > most):
            raise InvalidPaging(name, f"must be an integer {meaning}")
        return number

    return BeforeValidator(read)


def _whole(least: int, most: int) -> object:
    return Field(json_schema_extra={"type": "integer", "minimum": least, "maximum": most})


class PageParams(Params):
    """A range of time, the rows of a page, and the sub type.

    The range includes both ends, up to the end of the last millisecond. `start` counts rows. A
    newer page of the reference speaks of page numbers, but then clients that count rows would miss
    some.
    """

    project_id: Project
    event_type: OptionalOrigin = None
    sub_event_type: Annotated[
        str | None,
        BeforeValidator(_sub_event_type),
        Field(json_schema_extra={"type": "string", "enum": [*_SUB_EVENT_TYPES, ""]}),
        Field(description="Only events of this sub type. Without it, rows show no sub type."),
    ] = None
    first: Annotated[
        int | None,
        Field(alias="from", description=f"Only events at or after this time, {_UNIT}."),
        BeforeValidator(_time("from", after=0)),
        Where("time", Op.GE),
        _whole(0, 10**13 - 1),
    ] = None
    end: Annotated[
        int | None,
        Field(alias="to", description=f"Only events at or before this time, {_UNIT}."),
        BeforeValidator(_time("to", after=1)),
        Where("time", Op.LT),
        _whole(0, 10**13 - 1),
    ] = None
    start: Annotated[
        int | None,
        _count("start", "from 0", least=0),
        _whole(0, 10**18 - 1),
        Field(description="The first row to return: 0, the default, is the first of all."),
    ] = None
    limit: Annotated[
        int | None,
        _count("limit", f"from 1 to {MAX_LIMIT}", 1, MAX_LIMIT),
        _whole(1, MAX_LIMIT),
        Field(description=f"The most rows to return: {MAX_LIMIT} by default."),
    ] = None

    @model_validator(mode="after")
    def _require_order(self) -> Self:
        if self.first is not None and self.end is not None and self.end <= self.first + MILLISECOND:
            raise InvalidParameter("from", "must be smaller than to")
        return self

    @property
    def page(self) -> slice:
        """The rows of the page."""
        first = self.start or 0
        return slice(first, first + (self.limit or MAX_LIMIT))

    @property
    def filter(self) -> Filter:
        """The filter for all parameters.

        An event without a sub type counts as one of the usual sub type of its origin.
        """
        wanted = self.sub_event_type
        if wanted is None:
            return super().filter
        own = Compare("attributes.sub_event_type", Op.EQ, wanted)
        none = Compare("attributes.sub_event_type", Op.EQ, "")
        usual = (
            conjunction([none, Compare("origin", Op.EQ, origin)])
            for origin, sub_event_type in SUB_EVENT_TYPES.items()
            if sub_event_type == wanted
        )
        return conjunction([super().filter, disjunction([own, *usual])])
