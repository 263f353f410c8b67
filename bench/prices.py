"""List prices of AWS, in US dollars: us-east-1, no free tiers, no discounts.

As public tables of prices had them between July 2025 and June 2026. Put in those of your region.
"""

from typing import Final

SEEN: Final = "June 2026"

WRITE_UNITS: Final = 0.625
READ_UNITS: Final = 0.125
INVOCATIONS: Final = 0.20
API_REQUESTS: Final = 1.00
QUEUE_REQUESTS: Final = 0.40
BUS_EVENTS: Final = 1.00
TOPIC_MESSAGES: Final = 0.50
PUTS: Final = 5.00
GETS: Final = 0.40
"""Of a million each; for tables on demand, an HTTP API, a standard queue, and S3 Standard."""

GB_SECOND: Final = 0.0000133334
"""Of Lambda on arm64."""

LOGGED_GB: Final = 0.50
SENT_GB: Final = 0.09
"""Of logs taken in by CloudWatch, and of what is sent to the internet."""

STORED_GB: Final = 0.25
RECOVERABLE_GB: Final = 0.20
WATCHED_METRIC: Final = 0.10
OWN_METRIC: Final = 0.30
DASHBOARD: Final = 3.00
SECRET: Final = 0.40
"""A month: of tables and of their point-in-time recovery, of alarms, and of the rest."""
