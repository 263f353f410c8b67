"""The data folder of `polylog run`: `.polylog/`, if you do not name another."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from polylog_cli.client.private import close, is_open, private_folder, write_private
from polylog_cli.output.console import command, notice

DEFAULT_DATA = Path(".polylog")

_FILES = ("credentials.json", "pepper.json", "running.json", "running.new", "sample-loading")
_TABLE_FILES = ("lock", "*.log", "*.db*")


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
        """Make the folder and its pepper if they are missing; return this home.

        A folder that other users of the machine can use is closed to them.
        """
        private_folder(self.path)
        self._close()
        if not self.pepper.exists():
            write_private(self.pepper, json.dumps({"1": secrets.token_urlsafe(48)}))
        return self

    @property
    def tables(self) -> Path:
        """The folder in which DynamoDB Local keeps the tables and its log."""
        return self.path / "dynamodb"

    def _close(self) -> None:
        """Let only the owner use what is there already, and say if others can or could use it."""
        own = self._own()
        was_open = any(map(is_open, own))
        for path in own:
            close(path)
        others = "Other users of this machine"
        if any(map(is_open, own)):
            notice(f"{others} can open {self.path}: its file system has no permissions")
        elif is_open(self.path):
            what = "which holds other files too, but only you can open Polylog's files in it"
            notice(f"{others} can open the folder {self.path}, {what}")
        elif was_open:
            notice(f"{others} could open files of {self.path}; now only you can")

    def _own(self) -> list[Path]:
        """Return the files of Polylog that are there, and its folders.

        The data folder itself is among them only if it holds nothing else: it may even be a home.
        """
        own = [*(self.path / name for name in _FILES), self.tables]
        is_alone = {*self.path.iterdir()} <= {*own}
        tables = [file for pattern in _TABLE_FILES for file in self.tables.glob(pattern)]
        own = [*([self.path] if is_alone else []), *own, *tables]
        return [path for path in own if path.exists()]

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
        write_private(new, json.dumps(asdict(running)))
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
        """Note that the sample is being loaded; return the present time, at which it ends."""
        now = datetime.now(UTC)
        write_private(self._sample, now.isoformat())
        return now

    def end_sample(self) -> None:
        """Note that the sample is loaded."""
        self._sample.unlink()
