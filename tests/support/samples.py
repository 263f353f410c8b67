"""Events as AWS sends them. `sam local invoke FUNCTION -e tests/events/NAME.json` uses them too.

`TOKEN` stands for the token of a key. A signature is valid for 15 minutes, so
`support.amazon.sign` makes a new one.
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

# AWS writes its own JSON here.
Payload = dict[str, Any]


def sample(name: str) -> Payload:
    """Return the sample with this file name."""
    payload: Payload = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return payload


REQUESTS = [name for name in FUNCTIONS if "routeKey" in sample(name)]
