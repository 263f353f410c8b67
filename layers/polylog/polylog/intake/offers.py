"""Events as they are offered to the log: each was either read, or refused with an error."""

from __future__ import annotations

from collections.abc import Iterable

from polylog.model.errors import ApiError
from polylog.model.event import Event
from polylog.model.store import EventStore, Outcome, Status

Offered = Event | ApiError
"""An event, or the error that says why it could not be read."""


def put_readable(
    store: EventStore,
    scope: str,
    offered: Iterable[Offered | Outcome],
    *,
    is_repeat: bool = False,
) -> tuple[Outcome, ...]:
    """Store the events, and return one outcome for everything offered, in order.

    An error becomes the outcome `invalid`. An outcome stays as it is.
    `is_repeat` means the same as for `EventStore.put`.
    """
    judged = [_unreadable(each) if isinstance(each, ApiError) else each for each in offered]
    events = [each for each in judged if isinstance(each, Event)]
    stored = iter(store.put(scope, events, is_repeat=is_repeat))
    return tuple(next(stored) if isinstance(each, Event) else each for each in judged)


def _unreadable(error: ApiError) -> Outcome:
    return Outcome(Status.INVALID, None, reason=str(error))
