"""Cloud Foundry v2: pages by number, in both orders, with totals."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from tools.soak.apis.family import BOTH, Family, Listing, Page, iso, numbers_of, value_in
from tools.soak.client import Answer
from tools.soak.events import TYPES
from tools.soak.observed import Wanted

_SIZE: Final = 100
_MOUNT: Final = "/cf"


def _first(wanted: Wanted, newest_first: bool, page: int) -> str:
    conditions = [
        *([] if wanted.type is None else [f"type:{TYPES[wanted.type]}"]),
        *([] if wanted.since is None else [f"timestamp>={iso(wanted.since)}"]),
        *([] if wanted.until is None else [f"timestamp<{iso(wanted.until)}"]),
    ]
    query = [
        ("order-direction", "desc" if newest_first else "asc"),
        ("page", page + 1),
        ("results-per-page", _SIZE),
        *(("q", condition) for condition in conditions),
    ]
    return f"{_MOUNT}/v2/events?{urlencode(query)}"


def _read(path: str, answer: Answer) -> Page:
    said = answer.document
    numbers = numbers_of(resource["metadata"]["guid"] for resource in said["resources"])
    following = None if said["next_url"] is None else _MOUNT + said["next_url"]
    offset = (value_in(path, "page") - 1) * _SIZE
    return Page(numbers, said["total_results"], following, offset, _SIZE)


FAMILY: Final = Family(
    "cloudfoundry", "Authorization", "bearer", (Listing("list", _first, _read, BOTH, _SIZE),)
)
