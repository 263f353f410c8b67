"""Pages by number, and the headers that lead from one page to the others."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from pydantic import Field

from polylog.api.call import Call
from polylog.api.contract import Reply
from polylog.api.http import JSON, Pairs, Response
from polylog.api.params import Params
from polylog.dialects.waldur.errors import InvalidPage

TOTAL = "X-Result-Count"

_USUAL = 10
_MOST = 300
_LAST = "last"


@dataclass(frozen=True, slots=True)
class Shown:
    """The items on a page, and the number of items on all pages."""

    items: tuple[dict[str, object], ...]
    total: int


class PageParams(Params):
    """The number and the size of a page. A size that is not a positive number is ignored."""

    page: Annotated[
        str,
        Field(json_schema_extra={"type": "string", "pattern": rf"^([1-9][0-9]*|{_LAST})$"}),
        Field(description="The number of the page, from 1, or `last`."),
    ] = "1"
    page_size: Annotated[
        str,
        Field(json_schema_extra={"type": ["integer", "string"]}),
        Field(description=f"The most items on a page, up to {_MOST}; {_USUAL} by default."),
    ] = ""

    @property
    def limit(self) -> int:
        """The most items on a page."""
        size = _integer(self.page_size)
        return min(size, _MOST) if size is not None and size > 0 else _USUAL

    @property
    def is_last(self) -> bool:
        """Whether the request asks for the page `last`, instead of a number."""
        return self.page == _LAST

    @property
    def number(self) -> int:
        """The number of the page. Raises `InvalidPage` unless it is a positive number."""
        number = _integer(self.page)
        if number is None or number < 1:
            raise InvalidPage
        return number

    def pages(self, total: int) -> int:
        """Return the number of pages for a total; there is always at least one."""
        return max(1, -(-total // self.limit))


def reply(type: object, **headers: str) -> Reply:
    """Describe an answer with the total in a header, for the OpenAPI document."""
    return Reply(type, headers={TOTAL: "The number of items on all pages."} | headers)


def page_of(items: object) -> Reply:
    """Describe what `paged` returns, for the OpenAPI document."""
    return reply(items, Link="The addresses of the first, previous, next and last page (RFC 8288).")


def _integer(text: str) -> int | None:
    """Read an integer as Python does, with a sign or blanks; return None for any other text."""
    try:
        return int(text)
    except ValueError:
        return None


def paged(call: Call, params: PageParams, number: int, shown: Shown) -> Response:
    """Answer a page; raises `InvalidPage` if there is no page with this number."""
    pages = params.pages(shown.total)
    if number > pages:
        raise InvalidPage
    links = (TOTAL, str(shown.total)), ("Link", _links(call, number, pages))
    return Response.of(shown.items, headers=(JSON, *links))


def _links(call: Call, number: int, pages: int) -> str:
    """Return links to other pages (RFC 8288) that keep every parameter of the request.

    The published client splits the header at every comma, so a URL must not contain one.
    """
    numbers = {"first": 1, "prev": number - 1, "next": number + 1, "last": pages}
    return ", ".join(
        f'<{_url(call, number)}>; rel="{name}"'
        for name, number in numbers.items()
        if 1 <= number <= pages
    )


def _url(call: Call, number: int) -> str:
    """Return the address of another page: parameters sorted by name, no `page` for the first."""
    values: dict[str, list[str]] = defaultdict(list)
    for name, value in call.request.query:
        values[name].append(value)
    values["page"] = [] if number == 1 else [str(number)]
    pairs: Pairs = tuple((name, value) for name in sorted(values) for value in values[name])
    query = urlencode(pairs, errors="surrogateescape")
    return call.request.root + call.request.path + (f"?{query}" if query else "")
