"""The emulator ministack, changed where it differs from AWS.

Run it with the Python that has ministack. These are the changes:

* The stack's policies refuse plain HTTP. So every request to an AWS service looks as if it came
  over TLS.
* S3 returns the requested part of an object's version. ministack returns the whole version.
* The gateway of an HTTP API calls a function as AWS's does. The path has the stage and the slash at
  its end. The event has the stage's variables and the domain's name. OPTIONS is a method like any
  other. A greedy route also matches a path that ends in a slash. Requests that are too large for
  Lambda are refused.
"""

import json
import re
from typing import Any

from ministack import app as ministack
from ministack.services import apigateway

MOST_BYTES = 6 * 1024 * 1024
TOO_LARGE = 413, {"Content-Type": "application/json"}, b'{"message":"Request Entity Too Large"}'
BEYOND_THE_END = b"<Error><Code>InvalidRange</Code><Message>beyond the end</Message></Error>"

_ministack = ministack.app
_parse, _matches = ministack._parse_execute_api_url, apigateway._path_matches
_execute, _invoke = apigateway.handle_execute, apigateway.run_reentrant


def parse(host: str, path: str) -> tuple[str, str, str] | None:
    """Return API, stage and path; a path without a stage keeps the slash at its end."""
    found = _parse(host, path)
    if found is None or not re.fullmatch("/[^/]+/", path):
        return found
    api, first, _ = found
    return found if first in apigateway.stages_for_api(api) else (api, f"{first}/", "")


def matches(route: str, path: str) -> bool:
    """Return whether a route matches a path."""
    return _matches(route, path) or route.removesuffix("{proxy+}") == path != route


class TooLargeError(Exception):
    """The request is larger than Lambda takes."""


async def execute(
    api: str, stage: str, path: str, method: str, *asked: Any, **options: Any
) -> tuple[int, dict[str, Any], bytes]:
    """Answer a request to an HTTP API; the gateway answers OPTIONS only if CORS is configured."""
    account, region = apigateway.find_api_scope(api)
    is_open = "corsConfiguration" in apigateway._apis.get_scoped(account, region, api)
    if method == "OPTIONS" and not is_open:
        method = "options"  # ministack does not know this name, so it looks for a route.
    try:
        return await _execute(api, stage, path, method, *asked, **options)
    except TooLargeError:
        return TOO_LARGE


async def invoke(function: Any, record: Any, event: Any, **options: Any) -> Any:
    """Call a function with an event as AWS's gateway makes it."""
    context = event["requestContext"]
    stage = context["stage"]
    path = event["rawPath"] if stage == "$default" else f"/{stage}{event['rawPath']}"
    event["rawPath"] = context["http"]["path"] = path
    context["http"]["method"] = context["http"]["method"].upper()
    context["domainName"] = event["headers"]["host"].partition(":")[0]
    event["stageVariables"] = apigateway._get_stage_variables(context["apiId"], stage)
    if len(json.dumps(event, ensure_ascii=False).encode()) > MOST_BYTES:
        raise TooLargeError
    return await _invoke(function, record, event, **options)


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Pass a request on to ministack (ASGI)."""
    if scope["type"] != "http":
        return await _ministack(scope, receive, send)
    is_service = re.match(rb"127\.0\.0\.1(:|$)", dict(scope["headers"]).get(b"host", b""))
    scheme = b"https" if is_service else b"http"
    scope = scope | {"headers": [*scope["headers"], (b"x-forwarded-proto", scheme)]}
    asked = re.fullmatch(rb"bytes=(\d+)-(\d+)", dict(scope["headers"]).get(b"range", b""))
    if asked and scope["method"] == "GET" and b"versionId=" in scope["query_string"]:
        first, last = map(int, asked.groups())
        return await _answer_in_part(scope, receive, send, slice(first, last + 1))
    return await _ministack(scope, receive, send)


async def _answer_in_part(scope: Any, receive: Any, send: Any, part: slice) -> None:
    """Answer with the requested part, or with an error if the object ends before it."""
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
        if not name.lower().startswith(b"x-amz-checksum")  # It is that of the whole object.
    }
    headers[b"content-length"] = b"%d" % len(content)
    head = {"type": "http.response.start", "status": status, "headers": [*headers.items()]}
    await send(head)
    await send({"type": "http.response.body", "body": content})


if __name__ == "__main__":
    ministack.app = app
    ministack._parse_execute_api_url, apigateway._path_matches = parse, matches
    apigateway.handle_execute, apigateway.run_reentrant = execute, invoke
    ministack.main()
