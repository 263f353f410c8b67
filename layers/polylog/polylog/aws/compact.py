"""Wakes the folding of tallies: records of the tally table's stream in, nothing out."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from polylog import times
from polylog.dynamo.client import connect
from polylog.dynamo.fold import Folder

# What Lambda hands in is JSON of AWS's making.
Payload = dict[str, Any]

SCOPE_SECONDS = 25
RUN_SECONDS = 75
"""How long a scope is worked on, and how long after its start a run takes on another one.

What is left then is done at the next wake-up.
"""


def compact_handler() -> Callable[[Payload, object], None]:
    """Return the Lambda handler that folds the scopes which new deltas were written to.

    The records say no more than where to look: the same ones again, or some lost, do no harm.
    """
    folder = Folder(connect(), os.environ["TALLY_TABLE"], times.now)
    logger = Logger("polylog")

    def handler(event: Payload, context: object) -> None:
        scopes = {record["dynamodb"]["Keys"]["scope"]["S"] for record in event["Records"]}
        end = times.now() + RUN_SECONDS * times.SECOND
        for scope in scopes:
            if times.now() < end:
                folder.compact(scope, SCOPE_SECONDS)
                logger.info("compacted", extra={"scope": scope})

    return handler
