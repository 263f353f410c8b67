"""Cedana: windows of time that end now, the newest first. Events are named by their `seq`.

The caller adds how many seconds a window has.
"""

from __future__ import annotations

from array import array
from typing import Final
from urllib.parse import urlencode

from tools.soak.apis.family import NEWEST, Family, Listing, Narrowing, Page
from tools.soak.client import Answer
from tools.soak.events import TYPES
from tools.soak.observed import Wanted


def _first(wanted: Wanted, newest_first: bool, page: int) -> str:
    return "/v2/events?" + urlencode(
        [] if wanted.type is None else [("operation", TYPES[wanted.type])]
    )


def _read(path: str, answer: Answer) -> Page:
    is_cut = answer.headers.get("x-truncated") == "true"
    seqs = array("q", (event["id"] for event in answer.document))
    return Page(seqs, None, "there is no path to the rest" if is_cut else None)


FAMILY: Final = Family(
    "cedana",
    "Authorization",
    "Bearer",
    (Listing("window", _first, _read, NEWEST, narrowing=Narrowing(by_time=False)),),
)
