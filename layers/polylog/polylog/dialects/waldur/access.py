"""The checks before an endpoint: the slash of the path, `Accept`, the token and the method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import quote, urlencode

from polylog.api.auth import Credential, Principal, authenticate
from polylog.api.call import Call
from polylog.api.contract import Security
from polylog.api.http import JSON, Pairs, Request, Response
from polylog.api.params import Params
from polylog.dialects.waldur.errors import MalformedToken, NotAcceptable
from polylog.dialects.waldur.scopes import is_restricted
from polylog.model.errors import Forbidden, MethodNotAllowed, RouteNotFound, Unauthenticated

SECURITY: Final[Security] = {
    "token": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "The word `Token` and the token of an access key: "
        "`Token <key id>.<secret>`.",
    }
}

_METHODS = ("GET", "HEAD", "OPTIONS")
_ALLOW = ", ".join(_METHODS)
_MEDIA_TYPES = {"application/json", "application/*", "*/*"}
_EXPOSED = "Link, X-Result-Count"


def headers(request: Request, principal: Principal) -> Pairs:
    """Return the headers of every response.

    Ours: the CORS headers, which the original leaves to the proxy in front of it.
    """
    always = (("Allow", _ALLOW), ("Vary", "Accept, Accept-Language, Cookie"))
    if "origin" not in request.headers:
        return always
    origin = ("Access-Control-Allow-Origin", "*")
    return (*always, origin, ("Access-Control-Expose-Headers", _EXPOSED))


def token(request: Request) -> Credential | None:
    """Read `Authorization: Token <token>`; the scheme may be in any case.

    As in the original, it first checks what the client accepts. Raises `NotAcceptable`,
    `RouteNotFound` for an unknown format, and `MalformedToken`.
    """
    _negotiate(request)
    scheme, *words = request.headers.get("authorization", "").split() or [""]
    if scheme.lower() != "token":
        return None
    if not words:
        raise MalformedToken("No credentials provided.")
    if len(words) > 1:
        raise MalformedToken("Token string should not contain spaces.")
    return Credential.parse(words[0])


def _negotiate(request: Request) -> None:
    formats = [value for name, value in request.query if name == "format"]
    if formats and formats[-1] not in ("", "json"):
        raise RouteNotFound(f"no format {formats[-1]}")
    accepted = request.headers.get("accept", "").split(",")
    media_types = {each.partition(";")[0].strip().lower() for each in accepted} - {""}
    if media_types and not media_types & _MEDIA_TYPES:
        raise NotAcceptable


def add_slash(call: Call, params: Params) -> Response:
    """Redirect any client to the same path with a slash at the end."""
    request = call.request
    if _is_preflight(request):
        return _allow_browser()
    query = urlencode(request.query, errors="surrogateescape")
    location = quote(request.base + request.path) + "/" + (f"?{query}" if query else "")
    return Response(301, b"", (("Location", location), ("Content-Type", "text/html")))


def refuse_method(call: Call, params: Params) -> Response:
    """Refuse all other methods: ordinary users get a 403, staff and support a 405."""
    if is_restricted(call.principal):
        raise Forbidden
    raise MethodNotAllowed(call.request.method, call.request.path, _METHODS)


def describe(name: str) -> Callable[[Call, Params], Response]:
    """Return the function that answers OPTIONS: to a browser's preflight, or with a description."""
    document = {
        "name": name,
        "description": "",
        "renders": [JSON[1]],
        "parses": [JSON[1]],
    }

    def answer(call: Call, params: Params) -> Response:
        if _is_preflight(call.request):
            return _allow_browser()
        _authenticate(call)
        return Response.of(document)

    return answer


def _authenticate(call: Call) -> None:
    credential, services = token(call.request), call.services
    if credential is None:
        raise Unauthenticated
    principal = authenticate(credential, services.keys, services.clock.now(), fresh=False)
    principal.require("read")


def _is_preflight(request: Request) -> bool:
    return request.method == "OPTIONS" and "access-control-request-method" in request.headers


def _allow_browser() -> Response:
    allowed = (
        ("Access-Control-Allow-Methods", _ALLOW),
        ("Access-Control-Allow-Headers", "Authorization, Accept, Content-Type"),
    )
    return Response(200, b"", allowed)
