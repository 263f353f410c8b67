"""The keys table and its caches, over moto and a clock that the test moves."""

from __future__ import annotations

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.interception import Intercept

from polylog.api.auth import Credential, Restriction, authenticate
from polylog.dynamo.deadlines import until
from polylog.dynamo.keys import DynamoKeyStore
from polylog.model.errors import InvalidCredential, TimedOut
from polylog.model.times import SECOND, Clock, Deadline

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
OVER = Deadline(0, lambda: 0)


class World:
    """Keys, a warm function's caches of them, the peppers, and the time."""

    def __init__(self, client: DynamoDBClient) -> None:
        self.now = 0
        self.peppers = {"1": b"one"}
        self.operator = self._store(client)
        self.function = self._store(client)

    def _store(self, client: DynamoDBClient) -> DynamoKeyStore:
        return DynamoKeyStore(
            client, "KeysTable", lambda: dict(self.peppers), Clock(lambda: self.now)
        )

    def create(self, expires_at: int | None = None) -> Credential:
        restriction = Restriction(organization_id="o", project_id="p")
        return self.operator.create("s", frozenset({"read", "admin"}), restriction, expires_at)

    def is_let_in(self, credential: Credential, *, fresh: bool = False) -> bool:
        try:
            authenticate(credential, self.function, self.now, fresh=fresh)
        except InvalidCredential:
            return False
        return True


@pytest.fixture
def world(moto: DynamoDBClient) -> World:
    return World(moto)


def test_a_key_comes_back_as_it_was_made(world: World) -> None:
    credential = world.create(expires_at=5)
    key = world.function.get(credential.key_id, fresh=True)
    assert key is not None
    assert key.principal.scope == "s"
    assert key.principal.permissions == {"read", "admin"}
    assert key.principal.restriction == Restriction(organization_id="o", project_id="p")
    assert (key.created_at, key.principal.expires_at, key.revoked_at) == (0, 5, None)


def test_an_unknown_key_is_none(world: World) -> None:
    assert world.function.get("PL1X", fresh=False) is None


def test_a_revoked_key_reads_for_a_minute_at_most(world: World) -> None:
    credential = world.create()
    assert world.is_let_in(credential)
    world.operator.revoke("s", credential.key_id)
    world.now = MINUTE - 1
    assert world.is_let_in(credential)
    assert not world.is_let_in(credential, fresh=True)


def test_a_revoked_key_is_refused_after_a_minute(world: World) -> None:
    credential = world.create()
    assert world.is_let_in(credential)
    world.operator.revoke("s", credential.key_id)
    world.now = MINUTE
    assert not world.is_let_in(credential)


def test_a_key_that_is_remembered_needs_no_table(world: World) -> None:
    credential = world.create()
    assert world.is_let_in(credential)
    world.now = MINUTE - 1
    with until(OVER):
        assert world.is_let_in(credential)


def test_a_table_that_does_not_answer_says_nothing_about_a_key(world: World) -> None:
    credential = world.create()
    with until(OVER), pytest.raises(TimedOut):
        world.is_let_in(credential)
    assert world.is_let_in(credential)


def test_a_slow_answer_ages_from_the_moment_it_was_asked_for(
    world: World, moto: DynamoDBClient, intercept: Intercept
) -> None:
    """The key may have been revoked right after it was read."""
    credential = world.create()

    def take_long(**_: object) -> None:
        world.now += 50 * SECOND

    intercept(moto, "before-call.dynamodb.GetItem", take_long)
    assert world.is_let_in(credential)
    world.operator.revoke("s", credential.key_id)
    world.now = MINUTE
    assert not world.is_let_in(credential)


def test_a_cached_key_still_expires(world: World) -> None:
    credential = world.create(expires_at=10)
    assert world.is_let_in(credential)
    world.now = 10
    assert not world.is_let_in(credential)


def test_a_key_is_revoked_once(world: World) -> None:
    credential = world.create()
    world.now = 7
    assert world.operator.revoke("s", credential.key_id)
    world.now = 9
    assert world.operator.revoke("s", credential.key_id)
    key = world.function.get(credential.key_id, fresh=True)
    assert key is not None
    assert key.revoked_at == 7


def test_a_key_that_does_not_exist_cannot_be_revoked(world: World) -> None:
    assert not world.operator.revoke("s", "PL1X")
    assert world.function.get("PL1X", fresh=True) is None


def test_a_key_of_another_scope_cannot_be_revoked(world: World) -> None:
    credential = world.create()
    assert not world.operator.revoke("other", credential.key_id)
    assert world.is_let_in(credential, fresh=True)


def test_the_function_that_revoked_a_key_refuses_it_at_once(world: World) -> None:
    credential = world.create()
    assert world.is_let_in(credential)
    assert world.function.revoke("s", credential.key_id)
    assert not world.is_let_in(credential)


def test_a_list_shows_only_its_scope_the_oldest_first(world: World) -> None:
    made = []
    for world.now in range(3):
        made.append(world.create().key_id)
    world.operator.create("other", frozenset({"read"}), Restriction(), None)
    assert [key.principal.key_id for key in world.operator.list("s")] == made


def test_a_new_pepper_opens_keys_at_once(world: World) -> None:
    assert world.is_let_in(world.create())
    world.peppers["2"] = b"two"
    credential = world.create()
    assert credential.key_id.startswith("PL2")
    assert world.is_let_in(credential)


def test_a_removed_pepper_opens_nothing_after_an_hour(world: World) -> None:
    credential = world.create()
    assert world.is_let_in(credential)
    world.peppers = {"2": b"two"}
    world.now = HOUR - 1
    assert world.is_let_in(credential)
    world.now = HOUR
    assert not world.is_let_in(credential)
