"""Waldur: pages by number, in both orders, with totals; counts, and counts by month."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from tools.soak.apis.family import (
    BOTH,
    Count,
    Counted,
    Family,
    Listing,
    Narrowing,
    Page,
    link_of,
    numbers_of,
    value_in,
)
from tools.soak.client import Answer
from tools.soak.events import ACTORS, SECOND, TYPES
from tools.soak.observed import Wanted

_SIZE: Final = 300
_BY_ACTOR_TOO: Final = Narrowing(by_actor=True)
_BY_NOTHING: Final = Narrowing(by_type=False, by_time=False)


def _query(wanted: Wanted) -> list[tuple[str, object]]:
    return [
        *([] if wanted.since is None else [("created_from", wanted.since // SECOND)]),
        *([] if wanted.until is None else [("created_to", wanted.until // SECOND)]),
        *([] if wanted.type is None else [("event_type", TYPES[wanted.type])]),
        *([] if wanted.actor is None else [("user_uuid", ACTORS[wanted.actor])]),
    ]


def _first(wanted: Wanted, newest_first: bool, page: int) -> str:
    order = "-created" if newest_first else "created"
    paging = [("o", order), ("page", page + 1), ("page_size", _SIZE)]
    return "/api/events/?" + urlencode([*_query(wanted), *paging])


def _read(path: str, answer: Answer) -> Page:
    total = int(answer.headers["x-result-count"])
    offset = (value_in(path, "page", absent=1) - 1) * _SIZE
    numbers = numbers_of(event["uuid"] for event in answer.document)
    return Page(numbers, total, link_of(answer), offset, _SIZE)


def _count_path(wanted: Wanted) -> str:
    return "/api/events/count/?" + urlencode(_query(wanted))


def _count(answer: Answer) -> Counted:
    return [(Wanted(), answer.document["count"])]


def _months_path(wanted: Wanted) -> str:
    return f"/api/events-stats/?page_size={_SIZE}"


def _months(answer: Answer) -> Counted:
    return [(Wanted(), sum(month["count"] for month in answer.document))]


FAMILY: Final = Family(
    "waldur",
    "Authorization",
    "Token",
    (Listing("list", _first, _read, BOTH, _SIZE, _BY_ACTOR_TOO),),
    (
        Count("count", _count_path, _count, _BY_ACTOR_TOO),
        Count("months", _months_path, _months, _BY_NOTHING),
    ),
)
