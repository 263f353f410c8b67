"""Every family of APIs, asked by its published client at the address of a deployed stack."""

from __future__ import annotations

import pytest
from support.deployment import Deployment, many_events, new_type
from support.published import CLIENTS, PAGE

from polylog.dialects import DIALECTS

pytestmark = pytest.mark.long

MANY = 2 * PAGE + 25
"""More events than one page of any client has."""


@pytest.fixture(scope="module")
def type(deployment: Deployment) -> str:
    """Return a type that this many events have."""
    type = new_type("clients")
    deployment.post(many_events(type, MANY))
    return type


@pytest.mark.parametrize("family", CLIENTS)
def test_shows_every_event_once(deployment: Deployment, type: str, family: str) -> None:
    found = CLIENTS[family](deployment.at(), type)
    assert (len(found), len(set(found))) == (MANY, MANY)


def test_are_of_every_family() -> None:
    assert CLIENTS.keys() == set(DIALECTS)
