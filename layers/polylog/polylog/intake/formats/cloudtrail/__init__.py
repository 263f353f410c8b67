"""Records of AWS CloudTrail: of its log files, as EventBridge sends them, and from LookupEvents.

Follows the CloudTrail user guide, "CloudTrail record contents", for the record versions 1.0 to
1.11. Later versions with the same major number only add members. A log file is
`{"Records": [...]}`, and EventBridge has the record in `detail`. LookupEvents has it as text in
`CloudTrailEvent`. The members around that text repeat the record, and are not read.

::

    Event            record
    id               eventID
    time             eventTime
    type             eventName
    source           eventSource
    origin           system
    actor.id         userIdentity: the first of arn, principalId, invokedBy, onBehalfOf.userId
    actor.type       userIdentity.type
    actor.name       see `actors`
    target           the first of `resources`: id `ARN`, type `type`, name the last part of the
                     ARN; without resources, what parameters name, see `targets`
    status           errorCode; of a sign-in, what responseElements say; else "Success"
    severity         "error" with an errorCode or a failed sign-in, else "info"
    message          errorMessage, else a sentence with the actor's name, the type and the target
    category         eventCategory
    organization_id  recipientAccountId
    project_id       awsRegion
    links            the ARN or name, and the type, of each resource except the target
    data             the record, whole

An event of CloudTrail Insights has no eventName, eventSource and userIdentity. Its type and source
are those in `insightDetails`. Its status is the `state` there, its severity is "warning", and its
message names the `insightType`.

A key has at most 256 characters. A longer value stays in `data`, and the actor's or target's id,
the source, organization or project is left out; the target's ARN is then among the links. A longer
eventID becomes a hash, and a longer eventName is cut. A member of another type than documented is
only kept in `data`, unless the event needs it, because services write such records.

These rules for values and types are ours. So are `links`, the status of sign-ins, the sentence, and
everything about Insights.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from polylog.intake.documents import Format, read_json, read_one
from polylog.intake.formats.cloudtrail.actors import Actor, read_actor
from polylog.intake.formats.cloudtrail.targets import Resource, resources_of
from polylog.intake.records import event_id, key, member, record_of, required, text
from polylog.model.errors import ApiError, InvalidBody, InvalidParameter, shown, validated
from polylog.model.event import MAX_KEY_LENGTH, Event, is_key
from polylog.model.times import read_time

INSIGHT: Final = "Insight"
"""The category of events of CloudTrail Insights."""

SUCCESS: Final = "Success"

_LISTED: Final = "CloudTrailEvent"
_SIGN_IN: Final = "AwsConsoleSignIn"
_VERSION: Final = re.compile(r"1\.\d{1,4}", re.ASCII)
_A_TIME: Final = "a time like 2026-03-01T12:00:00Z"
_MARKS: Final = ("eventVersion", "eventID", "eventTime")


def is_record(wire: JsonValue) -> bool:
    """Return whether a value is a record. Those of S3, DynamoDB and Kinesis look similar."""
    if not isinstance(wire, dict) or any(name not in wire for name in _MARKS):
        return False
    return "userIdentity" in wire or "insightDetails" in wire


def is_event(wire: JsonValue) -> bool:
    """Return whether a value is a record, or an event that LookupEvents lists."""
    return is_record(wire) or (isinstance(wire, dict) and isinstance(wire.get(_LISTED), str))


def read_event(wire: JsonValue) -> Event:
    """Read a record or an event of LookupEvents; raises `InvalidParameter` with the member."""
    if isinstance(listed := member(wire, _LISTED), str):
        return _read_listed(listed)
    return _read_record(wire)


FORMAT: Final = Format(read_event, envelope=("Records", "Events"), is_event=is_event)


def _read_listed(listed: str) -> Event:
    """Return the event of a record that is a text; the text must meet the limits of a document."""
    try:
        found = read_one(read_json(listed.encode()), Format(_read_record), "")
    except InvalidBody as error:
        raise InvalidParameter(_LISTED, f"must be a record in JSON, but is {error}") from error
    if isinstance(found, ApiError):
        raise found
    return found


def _read_record(wire: JsonValue) -> Event:
    record = record_of(wire)
    _require_version(record)
    insight = member(record, "insightDetails")
    named = insight if isinstance(insight, dict) else record
    target, *others = resources_of(record) or [Resource()]
    actor = _actor(record)
    type = required(named, "eventName", "what was called, like CreateBucket")[:MAX_KEY_LENGTH]
    told = _outcome(record, actor, target, type) if named is record else _told_by(insight, type)
    return validated(
        Event,
        {
            "id": event_id(required(record, "eventID", "the id of the event")),
            "time": read_time(required(record, "eventTime", _A_TIME), "eventTime", _A_TIME),
            "type": type,
            "source": key(named, "eventSource"),
            "actor": actor.entity(),
            "target": target.entity(),
            "category": text(record, "eventCategory"),
            "organization_id": key(record, "recipientAccountId"),
            "project_id": key(record, "awsRegion"),
            "links": _links(target, others),
            "data": record,
            **told,
        },
    )


def _require_version(record: Mapping[str, JsonValue]) -> None:
    if "digestStartTime" in record:
        raise InvalidParameter("event", "is a digest of log files, which has no records")
    version = required(record, "eventVersion", "the version of a record of CloudTrail, like 1.11")
    if not _VERSION.fullmatch(version):
        raise InvalidParameter(
            "eventVersion", f"must be a version like 1.11 but was '{shown(version)}'"
        )


def _actor(record: Mapping[str, JsonValue]) -> Actor:
    identity = record.get("userIdentity")
    if identity is not None and not isinstance(identity, dict):
        raise InvalidParameter("userIdentity", "must be an object")
    return read_actor(identity)


def _links(target: Resource, others: Sequence[Resource]) -> tuple[str, ...]:
    """Return the names and types that the target's own id and type leave out."""
    names = [target.arn] if target.arn and not is_key(target.arn) else []
    names += [each.arn for each in others if each.arn]
    types = [each.type for each in others if each.type and each.type != target.type]
    return tuple(dict.fromkeys([*names, *types]))


def _outcome(record: JsonValue, actor: Actor, target: Resource, type: str) -> dict[str, JsonValue]:
    """Return what happened to a call: status, severity and message."""
    code = text(record, "errorCode")
    status = code or _sign_in(record, type) or SUCCESS
    return {
        "status": status,
        "severity": "error" if code or status == "Failure" else "info",
        "message": text(record, "errorMessage") or _sentence(actor.name, type, target.name),
    }


def _sign_in(record: JsonValue, type: str) -> str | None:
    """Return how a sign-in ended, because a failed one has no errorCode."""
    is_sign_in = text(record, "eventType") == _SIGN_IN
    return text(record, "responseElements", type) if is_sign_in else None


def _sentence(actor: str | None, type: str, target: str | None) -> str:
    on = f" on {target}" if target else ""
    return f"{actor} called {type}{on}" if actor else f"{type} was called{on}"


def _told_by(insight: JsonValue, type: str) -> dict[str, JsonValue]:
    """Return what Insights says about calls of this type: status, severity and message."""
    state = text(insight, "state")
    message = f"{text(insight, 'insightType') or INSIGHT} of {type}"
    return {
        "status": state,
        "severity": "warning",
        "message": f"{message}: {state}" if state else message,
    }
