"""Reads pages of events, from near their beginning if the tally can tell where that is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from polylog.dynamo.answers import Asked
from polylog.dynamo.explanation import COUNTS, note, note_alternative, tentatively
from polylog.dynamo.limits import Allowance, Limits
from polylog.dynamo.queries import TimeRange
from polylog.dynamo.search.finder import Finder
from polylog.dynamo.tally.facet_view import FacetView
from polylog.dynamo.tally.levels import minute_of
from polylog.dynamo.tally.moment import Moment
from polylog.dynamo.tally.totals import View, times_of
from polylog.model.errors import PositionExpired, TimedOut, TooBroad
from polylog.model.query import EventQuery, Order, Page, Position, Window
from polylog.model.times import Clock

# Up to this many events, reading and skipping them takes fewer requests than looking up the place.
_NEAR: Final = 300

_DENSE: Final = 3000
"""If more events of a minute are to be skipped, segments may take less reading than an index."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What the pages of one answer share: the moment that they show, and the time they may take."""

    moment: Moment
    allowance: Allowance


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
        if isinstance(query.moment, Begun):
            return _read(query, asked, query.moment)
        whole = asked.within(self._limits.allow(self._clock))
        if query.with_total or query.with_known_total or _is_far(query.window):
            page = self._helped(query, whole)
            return page or self._counted(replace(query, with_total=False), whole)
        note_alternative(COUNTS, None, "no total is asked for")
        return self._counted(query, whole)

    def _helped(self, query: EventQuery, whole: Asked) -> Page | None:
        """Return the page if the tally helps to find it, or if counting all events finds it.

        None means that the page must be read without the tally and without a total. If the query
        accepts a part of the page, this may only take half of the time: reading the page without a
        total gets the other half.
        """
        part = 0.5 if query.is_partial else 1
        asked = whole.within(self._limits.allow(self._clock, part))
        try:
            with tentatively():
                end = query.window.offset + query.window.limit
                is_free = not query.with_total and not _is_far(query.window)
                page = asked.by_tally(partial(self._page, query, asked), end, is_free=is_free)
                if page is None and query.with_total:
                    page = self._counted(replace(query, is_partial=False), asked)
                return page
        except (TooBroad, TimedOut):
            if query.is_partial and not whole.allowance.is_over:
                return None
            raise

    def _counted(self, query: EventQuery, asked: Asked) -> Page:
        """Return the page without a tally."""
        if query.with_known_total:
            note("the tally cannot tell the total")
        moment = asked.moment()
        begun = Begun(moment, asked.allowance)
        if asked.plan.is_settled and not query.with_total and not _is_far(query.window):
            asked.weigh(moment, page=query.window.limit).note_instead_of_index()
            return self._indexed(query, asked, begun)
        return asked.read(
            moment,
            lambda reader: self._indexed(query, replace(asked, reader=reader), begun),
            lambda finder: self._searched(query, asked, begun, finder),
            query,
        )

    def _searched(self, query: EventQuery, asked: Asked, begun: Begun, finder: Finder) -> Page:
        """Return the page from the arrival log.

        If that is too broad and the query accepts a part of the page, an index may show more.
        """
        try:
            return replace(finder.find(query), moment=begun)
        except TooBroad:
            if not query.is_partial:
                raise
            return self._indexed(query, asked, begun)

    def _indexed(self, query: EventQuery, asked: Asked, begun: Begun) -> Page:
        """Return the page from an index. If a total was counted, the page gets new time."""
        total = None
        if query.with_total:
            total = asked.reader.count(asked.scope, asked.kept(begun.moment), begun.moment)
            begun = replace(begun, allowance=self._limits.allow(self._clock))
            if query.window.offset >= total:
                return Page((), None, total, moment=begun)
        return _told(_from_index(query, asked, begun), query, total)

    def _page(self, query: EventQuery, asked: Asked, view: View | FacetView) -> Page:
        total = view.total()
        if isinstance(view, FacetView):
            asked = replace(asked, reader=asked.reader.knowing(view.later))
        begun = Begun(view.moment, asked.allowance)
        if query.window.offset >= total:
            return Page((), None, total, moment=begun)
        page = None
        is_index_enough = isinstance(view, View) or asked.plan.is_settled
        if is_index_enough and _is_far(query.window):
            page = _from_the_end(query, asked, view, total)
        if is_index_enough and not _is_far(query.window):
            page = asked.reader.find(query, asked.plan.within(view.time), view.moment)
        page = page or _looked_up(query, asked, view, total)
        return replace(_told(page, query, total), moment=begun)


def _read(query: EventQuery, asked: Asked, begun: Begun) -> Page:
    """Return a page of an answer that has begun."""
    within = asked.within(begun.allowance)
    if asked.plan.is_settled:
        return _from_index(query, within, begun)
    page = within.read(
        begun.moment,
        lambda reader: _from_index(query, replace(within, reader=reader), begun),
        lambda finder: finder.find(replace(query, with_total=False)),
        query,
    )
    return replace(page, moment=begun)


def _from_index(query: EventQuery, asked: Asked, begun: Begun) -> Page:
    reader = asked.reader.within(begun.allowance)
    page = reader.find(query, asked.kept(begun.moment), begun.moment)
    return replace(page, moment=begun)


def _from_the_end(
    query: EventQuery, asked: Asked, view: View | FacetView, total: int
) -> Page | None:
    """Return a page that is near the end, read backwards from there.

    Returns None if it is not near the end, or takes too much reading.
    """
    left = total - query.window.offset
    limit = min(query.window.limit, left)
    window = Window(limit, left - limit)
    if window.offset > _NEAR:
        return None
    backwards = replace(query, order=query.order.reverse, window=window, is_partial=False)
    try:
        page = asked.reader.find(backwards, asked.plan.within(view.time), view.moment)
    except TooBroad:
        return None
    note("the page is near the end and is read from there")
    events = page.events[::-1]
    return Page(events, Position(events[-1].time, events[-1].seq) if window.offset else None)


def _looked_up(query: EventQuery, asked: Asked, view: View | FacetView, total: int) -> Page:
    """Return a page, read from the minute or the day in which it begins."""
    time, offset = view.locate(query.window.offset, total, query.order)
    window = replace(query.window, offset=offset)
    within = replace(query, window=window, with_total=False)
    if isinstance(view, View):
        note("the tally tells in which minute the page begins")
        page = None
        if offset > _DENSE:
            page = _in_minute(within, asked, view.moment, time, total - query.window.offset)
        return page or asked.reader.find(within, asked.plan.within(time), view.moment)
    note("the counts of the facet tell on which day the page begins")
    return _in_range(within, asked.narrowed(time), view.moment)


def _in_minute(
    query: EventQuery, asked: Asked, moment: Moment, time: TimeRange, left: int
) -> Page | None:
    """Return a page that begins in the first minute of a range, in order, with many to skip there.

    Segments may show it with less reading. `left` is how many events there are from the page on.
    Returns None if the page also has events of other minutes.
    """
    begin = time.first if query.order is Order.ASCENDING else time.last
    minute = time.intersection(times_of(minute_of(begin)))
    try:
        page = _in_range(query, asked.narrowed(minute), moment)
    except TooBroad:
        return None
    if not page.events or len(page.events) < min(query.window.limit, left):
        return None
    return replace(page, next=Position(page.events[-1].time, page.events[-1].seq))


def _in_range(query: EventQuery, asked: Asked, moment: Moment) -> Page:
    """Return a page from an index or from segments: from the one that reads less."""
    return asked.read(
        moment,
        lambda reader: reader.find(query, asked.plan, moment),
        lambda finder: finder.find(query),
        query,
    )


def _is_far(window: Window) -> bool:
    return window.after is None and window.offset > _NEAR


def _told(page: Page, query: EventQuery, total: int | None) -> Page:
    """Return a page with the total; the total also tells whether the page is the last one."""
    window = query.window
    is_last = total is not None and window.after is None and total <= window.offset + window.limit
    if is_last and not query.is_partial:
        return replace(page, total=total, next=None)
    return replace(page, total=total)
