"""Who calls: access keys, the credentials made from them, and what they allow.

A key's secret is derived from its id, `HMAC-SHA256(pepper, key_id)`, so no secret is stored. The
*pepper* is a secret that the stack's keys share. The key's id names the version of the pepper: you
can replace the pepper, and old keys keep working. A forged credential is refused before any table
is read.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

from polylog.api.http import Request
from polylog.model.errors import Forbidden, InvalidCredential, UnknownKey
from polylog.model.event import Event
from polylog.model.filter import Compare, Filter, Op, conjunction

Permission = Literal["read", "write", "admin"]
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)

_SCOPE = re.compile(r"[A-Za-z0-9._-]{1,64}")

_ID_PREFIX = "PL"
_RANDOM_CHARACTERS = 16
_KEY_ID = re.compile(rf"{_ID_PREFIX}\d{{1,9}}[A-Z2-7]{{{_RANDOM_CHARACTERS}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Restriction:
    """The part of its scope that a key is confined to. None in a member does not confine it."""

    organization_id: str | None = None
    project_id: str | None = None

    @property
    def filter(self) -> Filter:
        """The condition that is added to every query of the key."""
        return conjunction(Compare(name, Op.EQ, value) for name, value in self.known().items())

    def known(self) -> dict[str, str]:
        """Return the members that confine the key."""
        members = {"organization_id": self.organization_id, "project_id": self.project_id}
        return {name: value for name, value in members.items() if value is not None}

    def confines(self, other: Restriction) -> bool:
        """Return whether the other restriction lies within this one."""
        is_inside = self.organization_id in (None, other.organization_id)
        return is_inside and self.project_id in (None, other.project_id)

    def allows(self, event: Event) -> bool:
        """Return whether the event lies within the restriction."""
        return self.confines(Restriction(event.organization_id, event.project_id))


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, what they may do, and until when: in microseconds since the epoch, or forever."""

    key_id: str
    scope: str
    permissions: frozenset[Permission]
    restriction: Restriction = field(default_factory=Restriction)
    expires_at: int | None = None

    def require(self, permission: Permission) -> None:
        """Raise `Forbidden` unless the principal has this permission."""
        if permission not in self.permissions:
            raise Forbidden(f"the key lacks the permission {permission}")


ANONYMOUS = Principal(key_id="", scope="", permissions=frozenset())
"""The caller of an endpoint that asks for no credential; it can see no scope."""


@dataclass(frozen=True, slots=True)
class AccessKey:
    """The record behind a credential; times are in microseconds since the epoch."""

    principal: Principal
    created_at: int
    revoked_at: int | None = None

    def is_valid(self, now: int) -> bool:
        """Return whether the key is neither expired nor revoked at this time."""
        end = self.principal.expires_at
        expired = end is not None and end <= now
        return self.revoked_at is None and not expired


class KeyStore(Protocol):
    """Where access keys and peppers are kept."""

    def pepper(self, version: str) -> bytes | None:
        """Return the pepper of this version, or None if it does not exist or was removed."""

    def get(self, key_id: str, *, fresh: bool) -> AccessKey | None:
        """Return the key; without `fresh`, the answer may be up to a minute old."""

    def create(
        self,
        scope: str,
        permissions: frozenset[Permission],
        restriction: Restriction,
        expires_at: int | None,
    ) -> Credential:
        """Make a key and return its credential, which you cannot read again later."""

    def list(self, scope: str) -> tuple[AccessKey, ...]:
        """Return all keys of a scope, including revoked ones, the oldest first."""

    def revoke(self, scope: str, key_id: str) -> bool:
        """Revoke a key for good; return whether the scope has this key."""


class Proof(Protocol):
    """What a request carries to prove that it knows the secret of a key."""

    @property
    def key_id(self) -> str:
        """The key that the request names."""

    def check(self, secret: str, now: int) -> None:
        """Raise `InvalidCredential` unless the proof was made with the secret and is valid now."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A key id, and the secret that was sent with it."""

    key_id: str
    secret: str = field(repr=False)

    @classmethod
    def parse(cls, token: str) -> Credential:
        """Read `<key id>.<secret>`; any other text becomes a credential that fits no key.

        >>> Credential.parse("PL1ABC.secret").key_id
        'PL1ABC'
        """
        key_id, _, secret = token.partition(".")
        return cls(key_id, secret)

    @property
    def token(self) -> str:
        """The credential as a token: `<key id>.<secret>`."""
        return f"{self.key_id}.{self.secret}"

    def check(self, secret: str, now: int) -> None:
        """Raise `InvalidCredential` unless this is the secret; compares in constant time."""
        if not hmac.compare_digest(secret.encode(), self.secret.encode()):
            raise InvalidCredential


def is_scope(name: str) -> bool:
    """Return whether a scope may have this name."""
    return _SCOPE.fullmatch(name) is not None


def is_key_id(text: str) -> bool:
    """Return whether a key may have this id."""
    return _KEY_ID.fullmatch(text) is not None


def new_key_id(pepper_version: str) -> str:
    """Return a new key id that names its pepper, in capital letters and digits."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    random = "".join(secrets.choice(alphabet) for _ in range(_RANDOM_CHARACTERS))
    return f"{_ID_PREFIX}{pepper_version}{random}"


def derive_secret(pepper: bytes, key_id: str) -> str:
    """Return the secret of a key id: 43 characters of unpadded base64url."""
    digest = hmac.digest(pepper, key_id.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def derived(keys: KeyStore, key_id: str, purpose: str) -> bytes:
    """Return a secret for a purpose. It is the same for all keys that share this key's pepper.

    Raises `UnknownKey` if the pepper does not exist or was removed.
    """
    return hmac.digest(_pepper(keys, key_id), purpose.encode(), hashlib.sha256)


def _pepper(keys: KeyStore, key_id: str) -> bytes:
    """Return the pepper from which the key's secret is derived."""
    pepper = keys.pepper(key_id.removeprefix(_ID_PREFIX)[:-_RANDOM_CHARACTERS])
    if pepper is None:
        raise UnknownKey(key_id)
    return pepper


def authenticate(proof: Proof, keys: KeyStore, now: int, *, fresh: bool) -> Principal:
    """Return the principal that a proof belongs to.

    Raises `InvalidCredential` if the proof was not made with the key's secret, and `UnknownKey` if
    the key is unknown, expired or revoked.
    """
    secret = derive_secret(_pepper(keys, proof.key_id), proof.key_id)
    proof.check(secret, now)
    key = keys.get(proof.key_id, fresh=fresh)
    if key is None or not key.is_valid(now):
        raise UnknownKey(proof.key_id)
    return key.principal


def bearer(request: Request) -> Credential | None:
    """Read `Authorization: Bearer <token>` (RFC 6750; the scheme in any case)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return Credential.parse(token.strip()) if scheme.lower() == "bearer" else None
