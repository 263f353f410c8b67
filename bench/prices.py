"""List prices of AWS in US dollars: us-east-1, no free tiers, no discounts, the first tier of each.

To compute costs for your region, put in its prices and run `make cost`. Each price says where its
number was seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

REGION: Final = "us-east-1"
CHECKED: Final = "30 November 2026"
"""The day when the numbers were last compared with their sources in `seen`."""

_PAGE: Final = "https://aws.amazon.com"
_TRANSCRIPT: Final = "a transcript of AWS's page, 20 September 2026"
_TABLES: Final = "other people's tables, June 2026"

_KB: Final = 1024


@dataclass(frozen=True, slots=True)
class Price:
    """What AWS asks for `per` of something; `quantity * price` is the cost of a quantity.

    For example, `2_000_000 * WRITE_UNITS` is 1.25 dollars. `page` is the page where AWS publishes
    the price, `seen` where we found this number. AWS bills some things in pieces: every started
    `piece_bytes` count as one. 0 means that the size does not matter.
    """

    name: str
    dollars: float
    per: int
    unit: str
    page: str
    seen: str
    piece_bytes: int = 0

    def __rmul__(self, quantity: float) -> float:
        return quantity * self.dollars / self.per

    def pieces(self, size: float) -> int:
        """Return the number of pieces that AWS counts for a size in bytes."""
        return max(1, -int(-size // self.piece_bytes)) if self.piece_bytes else 1


_DYNAMODB: Final = f"{_PAGE}/dynamodb/pricing/on-demand/"
_LAMBDA: Final = f"{_PAGE}/lambda/pricing/"
_S3: Final = f"{_PAGE}/s3/pricing/"
_CLOUDWATCH: Final = f"{_PAGE}/cloudwatch/pricing/"
_EVENTBRIDGE: Final = f"{_PAGE}/eventbridge/pricing/"
_SECRETS: Final = f"{_PAGE}/secrets-manager/pricing/"

_MILLION: Final = 1_000_000

WRITE_UNITS: Final = Price(
    "DynamoDB: writing", 0.625, _MILLION, "write units", _DYNAMODB, "airbyte.com, 2025"
)
READ_UNITS: Final = Price(
    "DynamoDB: reading", 0.125, _MILLION, "read units", _DYNAMODB, "airbyte.com, 2025"
)
STORED_GB: Final = Price("DynamoDB: storage", 0.25, 1, "GB for a month", _DYNAMODB, _TABLES)
RECOVERABLE_GB: Final = Price(
    "DynamoDB: point-in-time recovery", 0.20, 1, "GB for a month", _DYNAMODB, _TABLES
)

INVOCATIONS: Final = Price("Lambda: requests", 0.20, _MILLION, "requests", _LAMBDA, _TRANSCRIPT)
GB_SECONDS: Final = Price(
    "Lambda: duration on arm64",
    0.0000133334,
    1,
    "GB-seconds",
    _LAMBDA,
    "a table in artillery 2.0.28",
)
SNAPSHOT_GB_SECONDS: Final = Price(
    "Lambda: SnapStart, cache",
    0.0000015046,
    1,
    "GB-seconds",
    _LAMBDA,
    "awsnegotiations.com, May 2026",
)
RESTORED_GB: Final = Price(
    "Lambda: SnapStart, restore", 0.0001397998, 1, "GB", _LAMBDA, "awsnegotiations.com, May 2026"
)

API_REQUESTS: Final = Price(
    "API Gateway: HTTP API",
    1.00,
    _MILLION,
    "requests of 512 KB",
    f"{_PAGE}/api-gateway/pricing/",
    "AWS's paper on private APIs, a stored copy",
    512 * _KB,
)
QUEUE_REQUESTS: Final = Price(
    "SQS: standard queues",
    0.40,
    _MILLION,
    "requests of 64 KB",
    f"{_PAGE}/sqs/pricing/",
    _TABLES,
    64 * _KB,
)
BUS_EVENTS: Final = Price(
    "EventBridge: events of your own",
    1.00,
    _MILLION,
    "events of 64 KB",
    _EVENTBRIDGE,
    "cloudburn.io, March 2026",
    64 * _KB,
)
SCHEDULED: Final = Price(
    "EventBridge: schedules",
    1.00,
    _MILLION,
    "invocations",
    _EVENTBRIDGE,
    "cloudburn.io, March 2026",
)
TOPIC_MESSAGES: Final = Price(
    "SNS: standard topics",
    0.50,
    _MILLION,
    "messages of 64 KB",
    f"{_PAGE}/sns/pricing/",
    "factualminds.com, June 2026",
    64 * _KB,
)

PUTS: Final = Price("S3: writing objects", 5.00, _MILLION, "requests", _S3, _TABLES)
GETS: Final = Price("S3: reading objects", 0.40, _MILLION, "requests", _S3, _TABLES)
OBJECTS_GB: Final = Price("S3: storage", 0.023, 1, "GB for a month", _S3, _TABLES)

LOGGED_GB: Final = Price(
    "CloudWatch: logs taken in", 0.50, 1, "GB", _CLOUDWATCH, "factualminds.com, June 2026"
)
KEPT_LOGS_GB: Final = Price(
    "CloudWatch: logs kept", 0.03, 1, "GB for a month", _CLOUDWATCH, "output of infracost"
)
WATCHED_METRICS: Final = Price(
    "CloudWatch: alarms", 0.10, 1, "metrics for a month", _CLOUDWATCH, "output of infracost"
)
OWN_METRICS: Final = Price(
    "CloudWatch: metrics of Polylog's own", 0.30, 1, "metrics for a month", _CLOUDWATCH, _TABLES
)
DASHBOARDS: Final = Price(
    "CloudWatch: dashboard", 3.00, 1, "for a month", _CLOUDWATCH, "factualminds.com, June 2026"
)
TRACES: Final = Price(
    "X-Ray: traces recorded",
    5.00,
    _MILLION,
    "traces",
    f"{_PAGE}/xray/pricing/",
    "AWS's page, a stored copy",
)

SECRETS: Final = Price("Secrets Manager: secret", 0.40, 1, "for a month", _SECRETS, _TRANSCRIPT)
SECRET_REQUESTS: Final = Price(
    "Secrets Manager: requests", 0.05, 10_000, "requests", _SECRETS, _TRANSCRIPT
)
SENT_GB: Final = Price(
    "Data sent to the internet",
    0.09,
    1,
    "GB",
    f"{_PAGE}/ec2/pricing/on-demand/",
    "awsforengineers.com, May 2025",
)

ALL: Final = (
    *(WRITE_UNITS, READ_UNITS, STORED_GB, RECOVERABLE_GB),
    *(INVOCATIONS, GB_SECONDS, SNAPSHOT_GB_SECONDS, RESTORED_GB),
    *(API_REQUESTS, QUEUE_REQUESTS, BUS_EVENTS, SCHEDULED, TOPIC_MESSAGES),
    *(PUTS, GETS, OBJECTS_GB),
    *(LOGGED_GB, KEPT_LOGS_GB, WATCHED_METRICS, OWN_METRICS, DASHBOARDS, TRACES),
    *(SECRETS, SECRET_REQUESTS, SENT_GB),
)
"""All prices, in the order of the guide."""
