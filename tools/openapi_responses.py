"""What endpoints answer, as an OpenAPI document says it: errors as the dialect renders them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from polylog.api.contract import Reply
from polylog.api.dialect import Dialect, Endpoint
from polylog.model.errors import (
    ApiError,
    Forbidden,
    InternalError,
    InvalidBody,
    InvalidCredential,
    InvalidParameter,
    RequestTooLarge,
    ResponseTooLarge,
    RouteNotFound,
    Unauthenticated,
    Unavailable,
)
from tools.openapi_schemas import Schemas

Object = dict[str, Any]

_ON_ERRORS = re.compile(r"\s*\bRaises `[^.]*\.")


def words(source: object) -> tuple[str, str]:
    """Return the first sentence of a docstring and the others, but for what they say of errors."""
    text = _ON_ERRORS.sub("", inspect.getdoc(source) or "")
    summary, *paragraphs = (" ".join(part.split()) for part in text.split("\n\n"))
    return summary.partition(";")[0].rstrip("."), "\n\n".join(filter(None, paragraphs))


def responses(dialect: Dialect, endpoint: Endpoint[Any], schemas: Schemas) -> Object:
    """Return what an endpoint answers, by status."""
    found = _errors(dialect, endpoint, schemas)
    found |= {str(reply.status): _reply(reply, schemas) for reply in endpoint.returns}
    return {status: _without_empty(found[status]) for status in sorted(found)}


def _without_empty(response: Object) -> Object:
    return {name: value for name, value in response.items() if value}


def _reply(reply: Reply, schemas: Schemas) -> Object:
    headers = {
        name: {"description": meaning, "schema": {"type": "string"}}
        for name, meaning in reply.headers.items()
    }
    content = {reply.media_type: {"schema": schemas[reply.type]}} if reply.type else {}
    phrase = HTTPStatus(reply.status).phrase
    return {"description": phrase, "headers": headers, "content": content}


def _errors(dialect: Dialect, endpoint: Endpoint[Any], schemas: Schemas) -> Object:
    """Describe what the dialect makes of each error: its status, media type and headers."""
    found: Object = {}
    for kind in dict.fromkeys(_kinds(endpoint)):
        rendered = dialect.error(_example(kind))
        headers = dict(rendered.headers)
        media_type = headers.pop("Content-Type").partition(";")[0]
        content = {media_type: {"schema": schemas[dialect.problem]}}
        new: Object = {"description": "", "headers": {}, "content": content}
        response = found.setdefault(str(rendered.status), new)
        response["description"] = f"{response['description']} {words(kind)[0]}.".strip()
        response["headers"] |= {name: {"schema": {"type": "string"}} for name in headers}
    return found


def _kinds(endpoint: Endpoint[Any]) -> Iterator[type[ApiError]]:
    """Yield what can go wrong: by what the endpoint takes, and what it says itself."""
    if endpoint.params.model_fields:
        yield InvalidParameter
    if endpoint.takes:
        yield from (InvalidBody, RequestTooLarge)
    yield from endpoint.raises
    if endpoint.permission:
        yield from (Unauthenticated, InvalidCredential, Forbidden)
    if endpoint.pattern.groupindex:
        yield RouteNotFound
    yield from (ResponseTooLarge, Unavailable, InternalError)


def _example(kind: type[ApiError]) -> ApiError:
    """Return an error of a kind, its texts empty."""
    _, *parameters = inspect.signature(kind.__init__).parameters.values()
    wanted = [each for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    return kind(*("" for each in wanted if each.default is each.empty))


def share(operations: Iterable[Object]) -> Object:
    """Name the errors that operations answer and refer to them; return them by name.

    A name is the status; where a status means different things, numbers tell them apart.
    """
    shared: dict[str, Object] = {}
    for operation in operations:
        for status, response in operation["responses"].items():
            if status >= "4":
                name = _name(status, response, shared)
                shared[name] = response
                operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}
    return dict(sorted(shared.items()))


def _name(status: str, response: Object, shared: dict[str, Object]) -> str:
    taken = [name for name in shared if name.startswith(status)]
    same = [name for name in taken if shared[name] == response]
    number = f"-{len(taken) + 1}" if taken else ""
    return same[0] if same else status + number
