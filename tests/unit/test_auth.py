"""Access keys: who a credential belongs to, and what it is confined to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import replace

import pytest

from polylog.api.auth import (
    ANONYMOUS,
    PERMISSIONS,
    AccessKey,
    Credential,
    Permission,
    Principal,
    Restriction,
    authenticate,
    bearer,
    derive_secret,
    is_scope,
    new_key_id,
)
from polylog.api.http import Request
from polylog.model.errors import Forbidden, InvalidCredential
from polylog.model.filter import EVERYTHING, And, Compare, Filter, Op

NOW = 1_000_000
KEY_ID = "PL1ABCDEFGHIJKLMNOP"
PEPPER = b"a pepper"
PRINCIPAL = Principal(KEY_ID, "demo", frozenset({"read"}))
KEY = AccessKey(PRINCIPAL, created_at=0)
GOOD = Credential(KEY_ID, derive_secret(PEPPER, KEY_ID))


class FakeKeyStore:
    """A `KeyStore` that remembers what it was asked."""

    def __init__(self, *keys: AccessKey, **peppers: bytes) -> None:
        self.keys = {key.principal.key_id: key for key in keys}
        self.peppers = {name.removeprefix("v"): pepper for name, pepper in peppers.items()}
        self.asked: list[tuple[str, bool]] = []

    def pepper(self, version: str) -> bytes | None:
        return self.peppers.get(version)

    def get(self, key_id: str, *, fresh: bool) -> AccessKey | None:
        self.asked.append((key_id, fresh))
        return self.keys.get(key_id)


def test_a_good_credential_belongs_to_its_principal() -> None:
    assert authenticate(GOOD, FakeKeyStore(KEY, v1=PEPPER), NOW, fresh=False) == PRINCIPAL


@pytest.mark.parametrize("fresh", [True, False])
def test_the_key_is_read_as_fresh_as_asked(fresh: bool) -> None:
    keys = FakeKeyStore(KEY, v1=PEPPER)
    authenticate(GOOD, keys, NOW, fresh=fresh)
    assert keys.asked == [(KEY_ID, fresh)]


@pytest.mark.parametrize(
    "credential",
    [
        Credential(KEY_ID, ""),
        Credential(KEY_ID, GOOD.secret[:-1]),
        Credential(KEY_ID, GOOD.secret + "="),
        Credential(KEY_ID, GOOD.secret.swapcase()),
        Credential(KEY_ID, derive_secret(b"another pepper", KEY_ID)),
        Credential(KEY_ID, "sécret ٣"),
        Credential(KEY_ID.lower(), GOOD.secret),
        Credential("PL1ABCDEFGHIJKLMNOQ", GOOD.secret),
        Credential("", ""),
        Credential("", derive_secret(PEPPER, "")),
        Credential("PL1", derive_secret(PEPPER, "PL1")),
        Credential("PL", GOOD.secret),
    ],
)
def test_a_wrong_secret_is_refused_before_any_key_is_read(credential: Credential) -> None:
    keys = FakeKeyStore(KEY, v1=PEPPER)
    with pytest.raises(InvalidCredential):
        authenticate(credential, keys, NOW, fresh=True)
    assert keys.asked == []


@pytest.mark.parametrize("pepper", [PEPPER, b""])
def test_an_unknown_pepper_opens_nothing(pepper: bytes) -> None:
    keys = FakeKeyStore(KEY, v2=PEPPER)
    with pytest.raises(InvalidCredential):
        authenticate(Credential(KEY_ID, derive_secret(pepper, KEY_ID)), keys, NOW, fresh=False)
    assert keys.asked == []


def test_a_genuine_secret_of_an_unknown_key_is_refused() -> None:
    with pytest.raises(InvalidCredential):
        authenticate(GOOD, FakeKeyStore(v1=PEPPER), NOW, fresh=False)


def key(expires_at: int | None, revoked_at: int | None) -> AccessKey:
    return AccessKey(replace(PRINCIPAL, expires_at=expires_at), 0, revoked_at)


@pytest.mark.parametrize(
    ("expires_at", "revoked_at"),
    [(NOW, None), (NOW - 1, None), (0, None), (None, NOW), (None, 0), (NOW + 1, NOW - 1)],
)
def test_an_expired_or_revoked_key_is_refused(
    expires_at: int | None, revoked_at: int | None
) -> None:
    keys = FakeKeyStore(key(expires_at, revoked_at), v1=PEPPER)
    with pytest.raises(InvalidCredential):
        authenticate(GOOD, keys, NOW, fresh=False)


def test_a_key_works_until_the_moment_it_expires() -> None:
    keys = FakeKeyStore(key(NOW + 1, None), v1=PEPPER)
    assert authenticate(GOOD, keys, NOW, fresh=False).expires_at == NOW + 1


def test_old_keys_still_work_when_a_pepper_is_added() -> None:
    keys = FakeKeyStore(KEY, v1=PEPPER, v2=b"a newer pepper")
    assert authenticate(GOOD, keys, NOW, fresh=False) == PRINCIPAL


@pytest.mark.parametrize("version", ["2", "10"])
def test_a_key_id_names_its_pepper(version: str) -> None:
    key_id = new_key_id(version)
    key = AccessKey(replace(PRINCIPAL, key_id=key_id), created_at=0)
    keys = FakeKeyStore(key, **{"v1": PEPPER, f"v{version}": b"a newer pepper"})
    credential = Credential(key_id, derive_secret(b"a newer pepper", key_id))
    assert authenticate(credential, keys, NOW, fresh=False).key_id == key_id


def test_a_key_dies_with_its_pepper() -> None:
    with pytest.raises(InvalidCredential):
        authenticate(GOOD, FakeKeyStore(KEY, v2=b"a newer pepper"), NOW, fresh=False)


def test_a_secret_is_the_keyed_hash_of_the_id() -> None:
    digest = hmac.new(PEPPER, KEY_ID.encode(), hashlib.sha256).digest()
    assert GOOD.secret == base64.urlsafe_b64encode(digest).decode()[:43]


def test_a_new_key_id_is_of_capitals_and_digits() -> None:
    assert re.fullmatch(r"PL12[A-Z2-7]{16}", new_key_id("12"))


def test_new_key_ids_differ() -> None:
    assert len({new_key_id("1") for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Bearer id.secret", Credential("id", "secret")),
        ("bearer id.secret", Credential("id", "secret")),
        ("BEARER id.secret", Credential("id", "secret")),
        ("Bearer   id.secret ", Credential("id", "secret")),
        ("Bearer id.se.cret", Credential("id", "se.cret")),
        ("Bearer id", Credential("id", "")),
        ("Bearer ", Credential("", "")),
        ("Bearer", Credential("", "")),
        ("Token id.secret", None),
        ("Basic aWQ6c2VjcmV0", None),
        ("Bearerid.secret", None),
        ("id.secret", None),
        ("", None),
    ],
)
def test_the_bearer_scheme_is_read_in_any_case(header: str, expected: Credential | None) -> None:
    assert bearer(Request("GET", "/", headers={"authorization": header})) == expected


def test_no_header_is_no_credential() -> None:
    assert bearer(Request("GET", "/")) is None


def test_a_token_reads_back() -> None:
    assert Credential.parse(GOOD.token) == GOOD


def test_a_secret_does_not_show() -> None:
    assert GOOD.secret not in repr(GOOD)


@pytest.mark.parametrize(
    ("restriction", "expected"),
    [
        (Restriction(), EVERYTHING),
        (Restriction(organization_id="o"), Compare("organization_id", Op.EQ, "o")),
        (Restriction(project_id="p"), Compare("project_id", Op.EQ, "p")),
        (
            Restriction("o", "p"),
            And((Compare("organization_id", Op.EQ, "o"), Compare("project_id", Op.EQ, "p"))),
        ),
    ],
)
def test_a_restriction_is_a_filter(restriction: Restriction, expected: Filter) -> None:
    assert restriction.filter == expected


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_a_permission_that_is_held_is_enough(permission: Permission) -> None:
    replace(PRINCIPAL, permissions=frozenset({permission})).require(permission)


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_a_permission_that_is_not_held_is_forbidden(permission: Permission) -> None:
    others = frozenset(PERMISSIONS) - {permission}
    with pytest.raises(Forbidden):
        replace(PRINCIPAL, permissions=others).require(permission)


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_a_caller_without_a_key_may_do_nothing(permission: Permission) -> None:
    with pytest.raises(Forbidden):
        ANONYMOUS.require(permission)


@pytest.mark.parametrize("name", ["demo", "a", "A.b_c-9", "x" * 64])
def test_a_plain_name_is_a_scope(name: str) -> None:
    assert is_scope(name)


@pytest.mark.parametrize("name", ["", "a/b", "a|b", "a b", "ä", "x" * 65, "demo\n"])
def test_a_name_that_could_break_a_key_cannot_be_a_scope(name: str) -> None:
    """`/` and `|` separate the parts of table keys."""
    assert not is_scope(name)
