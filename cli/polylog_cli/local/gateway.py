"""The HTTP API of template.yaml on this machine: a WSGI application that calls Lambda handlers.

It changes a request as API Gateway does (payload format 2.0): it decodes the path once and cuts it
at a decoded `?`, writes header names in lower case, and encodes bodies that are not text in base64.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import uuid4

from polylog.aws import Payload
from polylog.aws.http import Handler
from polylog_cli.local.template import Function, Template

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
"""The most that Lambda accepts, and returns, in one invocation."""

_TEXT_TYPES = ("text/", "application/json", "application/xml", "application/javascript")
_GREEDY = "/{proxy+}"

log = logging.getLogger(__name__)


def load_handler(function: Function) -> Handler:
    """Import the handler of a function from its folder, as Lambda does."""
    os.environ.update(function.environment)
    path = function.code_uri / f"{function.module}.py"
    spec = importlib.util.spec_from_file_location(f"functions.{function.module}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"no function at {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    handler: Handler = getattr(module, function.attribute)
    return handler


@dataclass(frozen=True, slots=True)
class Gateway:
    """A WSGI application: the routes of an HTTP API, the handler of each, and stage variables."""

    routes: Mapping[str, Handler]
    stage_variables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, template: Template, prepare: Callable[[Handler], Handler] | None = None) -> Gateway:
        """Return the gateway of a template; it loads and prepares every function with a route."""
        routes: dict[str, Handler] = {}
        for function in template.functions:
            if function.routes:
                handler = load_handler(function)
                routes |= dict.fromkeys(function.routes, prepare(handler) if prepare else handler)
        return cls(routes, template.stage_variables)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace").partition("?")[0]
        event = _event(environ, path) | self._variables()
        if len(event["body"]) > MAX_PAYLOAD_BYTES:
            return _answer(start, _own(HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
        handler = self._handler(environ["REQUEST_METHOD"], path)
        return _answer(start, _invoke(handler, event) if handler else _own(HTTPStatus.NOT_FOUND))

    def _variables(self) -> Payload:
        """Return the member of an event that it has only if the stage has variables."""
        return {"stageVariables": dict(self.stage_variables)} if self.stage_variables else {}

    def _handler(self, method: str, path: str) -> Handler | None:
        """Return the handler of the most specific route: exact, longest greedy, `$default`.

        Among exact routes, one for this method comes before one for any method.
        """
        for route in (f"{method} {path}", path):
            if route in self.routes:
                return self.routes[route]
        prefixes = (route.removesuffix(_GREEDY) for route in self.routes if _GREEDY in route)
        matching = [prefix for prefix in prefixes if path.startswith(prefix + "/")]
        if matching:
            return self.routes[max(matching, key=len) + _GREEDY]
        return self.routes.get("$default")


def _event(environ: WSGIEnvironment, path: str) -> Payload:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or (name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value)
    }
    headers["x-forwarded-proto"] = environ["wsgi.url_scheme"]
    content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    text = _text(content, environ.get("CONTENT_TYPE", ""))
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": environ.get("QUERY_STRING", ""),
        "headers": headers,
        "requestContext": {
            "http": {
                "method": environ["REQUEST_METHOD"],
                "path": path,
                "protocol": environ["SERVER_PROTOCOL"],
                "sourceIp": environ.get("REMOTE_ADDR", ""),
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": str(uuid4()),
            "stage": "$default",
            "timeEpoch": int(time.time() * 1000),
        },
        "body": base64.b64encode(content).decode() if text is None else text,
        "isBase64Encoded": text is None,
    }


def _text(content: bytes, content_type: str) -> str | None:
    """Return a body as text; None if the handler gets it in base64."""
    if content and not content_type.startswith(_TEXT_TYPES):
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _invoke(handler: Handler, event: Payload) -> Payload:
    try:
        payload = handler(event, None)
        too_large = len(json.dumps(payload, ensure_ascii=False).encode()) > MAX_PAYLOAD_BYTES
    except Exception:
        log.exception("the function failed")
        return _own(HTTPStatus.INTERNAL_SERVER_ERROR)
    return _own(HTTPStatus.INTERNAL_SERVER_ERROR) if too_large else payload


def _own(status: HTTPStatus) -> Payload:
    """Return an answer of the gateway itself, as API Gateway writes them."""
    headers = {"content-type": "application/json"}
    return {
        "statusCode": status,
        "headers": headers,
        "body": json.dumps({"message": status.phrase}),
    }


def _answer(start: StartResponse, payload: Payload) -> Iterable[bytes]:
    status = HTTPStatus(payload["statusCode"])
    body = payload.get("body", "").encode()
    if payload.get("isBase64Encoded"):
        body = base64.b64decode(body)
    headers = [*payload.get("headers", {}).items(), ("Content-Length", str(len(body)))]
    start(f"{status.value} {status.phrase}", headers)
    return [body]
