"""The seam between a wire API and the log.

A dialect is a value made of functions: where it is mounted, how it authenticates, its endpoints,
how it writes an error, and how its events are read. `serve` is the one way through it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Self, TypeVar, get_origin

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from polylog.auth import ANONYMOUS, Credential, KeyStore, Permission, Principal, authenticate
from polylog.errors import (
    ApiError,
    EventNotFound,
    InternalError,
    InvalidParameter,
    NotVisible,
    ResponseTooLarge,
    RouteNotFound,
    Unauthenticated,
    Unavailable,
)
from polylog.event import Event
from polylog.filter import Compare, Filter, Op, conjunction, predicate
from polylog.http import Pairs, Request, Response
from polylog.query import EventQuery, Order, Page, Window
from polylog.store import EventStore, Outcome, Status

log = logging.getLogger("polylog")

# What the bytes of a query that are not UTF-8 are decoded to.
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Where:
    """The mark that makes a parameter a condition on a field of the event."""

    field: str
    op: Op


class Params(BaseModel):
    """The parameters of an endpoint: wire names as aliases, wire types, wire limits.

    The first refused field, in the order of declaration, is the error that the client sees.
    Parameters that are not declared are ignored; a plain one given twice counts the last time.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def parse(cls, pairs: Pairs, path_values: Mapping[str, str]) -> Self:
        """Read query pairs and values of the path; raises `InvalidParameter`."""
        values: dict[str, object] = {}
        for attribute, info in cls.model_fields.items():
            name = info.alias or attribute
            given = tuple(value for key, value in pairs if key == name)
            if any(map(_SURROGATES.search, given)):
                raise InvalidParameter(name, "is not valid UTF-8")
            if given:
                values[name] = given if get_origin(info.annotation) is tuple else given[-1]
        try:
            return cls.model_validate({**values, **path_values})
        except ValidationError as error:
            raise InvalidParameter.of(error) from error

    @property
    def filter(self) -> Filter:
        """The conjunction of all parameters that are marked as conditions and were given."""
        marks = (
            Compare(mark.field, mark.op, value)
            for name, info in type(self).model_fields.items()
            for mark in info.metadata
            if isinstance(mark, Where) and (value := getattr(self, name)) is not None
        )
        return conjunction(marks)


@dataclass(frozen=True, slots=True)
class Services:
    """What serving needs from outside; made once, where the program is put together."""

    store: EventStore
    keys: KeyStore
    clock: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Call:
    """One request being answered: adds scope and restriction to all that is asked of the log."""

    request: Request
    mount: str
    principal: Principal
    services: Services

    @property
    def base_url(self) -> str:
        """The address of the dialect's root as the client knows it, without a final slash."""
        return self.request.url + self.mount

    def find(self, filter: Filter, order: Order, window: Window) -> Page:
        """Return the events of a window that the caller may see."""
        query = EventQuery(self.principal.scope, self._restricted(filter), order, window)
        return self.services.store.find(query)

    def count(self, filter: Filter) -> int:
        """Return how many events that the caller may see pass the filter."""
        return self.services.store.count(self.principal.scope, self._restricted(filter))

    def get(self, event_id: str) -> Event:
        """Return one event; raises `EventNotFound`, or `NotVisible` for a restricted caller."""
        event = self.services.store.get(self.principal.scope, event_id)
        if event is None:
            raise EventNotFound(event_id)
        if not self._is_visible(event):
            raise NotVisible
        return event

    def put(self, events: Sequence[Event]) -> tuple[Outcome, ...]:
        """Store events; those outside the caller's restriction are answered as invalid."""
        allowed = [event for event in events if self._is_visible(event)]
        stored = iter(self.services.store.put(self.principal.scope, allowed))
        reason = f"the key may only write events with {self.principal.restriction.filter}"
        return tuple(
            next(stored)
            if self._is_visible(event)
            else Outcome(Status.INVALID, event.id, reason=reason)
            for event in events
        )

    def _restricted(self, filter: Filter) -> Filter:
        return conjunction([self.principal.restriction.filter, filter])

    def _is_visible(self, event: Event) -> bool:
        return predicate(self.principal.restriction.filter)(event)


P = TypeVar("P", bound=Params)


@dataclass(frozen=True)
class Endpoint(Generic[P]):
    """One method at one path; `permission` None asks for no credential.

    `{name}` stands for a segment of the path, `{name+}` for one or more.
    """

    method: str
    path: str
    params: type[P]
    answer: Callable[[Call, P], Response]
    permission: Permission | None = "read"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as an expression with one group a name."""
        text = re.escape(self.path)
        text = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", text)
        return re.compile(re.sub(r"\\\{(\w+)\\\+\\\}", r"(?P<\1>.+)", text))


@dataclass(frozen=True, slots=True)
class Format:
    """How an API's own events are read from JSON.

    `envelope` is the member of the API's list response that holds the events, if it has one.
    `read` raises `InvalidParameter` naming the member that is not acceptable.
    """

    read: Callable[[JsonValue], Event]
    envelope: str | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """A wire API.

    `error` writes an error in the API's form; `headers` are those that every response carries.
    """

    name: str
    mounts: tuple[str, ...]
    scheme: Callable[[Request], Credential | None]
    # Any: each endpoint has a parameter type of its own.
    endpoints: tuple[Endpoint[Any], ...]
    error: Callable[[ApiError], Response]
    headers: Callable[[Request, Principal], Pairs] = field(default=lambda request, principal: ())
    format: Format | None = None

    def match(self, request: Request) -> tuple[str, Endpoint[Any], Mapping[str, str]]:
        """Return the mount, the endpoint, and the values in the path; raises `RouteNotFound`."""
        method = "GET" if request.method == "HEAD" else request.method
        for mount in self.mounts:
            if request.path == mount or request.path.startswith(mount + "/"):
                path = request.path[len(mount) :] or "/"
                for endpoint in self.endpoints:
                    found = endpoint.method == method and endpoint.pattern.fullmatch(path)
                    if found:
                        return mount, endpoint, found.groupdict()
        raise RouteNotFound(f"{request.method} {request.path}")


def serve(dialect: Dialect, request: Request, services: Services) -> Response:
    """Answer a request: authenticate, parse, answer; every error in the dialect's form."""
    principal = ANONYMOUS
    try:
        mount, endpoint, path_values = dialect.match(request)
        if endpoint.permission:
            principal = _principal(dialect, endpoint.permission, request, services)
            principal.require(endpoint.permission)
        params = endpoint.params.parse(request.query, path_values)
        response = endpoint.answer(Call(request, mount, principal, services), params)
        if not response.is_deliverable:
            raise ResponseTooLarge
    except ApiError as error:
        if isinstance(error, Unavailable):
            log.exception("unavailable")
        response = dialect.error(error)
    except Exception:
        log.exception("internal error")
        response = dialect.error(InternalError())
    body = b"" if request.method == "HEAD" else response.body
    headers = response.headers + dialect.headers(request, principal)
    return Response(response.status, body, headers)


def _principal(
    dialect: Dialect, permission: Permission, request: Request, services: Services
) -> Principal:
    credential = dialect.scheme(request)
    if credential is None:
        raise Unauthenticated
    fresh = permission != "read"
    return authenticate(credential, services.keys, services.clock(), fresh=fresh)
