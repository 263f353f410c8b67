"""What a client needs to reach a log: one JSON file that serves every API and scheme."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from polylog_cli.client.private import write_private

if TYPE_CHECKING:
    from polylog.api.auth import Credential


@dataclass(frozen=True, slots=True)
class Credentials:
    """The fields of `credentials.json`; `access_key` and `secret_key` are for signed requests."""

    url: str
    scope: str
    key_id: str
    token: str = field(repr=False)
    access_key: str
    secret_key: str = field(repr=False)

    @classmethod
    def of(cls, url: str, scope: str, credential: Credential) -> Credentials:
        """Return the credentials file of one credential."""
        key_id, secret = credential.key_id, credential.secret
        return cls(url, scope, key_id, credential.token, access_key=key_id, secret_key=secret)

    @classmethod
    def read(cls, path: Path) -> Credentials:
        """Return what a file holds; raises `OSError`, or `ValueError` if it is not credentials."""
        document = json.loads(path.read_text())
        if not isinstance(document, dict) or not document.keys() >= set(cls.__slots__):
            raise ValueError(f"{path} does not hold credentials")
        return cls(**{name: str(document[name]) for name in cls.__slots__})

    def json(self) -> str:
        """Return the text of the file."""
        return json.dumps(asdict(self), indent=2)

    def write(self, path: Path) -> None:
        """Write a file that only you can use."""
        write_private(path, self.json() + "\n")
