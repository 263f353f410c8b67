"""The objects that events are attached to, named by URL, and which of them a caller may see.

A restricted key acts as an ordinary user of Waldur. Such a user has to name an object to see
events, and may name only the customer or the project that the key is confined to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from polylog.api.auth import Principal, Restriction
from polylog.dialects.waldur.errors import UnknownObject
from polylog.dialects.waldur.groups import catalogue
from polylog.dialects.waldur.uuids import hex_of
from polylog.model.filter import EVERYTHING, NOTHING, Compare, Filter, Op

_NOWHERE = Restriction()

# The host does not matter, nor does the path where this API is mounted.
_URL = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)?(?:/waldur)?"
    r"/api/(?P<collection>[a-z0-9_-]+)/(?P<uuid>[0-9A-Fa-f-]+)/"
)

EXAMPLE = "/api/customers/0a1b2c3d4e5f4061b2c3d4e5f6a7b8c9/"
"""An example of an object's URL."""

_COLLECTIONS = {"customer_uuid": "customers", "project_uuid": "projects", "user_uuid": "users"}
"""The part of the URL for each member of a context that names an object."""


def url_of(collection: str, digits: str) -> str:
    """Return the URL of an object, in the form that is stored and compared.

    >>> url_of("customers", "0a1b2c3d4e5f4061b2c3d4e5f6a7b8c9")
    '/api/customers/0a1b2c3d4e5f4061b2c3d4e5f6a7b8c9/'
    """
    return f"/api/{collection}/{digits}/"


def normal_url(text: str) -> str:
    """Return an object's URL in the form of `url_of`; raises `ValueError` for any other text."""
    match = _URL.fullmatch(text)
    digits = hex_of(match["uuid"]) if match else None
    if match is None or digits is None:
        raise ValueError(f"must be like https://host/api/customers/<uuid>/ but was '{text}'")
    return url_of(match["collection"], digits)


def urls_in(context: Mapping[str, JsonValue]) -> Iterator[str]:
    """Yield the URLs of the customer, project and user that a context names."""
    for member, collection in _COLLECTIONS.items():
        value = context.get(member)
        digits = hex_of(value) if isinstance(value, str) else None
        if digits is not None:
            yield url_of(collection, digits)


def is_restricted(principal: Principal) -> bool:
    """Return whether the caller is an ordinary user, and not staff or support."""
    return principal.restriction != _NOWHERE


def seen_by(principal: Principal, scope: str | None) -> Filter:
    """Return the filter for the events of an object, or for all that a caller sees without one.

    Raises `UnknownObject`. Ours: any object of a known kind counts as known, even without events,
    because there is no table of objects.
    """
    restricted = is_restricted(principal)
    if scope is None:
        return NOTHING if restricted else EVERYTHING
    try:
        url = normal_url(scope)
    except ValueError as error:
        raise UnknownObject(scope) from error
    known = url.split("/")[2] in catalogue().scope_types.values()
    if not known or (restricted and url not in _own_urls(principal.restriction)):
        raise UnknownObject(scope)
    return Compare("links", Op.HAS, url)


def _own_urls(restriction: Restriction) -> tuple[str, ...]:
    context = {
        "customer_uuid": restriction.organization_id,
        "project_uuid": restriction.project_id,
    }
    return tuple(urls_in(context))
