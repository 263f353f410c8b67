"""The peppers that the secrets of access keys are derived with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from polylog.dynamo.connection import CONFIG, client_of, failures_as_unavailable
from polylog.dynamo.deadlines import end_in_time

Peppers = Mapping[str, bytes]
"""Version -> pepper; the highest version makes new keys."""


def peppers_from_file(path: Path) -> Peppers:
    """Read the peppers of a log that runs on this machine."""
    return _read(path.read_text())


def peppers_from_secret(name: str) -> Peppers:
    """Read the peppers from Secrets Manager; `name` is the secret's ARN."""
    with failures_as_unavailable():
        client = client_of("secretsmanager", CONFIG)
        end_in_time(client)
        answer = client.get_secret_value(SecretId=name)
    return _read(answer["SecretString"])


def _read(text: str) -> Peppers:
    return {version: pepper.encode() for version, pepper in json.loads(text).items()}
