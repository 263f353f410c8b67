"""The lines that AWS itself logs for a request, as it documents them; they were never seen here.

Lambda's lines are events of its Telemetry API, in the form for a function with `LogFormat: JSON`.
At the default level it logs the start and the report of an invocation. The gateway's line has the
members that the template names in the format of its access log.
"""

from __future__ import annotations

import json
from typing import Final

_REQUEST: Final = "8f8fc8e4-5b8e-4d43-9d2e-6a5d8e6f0c11"
_TIME: Final = "2026-11-30T12:34:56.789Z"
_METRICS: Final = {
    "durationMs": 8.912,
    "billedDurationMs": 9,
    "memorySizeMB": 1024,
    "maxMemoryUsedMB": 112,
}

LAMBDA: Final = (
    {"time": _TIME, "type": "platform.start", "record": {"requestId": _REQUEST, "version": "12"}},
    {
        "time": _TIME,
        "type": "platform.report",
        "record": {"requestId": _REQUEST, "metrics": _METRICS, "status": "success"},
    },
)
"""Lambda's lines for each invocation."""

GATEWAY: Final = {
    "time": "30/Nov/2026:12:34:56 +0000",
    "request_id": "JKJaXmPLvHcESHA=",
    "ip": "203.0.113.199",
    "method": "GET",
    "route": "ANY /v1/{proxy+}",
    "status": "200",
    "bytes": "55482",
    "milliseconds": "21",
    "function_status": "200",
    "function_milliseconds": "18",
    "function_error": "-",
    "error": "-",
}
"""The gateway's line for each HTTP request, if the stack logs access."""


def size(*lines: object) -> int:
    """Return the bytes of lines, including the end of each."""
    return sum(len(json.dumps(line, separators=(",", ":"))) + 1 for line in lines)
