"""How far the import of an object has come, and what happened to its events."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, Field
from pydantic_core import to_json

from polylog.aws.objects import Documents, ObjectVersion
from polylog.intake.streams import Place
from polylog.model.errors import InvalidBody
from polylog.model.store import Outcome, Status

FOLDER: Final = "import/"
_PROGRESS: Final = "import-progress/"
_RESULTS: Final = "import-results/"

_KEPT_TOGETHER: Final = 10_000
"""How many refusals the progress and the result have; earlier ones go into separate objects."""

_MAX_KEY_BYTES: Final = 900
"""S3 takes keys of 1,024 bytes, and the keys of an import's progress and result are longer."""


class Refusal(BaseModel):
    """An event that is not in the log: the line on which it begins, and why."""

    line: int
    status: Status
    id: str | None = None
    reason: str | None = None


class Progress(BaseModel):
    """The state of an import between two runs.

    `last_seq` is the highest number of its stored events, or the latest number when it began.
    `tries` counts the runs without progress. `is_in_doubt` says that the import may have stored
    events after `place`.
    """

    place: Place = Place()
    counts: dict[Status, int] = Field(default_factory=lambda: dict.fromkeys(Status, 0))
    last_seq: int = 0
    refused: list[Refusal] = Field(default_factory=list)
    refused_before: list[str] = Field(default_factory=list)
    tries: int = 0
    is_in_doubt: bool = False
    is_finished: bool = False

    def add(self, line: int, outcome: Outcome, *, is_in_doubt: bool) -> None:
        """Add what happened to an event.

        After an import broke off, nobody knows which events it had stored. It stores them in order,
        so it was the import itself that stored a duplicate with a higher number than all before.
        """
        status = outcome.status
        if is_in_doubt and status is Status.DUPLICATE and (outcome.seq or 0) > self.last_seq:
            status = Status.STORED
        if status is Status.STORED:
            self.last_seq = max(self.last_seq, outcome.seq or 0)
        self.counts[status] += 1
        if not status.is_in_log:
            refusal = Refusal(line=line, status=status, id=outcome.id, reason=outcome.reason)
            self.refused.append(refusal)


class Ledger:
    """Keeps the progress of one import, and writes its result.

    Raises `InvalidBody` if the object's key is too long.
    """

    def __init__(self, documents: Documents, source: ObjectVersion) -> None:
        self._documents = documents
        self._source = source
        if len(source.key.encode()) > _MAX_KEY_BYTES:
            raise InvalidBody(f"the object's key has more than {_MAX_KEY_BYTES} bytes")
        is_own = source.bucket == documents.bucket
        # No scope has an @ in its name.
        name = source.key.removeprefix(FOLDER) if is_own else f"@{source.bucket}/{source.key}"
        self._progress_key = f"{_PROGRESS}{name}@{source.name}.json"
        self._result_key = f"{_RESULTS}{name}.json"

    def read(self) -> Progress | None:
        """Return the progress of the import, or None if it never began."""
        content = self._documents.read(self._progress_key)
        return None if content is None else Progress.model_validate_json(content)

    def save(self, progress: Progress) -> None:
        """Save the progress; raises `ObjectChanged` if the same import also runs elsewhere."""
        if len(progress.refused) > _KEPT_TOGETHER:
            # No other version of the object, and no other run of this import, uses this name.
            key = f"{self._result_key}.{self._source.name}.refused-{progress.place.offset}.ndjson"
            self._documents.write(key, b"\n".join(map(_line, progress.refused)) + b"\n")
            progress.refused_before.append(key)
            progress.refused.clear()
        self._documents.replace(self._progress_key, progress.model_dump_json().encode())

    def finish(self, progress: Progress, problem: str | None = None) -> Progress:
        """Write the result: what happened to all events, and the problem that ended it early.

        Raises `ObjectChanged`, and writes nothing, if the same import also runs elsewhere.
        """
        self.save(progress)
        result = {
            "object": self._source.key,
            "version": self._source.version,
            "lines": progress.place.lines,
            "counts": progress.counts,
            "refused_before": progress.refused_before,
        }
        if problem is not None:
            result["error"] = problem
        head = to_json(result)[:-1]
        refused = b",\n".join(map(_line, progress.refused))
        self._documents.write(self._result_key, b'%b,"refused":[\n%b\n]}\n' % (head, refused))
        progress.is_finished = True
        progress.refused.clear()
        self.save(progress)
        return progress


def _line(refusal: Refusal) -> bytes:
    return refusal.model_dump_json(exclude_none=True).encode()
