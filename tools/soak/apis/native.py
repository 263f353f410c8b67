"""Polylog's own API: exact walks by token in both orders, exports, counts, groups, histograms."""

from __future__ import annotations

import json
from functools import partial
from typing import Final
from urllib.parse import quote, urlencode

from tools.soak.apis.family import (
    BOTH,
    Count,
    Counted,
    Family,
    Listing,
    Narrowing,
    Page,
    iso,
    link_of,
    numbers_of,
    summed,
)
from tools.soak.client import Answer
from tools.soak.events import ACTORS, TYPES
from tools.soak.observed import Wanted

_BY_ACTOR_TOO: Final = Narrowing(by_actor=True)
_TOKEN: Final = "&page_token="


def _path(endpoint: str, more: tuple[tuple[str, str], ...], wanted: Wanted) -> str:
    parts = [
        *([] if wanted.type is None else [f'type = "{TYPES[wanted.type]}"']),
        *([] if wanted.actor is None else [f'actor.id = "{ACTORS[wanted.actor]}"']),
        *([] if wanted.since is None else [f"time >= {iso(wanted.since)}"]),
        *([] if wanted.until is None else [f"time < {iso(wanted.until)}"]),
    ]
    filter = [("filter", " AND ".join(parts))] if parts else []
    return f"/v1/events{endpoint}?{urlencode([*filter, *more])}"


def _order(newest_first: bool) -> tuple[str, str]:
    return "order_by", "time desc" if newest_first else "time asc"


def _first(wanted: Wanted, newest_first: bool, page: int) -> str:
    paging = _order(newest_first), ("page_size", "500"), ("explain", "true")
    return _path("", paging, wanted)


def _read(path: str, answer: Answer) -> Page:
    said = answer.document
    token = said.get("next_page_token")
    first = path.partition(_TOKEN)[0]
    following = None if token is None else f"{first}{_TOKEN}{quote(token, safe='')}"
    numbers = numbers_of(event["id"] for event in said["events"])
    return Page(numbers, said.get("total_size"), following, units=_units(answer))


def _units(answer: Answer) -> float:
    units: float = answer.document["explanation"]["read_units"]
    return units


def _export(wanted: Wanted, newest_first: bool, page: int) -> str:
    return _path(":export", (_order(newest_first),), wanted)


def _read_export(path: str, answer: Answer) -> Page:
    events = map(json.loads, answer.body.splitlines())
    return Page(numbers_of(event["id"] for event in events), None, link_of(answer))


def _count(answer: Answer) -> Counted:
    return [(Wanted(), answer.document["count"])]


def _groups(answer: Answer) -> Counted:
    return summed([(group["value"], group["count"]) for group in answer.document["groups"]])


def _bars(answer: Answer) -> Counted:
    return [(Wanted(), sum(bar["count"] for bar in answer.document["bars"]))]


def _counted(name: str, *more: tuple[str, str]) -> partial[str]:
    return partial(_path, f":{name}", (("explain", "true"), *more))


FAMILY: Final = Family(
    "native",
    "Authorization",
    "Bearer",
    (
        Listing("list", _first, _read, BOTH, narrowing=_BY_ACTOR_TOO),
        Listing("export", _export, _read_export, BOTH, narrowing=_BY_ACTOR_TOO),
    ),
    (
        Count("count", _counted("count"), _count, _BY_ACTOR_TOO, _units),
        Count("groups", _counted("groups", ("by", "type")), _groups, units=_units),
        Count("hours", _counted("histogram", ("interval", "hour")), _bars, units=_units),
        Count("months", _counted("histogram", ("interval", "month")), _bars, units=_units),
    ),
)
