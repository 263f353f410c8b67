"""Formats of events that belong to no dialect; each module has a `FORMAT`.

`cloudevents` reads CloudEvents in JSON and in HTTP headers. `eventbridge` reads the events that a
rule of Amazon EventBridge sends. `cloudtrail`, `github`, `kubernetes` and `okta` read the audit
records of these systems. To add a format, write a module here, and add its name to `FORMATS`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from polylog.intake.documents import Format

FORMATS: Final = ("cloudevents", "cloudtrail", "eventbridge", "github", "kubernetes", "okta")


def load(name: str) -> Format:
    """Return the format of this name; imports only its module, to keep starts short."""
    format: Format = import_module(f"{__name__}.{name}").FORMAT
    return format
