"""What comes before an endpoint: slashes, what the client accepts, its token, its method."""

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
        "description": "`Token`, a blank, and the token of an access key: `<key id>.<secret>`.",
    }
}

_METHODS = ("GET", "HEAD", "OPTIONS")
_ALLOW = ", ".join(_METHODS)
_MEDIA_TYPES = {"application/json", "application/*", "*/*"}
_EXPOSED = "Link, X-Result-Count"


def headers(request: Request, principal: Principal) -> Pairs:
    """Return the headers of every response.

    Ours: those for browsers, which the original leaves to the proxy in front of it.
    """
    always = (("Allow", _ALLOW), ("Vary", "Accept, Accept-Language, Cookie"))
    if "origin" not in request.headers:
        return always
    origin = ("Access-Control-Allow-Origin", "*")
    return (*always, origin, ("Access-Control-Expose-Headers", _EXPOSED))


def token(request: Request) -> Credential | None:
    """Read `Authorization: Token <token>`, the scheme in any case.

    What the client accepts is looked at before, as in the original. Raises `NotAcceptable`,
    `RouteNotFound` for a format that there is not, and `MalformedToken`.
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
    """Send the client, whoever it is, to the same path with a slash at its end."""
    request = call.request
    if _is_preflight(request):
        return _allow_browser()
    query = urlencode(request.query, errors="surrogateescape")
    location = quote(request.path) + "/" + (f"?{query}" if query else "")
    return Response(301, b"", (("Location", location), ("Content-Type", "text/html")))


def refuse_method(call: Call, params: Params) -> Response:
    """Refuse to change anything: ordinary users because they may not, others because none can."""
    if is_restricted(call.principal):
        raise Forbidden
    raise MethodNotAllowed(call.request.method, call.request.path, _METHODS)


def describe(name: str) -> Callable[[Call, Params], Response]:
    """Return what answers OPTIONS: a browser's preflight, and with a token what is here."""
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
