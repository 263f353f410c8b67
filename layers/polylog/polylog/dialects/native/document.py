"""`GET /openapi.json`: the OpenAPI document of this API, which `make openapi` writes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import JsonValue

from polylog.api.call import Call
from polylog.api.contract import Reply
from polylog.api.dialect import Endpoint
from polylog.api.http import JSON, Response
from polylog.dialects.native.strict import StrictParams

FILE: Final = Path(__file__).with_name("openapi.json")
"""The file of this API's document."""


def show_document(call: Call, params: StrictParams) -> Response:
    """Return this OpenAPI document, which needs no key."""
    return Response(200, FILE.read_bytes(), (JSON,))


DOCUMENT: Final = Endpoint(
    "GET",
    "/openapi.json",
    StrictParams,
    show_document,
    permission=None,
    returns=(Reply(dict[str, JsonValue]),),
)
