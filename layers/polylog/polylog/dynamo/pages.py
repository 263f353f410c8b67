"""Pages of events: read from near where they begin, if a tally can tell where that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from polylog.dynamo.answers import Sources
from polylog.dynamo.events.reader import Reader
from polylog.dynamo.explanation import note, tentatively
from polylog.dynamo.limits import Limits
from polylog.dynamo.tally.view import View
from polylog.model.errors import PositionExpired, TooBroad
from polylog.model.query import EventQuery, Page, Window

# So many events are skipped by reading them, which takes fewer requests than looking them up.
_NEAR: Final = 300


class Pages:
    """Reads the pages of a log."""

    def __init__(self, sources: Sources, clock: Callable[[], int], limits: Limits) -> None:
        self._sources = sources
        self._clock = clock
        self._limits = limits

    def find(self, query: EventQuery) -> Page:
        """Return the events of the query's window; see `EventStore.find`."""
        after = query.window.after
        if after is not None and after.time < self._sources.floor():
            raise PositionExpired
        query = replace(query, filter=self._sources.kept(query.filter))
        deadline = self._limits.deadline()
        page = self._tallied(query) if query.with_total or _is_far(query.window) else None
        return page or self._read(query, deadline)

    def _tallied(self, query: EventQuery) -> Page | None:
        """Return the page that a tally helps to find, None where none can.

        A page in part may take half of the time to find that out, and be read in the other half.
        """
        sources = self._sources.until(self._limits.deadline(0.5 if query.is_partial else 1))
        answer = partial(self._page, query, sources.reader)
        try:
            with tentatively():
                return sources.ask(query.scope, query.filter, answer)
        except TooBroad:
            if query.is_partial:
                return None
            raise

    def _read(self, query: EventQuery, deadline: float) -> Page:
        """Return the page without the help of a tally; after a total it has time of its own."""
        total = None
        if query.with_total and query.is_partial:
            note("the tally cannot tell the total")
        elif query.with_total:
            total = self._sources.until(deadline).count(query.scope, query.filter)
            deadline = self._limits.deadline()
            if query.window.offset >= total:
                return Page((), None, total)
        young, filter = self._sources.young(query.scope, query.filter)
        kept = replace(_within(query, total), filter=filter)
        return _told(self._sources.reader.until(deadline).find(kept, young), query, total)

    def _page(self, query: EventQuery, reader: Reader, view: View) -> Page:
        total = view.total()
        if query.window.offset >= total:
            return Page((), None, total)
        within = replace(_within(query, total), filter=view.question.within(view.time))
        page = None
        if _is_far(within.window):
            page = self._from_the_end(within, reader, view, total)
            page = page or _looked_up(within, reader, view, total)
        page = page or reader.find(within, view.head.young())
        return _told(page, query, total)

    def _from_the_end(
        self, query: EventQuery, reader: Reader, view: View, total: int
    ) -> Page | None:
        """Return a page near the end, read from there.

        None when it is not near, when that is too much to read, or when events were stored
        meanwhile, which may have shifted it.
        """
        left = total - query.window.offset
        limit = min(query.window.limit, left)
        window = Window(limit, left - limit)
        if window.offset > _NEAR:
            return None
        backwards = replace(query, order=query.order.reverse, window=window)
        try:
            places, events = reader.walk(backwards, view.head.young())
        except TooBroad:
            return None
        known = {entry.seq for delta in view.head.deltas for entry in delta.entries}
        final = view.head.watermark.final(self._clock())
        if any(place.seq > final and place.seq not in known for place in places):
            head = self._sources.tally.head(query.scope, view.question.facet)
            if any(view.question.asks(entry) and entry.seq not in known for entry in head.young()):
                return None
        if len(events) < window.limit:
            return None
        note("the page is near the end and is read from there")
        return Page(events[::-1], places[window.offset] if window.offset else None)


def _looked_up(query: EventQuery, reader: Reader, view: View, total: int) -> Page:
    """Return a page that is read from the minute that it begins in."""
    note("the tally tells in which minute the page begins")
    time, offset = view.locate(query.window.offset, total, query.order)
    window = replace(query.window, offset=offset)
    within = replace(query, filter=view.question.within(time), window=window)
    return reader.find(within, view.head.young())


def _is_far(window: Window) -> bool:
    return window.after is None and window.offset > _NEAR


def _within(query: EventQuery, total: int | None) -> EventQuery:
    """Return the query without what lies beyond the total: nothing of it was counted.

    Pages in part go on after positions, until nothing follows: an event stored since may take the
    place of one that was counted, which is then on the next page.
    """
    if total is None or query.is_partial:
        return query
    window = query.window
    return replace(query, window=replace(window, limit=min(window.limit, total - window.offset)))


def _told(page: Page, query: EventQuery, total: int | None) -> Page:
    """Return a page with the total, which also tells whether it can be the last."""
    window = query.window
    is_last = total is not None and window.after is None and total < window.offset + window.limit
    if is_last and not query.is_partial:
        return replace(page, total=total, next=None)
    return replace(page, total=total)
