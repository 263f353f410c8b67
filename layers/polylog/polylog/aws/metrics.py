"""Metrics for CloudWatch, in its embedded metric format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from polylog.model.store import Status

LOG: Final = "polylog"
"""The name of Polylog's only logger."""

NAMESPACE: Final = "Polylog"
STORED: Final = "EventsStored"
DUPLICATE: Final = "EventsDuplicate"
REFUSED: Final = "EventsRefused"
DEAD: Final = "MessagesDead"
KINDS: Final = "Kinds"
DRIFT: Final = "TallyDrift"

_NAMES: Final = {Status.STORED: STORED, Status.DUPLICATE: DUPLICATE}


def name_of(status: Status) -> str:
    """Return the metric that counts events of a status."""
    return _NAMES.get(status, REFUSED)


def new_metrics() -> Metrics:
    """Return a writer of metrics; the environment sets their dimension `service`."""
    return Metrics(namespace=NAMESPACE)


def publish(metrics: Metrics, values: Mapping[str, float]) -> None:
    """Write these values as metrics into the function's log, if there are any."""
    for name, value in values.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    if values:
        metrics.flush_metrics()
        # If metrics are disabled, flushing keeps them. They would pile up, and be written at 100.
        metrics.clear_metrics()
