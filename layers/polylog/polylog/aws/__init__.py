"""Lambda, API Gateway, SQS and S3: the only code that knows their events, and Powertools.

`http` serves dialects, `ingest` stores the events of queue messages, `imports` imports objects from
a bucket, and `compact` folds tallies. Each makes one Lambda handler from what `environment` reads.
`messages` opens the envelopes of queue messages. `importer` imports one object and keeps its
progress in a `ledger`. A message that cannot be stored becomes one of the `dead_letters`.

Python collects no garbage while Lambda starts a function: there is hardly any, and looking for it
takes time. Objects that exist when the function is ready live as long as its process.
"""

import gc
import os
from typing import Any

Payload = dict[str, Any]
"""What Lambda passes to a function and expects from it: JSON in AWS's forms."""

if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    gc.disable()


def begin_to_collect() -> None:
    """Collect garbage from now on, but only among new objects; a second call does nothing."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
