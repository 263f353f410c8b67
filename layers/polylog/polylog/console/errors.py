"""Errors as web pages, for people who open the console in a browser."""

from __future__ import annotations

from typing import Final

from polylog.api.http import Response
from polylog.model.errors import ApiError, MethodNotAllowed, RouteNotFound, nearest

_HTML: Final = ("Content-Type", "text/html; charset=utf-8")

_DOCUMENT: Final = """\
<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="dark light" />
    <title>{title} - Polylog</title>
  </head>
  <body>
    <h1>{title}</h1>
    <p>{text}</p>
  </body>
</html>
"""

_NOT_BUILT: Final = (
    "This service has no web page, since none was built. Run <code>make console</code> in the"
    " checkout, then start or deploy the service again. All APIs work without the page."
)

# Status, title and text.
_ERRORS: Final[dict[type[ApiError], tuple[int, str, str]]] = {
    RouteNotFound: (
        404,
        "Not found",
        "There is nothing at this address. Perhaps the page has a newer version:"
        ' <a href="/">open it again</a>.',
    ),
    MethodNotAllowed: (405, "Method not allowed", "This address can only be read."),
    ApiError: (500, "Internal error", "The fault is in the service. Its log says more."),
}


def render_error(error: ApiError) -> Response:
    """Render an error as a page. The page never repeats anything that a client sent."""
    status, title, text = nearest(error, _ERRORS)
    response = _page(status, title, text)
    if not isinstance(error, MethodNotAllowed):
        return response
    allowed = ("Allow", ", ".join(error.allowed))
    return Response(status, response.body, (*response.headers, allowed))


def not_built() -> Response:
    """Return the answer at `/` if no page was built.

    The status is 404 and not 503: trying again does not help, and no alarm must ring.
    """
    return _page(404, "No page", _NOT_BUILT)


def _page(status: int, title: str, text: str) -> Response:
    return Response(status, _DOCUMENT.format(title=title, text=text).encode(), (_HTML,))
