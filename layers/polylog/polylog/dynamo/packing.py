"""The form in which DynamoDB keeps bookkeeping: compact JSON, compressed by zlib."""

from __future__ import annotations

import json
import zlib
from typing import Any

from pydantic_core import from_json


def pack(document: object) -> bytes:
    """Return a document as compressed JSON."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return zlib.compress(text.encode())


# Any: it is JSON that we wrote ourselves.
def unpack(packed: bytes) -> Any:
    """Return the document that `pack` was given; tuples come back as lists."""
    return from_json(zlib.decompress(packed))
