"""HTTP API events (payload format 2.0): read into requests, and answered."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from aws_lambda_powertools import Logger

from polylog.api.browsers import Origins, guarded
from polylog.api.call import Services
from polylog.api.dialect import Dialect, serve
from polylog.api.http import Request, Response
from polylog.aws import Payload, begin_to_collect
from polylog.aws.environment import Invocation, asking_until, services_from_environment
from polylog.dynamo.deadlines import LAST_REQUEST_SECONDS

Handler = Callable[[Payload, Invocation | None], Payload]

GATEWAY_SECONDS: Final = 29
"""How long API Gateway waits for a function: 30 seconds, less what it needs itself."""


@dataclass(frozen=True, slots=True)
class ApiHandler:
    """A Lambda handler that serves dialects.

    A request goes to the first dialect that is mounted at its path, or else to the last dialect.
    """

    dialects: tuple[Dialect, ...]
    services: Services
    logger: Logger

    def __call__(self, event: Payload, context: Invocation | None) -> Payload:
        """Answer a gateway event."""
        start = time.perf_counter()
        request = read_request(event)
        dialect = self._dialect(request.path)
        origins = read_origins(event)
        response = origins.preflight(request)
        if response is None:
            with asking_until(context, LAST_REQUEST_SECONDS, GATEWAY_SECONDS):
                response = serve(dialect, request, self.services)
        self.logger.info(
            "answered",
            extra={
                "dialect": dialect.name,
                "method": request.method,
                "path": request.path,
                "status": response.status,
                "request_id": event["requestContext"].get("requestId"),
                "told_request_id": dict(response.headers).get("X-Request-Id"),
                "milliseconds": round((time.perf_counter() - start) * 1000, 1),
            },
        )
        return write_response(guarded(request, origins.shared(request, response)))

    def _dialect(self, path: str) -> Dialect:
        mounted = (each for each in self.dialects if each.is_mounted_at(path))
        return next(mounted, self.dialects[-1])


def api_handler(*dialects: Dialect) -> ApiHandler:
    """Return the Lambda handler that serves dialects; name an inner mount before an outer one."""
    handler = ApiHandler(dialects, services_from_environment(), Logger("polylog"))
    begin_to_collect()
    return handler


def read_request(event: Payload) -> Request:
    """Read a gateway event.

    The path arrives decoded and is not decoded again. It begins with the stage, unless the stage is
    `$default`. That is so for custom domains too. The query is parsed from the raw string, because
    the gateway joins repeated parameters by commas. Bytes that are not UTF-8 become surrogates,
    which no parameter accepts.
    """
    context, headers = event["requestContext"], event.get("headers", {})
    http, stage = context["http"], _stage(context)
    # A lone surrogate becomes bytes that are not UTF-8. No reader of a body accepts them.
    body = (event.get("body") or "").encode(errors="surrogatepass")
    query = parse_qsl(
        event.get("rawQueryString", ""), keep_blank_values=True, errors="surrogateescape"
    )
    return Request(
        method=http["method"],
        path=_below(stage, _clean(event["rawPath"])),
        query=tuple(query),
        headers={name: _clean(value) for name, value in headers.items()},
        body=base64.b64decode(body) if event.get("isBase64Encoded") else body,
        url=f"{headers.get('x-forwarded-proto', 'https')}://{headers.get('host', '')}",
        base=_domain_base(event) if _is_of_a_domain(context) else stage,
    )


def _as_base(path: str) -> str:
    """Return a path with a slash before it and none after it; an empty path stays empty."""
    return f"/{path.strip('/')}" if path.strip("/") else ""


def _stage(context: Payload) -> str:
    name = context.get("stage", "$default")
    return "" if name == "$default" else _as_base(name)


def _below(stage: str, path: str) -> str:
    """Return the part of a path after the stage."""
    return path[len(stage) :] or "/" if f"{path}/".startswith(f"{stage}/") else path


def _domain_base(event: Payload) -> str:
    """Return the path below which a custom domain leads to the API.

    Only the stage's variable says it.
    """
    return _as_base((event.get("stageVariables") or {}).get("DomainBasePath", ""))


def _is_of_a_domain(context: Payload) -> bool:
    """Return whether a custom domain was asked. The gateway's own begin with the API's id."""
    name, api = context.get("domainName"), context.get("apiId")
    return name is not None and not name.startswith(f"{api}.")


def read_origins(event: Payload) -> Origins:
    """Read whose pages may use the APIs, from the variable that template.yaml gives the stage."""
    return Origins.of(event.get("stageVariables", {}).get("CorsOrigins", "none"))


def _clean(text: str) -> str:
    """Replace lone surrogates, which JSON can write but UTF-8 cannot."""
    return text.encode(errors="replace").decode()


def write_response(response: Response) -> Payload:
    """Write the response as the gateway expects it; a body that is not text becomes base64."""
    payload = {"statusCode": response.status, "headers": dict(response.headers)}
    try:
        return payload | {"body": response.body.decode()}
    except UnicodeDecodeError:
        body = base64.b64encode(response.body).decode()
        return payload | {"body": body, "isBase64Encoded": True}
