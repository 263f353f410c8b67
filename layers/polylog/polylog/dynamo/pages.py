"""Pages of events: read from near their beginning, if a tally can tell where that is."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from polylog.dynamo.answers import Asked
from polylog.dynamo.events.reader import Reader
from polylog.dynamo.explanation import note, tentatively
from polylog.dynamo.limits import Limits
from polylog.dynamo.tally.totals import View
from polylog.model.errors import PositionExpired, TooBroad
from polylog.model.query import EventQuery, Page, Window
from polylog.model.times import Clock, Deadline

# Up to this many events, reading and skipping them takes fewer requests than looking up the place.
_NEAR: Final = 300


class Pages:
    """Reads the pages of a log."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits

    def find(self, query: EventQuery, asked: Asked) -> Page:
        """Return the events of the query's window; `asked` is what its filter asks for."""
        after = query.window.after
        if after is not None and after.time < asked.floor:
            raise PositionExpired
        query = replace(query, filter=asked.filter)
        deadline = self._limits.deadline(self._clock)
        page = self._tallied(query, asked) if query.with_total or _is_far(query.window) else None
        return page or self._read(query, asked, deadline)

    def _tallied(self, query: EventQuery, asked: Asked) -> Page | None:
        """Return the page that a tally helps to find, None if no tally can.

        For a page in part, this may take half of the time; reading it takes the other half.
        """
        part = 0.5 if query.is_partial else 1
        asked = asked.until(self._limits.deadline(self._clock, part))
        try:
            with tentatively():
                return asked.by_tally(partial(self._page, query, asked))
        except TooBroad:
            if query.is_partial:
                return None
            raise

    def _read(self, query: EventQuery, asked: Asked, deadline: Deadline) -> Page:
        """Return the page without a tally. If a total was counted, the page has time of its own."""
        total = None
        if query.with_total and query.is_partial:
            note("the tally cannot tell the total")
        elif query.with_total:
            total = asked.until(deadline).count()
            deadline = self._limits.deadline(self._clock)
            if query.window.offset >= total:
                return Page((), None, total)
        young, filter = asked.young()
        kept = replace(_within(query, total), filter=filter)
        return _told(asked.reader.until(deadline).find(kept, young), query, total)

    def _page(self, query: EventQuery, asked: Asked, view: View) -> Page:
        total = view.total()
        if query.window.offset >= total:
            return Page((), None, total)
        within = replace(_within(query, total), filter=view.question.within(view.time))
        page = None
        if _is_far(within.window):
            page = self._from_the_end(within, asked, view, total)
            page = page or _looked_up(within, asked.reader, view, total)
        page = page or asked.reader.find(within, view.head.young())
        return _told(page, query, total)

    def _from_the_end(self, query: EventQuery, asked: Asked, view: View, total: int) -> Page | None:
        """Return a page near the end, read from there.

        None if it is not near the end, if that is too much to read, or if events were stored
        meanwhile that may have shifted the page.
        """
        left = total - query.window.offset
        limit = min(query.window.limit, left)
        window = Window(limit, left - limit)
        if window.offset > _NEAR:
            return None
        backwards = replace(query, order=query.order.reverse, window=window)
        try:
            places, events = asked.reader.walk(backwards, view.head.young())
        except TooBroad:
            return None
        known = {entry.seq for delta in view.head.deltas for entry in delta.entries}
        final = view.head.watermark.final(self._clock.now())
        if any(place.seq > final and place.seq not in known for place in places):
            head = asked.views.head(query.scope, view.question.facet)
            if any(view.question.asks(entry) and entry.seq not in known for entry in head.young()):
                return None
        if len(events) < window.limit:
            return None
        note("the page is near the end and is read from there")
        return Page(events[::-1], places[window.offset] if window.offset else None)


def _looked_up(query: EventQuery, reader: Reader, view: View, total: int) -> Page:
    """Return a page, read from the minute in which it begins."""
    note("the tally tells in which minute the page begins")
    time, offset = view.locate(query.window.offset, total, query.order)
    window = replace(query.window, offset=offset)
    within = replace(query, filter=view.question.within(time), window=window)
    return reader.find(within, view.head.young())


def _is_far(window: Window) -> bool:
    return window.after is None and window.offset > _NEAR


def _within(query: EventQuery, total: int | None) -> EventQuery:
    """Return the query without the places beyond the total, which were not counted.

    Pages in part go on after positions until nothing follows. If a new event takes the place of a
    counted one, that one is on the next page.
    """
    if total is None or query.is_partial:
        return query
    window = query.window
    return replace(query, window=replace(window, limit=min(window.limit, total - window.offset)))


def _told(page: Page, query: EventQuery, total: int | None) -> Page:
    """Return a page with the total; the total also tells whether the page is the last one."""
    window = query.window
    is_last = total is not None and window.after is None and total < window.offset + window.limit
    if is_last and not query.is_partial:
        return replace(page, total=total, next=None)
    return replace(page, total=total)
