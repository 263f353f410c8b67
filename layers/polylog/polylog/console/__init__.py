"""The console: a web page at `/` that shows what it reads from Polylog's own API.

Its sources are in the checkout's folder `console`. `make console` builds them into the folder
`page` in this package, so the layer and the wheel contain them.

The console is a dialect like the others, with its own mount and without events. The native API's
function serves it. Opening the page therefore starts the function that the page asks next.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from polylog.api.call import Call
from polylog.api.dialect import Dialect, Endpoint
from polylog.api.http import Pairs, Response
from polylog.api.params import Params
from polylog.console.errors import not_built, render_error
from polylog.console.files import Folder, serve_file
from polylog.model.errors import RouteNotFound

_POLICY: Final = (
    *("default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:"),
    *("connect-src 'self'", "font-src 'self'", "base-uri 'none'", "form-action 'none'"),
    "frame-ancestors 'none'",
)

_HEADERS: Final[Pairs] = (
    ("Content-Security-Policy", "; ".join(_POLICY)),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)

_ASKED_EACH_TIME: Final = "no-cache"
_KEPT_FOR_EVER: Final = "public, max-age=31536000, immutable"
"""For a year, in seconds. A file whose content changes gets another name."""


class AssetParams(Params):
    """The name of a file that the page loads."""

    name: str


def console(folder: Path) -> Dialect:
    """Return the dialect that serves the page in a folder, or says that none was built."""
    built = Folder(folder)

    def show_page(call: Call, params: Params) -> Response:
        page = built.read("index.html")
        return serve_file(call.request, page, _ASKED_EACH_TIME) if page else not_built()

    def show_asset(call: Call, params: AssetParams) -> Response:
        asset = built.read(f"assets/{params.name}")
        if asset is None:
            raise RouteNotFound(params.name)
        return serve_file(call.request, asset, _KEPT_FOR_EVER)

    return Dialect(
        name="console",
        mounts=("/", "/console"),
        scheme=lambda request: None,
        endpoints=(
            Endpoint("GET", "/", Params, show_page, permission=None),
            Endpoint("GET", "/assets/{name}", AssetParams, show_asset, permission=None),
        ),
        error=render_error,
        headers=lambda request, principal: _HEADERS,
    )


PAGE: Final = Path(__file__).with_name("page")
"""The folder that `make console` builds into."""

DIALECT: Final = console(PAGE)


def is_built() -> bool:
    """Return whether there is a page to serve."""
    return Folder(PAGE).read("index.html") is not None
