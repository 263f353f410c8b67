"""A folder counts deltas in the buckets (it *folds* them), and then deletes them.

It looks at a scope, decides whether a fold is worth it (`watch`), and takes as much as fits
(`portion`). One transaction counts these events in every row that they touch, and adds their
numbers to the settled ones of the head. Each row must still have the version that was read. So a
fold happens once or not at all, even if the folder dies or if two folders work at the same time.

Counting does not wait for the indexes. The head names what was counted lately (`recent`), and
readers take that from the arrival log. A folder takes a name off the list once it has seen it for
five seconds of its own clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import Enum
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from polylog.dynamo.connection import failures_as_unavailable
from polylog.dynamo.maintenance.portion import Portion, portion_of
from polylog.dynamo.maintenance.watch import Watch, holes
from polylog.dynamo.retention import FOR_EVER, Retention
from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.delta import Delta
from polylog.dynamo.tally.head import Head, Recent, Span, coarse, read_head
from polylog.dynamo.tally.kinds import Kinds
from polylog.dynamo.tally.levels import ROOT, parent_of, path_to
from polylog.dynamo.tally.moment import moment_of
from polylog.dynamo.tally.ranges import Range, Ranges
from polylog.dynamo.tally.registry import Scopes
from polylog.dynamo.tally.rows import (
    RowsTooLargeError,
    delete_rows,
    new_row,
    read_buckets,
    write_rows,
)
from polylog.dynamo.tally.stretch import read_stretches
from polylog.dynamo.tally.summary import OfMinute, Summary, counted
from polylog.dynamo.tally.wake import Wake, leave_wake, read_wake
from polylog.model.errors import Unavailable
from polylog.model.times import SECOND, Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from polylog.dynamo.tables import Item

# AWS refuses a request that was signed more than five minutes ago, so no writer comes this late.
_FENCED: Final = 30 * 60 * SECOND
"""How long a fence keeps its row, in microseconds. Afterwards only the head knows of it."""

_MOST_FENCED: Final = 500
"""How many ranges of unused numbers the head tells apart from used ones."""

_FENCES_AT_ONCE: Final = 100

_MOST_RECENT: Final = 400
"""How many rows the head names as recent: four times what comes before the indexes catch up."""

# DynamoDB takes 100 actions in a transaction. One minute touches five rows.
_MOST_ROWS: Final = (95, 40, 15, 6)
"""How many rows a fold may touch. If its transaction gets too large, it tries the next number."""


class Work(Enum):
    """What a folder found and did in a scope, and so what comes next."""

    DONE = "done"
    """Nothing is young, and the indexes show everything."""
    FOLDED = "folded"
    """There may be more to fold at once."""
    SOON = "soon"
    """There will be something to do within seconds."""
    LATER = "later"
    """A little is left, and there is a wake-up for it."""


class Folder:
    """Folds the tallies of scopes, a step at a time."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        clock: Clock,
        retention: Retention = FOR_EVER,
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._retention = retention
        self._scopes = Scopes(client, table)
        self._watches: dict[str, Watch] = {}

    def wake(self, scope: str) -> None:
        """Read a scope's wake-up. After some that found nothing new, the scope is quiet."""
        self._watch(scope).wake = read_wake(self._client, self._table, scope)

    def work(self, scope: str) -> Work:
        """Do what is due in a scope, in a few requests.

        A few deltas are not worth a fold: reading them costs less. They are folded once the scope
        is quiet. After `LATER` you can forget the scope: a wake-up says when to come again.
        """
        head = self._look(scope)
        watch = self._watch(scope)
        if not (head.young or head.recent or any(holes(head))):
            del self._watches[scope]
            return Work.DONE
        if watch.is_due(head):
            return Work.FOLDED if self._fold(scope, head) else Work.SOON
        if watch.is_soon(head):
            return Work.SOON
        if not head.bucket.version:
            self._scopes.add(scope)
        wake = self._watches.pop(scope).wake.next(head.decided.last)
        leave_wake(self._client, self._table, scope, wake, self._clock)
        return Work.LATER

    def leave(self, scope: str) -> None:
        """Leave a wake-up for a scope that has more to do, because the time is up."""
        leave_wake(self._client, self._table, scope, Wake(), self._clock)

    def settle(self, scope: str, seconds: float) -> bool:
        """Fold everything, and wait until the indexes show it. Return False if the time is up."""
        deadline = self._clock.deadline(seconds)
        self._watch(scope).is_hasty = True
        while (work := self.work(scope)) is not Work.DONE:
            if deadline.is_over:
                return False
            if work is Work.SOON:
                self._clock.sleep(0.5)
        return True

    def fold(self, scope: str) -> bool:
        """Fold once, whether it is due or not; return whether there is more to fold at once.

        It also returns False if somebody else folded meanwhile: then they continue.
        """
        return self._fold(scope, self._look(scope))

    def _watch(self, scope: str) -> Watch:
        return self._watches.setdefault(scope, Watch(self._clock))

    def _look(self, scope: str) -> Head:
        """Return a scope's head. Delete deltas that are left over, and fence old numbers."""
        head = read_head(self._client, self._table, scope)
        watch = self._watch(scope)
        watch.see(head)
        self._delete(scope, (d for d in head.deltas if head.is_settled(d) and self._is_over(d)))
        old = watch.old_holes(head)
        return self._fenced(scope, old) if old else head

    def _is_over(self, delta: Delta) -> bool:
        """Return whether a settled delta may be deleted. Fences stand for a while."""
        return delta.fenced_at is None or delta.fenced_at <= self._clock.now() - _FENCED

    def _fenced(self, scope: str, missing: Sequence[Range]) -> Head:
        """Keep everybody from storing events under missing numbers; return the head.

        The highest numbers come first, because the last of a writer's numbers names its delta. So
        once any of its numbers is fenced, the writer cannot store anything under them.
        """
        now = self._clock.now()
        numbers = (n for first, last in reversed(missing) for n in range(last, first - 1, -1))
        fences = [Delta.fence(number, now) for number in islice(numbers, _FENCES_AT_ONCE)]
        items = (item for fence in fences for item in fence.items(scope, self._retention))
        # A writer may have stored events under one of them. The next look shows that.
        with (
            failures_as_unavailable(),
            suppress(self._client.exceptions.TransactionCanceledException),
        ):
            self._client.transact_write_items(
                TransactItems=[{"Put": new_row(self._table, item)} for item in items]
            )
        return read_head(self._client, self._table, scope)

    def _fold(self, scope: str, head: Head) -> bool:
        """Fold once; return whether there is more to fold at once."""
        self._watch(scope).begin_anew()
        if not head.bucket.version:
            self._scopes.add(scope)
        load = partial(read_stretches, self._client, self._table, scope, clock=self._clock)
        for most_rows in _MOST_ROWS:
            portion = portion_of(moment_of(head, load), self._watch(scope).is_ripe, most_rows)
            with suppress(RowsTooLargeError):
                is_done = self._fold_portion(scope, head, portion)
                return is_done and portion.completed < len(head.young)
        raise Unavailable("rows of the tally have grown too large")

    def _fold_portion(self, scope: str, head: Head, portion: Portion) -> bool:
        """Fold a portion; return False if there is nothing to do or it has to wait."""
        recent = tuple(_united((*self._watch(scope).unripe(head), *portion.recent())))
        if len(recent) > max(_MOST_RECENT, len(head.recent)):
            return False  # The indexes have to catch up first.
        if not portion.pieces and recent == head.recent:
            return False
        new = replace(_settled(head, portion), recent=recent)
        added = (stretch.item(scope, self._retention) for stretch in portion.stretches)
        if not self._count(scope, new, portion.summary, added):
            return False
        self._delete(scope, portion.used_up())  # Only now: the head knows their numbers.
        return True

    def _count(self, scope: str, head: Head, summary: Summary, added: Iterable[Item]) -> bool:
        """Count events in every row that they touch; return False if one was changed meanwhile."""
        # Days that were cleared have no rows any more, and must not get any again.
        kept = {minute: each for minute, each in summary.items() if each.earliest >= head.cleared}
        touched = _by_bucket(counted(kept, Kinds(head.bucket.kinds())))
        names = [name for name in touched if name != ROOT]
        rows = read_buckets(self._client, self._table, scope, names, self._clock) if names else {}
        rows[ROOT] = head.bucket
        new = _counted(rows, touched)
        root = replace(head, bucket=new[ROOT])
        return write_rows(self._client, self._table, scope, rows, new, root, added)

    def _delete(self, scope: str, deltas: Iterable[Delta]) -> None:
        rows = [delta.row for delta in deltas]
        delete_rows(self._client, self._table, scope, rows, self._clock)


def _settled(head: Head, portion: Portion) -> Head:
    """Return the head that knows a portion's numbers too.

    It keeps only the last ranges of fenced numbers apart. Earlier ones become settled, as if they
    had events.
    """
    fenced = head.fenced - portion.numbers | portion.fences
    many, few = fenced.ranges[:-_MOST_FENCED], fenced.ranges[-_MOST_FENCED:]
    return replace(head, settled=head.settled | portion.numbers | Ranges(many), fenced=Ranges(few))


def _united(recent: Iterable[Recent]) -> Iterator[Recent]:
    """Yield each row once. If a delta is folded in parts, its row was named before."""
    spans: dict[int, dict[Span, None]] = {}
    for each in recent:
        spans.setdefault(each.first, {}).update(dict.fromkeys(each.spans))
    return (Recent(first, coarse(each)) for first, each in spans.items())


def _by_bucket(summary: Summary) -> dict[str, Summary]:
    """Return what each row counts, parents before their children."""
    touched: dict[str, dict[str, OfMinute]] = {ROOT: {}}
    for minute, part in summary.items():
        for name in path_to(minute):
            touched.setdefault(name, {})[minute] = part
    return dict(sorted(touched.items(), key=lambda item: len(item[0])))


def _counted(rows: Mapping[str, Bucket], touched: Mapping[str, Summary]) -> dict[str, Bucket]:
    """Return the next version of every touched row, each stating its children's.

    Readers take a row only in the version that its parent states. So a row never changes without
    its parent. All get the root's new version, so that no row ever gets a version twice.
    """
    version = rows[ROOT].version + 1
    new = {
        name: rows.get(name, Bucket()).with_summary(name, summary)
        for name, summary in touched.items()
    }
    versions: dict[str, dict[str, int]] = {name: dict(new[name].versions) for name in new}
    for name in new:
        if name != ROOT:
            versions[parent_of(name)][name] = version
    return {
        name: replace(bucket, version=version, versions=versions[name])
        for name, bucket in new.items()
    }
