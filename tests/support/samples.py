"""Events as AWS sends them, for `sam local invoke FUNCTION -e tests/events/NAME.json` as well.

`TOKEN` stands for the token of a key. A signature is good for 15 minutes, so `support.amazon.sign`
makes it anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "events"

FUNCTIONS = {
    "cedana": "CedanaFunction",
    "ces": "CesFunction",
    "cloudfoundry": "CloudFoundryFunction",
    "cloudfoundry-v3": "CloudFoundryFunction",
    "cloudtrail": "CloudTrailFunction",
    "dws": "DwsFunction",
    "eventbridge": "IngestFunction",
    "events": "EventsFunction",
    "events_post": "EventsFunction",
    "s3": "ImportFunction",
    "schedule": "CompactFunction",
    "sns": "IngestFunction",
    "sqs": "IngestFunction",
    "sqs_cloudevent": "IngestFunction",
    "sqs_fifo": "IngestFunction",
    "stream": "CompactFunction",
    "waldur": "WaldurFunction",
}
"""Which function each sample is for."""

# What AWS hands in is JSON of its own making.
Payload = dict[str, Any]


def sample(name: str) -> Payload:
    """Return a sample by the name of its file."""
    payload: Payload = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return payload


REQUESTS = [name for name in FUNCTIONS if "routeKey" in sample(name)]
