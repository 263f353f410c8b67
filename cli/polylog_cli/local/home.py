"""The data folder of a log that runs on this machine: `.polylog/`."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from polylog_cli.client.credentials import write_private

DEFAULT_DATA = Path(".polylog")


@dataclass(frozen=True, slots=True)
class Running:
    """Where the service of a data folder can be reached while it runs."""

    url: str
    dynamodb: str
    shards: int
    facets: list[str]
    retention_days: int


@dataclass(frozen=True, slots=True)
class Home:
    """The files of a data folder."""

    path: Path

    @property
    def credentials(self) -> Path:
        """The credentials that `polylog run` made for its user."""
        return self.path / "credentials.json"

    @property
    def pepper(self) -> Path:
        """The peppers: `{version: pepper}`."""
        return self.path / "pepper.json"

    def make(self) -> Home:
        """Make the folder and its pepper, where they are not there yet; return this home."""
        self.path.mkdir(parents=True, exist_ok=True)
        if not self.pepper.exists():
            write_private(self.pepper, json.dumps({"1": secrets.token_urlsafe(48)}))
        return self

    @property
    def _running(self) -> Path:
        return self.path / "running.json"

    def read_running(self) -> Running | None:
        """Return where the service runs, None when it does not."""
        try:
            return Running(**json.loads(self._running.read_text()))
        except FileNotFoundError:
            return None

    def write_running(self, running: Running) -> None:
        """Say where the service runs; whoever reads meanwhile sees all of it or nothing."""
        new = self._running.with_suffix(".new")
        new.write_text(json.dumps(asdict(running)))
        new.replace(self._running)

    def remove_running(self) -> None:
        """Say that the service has ended."""
        self._running.unlink(missing_ok=True)

    @property
    def _sample(self) -> Path:
        return self.path / "sample-loading"

    def sample_begun(self) -> datetime | None:
        """Return when the loading of the sample began, None when none is unfinished."""
        try:
            return datetime.fromisoformat(self._sample.read_text())
        except (FileNotFoundError, ValueError):
            return None

    def begin_sample(self) -> datetime:
        """Remember that the sample is being loaded; return the time that it is made for."""
        now = datetime.now(UTC)
        self._sample.write_text(now.isoformat())
        return now

    def end_sample(self) -> None:
        """Remember that the sample is loaded."""
        self._sample.unlink()
