"""Headers for browsers: which pages may use the APIs (CORS), and how to treat an answer.

They are the same for every API, so dialects do not deal with them. A header that a dialect sets
itself stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from polylog.api.http import Pairs, Request, Response

_GUARDS: Final[Pairs] = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)

_TLS_ONLY: Final = ("Strict-Transport-Security", "max-age=31536000")
"""For a year, in seconds. Subdomains are left out, because they may belong to someone else."""

_ALLOWED: Final[Pairs] = (
    ("Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE"),
    # The asterisk stands for every header except Authorization. It fails with cookies, but no API
    # here uses them.
    (
        "Access-Control-Allow-Headers",
        "Authorization, Content-Type, Content-Encoding, If-None-Match, X-Auth-Token, *",
    ),
    # In seconds. Chromium remembers no preflight for longer.
    ("Access-Control-Max-Age", "7200"),
)


def guarded(request: Request, response: Response) -> Response:
    """Return the response with headers that protect it in a browser.

    Browsers then do not keep it, show it in a frame, run it, or send its address to other sites.
    RFC 6797 (7.2) forbids `Strict-Transport-Security` in answers over plain HTTP.
    """
    given = {name.lower() for name, _ in response.headers}
    guards = (*_GUARDS, _TLS_ONLY) if request.url.startswith("https:") else _GUARDS
    missing = tuple(pair for pair in guards if pair[0].lower() not in given)
    return replace(response, headers=response.headers + missing)


@dataclass(frozen=True, slots=True)
class Origins:
    """The origins whose pages may use the APIs, exactly as browsers name them."""

    names: frozenset[str] = frozenset()
    are_all: bool = False

    @classmethod
    @cache
    def of(cls, text: str) -> Origins:
        """Read origins with commas between them; `any` allows all origins, and `none` no origin."""
        if text == "any":
            return cls(are_all=True)
        return cls(frozenset(text.split(",")) - {"", "none"})

    def preflight(self, request: Request) -> Response | None:
        """Return the answer to a preflight: a browser asks whether it may send a page's request.

        Returns None for any other request, and for pages that may not use the APIs. A preflight
        needs no key, because browsers send none with it.
        """
        asks = "access-control-request-method" in request.headers
        if request.method != "OPTIONS" or not asks or not self._allow(request):
            return None
        return Response(204, b"", _ALLOWED)

    def shared(self, request: Request, response: Response) -> Response:
        """Return the response with the headers that let an allowed page read it."""
        headers = dict(response.headers)
        if self.names:
            headers["Vary"] = ", ".join(filter(None, (headers.get("Vary"), "Origin")))
        if self._allow(request):
            own = [name for name in headers if not name.startswith("Access-Control-")]
            headers["Access-Control-Allow-Origin"] = self._told(request)
            headers["Access-Control-Expose-Headers"] = ", ".join(own)
        return replace(response, headers=tuple(headers.items()))

    def _allow(self, request: Request) -> bool:
        origin = request.headers.get("origin")
        return origin is not None and (self.are_all or origin in self.names)

    def _told(self, request: Request) -> str:
        return "*" if self.are_all else request.headers["origin"]
