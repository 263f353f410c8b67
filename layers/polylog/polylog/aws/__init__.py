"""Lambda, API Gateway, SQS and S3: the only code that knows their events, and Powertools.

`http` serves a dialect, `ingest` takes queue messages, `imports` takes objects from a bucket, and
`compact` folds tallies. Each makes one Lambda handler from what `environment` reads. `messages`
opens the envelopes of queue messages, and `importer` imports one object, with its progress in a
`ledger` next to it. What cannot be stored becomes one of the `dead_letters`.

Python collects no garbage while Lambda starts a function: there is hardly any, and looking for it
takes time. Objects that exist when the function is ready live as long as its process.
"""

import gc
import os
from typing import Any

Payload = dict[str, Any]
"""What Lambda hands in and takes back: JSON of AWS's making."""

if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    gc.disable()


def begin_to_collect() -> None:
    """Collect garbage from now on, among new objects; does nothing if called again."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
