"""One request being answered: the caller, and the part of the log that they may see."""

from __future__ import annotations

import logging
from bisect import bisect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from polylog.api.auth import (
    AccessKey,
    Credential,
    KeyStore,
    Permission,
    Principal,
    Restriction,
    derived,
    is_key_id,
)
from polylog.api.http import Request, Response
from polylog.intake.offers import Offered, put_readable
from polylog.model.errors import (
    ApiError,
    EventNotFound,
    Forbidden,
    ForeignScope,
    InvalidParameter,
    KeyNotFound,
    NotVisible,
    PositionExpired,
    TooBroad,
)
from polylog.model.event import Event
from polylog.model.filter import Filter, conjunction
from polylog.model.query import EventQuery, Order, Page, Window
from polylog.model.store import Bar, EventStore, Group, Interval, OfValue, Outcome, Status, Tail
from polylog.model.times import Clock, format_rfc3339

log = logging.getLogger("polylog")

_FIRST_PAGE = 100
_PAGE = 1000
_GROWTH = 4
_MOST_SCANNED = 100_000


@dataclass(frozen=True, slots=True)
class Services:
    """What serving needs from outside. The program makes it once, when it starts.

    `can_deliver` says whether a response is small enough for the gateway.
    """

    store: EventStore
    keys: KeyStore
    clock: Clock
    can_deliver: Callable[[Response], bool] = lambda response: True


@dataclass(frozen=True, slots=True)
class Call:
    """One request being answered; adds the caller's scope and restriction to every question.

    So a dialect only says what the client asked for::

        page = call.find(params.filter, Order.DESCENDING, Window(limit=100), with_total=True)
    """

    request: Request
    mount: str
    principal: Principal
    services: Services

    @property
    def base_url(self) -> str:
        """The address of the dialect's root as the client knows it, without a slash at the end."""
        return self.request.root + self.mount

    def find(
        self,
        filter: Filter,
        order: Order,
        window: Window,
        *,
        with_total: bool = False,
        is_partial: bool = False,
        moment: object | None = None,
        with_known_total: bool = False,
    ) -> Page:
        """Return the events of a window that the caller may see; see `EventQuery`."""
        scope, restricted = self.principal.scope, self.visible(filter)
        query = EventQuery(
            scope, restricted, order, window, with_total, is_partial, moment, with_known_total
        )
        return self.services.store.find(query)

    def find_on(self, filter: Filter, order: Order, window: Window, before: Page) -> Page:
        """Return the page that continues `before`, as of the same moment and within its time limit.

        If midnight has passed since, the events around the window's position may have expired. In
        ascending order the page then starts with the oldest event that is kept. In descending order
        nothing follows.
        """
        try:
            return self.find(filter, order, window, moment=before.moment)
        except PositionExpired:
            if order is Order.DESCENDING:
                return Page((), None)
            return self.find(filter, order, replace(window, after=None), moment=before.moment)

    def scan(
        self, filter: Filter, order: Order, *, first_page: int = _FIRST_PAGE
    ) -> Iterator[Event]:
        """Yield every event that passes and that the caller may see.

        Reads in pages that grow from `first_page`, and that share the time limit of one answer.
        Raises `TooBroad` after 100,000 events, or if a page is too broad.
        """
        left = _MOST_SCANNED
        window = Window(limit=first_page)
        page = self.find(filter, order, window)
        while True:
            yield from page.events
            left -= window.limit
            if page.next is None:
                return
            if left == 0:
                raise TooBroad
            window = Window(limit=min(_GROWTH * window.limit, _PAGE, left), after=page.next)
            page = self.find_on(filter, order, window, page)

    def fitting(self, response: Callable[[int], Response], number: int) -> Response:
        """Return the response with this number of events, or with the most that can be delivered.

        It has at least one event. If even that does not fit, `serve` answers with an error.
        """
        whole = response(number)
        if self.services.can_deliver(whole):
            return whole

        def is_too_large(number: int) -> bool:
            return not self.services.can_deliver(response(number))

        return response(max(1, bisect(range(1, number), False, key=is_too_large)))

    def secret(self, purpose: str) -> bytes:
        """Return a secret for a purpose, the same for all keys that share the caller's pepper.

        Use it to seal what a client must return unchanged, such as a page token.
        """
        return derived(self.services.keys, self.principal.key_id, purpose)

    def visible_keys(self) -> tuple[AccessKey, ...]:
        """Return the keys of the scope that are confined at least as much as the caller's."""
        keys = self.services.keys.list(self.principal.scope)
        return tuple(key for key in keys if self._may_manage(key.principal))

    def create_key(
        self,
        permissions: frozenset[Permission],
        restriction: Restriction,
        expires_at: int | None,
    ) -> tuple[Credential, int | None]:
        """Make a key of the scope; return its credential, and when it expires.

        The new key may have permissions that the caller's key lacks. It expires with the caller's
        key, or earlier if you say so. Raises `InvalidParameter` if `expires_at` is later, and
        `Forbidden` if the new key would reach outside the caller's restriction.
        """
        if not self.principal.restriction.confines(restriction):
            raise Forbidden("the new key must be confined at least as much as your key")
        end, scope = self._end(expires_at), self.principal.scope
        credential = self.services.keys.create(scope, permissions, restriction, end)
        self._note("key made", Principal(credential.key_id, scope, permissions, restriction, end))
        return credential, end

    def _end(self, wanted: int | None) -> int | None:
        """Return when a new key of the caller expires."""
        latest = self.principal.expires_at
        if latest is None or wanted is None:
            return latest if wanted is None else wanted
        if wanted > latest:
            end = format_rfc3339(latest)
            raise InvalidParameter("expires_at", f"must not lie after {end}, when your key expires")
        return wanted

    def _note(self, what: str, key: Principal) -> None:
        """Log what the caller did to a key; a log line never holds a secret."""
        allowed = {"permissions": sorted(key.permissions), **key.restriction.known()}
        if key.expires_at is not None:
            allowed["expires_at"] = format_rfc3339(key.expires_at)
        by = self.principal.key_id
        log.info(what, extra={"key_id": key.key_id, "by_key_id": by, "scope": key.scope, **allowed})

    def revoke_key(self, key_id: str) -> None:
        """Revoke a key for good; raises `KeyNotFound` if the caller cannot see it."""
        key = self.services.keys.get(key_id, fresh=True) if is_key_id(key_id) else None
        if key is None or not self._may_manage(key.principal):
            raise KeyNotFound(key_id)
        self.services.keys.revoke(self.principal.scope, key_id)
        self._note("key revoked", key.principal)

    def _may_manage(self, other: Principal) -> bool:
        is_own = other.scope == self.principal.scope
        return is_own and self.principal.restriction.confines(other.restriction)

    def require_scope(self, name: str) -> None:
        """Raise `ForeignScope` unless this is the scope of the caller."""
        if name != self.principal.scope:
            raise ForeignScope(name)

    def count(self, filter: Filter) -> int:
        """Return the number of events that pass and that the caller may see."""
        return self.services.store.count(self.principal.scope, self.visible(filter))

    def groups(self, filter: Filter) -> tuple[Group, ...]:
        """Return the events that pass and that the caller may see, by origin and type."""
        return self.services.store.groups(self.principal.scope, self.visible(filter))

    def values(
        self, filter: Filter, fields: Sequence[str], page: Page | None = None
    ) -> Mapping[str, tuple[OfValue, ...]]:
        """Return the events that pass and that the caller may see, by the values of each field.

        With a page, the values are as of the same moment.
        """
        moment = None if page is None else page.moment
        restricted = self.visible(filter)
        return self.services.store.values(self.principal.scope, restricted, fields, moment)

    def histogram(
        self, filter: Filter, interval: Interval, by: str | None = None
    ) -> tuple[Bar, ...]:
        """Return the number of events that pass and that the caller may see, by interval."""
        restricted = self.visible(filter)
        return self.services.store.histogram(self.principal.scope, restricted, interval, by)

    def get(self, event_id: str) -> Event:
        """Return one event; raises `EventNotFound`, or `NotVisible` for a restricted caller."""
        event = self.services.store.get(self.principal.scope, event_id)
        return self._visible(event, event_id)

    def get_by_seq(self, seq: int) -> Event:
        """Return the event with this `seq`; raises what `get` raises."""
        event = self.services.store.get_by_seq(self.principal.scope, seq)
        return self._visible(event, str(seq))

    def tail(self, filter: Filter, after: int, limit: int) -> Tail:
        """Return the events that pass and that the caller may see, in the order of arrival."""
        restricted = self.visible(filter)
        return self.services.store.tail(self.principal.scope, restricted, after, limit)

    def latest(self) -> int:
        """Return the number up to which the order of arrival is complete."""
        return self.services.store.latest(self.principal.scope)

    def _visible(self, event: Event | None, name: str) -> Event:
        if event is None:
            raise EventNotFound(name)
        if not self.principal.restriction.allows(event):
            raise NotVisible(name)
        return event

    def put(self, offered: Sequence[Offered]) -> tuple[Outcome, ...]:
        """Store the events that could be read and that the caller may write.

        Returns one outcome for each offered event, in order.
        """
        judged = [self._judge(each) for each in offered]
        outcomes = put_readable(self.services.store, self.principal.scope, judged)
        return tuple(map(self._told, outcomes))

    def _told(self, outcome: Outcome) -> Outcome:
        """Return the outcome; a confined caller is not told the number of an event in conflict."""
        if outcome.status is Status.CONFLICT and self.principal.restriction != Restriction():
            return replace(outcome, seq=None)
        return outcome

    def _judge(self, offered: Offered) -> Offered | Outcome:
        if isinstance(offered, ApiError) or self.principal.restriction.allows(offered):
            return offered
        reason = f"the key may only write events with {self.principal.restriction.filter}"
        return Outcome(Status.INVALID, offered.id, reason=reason)

    def visible(self, filter: Filter) -> Filter:
        """Return the filter with the caller's restriction added."""
        return conjunction([self.principal.restriction.filter, filter])
