"""The peppers that the secrets of access keys are derived from.

A pepper is a secret of the service. A key's secret follows from its id and a pepper, so no table
has to hold it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from polylog.dynamo.connection import CONFIG, client_of, failures_as_unavailable
from polylog.dynamo.deadlines import end_in_time
from polylog.model.errors import Unavailable
from polylog.model.times import SECOND, Clock

log = logging.getLogger("polylog")

Peppers = Mapping[str, bytes]
"""Version -> pepper; the highest version makes new keys."""

KEPT_SECONDS: Final = 3600
"""How long peppers are used before they are read again."""

PAUSE_SECONDS: Final = 60
"""How long to wait between two attempts to read them again."""


class RememberedPeppers:
    """Peppers that are read when the first is needed, then once an hour.

    They are read again at once for a version that is not among them: its pepper may be new. Anyone
    can invent such a version, so that happens at most once a minute. If they cannot be read, the
    known ones stay in use, and the next attempt follows after a minute.
    """

    def __init__(self, load: Callable[[], Peppers], clock: Clock) -> None:
        self._load = load
        self._clock = clock
        self._known: Peppers = {}
        self._read_at: int | None = None
        self._tried_at: int | None = None

    def get(self, version: str) -> bytes | None:
        """Return a pepper; None if it does not exist, or did not a minute ago.

        Raises `Unavailable` as long as none could be read.
        """
        if self._read_at is None:
            self.read()
        elif self._is_due(version) and self._has_passed(PAUSE_SECONDS, self._tried_at):
            self._try()
        return self._known.get(version)

    def read(self) -> Peppers:
        """Read all peppers now, and remember them; raises `Unavailable`."""
        now = self._clock.now()
        self._known = self._load()
        self._read_at = now
        return self._known

    def _is_due(self, version: str) -> bool:
        return version not in self._known or self._has_passed(KEPT_SECONDS, self._read_at)

    def _try(self) -> None:
        self._tried_at = self._clock.now()
        try:
            self.read()
        except Unavailable:
            log.warning("the peppers cannot be read: older ones stay in use", exc_info=True)

    def _has_passed(self, seconds: int, since: int | None) -> bool:
        return since is None or self._clock.now() - since >= seconds * SECOND


def peppers_from_file(path: Path) -> Peppers:
    """Read the peppers of a log that runs on this machine; raises `Unavailable`."""
    try:
        return _read(path.read_text())
    except OSError as error:
        raise Unavailable(f"cannot read {path}") from error


def peppers_from_secret(name: str) -> Peppers:
    """Read the peppers from Secrets Manager, by the secret's ARN; raises `Unavailable`."""
    with failures_as_unavailable():
        client = client_of("secretsmanager", CONFIG)
        end_in_time(client)
        answer = client.get_secret_value(SecretId=name)
    return _read(answer["SecretString"])


def _read(text: str) -> Peppers:
    """Return the peppers in a text; raises `Unavailable` if the text is not valid."""
    try:
        return {version: pepper.encode() for version, pepper in json.loads(text).items()}
    except (ValueError, AttributeError) as error:
        raise Unavailable("the peppers are not a JSON object of texts") from error
