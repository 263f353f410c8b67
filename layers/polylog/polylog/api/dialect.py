"""The seam between a wire API and the log.

A dialect is a value made of functions: where it is mounted, how it authenticates, its endpoints,
how it renders an error, and how it reads its own events. Every request goes through `serve`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, Generic, Literal, TypeVar

from polylog.api.auth import ANONYMOUS, Permission, Principal, Proof, authenticate
from polylog.api.call import Call, Services
from polylog.api.contract import Body, Reply, Security
from polylog.api.http import Pairs, Request, Response, unpacked
from polylog.api.params import Params
from polylog.intake.documents import Format
from polylog.model.errors import (
    ApiError,
    InternalError,
    MethodNotAllowed,
    ResponseTooLarge,
    RouteNotFound,
    Unauthenticated,
    Unavailable,
)

log = logging.getLogger("polylog")

P = TypeVar("P", bound=Params)


_RETRY_AFTER: Final = ("Retry-After", "1")
"""In seconds. Clients may try again soon, because they back off by themselves."""


@dataclass(frozen=True)
class Endpoint(Generic[P]):
    """One method at one path, and the function that answers it.

    The method `*` stands for any. In the path, `{name}` stands for one segment, and `{name+}` for
    the rest with all its slashes. For example, `/events/{id}` answers at `/events/7`, and
    `/events/{id+}` also at `/events//a/b`, where the id is `/a/b`. With the `permission` "any", any
    valid key is enough. With None, no credential is needed.

    `takes`, `returns` and `raises` are for the OpenAPI document: the body, the answers, and the
    errors that do not follow from permission, parameters and body. The document leaves out an
    endpoint without `returns`.
    """

    method: str
    path: str
    params: type[P]
    answer: Callable[[Call, P], Response]
    permission: Permission | Literal["any"] | None = "read"
    takes: Body | None = None
    returns: tuple[Reply, ...] = ()
    raises: tuple[type[ApiError], ...] = ()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression with a group for each name."""
        text = re.escape(self.path)
        text = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", text)
        return re.compile(re.sub(r"\\\{(\w+)\\\+\\\}", r"(?P<\1>(?s:.+))", text))


Place = tuple[str, Endpoint[Any], Mapping[str, str]]
"""A mount, an endpoint, and the values that the path gives to its names."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """A wire API: how its requests are read, and how they are answered from the log.

    `scheme` reads the proof of a request, `error` renders an error in the API's form, and `headers`
    returns the headers that every response carries. `format` reads the API's own events.
    `problem` (the type of an error's JSON) and `security` are for the OpenAPI document.
    docs/adding-a-dialect.md shows how to write one.
    """

    name: str
    mounts: tuple[str, ...]
    scheme: Callable[[Request], Proof | None]
    # Any: each endpoint has a parameter type of its own.
    endpoints: tuple[Endpoint[Any], ...]
    error: Callable[[ApiError], Response]
    headers: Callable[[Request, Principal], Pairs] = field(default=lambda request, principal: ())
    format: Format | None = None
    problem: object = None
    security: Security = field(default_factory=dict)

    def render(self, error: ApiError) -> Response:
        """Return an error in the API's form, with `Retry-After` if trying again may help."""
        response = self.error(error)
        if not isinstance(error, Unavailable):
            return response
        return replace(response, headers=(*response.headers, _RETRY_AFTER))

    def match(self, request: Request) -> Place:
        """Return the place that answers the request.

        Raises `MethodNotAllowed` or `RouteNotFound`.
        """
        method = "GET" if request.method == "HEAD" else request.method
        methods = []
        for place in self._places(request.path):
            endpoint = place[1]
            if endpoint.method in (method, "*"):
                return place
            methods.append(endpoint.method)
        if methods:
            raise MethodNotAllowed(request.method, request.path, _with_head(methods))
        raise RouteNotFound(f"{request.method} {request.path}")

    def is_mounted_at(self, path: str) -> bool:
        """Return whether a path lies at or below one of the mounts."""
        return any(_is_below(mount, path) for mount in self.mounts)

    def _places(self, path: str) -> Iterator[Place]:
        """Yield the places at a path, for all methods."""
        for mount in self.mounts:
            if _is_below(mount, path):
                for endpoint in self.endpoints:
                    found = endpoint.pattern.fullmatch(path[len(mount) :] or "/")
                    if found:
                        yield mount, endpoint, found.groupdict()


def _is_below(mount: str, path: str) -> bool:
    return path == mount or path.startswith(mount + "/")


def _with_head(methods: list[str]) -> tuple[str, ...]:
    """Return each method once, and `HEAD` if there is `GET`."""
    return tuple(dict.fromkeys([*methods, *(["HEAD"] if "GET" in methods else [])]))


def serve(dialect: Dialect, request: Request, services: Services) -> Response:
    """Answer a request: authenticate, parse, answer, and render any error in the dialect's form."""
    principal = ANONYMOUS
    try:
        mount, endpoint, path_values = dialect.match(request)
        if endpoint.permission:
            principal = _principal(dialect, endpoint.permission, request, services)
            if endpoint.permission != "any":
                principal.require(endpoint.permission)
        params = endpoint.params.parse(request.query, path_values)
        response = endpoint.answer(Call(unpacked(request), mount, principal, services), params)
        if not services.can_deliver(response):
            raise ResponseTooLarge
    except ApiError as error:
        if isinstance(error, Unavailable):
            log.exception("unavailable")
        response = dialect.render(error)
    except Exception:
        log.exception("internal error")
        response = dialect.render(InternalError())
    body = b"" if request.method == "HEAD" else response.body
    headers = response.headers + dialect.headers(request, principal)
    return Response(response.status, body, headers)


def _principal(
    dialect: Dialect, permission: Permission | Literal["any"], request: Request, services: Services
) -> Principal:
    proof = dialect.scheme(request)
    if proof is None:
        raise Unauthenticated
    fresh = permission not in ("read", "any")
    return authenticate(proof, services.keys, services.clock.now(), fresh=fresh)
