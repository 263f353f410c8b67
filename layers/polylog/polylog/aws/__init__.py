"""Lambda and API Gateway: the only code that knows their events, and Powertools.

While Lambda starts a function, Python looks for no garbage: there is hardly any, and looking takes
its time. What is there when the function is ready stays as long as its process.
"""

import gc
import os
from typing import Any

Payload = dict[str, Any]
"""What Lambda hands in and takes back: JSON of AWS's making."""

if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    gc.disable()


def begin_to_collect() -> None:
    """Look for garbage from now on, among what comes; does nothing if that is so already."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
