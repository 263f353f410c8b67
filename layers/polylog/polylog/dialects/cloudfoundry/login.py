"""How Cloud Foundry's clients find the API and log in: the root, `/v2/info` and a token endpoint.

The token endpoint stands in for the UAA. The user name is a key id, the password is its secret, and
the access token is the two together, `<key id>.<secret>`.
"""

from __future__ import annotations

from typing import Literal, NotRequired
from urllib.parse import parse_qsl

from typing_extensions import TypedDict

from polylog.api.auth import Credential, Principal, authenticate
from polylog.api.call import Call
from polylog.api.http import MAX_FORM_BYTES, Response
from polylog.api.params import Params
from polylog.dialects.cloudfoundry.errors import CONTENT_TYPE
from polylog.model.errors import InvalidCredential

API_VERSION = "2.200.0"
_API_VERSION_3 = "3.135.0"
"""The two versions that a server has together are 65 apart."""

# UAA's default. Clients then use the refresh token, which is valid as long as the key.
_TOKEN_SECONDS = 43_199
# UAA ends a refresh token's id like this. The mark also keeps the API from accepting one.
_REFRESH_MARK = "-r"


class Link(TypedDict):
    """An address, and the version of the API there."""

    href: str
    meta: NotRequired[dict[str, str]]


class Root(TypedDict):
    """The addresses of the services."""

    links: dict[str, Link]


class Information(TypedDict):
    """What this service is, and where to log in."""

    name: str
    build: str
    support: str
    version: int
    description: str
    authorization_endpoint: str
    token_endpoint: str
    min_cli_version: str | None
    min_recommended_cli_version: str | None
    api_version: str


class TokenRequest(TypedDict):
    """A password, or a refresh token."""

    grant_type: Literal["password", "refresh_token"]
    username: NotRequired[str]
    password: NotRequired[str]
    refresh_token: NotRequired[str]


class Grant(TypedDict):
    """A token; `expires_in` is in seconds."""

    access_token: str
    token_type: Literal["bearer"]
    refresh_token: str
    expires_in: int
    scope: str
    jti: str


class Refusal(TypedDict):
    """The reason why there is no token (RFC 6749)."""

    error: str
    error_description: str


def show_root(call: Call, params: Params) -> Response:
    """List the links from which newer clients start (root_controller.rb).

    Ours: there are none to services that have no part in events.
    """
    base = call.base_url
    here = {"href": base}
    links = {
        "self": here,
        "cloud_controller_v2": {"href": f"{base}/v2", "meta": {"version": API_VERSION}},
        "cloud_controller_v3": {"href": f"{base}/v3", "meta": {"version": _API_VERSION_3}},
        "login": here,
        "uaa": here,
    }
    return Response.of({"links": links}, headers=(CONTENT_TYPE,))


def show_info(call: Call, params: Params) -> Response:
    """Show where to log in, for older clients (info_controller.rb)."""
    document = {
        "name": "",
        "build": "",
        "support": "",
        "version": 0,
        "description": "",
        "authorization_endpoint": call.base_url,
        "token_endpoint": call.base_url,
        "min_cli_version": None,
        "min_recommended_cli_version": None,
        "api_version": API_VERSION,
    }
    return Response.of(document, headers=(CONTENT_TYPE,))


def grant_token(call: Call, params: Params) -> Response:
    """Exchange a password or a refresh token for an OAuth 2 token (RFC 6749, in UAA's form)."""
    if len(call.request.body) > MAX_FORM_BYTES:
        return _refuse(400, "invalid_request", f"the form has more than {MAX_FORM_BYTES} bytes")
    form = dict(parse_qsl(call.request.body.decode(errors="replace")))
    match form:
        case {"grant_type": "password", "username": key_id, "password": secret}:
            credential = Credential(key_id, secret)
        case {"grant_type": "refresh_token", "refresh_token": token}:
            credential = _from_refresh_token(token)
        case {"grant_type": grant} if grant not in ("password", "refresh_token"):
            return _refuse(400, "unsupported_grant_type", "use password or refresh_token")
        case _:
            missing = "needs grant_type with username and password, or with refresh_token"
            return _refuse(400, "invalid_request", missing)
    services = call.services
    try:
        principal = authenticate(credential, services.keys, services.clock.now(), fresh=True)
    except InvalidCredential:
        return _refuse(401, "unauthorized", "Bad credentials")
    return _grant(credential, principal)


def _from_refresh_token(token: str) -> Credential:
    if not token.endswith(_REFRESH_MARK):
        return Credential("", "")
    return Credential.parse(token.removesuffix(_REFRESH_MARK))


def _grant(credential: Credential, principal: Principal) -> Response:
    document = {
        "access_token": credential.token,
        "token_type": "bearer",
        "refresh_token": credential.token + _REFRESH_MARK,
        "expires_in": _TOKEN_SECONDS,
        "scope": " ".join(f"cloud_controller.{name}" for name in sorted(principal.permissions)),
        "jti": principal.key_id,
    }
    headers = (CONTENT_TYPE, ("Cache-Control", "no-store"))
    return Response.of(document, headers=headers)


def _refuse(status: int, error: str, description: str) -> Response:
    document = {"error": error, "error_description": description}
    return Response.of(document, status=status, headers=(CONTENT_TYPE,))
