"""The data folder of `polylog run`: `.polylog/`, if you do not name another."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from polylog_cli.client.credentials import write_private
from polylog_cli.output.console import command

DEFAULT_DATA = Path(".polylog")


def run_command(data: Path) -> str:
    """Return the command that serves a data folder."""
    return command("run", *data_option(data))


def data_option(data: Path) -> tuple[str, ...]:
    """Return the option that names a data folder; none for the default one."""
    return () if data == DEFAULT_DATA else ("--data", str(data))


@dataclass(frozen=True, slots=True)
class Running:
    """How to reach the service and the tables of a data folder while it runs."""

    url: str
    dynamodb: str
    shards: int
    facets: tuple[str, ...]
    retention_days: int


@dataclass(frozen=True, slots=True)
class Home:
    """The files of a data folder."""

    path: Path

    @property
    def credentials(self) -> Path:
        """The file with the credentials that `polylog run` makes for you."""
        return self.path / "credentials.json"

    @property
    def pepper(self) -> Path:
        """The file with the peppers, as `{version: pepper}`."""
        return self.path / "pepper.json"

    def make(self) -> Home:
        """Make the folder and its pepper if they are missing; return this home."""
        self.path.mkdir(parents=True, exist_ok=True)
        if not self.pepper.exists():
            write_private(self.pepper, json.dumps({"1": secrets.token_urlsafe(48)}))
        return self

    @property
    def _running(self) -> Path:
        return self.path / "running.json"

    def read_running(self) -> Running | None:
        """Return how to reach the service; None if it is not running."""
        try:
            document = json.loads(self._running.read_text())
        except FileNotFoundError:
            return None
        return Running(**document | {"facets": tuple(document["facets"])})

    def write_running(self, running: Running) -> None:
        """Announce the service; readers see the whole file or none."""
        new = self._running.with_suffix(".new")
        new.write_text(json.dumps(asdict(running)))
        new.replace(self._running)

    def remove_running(self) -> None:
        """Withdraw the announcement, when the service ends."""
        self._running.unlink(missing_ok=True)

    @property
    def _sample(self) -> Path:
        return self.path / "sample-loading"

    def sample_begun(self) -> datetime | None:
        """Return when an unfinished loading of the sample began; None if there is none."""
        try:
            return datetime.fromisoformat(self._sample.read_text())
        except (FileNotFoundError, ValueError):
            return None

    def begin_sample(self) -> datetime:
        """Note that the sample is being loaded; return the present time, which it ends at."""
        now = datetime.now(UTC)
        self._sample.write_text(now.isoformat())
        return now

    def end_sample(self) -> None:
        """Note that the sample is loaded."""
        self._sample.unlink()
