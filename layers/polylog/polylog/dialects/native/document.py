"""`GET /openapi.json`: the document of this API, as `make openapi` wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import JsonValue

from polylog.call import Call
from polylog.contract import Reply
from polylog.dialect import Endpoint
from polylog.dialects.native.strict import StrictParams
from polylog.http import JSON, Response

FOLDER: Final = Path(__file__).parents[2] / "openapi"
"""Where the documents lie, one of each dialect: `<name>.json`."""


def show_document(call: Call, params: StrictParams) -> Response:
    """Answer this document."""
    return Response(200, (FOLDER / "native.json").read_bytes(), (JSON,))


DOCUMENT: Final = Endpoint(
    "GET",
    "/openapi.json",
    StrictParams,
    show_document,
    permission=None,
    returns=(Reply(dict[str, JsonValue]),),
)
