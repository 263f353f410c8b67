"""How Cloud Foundry's clients find the API and log in: the root, `/v2/info` and a token endpoint.

The token endpoint stands in for the UAA, Cloud Foundry's server for logins. The user name is a key
id, the password is its secret, and the access token is both together, `<key id>.<secret>`.
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
"""The versions of v2 and v3 here belong together: a server's two differ by 65."""

# UAA's default. After that, clients use the refresh token, which is valid as long as the key.
_TOKEN_SECONDS = 43_199
# UAA ends the id of a refresh token like this. Because of it, the API accepts no refresh token.
_REFRESH_MARK = "-r"


class Link(TypedDict):
    """An address, and in `meta` the version of the API there."""

    href: str
    meta: NotRequired[dict[str, str]]


class Root(TypedDict):
    """The addresses of the APIs, and of the place to log in."""

    links: dict[str, Link]


class Information(TypedDict):
    """Where to log in, and the version of the API.

    `authorization_endpoint` and `token_endpoint` are the address of this API.
    """

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
    """The credential to exchange, as a form.

    With `grant_type=password`, `username` is a key id and `password` its secret. With
    `grant_type=refresh_token`, `refresh_token` is that of an earlier grant.
    """

    grant_type: Literal["password", "refresh_token"]
    username: NotRequired[str]
    password: NotRequired[str]
    refresh_token: NotRequired[str]


class Grant(TypedDict):
    """An access token, to send as `Authorization: bearer <access_token>`.

    After `expires_in` seconds, exchange the `refresh_token` for a new one.
    """

    access_token: str
    token_type: Literal["bearer"]
    refresh_token: str
    expires_in: int
    scope: str
    jti: str


class Refusal(TypedDict):
    """The reason why you get no token (RFC 6749): a name in `error`, and a sentence."""

    error: str
    error_description: str


def show_root(call: Call, params: Params) -> Response:
    """Return the links from which newer clients start (root_controller.rb).

    Ours: there are no links to services that have nothing to do with events.
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
    """Return where to log in, for older clients (info_controller.rb)."""
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
    """Exchange a password or a refresh token for an OAuth 2 token (RFC 6749, in UAA's form).

    For example, send the form `grant_type=password&username=<key id>&password=<secret>`.
    """
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
