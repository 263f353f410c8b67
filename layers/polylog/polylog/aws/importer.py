"""Imports the events of an object of any size, in one run or several.

The key `import/<scope>/<format>/<name>` says where the events belong and how they are written. The
name ends in `.ndjson`, `.jsonl`, `.log` or `.json`, perhaps with `.gz`. For example, the result of
`import/prod/okta/may.json` is `import-results/prod/okta/may.json.json`.

Log files of AWS CloudTrail can also be read where they are, in the bucket of their trail. The
result is in the log's own bucket, at `import-results/@<bucket>/<key>.json`.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from polylog.api.auth import is_scope
from polylog.aws.ledger import FOLDER, Ledger, Progress
from polylog.aws.objects import PART_BYTES, Documents, ObjectAbsent, ObjectReader, ObjectVersion
from polylog.batches import batched_by_weight
from polylog.dialects import format_named
from polylog.intake.documents import MAX_TOGETHER, Format, read_line
from polylog.intake.offers import Offered, put_readable
from polylog.intake.streams import Inside, Piece, Place, Stream, lines, values
from polylog.model.errors import InvalidBody, InvalidParameter, RequestTooLarge, Unavailable
from polylog.model.store import EventStore, Outcome, Status
from polylog.model.times import SYSTEM_CLOCK, Clock, Deadline

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Ten transactions of the store.
_MAX_PIECES: Final = 950
_MAX_BYTES: Final = 3_000_000

_SAVED_EVERY_SECONDS: Final = 5

_KEY: Final = re.compile(
    FOLDER
    + r"(?P<scope>[^/]+)/(?P<format>[^/]+)/.*\.(?P<kind>ndjson|jsonl|log|json)(?P<packed>\.gz)?",
    re.DOTALL,
)
_TRAIL: Final = re.compile(
    rf"(?!{FOLDER})(?:.*/)?AWSLogs/(?:o-[a-z0-9]+/)?\d{{12}}/CloudTrail(?:-Insight)?/.*\.json\.gz",
    re.DOTALL,
)
"""The key of a log file in a trail's bucket: "Finding your CloudTrail log files" in AWS's guide."""

_DOCUMENTS: Final = "json"
"""The ending of an object that is not read line by line."""

_Read = tuple[Piece, Sequence[Offered]]


class Unfinished(Exception):
    """The time is up; the import continues from there when its message comes again."""


class Stuck(Exception):
    """The import made no progress in any of its tries."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What the key of an object says about its events."""

    scope: str
    format: Format
    has_lines: bool
    is_packed: bool

    @classmethod
    def of(cls, key: str) -> Self:
        """Read a key; raises `InvalidParameter` if it is not one of an import."""
        match = _KEY.fullmatch(key)
        if match is None:
            reason = (
                "must be import/<scope>/<format>/<name>.ndjson, .jsonl, .log or .json,"
                " perhaps with .gz"
            )
            raise InvalidParameter("object", reason)
        if not is_scope(match["scope"]):
            raise InvalidParameter("scope", "must have 1 to 64 letters, digits, '.', '_' or '-'")
        format = format_named(match["format"])
        return cls(match["scope"], format, match["kind"] != _DOCUMENTS, bool(match["packed"]))

    @classmethod
    def of_trail(cls, scope: str) -> Self:
        """Return the kind of the log files that CloudTrail writes."""
        return cls(scope, format_named("cloudtrail"), has_lines=False, is_packed=True)

    def pieces(self, stream: Stream, start: Place) -> Iterator[Piece]:
        """Yield the pieces of a stream of such events; the stream begins at `start`."""
        if start.inside is Inside.RUBBISH:
            return
        piece: Piece | None = None
        read = (
            lines(stream, start) if self.has_lines else values(stream, start, self.format.envelope)
        )
        try:
            for piece in read:
                yield piece
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            place = piece.end if piece else start
            yield Piece.last(place, InvalidBody(f"the rest is not gzip: {error}"))

    def read(self, piece: Piece) -> Sequence[Offered]:
        """Return the events of a piece; an unreadable event does not affect the others."""
        if isinstance(piece.text, InvalidBody):
            return (piece.text,)
        try:
            return read_line(piece.text, self.format, self.scope, MAX_TOGETHER)
        except RequestTooLarge as error:
            return (error,)


@dataclass(frozen=True, slots=True)
class Home:
    """The log's own bucket, and the scope for log files that are read in buckets of trails."""

    bucket: str
    scope: str


@dataclass(slots=True)
class _Work:
    """An import at work.

    An earlier run may have stored some of the next events. `is_in_doubt` is true until this run
    stores an event that was not there before.
    """

    source: ObjectVersion
    kind: Kind
    ledger: Ledger
    progress: Progress
    is_in_doubt: bool

    def add(self, line: int, outcome: Outcome) -> None:
        """Add what happened to an event to the progress."""
        if outcome.status is Status.STORED:
            self.is_in_doubt = False
        self.progress.add(line, outcome, is_in_doubt=self.is_in_doubt)


class Importer:
    """Imports objects; `max_tries` is how often it tries one that makes no progress.

    Without a `home`, it reads no log files in the buckets of trails.
    """

    def __init__(
        self,
        store: EventStore,
        client: S3Client,
        max_tries: int,
        clock: Clock = SYSTEM_CLOCK,
        home: Home | None = None,
    ) -> None:
        self._home = home
        self._store = store
        self._client = client
        self._max_tries = max_tries
        self._clock = clock

    def run(self, source: ObjectVersion, deadline: Deadline) -> Progress | None:
        """Import an object, or the rest of it; return what happened to its events.

        Returns None if the import was finished before. Raises `Unfinished` if there is no time
        left, `Stuck` if it must not be tried again, `ObjectChanged` if the same import runs
        elsewhere, `InvalidBody` if the object's key is too long, and `Unavailable`.
        """
        home = self._home if _TRAIL.fullmatch(source.key) else None
        bucket = home.bucket if home else source.bucket
        ledger = Ledger(Documents(self._client, bucket), source)
        begun = ledger.read()
        if begun is not None and begun.is_finished:
            return None
        try:
            kind = Kind.of_trail(home.scope) if home else Kind.of(source.key)
        except InvalidParameter as error:
            return ledger.finish(begun or Progress(), str(error))
        progress = begun or Progress(last_seq=self._store.latest(kind.scope))
        work = _Work(source, kind, ledger, progress, progress.is_in_doubt)
        progress.is_in_doubt = True
        self._count_try(ledger, progress)
        try:
            self._work(work, deadline)
        except ObjectAbsent:
            return ledger.finish(progress, "the object was deleted or replaced meanwhile")
        except (Unavailable, Unfinished) as error:
            progress.is_in_doubt = work.is_in_doubt or isinstance(error, Unavailable)
            ledger.save(progress)
            raise
        return ledger.finish(progress)

    def _count_try(self, ledger: Ledger, progress: Progress) -> None:
        """Count this try. A stuck import begins to count again from zero."""
        is_stuck = progress.tries >= self._max_tries
        progress.tries = 0 if is_stuck else progress.tries + 1
        ledger.save(progress)
        if is_stuck:
            place = f"tried {self._max_tries} times from line {progress.place.lines + 1} on"
            raise Stuck(f"{place}; the function's log says what failed")

    def _work(self, work: _Work, deadline: Deadline) -> None:
        saved = self._clock.monotonic()
        read = ((piece, work.kind.read(piece)) for piece in self._pieces(work))
        for chunk in batched_by_weight(read, _weight, most=_MAX_PIECES, most_weight=_MAX_BYTES):
            self._store_chunk(work, chunk)
            if deadline.is_over:
                raise Unfinished
            if self._clock.monotonic() - saved >= _SAVED_EVERY_SECONDS:
                work.ledger.save(work.progress)
                saved = self._clock.monotonic()

    def _pieces(self, work: _Work) -> Iterator[Piece]:
        place = work.progress.place
        start = 0 if work.kind.is_packed else place.offset
        stored = io.BufferedReader(ObjectReader(self._client, work.source, start), PART_BYTES)
        if not work.kind.is_packed:
            return work.kind.pieces(stored, place)
        # A packed object can only be read from its beginning.
        unpacked = gzip.GzipFile(fileobj=stored)
        left = place.offset
        while left > 0 and (skipped := len(unpacked.read(min(left, PART_BYTES)))):
            left -= skipped
        return work.kind.pieces(unpacked, place)

    def _store_chunk(self, work: _Work, chunk: Sequence[_Read]) -> None:
        read = [(piece.line, offered) for piece, every in chunk for offered in every]
        outcomes = put_readable(
            self._store,
            work.kind.scope,
            [offered for _, offered in read],
            is_repeat=work.is_in_doubt,
        )
        for (line, _), outcome in zip(read, outcomes, strict=True):
            work.add(line, outcome)
        work.progress.place = chunk[-1][0].end
        work.progress.tries = 0


def _weight(read: _Read) -> int:
    """Return how much of a chunk a piece fills, by its bytes or its events, if those fill more."""
    piece, every = read
    size = len(piece.text) if isinstance(piece.text, bytes) else 0
    return max(size, len(every) * _MAX_BYTES // _MAX_PIECES)
