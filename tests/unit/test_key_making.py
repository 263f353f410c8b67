"""Keys that are made over HTTP: none outlives its maker, and each leaves a line in the log."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from math import inf
from typing import Any

import pytest
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from hypothesis import given
from hypothesis import strategies as st
from support.memory import MemoryEventStore, MemoryKeyStore

from polylog.api.auth import PERMISSIONS, Credential, Permission, Restriction
from polylog.api.call import Services
from polylog.api.dialect import serve
from polylog.api.http import Request, Response
from polylog.dialects.native import DIALECT
from polylog.model.times import SECOND, Clock, format_rfc3339

NOW = 1_772_452_800 * SECOND
LATER = NOW + 3600 * SECOND
ENDS = st.none() | st.integers(1, 7200).map(lambda seconds: NOW + seconds * SECOND)


@dataclass
class World:
    """The native API over a log without events, and its keys."""

    keys: MemoryKeyStore = field(default_factory=MemoryKeyStore)

    def admin(
        self, expires_at: int | None = None, restriction: Restriction | None = None
    ) -> Credential:
        granted = frozenset({"admin"})
        return self.keys.create("demo", granted, restriction or Restriction(), expires_at)

    def ask(
        self, key: Credential, method: str = "POST", path: str = "/v1/keys", body: object = None
    ) -> Response:
        headers = {"authorization": f"Bearer {key.token}", "host": "log.example.com"}
        content = b"" if body is None else json.dumps(body).encode()
        services = Services(MemoryEventStore(), self.keys, Clock(lambda: NOW))
        return serve(DIALECT, Request(method, path, (), headers, content), services)

    def make(self, key: Credential, **members: object) -> Any:
        return json.loads(self.ask(key, body={"permissions": ["read"], **members}).body)

    def end(self, key_id: str) -> int | None:
        return self.keys.keys[key_id].principal.expires_at


@pytest.fixture
def world() -> World:
    return World()


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """Return the lines of the log as a function writes them, without time and place."""
    lines = [json.loads(LambdaPowertoolsFormatter().format(each)) for each in caplog.records]
    for line in lines:
        for name in ("timestamp", "location", "service"):
            line.pop(name, None)
    return lines


def test_a_key_that_expires_passes_its_end_on_to_the_keys_it_makes(world: World) -> None:
    made = world.make(world.admin(LATER))
    assert made["expires_at"] == format_rfc3339(LATER)
    assert world.end(made["key_id"]) == LATER


def test_a_key_is_shown_with_what_it_inherits_from_its_maker(world: World) -> None:
    made = world.make(world.admin(restriction=Restriction("o")), project_id="p")
    assert made["permissions"] == ["read"]
    assert (made["organization_id"], made["project_id"]) == ("o", "p")


@pytest.mark.parametrize("body", [[], 1, "read"])
def test_a_key_is_described_by_an_object(world: World, body: object) -> None:
    refused = json.loads(world.ask(world.admin(), body=body).body)
    assert (refused["status"], refused["detail"]) == (400, "key must be an object")


def test_null_does_not_describe_a_key(world: World) -> None:
    key = world.admin()
    headers = {"authorization": f"Bearer {key.token}"}
    services = Services(MemoryEventStore(), world.keys, Clock(lambda: NOW))
    answer = serve(DIALECT, Request("POST", "/v1/keys", (), headers, b"null"), services)
    assert json.loads(answer.body)["detail"] == "key must be an object"


def test_a_key_beyond_its_makers_restriction_is_refused_with_the_reason(world: World) -> None:
    refused = world.make(world.admin(restriction=Restriction("o")), organization_id="other")
    assert refused["status"] == 403
    assert refused["detail"] == "the new key must be confined at least as much as your key"


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_any_key_may_ask_what_it_allows(world: World, permission: Permission) -> None:
    key = world.keys.create("demo", frozenset({permission}), Restriction(), None)
    own = json.loads(world.ask(key, "GET", "/v1/me").body)
    assert own == {"scope": "demo", "key_id": key.key_id, "permissions": [permission]}


def test_a_key_that_has_expired_may_ask_nothing(world: World) -> None:
    assert world.ask(world.admin(NOW), "GET", "/v1/me").status == 401


def test_null_does_not_make_a_key_that_never_expires(world: World) -> None:
    made = world.make(world.admin(LATER), expires_at=None)
    assert world.end(made["key_id"]) == LATER


def test_a_later_end_is_refused_by_name(world: World) -> None:
    refused = world.make(world.admin(LATER), expires_at=format_rfc3339(LATER + 1))
    assert (refused["status"], refused["parameter"]) == (400, "expires_at")
    assert format_rfc3339(LATER) in refused["detail"]
    assert len(world.keys.keys) == 1


@pytest.mark.parametrize("end", [LATER - 1, LATER])
def test_an_end_that_is_not_later_is_accepted(world: World, end: int) -> None:
    made = world.make(world.admin(LATER), expires_at=format_rfc3339(end))
    assert world.end(made["key_id"]) == end


def test_a_key_that_never_expires_makes_keys_that_never_expire(world: World) -> None:
    made = world.make(world.admin())
    assert "expires_at" not in made
    assert world.end(made["key_id"]) is None


@given(ENDS, st.lists(ENDS, max_size=5))
def test_no_chain_of_keys_outlives_its_first(first: int | None, wanted: list[int | None]) -> None:
    world = World()
    key = world.admin(first)
    for end in wanted:
        text = None if end is None else format_rfc3339(end)
        made = world.make(key, permissions=["admin"], expires_at=text)
        key = Credential.parse(made.get("token", key.token))
    ends = [key.principal.expires_at for key in world.keys.keys.values()]
    assert max(inf if end is None else end for end in ends) == (inf if first is None else first)


def test_making_a_key_is_logged_with_both_ids(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    admin = world.admin(LATER, Restriction("o"))
    with caplog.at_level(logging.INFO):
        made = world.make(admin, permissions=["write", "read"], project_id="p")
    assert logged(caplog) == [
        {
            "level": "INFO",
            "message": "key made",
            "key_id": made["key_id"],
            "by_key_id": admin.key_id,
            "scope": "demo",
            "permissions": ["read", "write"],
            "organization_id": "o",
            "project_id": "p",
            "expires_at": format_rfc3339(LATER),
        }
    ]


def test_revoking_a_key_is_logged_with_both_ids(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    admin, other = world.admin(), world.admin()
    with caplog.at_level(logging.INFO):
        assert world.ask(admin, "DELETE", f"/v1/keys/{other.key_id}").status == 204
    assert logged(caplog) == [
        {
            "level": "INFO",
            "message": "key revoked",
            "key_id": other.key_id,
            "by_key_id": admin.key_id,
            "scope": "demo",
            "permissions": ["admin"],
        }
    ]


def test_no_secret_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    admin = world.admin()
    with caplog.at_level(logging.DEBUG):
        made = world.make(admin)
        world.ask(admin, "DELETE", f"/v1/keys/{made['key_id']}")
    lines = json.dumps(logged(caplog))
    assert made["key_id"] in lines
    assert admin.secret not in lines
    assert made["secret_key"] not in lines


def test_a_refusal_is_not_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        world.make(world.admin(LATER), expires_at=format_rfc3339(LATER + 1))
        world.ask(world.admin(), "DELETE", "/v1/keys/PL1AAAAAAAAAAAAAAAA")
    assert logged(caplog) == []
