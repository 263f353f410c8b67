"""An event in the Open Cybersecurity Schema Framework (OCSF), as analysis tools and lakes read it.

Every event becomes one of the class API Activity (6003) of version 1.8.0, without profiles. That is
the latest version whose published schema is in a package on PyPI (`ocsf-json-schema`). The tests
check every event against it. The members of an event go to these members:

::

    id                          metadata.uid, metadata.original_event_uid
    seq                         metadata.sequence
    time                        time, in milliseconds; metadata.original_time, all digits
    type                        api.operation, metadata.event_code; activity_id by its first word
                                  that means create, read, update or delete, else 99 (Other)
    message                     message
    severity                    severity_id, 99 (Other) for a word that the schema has none for;
                                  the word itself in unmapped
    status                      status_code; status_id by its word or its HTTP status, 99 (Other)
                                  for any other, or 2 (Failure) if the severity is an error
    actor                       actor.user: uid, name, type
    target                      resources: uid, name, type; role_id is 1 (Target)
    source                      src_endpoint.ip if it is an address, else api.service.name
    category, links, data, attributes, organization_id, project_id, and origin if it is custom
                                unmapped

Ours: where the schema requires a name and the event has none, it is `Unknown`. If the source is not
an address, the source endpoint is the `sourceIPAddress` that CloudTrail's records have in `data`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

from pydantic import JsonValue

from polylog.model.event import Entity, Event
from polylog.model.times import format_rfc3339

VERSION: Final = "1.8.0"
"""The version of the schema."""

_CLASS: Final = 6003
_MILLISECOND: Final = 1000
_UNKNOWN, _OTHER = 0, 99
_FAILURE: Final = 2
_HIGH: Final = 4
_FIRST_ERROR: Final = 400
_TARGET: Final = 1

Members = dict[str, object]

_ACTIVITIES: Final = {1: "Create", 2: "Read", 3: "Update", 4: "Delete", _OTHER: "Other"}
_SEVERITIES: Final = {
    **{_UNKNOWN: "Unknown", 1: "Informational", 2: "Low", 3: "Medium"},
    **{_HIGH: "High", 5: "Critical", 6: "Fatal"},
}
_STATUSES: Final = {_UNKNOWN: "Unknown", 1: "Success", _FAILURE: "Failure"}
_USERS: Final = {"user": (1, "User"), "admin": (2, "Admin"), "system": (3, "System")}


def _by_word(words: Mapping[int, str]) -> dict[str, int]:
    return {word: number for number, listed in words.items() for word in listed.split()}


_ACTIVITY_OF: Final = _by_word(
    {
        1: "create created creates creation add added adds insert inserted register registered "
        "import imported",
        2: "read reads get gets list lists describe view viewed show head search query watch "
        "download downloaded fetch lookup clone",
        3: "update updated updates change changed changes modify modified edit edited set put "
        "patch patched replace replaced rename renamed",
        4: "delete deleted deletes deletion remove removed removes removal destroy destroyed "
        "terminate terminated purge purged deletecollection",
    }
)
_SEVERITY_OF: Final = _by_word(
    {
        _UNKNOWN: "unknown",
        1: "informational information info normal debug trace",
        2: "low minor notice",
        3: "medium warning warn",
        _HIGH: "high error err major",
        5: "critical crit severe alert",
        6: "fatal emergency emerg panic",
    }
)
_STATUS_OF: Final = _by_word(
    {
        _UNKNOWN: "unknown",
        1: "success successful succeeded ok allow allowed complete completed",
        _FAILURE: "failure failed fail error deny denied rejected forbidden",
    }
)
_WORD: Final = re.compile("[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_HTTP_STATUS: Final = re.compile("[1-5][0-9][0-9]")


def render_event(event: Event) -> Members:
    """Render an event in OCSF, without the members that it lacks."""
    activity = _activity(event.type)
    return _known(
        {
            "activity_id": activity,
            "activity_name": event.type if activity == _OTHER else _ACTIVITIES[activity],
            "category_uid": 6,
            "category_name": "Application Activity",
            "class_uid": _CLASS,
            "class_name": "API Activity",
            "type_uid": _CLASS * 100 + activity,
            "type_name": f"API Activity: {_ACTIVITIES[activity]}",
            "time": event.time // _MILLISECOND,
            "message": event.message,
            **_severity(event.severity),
            **_status(event),
            "actor": {"user": _user(event.actor)},
            "api": {"operation": event.type, **_service(event)},
            "src_endpoint": _origin(event),
            "resources": _resources(event.target),
            "metadata": _metadata(event),
            "unmapped": _unmapped(event),
        }
    )


def _known(members: Members) -> Members:
    """Return the members that have a value."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}


def _activity(type: str) -> int:
    words = (word.lower() for word in _WORD.findall(type))
    return next((_ACTIVITY_OF[word] for word in words if word in _ACTIVITY_OF), _OTHER)


def _severity_id(severity: str | None) -> int:
    return _SEVERITY_OF.get(severity.lower(), _OTHER) if severity else _UNKNOWN


def _severity(severity: str | None) -> Members:
    number = _severity_id(severity)
    return {"severity_id": number, "severity": _SEVERITIES.get(number, severity)}


def _status(event: Event) -> Members:
    if not event.status:
        return {}
    number = _status_id(event.status)
    if number == _OTHER and _HIGH <= _severity_id(event.severity) < _OTHER:
        number = _FAILURE
    return {
        "status_code": event.status,
        "status_id": number,
        "status": _STATUSES.get(number, event.status),
    }


def _status_id(status: str) -> int:
    if _HTTP_STATUS.fullmatch(status):
        return _FAILURE if int(status) >= _FIRST_ERROR else 1
    return _STATUS_OF.get(status.lower(), _OTHER)


def _user(actor: Entity) -> Members:
    number, type = _USERS.get((actor.type or "").lower(), (_OTHER, actor.type))
    typed = {"type_id": number, "type": type} if actor.type else {}
    named = _known({"uid": actor.id, "name": actor.name})
    return (named or {"name": "Unknown"}) | typed


def _resources(target: Entity) -> list[Members]:
    """Return the target as a list of one; empty if only its type is known."""
    named = _known({"uid": target.id, "name": target.name})
    if not named:
        return []
    return [named | _known({"type": target.type}) | {"role_id": _TARGET, "role": "Target"}]


def _service(event: Event) -> Members:
    has_name = event.source and _address(event.source) is None
    return {"service": {"name": event.source}} if has_name else {}


def _origin(event: Event) -> Members:
    sources = (event.source, event.data_object.get("sourceIPAddress"))
    addresses = (_address(source) for source in sources)
    address = next((each for each in addresses if each is not None), None)
    return {"ip": address} if address else {"name": "Unknown"}


def _address(text: JsonValue) -> str | None:
    """Return an IP address in its normal form; None for anything else."""
    # One with a zone, as in `fe80::1%eth0`, can be longer than the schema allows.
    if not isinstance(text, str) or "%" in text:
        return None
    try:
        return str(ip_address(text))
    except ValueError:
        return None


def _metadata(event: Event) -> Members:
    return {
        "version": VERSION,
        "product": {"name": "Polylog", "vendor_name": "Polylog"},
        "uid": event.id,
        "original_event_uid": event.id,
        "original_time": format_rfc3339(event.time),
        "event_code": event.type,
        **({"sequence": event.seq} if event.seq else {}),
    }


def _unmapped(event: Event) -> Members:
    is_custom = event.origin == "custom"
    only_typed = None if _resources(event.target) else event.target.type
    return _known(
        {
            "origin": event.origin if is_custom else None,
            "severity": event.severity,
            "category": event.category,
            "target_type": only_typed,
            "organization_id": event.organization_id,
            "project_id": event.project_id,
            "links": list(event.links),
            "attributes": dict(event.attributes),
        }
    ) | ({} if event.data is None else {"data": event.data})
