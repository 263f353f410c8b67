"""ministack as behind a proxy that makes up for two gaps; run by the Python it is installed for.

The stack's policies refuse plain HTTP, so every request is said to have come over TLS. And S3
gives parts of an object's version when asked for them, where ministack gives the whole each time.
"""

import re
from typing import Any

from ministack import app as ministack

BEYOND_THE_END = b"<Error><Code>InvalidRange</Code><Message>beyond the end</Message></Error>"

_ministack = ministack.app


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Pass a request on (ASGI)."""
    if scope["type"] != "http":
        return await _ministack(scope, receive, send)
    scope = scope | {"headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
    asked = re.fullmatch(rb"bytes=(\d+)-(\d+)", dict(scope["headers"]).get(b"range", b""))
    if asked and scope["method"] == "GET" and b"versionId=" in scope["query_string"]:
        first, last = map(int, asked.groups())
        return await _answer_in_part(scope, receive, send, slice(first, last + 1))
    return await _ministack(scope, receive, send)


async def _answer_in_part(scope: Any, receive: Any, send: Any, part: slice) -> None:
    """Answer with the part that was asked for, or that there is none."""
    told: list[Any] = []

    async def listen(message: Any) -> None:
        told.append(message)

    await _ministack(scope, receive, listen)
    status, headers = told[0]["status"], dict(told[0]["headers"])
    content = b"".join(message.get("body", b"") for message in told[1:])
    if status == 200:
        size, content = len(content), content[part]
        status = 206 if content else 416
        end = part.start + len(content) - 1
        headers[b"content-range"] = b"bytes %d-%d/%d" % (part.start, end, size)
        content = content or BEYOND_THE_END
    headers = {
        name.lower(): value
        for name, value in headers.items()
        if not name.lower().startswith(b"x-amz-checksum")  # That is of the whole.
    }
    headers[b"content-length"] = b"%d" % len(content)
    head = {"type": "http.response.start", "status": status, "headers": [*headers.items()]}
    await send(head)
    await send({"type": "http.response.body", "body": content})


if __name__ == "__main__":
    ministack.app = app
    ministack.main()
