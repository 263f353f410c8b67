"""Who calls: access keys, the credentials made of them, and what they allow.

A key's secret is derived from its id, `HMAC-SHA256(pepper, key_id)`, so no secret is stored. The
id names the version of the pepper, so that peppers can be replaced while old keys go on working.
A forged credential is refused by arithmetic alone, before any table is read.
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
    """What a key is confined to inside its scope; None: not confined."""

    organization_id: str | None = None
    project_id: str | None = None

    @property
    def filter(self) -> Filter:
        """The condition that every query of the key also has to meet."""
        return conjunction(Compare(name, Op.EQ, value) for name, value in self.known().items())

    def known(self) -> dict[str, str]:
        """Return the members that confine the key."""
        members = {"organization_id": self.organization_id, "project_id": self.project_id}
        return {name: value for name, value in members.items() if value is not None}

    def confines(self, other: Restriction) -> bool:
        """Return whether nothing outside of this lies inside of the other."""
        is_inside = self.organization_id in (None, other.organization_id)
        return is_inside and self.project_id in (None, other.project_id)

    def allows(self, event: Event) -> bool:
        """Return whether the event lies inside of it."""
        return self.confines(Restriction(event.organization_id, event.project_id))


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, and what they may do."""

    key_id: str
    scope: str
    permissions: frozenset[Permission]
    restriction: Restriction = field(default_factory=Restriction)

    def require(self, permission: Permission) -> None:
        """Raise `Forbidden` unless the principal has this permission."""
        if permission not in self.permissions:
            raise Forbidden


ANONYMOUS = Principal(key_id="", scope="", permissions=frozenset())
"""The caller of an endpoint that asks for no credential; sees no scope."""


@dataclass(frozen=True, slots=True)
class AccessKey:
    """The record behind a credential; times in microseconds since the epoch."""

    principal: Principal
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None

    def is_valid(self, now: int) -> bool:
        """Return whether the key opens anything at this time."""
        expired = self.expires_at is not None and self.expires_at <= now
        return self.revoked_at is None and not expired


class KeyStore(Protocol):
    """Where access keys and peppers are kept."""

    def pepper(self, version: str) -> bytes | None:
        """Return the pepper of this version, None when there is none (any more)."""

    def get(self, key_id: str, *, fresh: bool) -> AccessKey | None:
        """Return the key; unless `fresh`, as it was up to a minute ago."""

    def create(
        self,
        scope: str,
        permissions: frozenset[Permission],
        restriction: Restriction,
        expires_at: int | None,
    ) -> Credential:
        """Make a key and return its credential, which cannot be read again from anywhere."""

    def list(self, scope: str) -> tuple[AccessKey, ...]:
        """Return all keys of a scope, the revoked ones too, the oldest first."""

    def revoke(self, scope: str, key_id: str) -> bool:
        """Make a key useless for ever; return whether the scope has such a key."""


class Proof(Protocol):
    """What a request shows for knowing the secret of a key."""

    @property
    def key_id(self) -> str:
        """The key that the request names."""

    def check(self, secret: str, now: int) -> None:
        """Raise `InvalidCredential` unless this was made with the secret, and holds now."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A key id and the secret that was presented with it."""

    key_id: str
    secret: str = field(repr=False)

    @classmethod
    def parse(cls, token: str) -> Credential:
        """Read `<key id>.<secret>`; anything else becomes a credential that no key matches."""
        key_id, _, secret = token.partition(".")
        return cls(key_id, secret)

    @property
    def token(self) -> str:
        """The credential as one text."""
        return f"{self.key_id}.{self.secret}"

    def check(self, secret: str, now: int) -> None:
        """Raise `InvalidCredential` unless this is the secret; in constant time."""
        if not hmac.compare_digest(secret.encode(), self.secret.encode()):
            raise InvalidCredential


def is_scope(name: str) -> bool:
    """Return whether a scope may have this name."""
    return _SCOPE.fullmatch(name) is not None


def is_key_id(text: str) -> bool:
    """Return whether a key may have this id."""
    return _KEY_ID.fullmatch(text) is not None


def new_key_id(pepper_version: str) -> str:
    """Return a fresh key id that names its pepper: capitals and digits only."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    random = "".join(secrets.choice(alphabet) for _ in range(_RANDOM_CHARACTERS))
    return f"{_ID_PREFIX}{pepper_version}{random}"


def derive_secret(pepper: bytes, key_id: str) -> str:
    """Return the secret of a key id: 43 characters of unpadded base64url."""
    digest = hmac.digest(pepper, key_id.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def derived(keys: KeyStore, key_id: str, purpose: str) -> bytes:
    """Return a secret for a purpose: the same for all keys of this one's pepper.

    Raises `UnknownKey` when there is no such pepper (any more).
    """
    return hmac.digest(_pepper(keys, key_id), purpose.encode(), hashlib.sha256)


def _pepper(keys: KeyStore, key_id: str) -> bytes:
    """Return the pepper that a key's secret is derived with."""
    pepper = keys.pepper(key_id.removeprefix(_ID_PREFIX)[:-_RANDOM_CHARACTERS])
    if pepper is None:
        raise UnknownKey(key_id)
    return pepper


def authenticate(proof: Proof, keys: KeyStore, now: int, *, fresh: bool) -> Principal:
    """Return whom a proof is of.

    Raises `InvalidCredential` for one that was not made with the key's secret, and its kind
    `UnknownKey` for an unknown, expired or revoked key.
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
