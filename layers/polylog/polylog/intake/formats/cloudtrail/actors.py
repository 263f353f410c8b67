"""Who made a call: the member `userIdentity` of a record.

Follows the CloudTrail user guide, "CloudTrail userIdentity element". The name of an actor is the
user name that LookupEvents shows. Identities without one get the name that a person would use:

::

    type                name
    Root                root
    AssumedRole         the session: the last part of the ARN; else the role's name
    AWSService          the service, as in invokedBy
    FederatedUser       the last part of the ARN
    IAMUser, Role,      userName, else the last part of the ARN
    SAMLUser,
    WebIdentityUser,
    Directory
    IdentityCenterUser  userName, else onBehalfOf.userId
    AWSAccount          the session or user that principalId ends with; else the account
    Unknown, or none    the first of all these that exists
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from polylog.intake.formats.cloudtrail.arns import last_part
from polylog.intake.records import key, member, text

ROOT: Final = "root"
SERVICE: Final = "AWSService"
"""The type of identities for which LookupEvents shows no user name."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who made a call, as far as it is known."""

    id: str | None
    type: str | None
    name: str | None

    def entity(self) -> dict[str, str | None]:
        """Return the event's actor."""
        return {"id": self.id, "type": self.type, "name": self.name}


def read_actor(identity: JsonValue) -> Actor:
    """Return the actor that a `userIdentity` describes."""
    keys = [key(identity, name) for name in ("arn", "principalId", "invokedBy")]
    keys.append(key(identity, "onBehalfOf", "userId"))
    return Actor(
        next(filter(None, keys), None),
        text(identity, "type"),
        next(filter(None, _names(identity)), None),
    )


def _names(identity: JsonValue) -> Iterator[str | None]:
    """Yield names, the best one first."""
    match member(identity, "type"):
        case "Root":
            yield ROOT
        case "AssumedRole":
            yield _last_part(identity)
            yield text(identity, "sessionContext", "sessionIssuer", "userName")
        case "AWSService":
            yield text(identity, "invokedBy")
    yield text(identity, "userName")
    yield _last_part(identity)
    yield _session(identity)
    yield text(identity, "invokedBy")
    yield text(identity, "onBehalfOf", "userId")
    yield text(identity, "accountId")
    yield text(identity, "principalId")


def _last_part(identity: JsonValue) -> str | None:
    arn = text(identity, "arn")
    return last_part(arn) if arn else None


def _session(identity: JsonValue) -> str | None:
    """Return what follows the unique id in a principal's id, as in `AROAEXAMPLE:ada`."""
    return (text(identity, "principalId") or "").partition(":")[2]
