"""Audit events of Kubernetes: alone, in lines as the log backend writes them, or in an `EventList`.

Implements the types of `audit.k8s.io/v1` (kubernetes/kubernetes,
`staging/src/k8s.io/apiserver/pkg/apis/audit/v1/types.go`). What becomes what:

::

    auditID, stage              id, as in `auditID/stage`: each stage of a request is an event
    stageTimestamp              time; requestReceivedTimestamp where it is missing
    verb, objectRef.resource,   type, as in `delete pods` and `create pods/exec`; the verb alone for
      objectRef.subresource       other paths. Clients can ask for anything: cut to 256 characters
    user.uid, user.username     actor.id, actor.name. Ours: without a uid the name is the id too,
                                  because it "uniquely identifies this user among all active users"
    user.username               actor.type, ours: ServiceAccount for `system:serviceaccount:...`,
                                  else User, as in the subjects of role bindings
    objectRef                   target: type is the resource; name; id, as in `pods/default/web-1`,
                                  is the resource, the namespace if there is one, and the name
    objectRef.namespace         project_id
    sourceIPs[0]                source
    responseStatus.code         status; severity is error from 400 on, else info (ours)
    responseStatus.message      message; requestURI where it is missing
    everything                  data, with impersonatedUser, userAgent, annotations and objects

An id that is too long for an event becomes a hash. Other values that are too long for an index are
only in `data`. Events in an `EventList` lack `kind` and `apiVersion`, because the list has them.
They get both, so that the webhook backend and the log backend give the same event (ours).

The webhook backend posts lists to the address of a kubeconfig. Its client drops the query of that
address and adds `timeout=30s` (client-go, `rest/client.go` and `rest/request.go`). So the address
cannot name a format, and `is_list` recognises the lists instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from polylog.intake.documents import Format
from polylog.intake.records import event_id, key, member, record_of, required, text
from polylog.model.errors import InvalidParameter, shown, validated
from polylog.model.event import MAX_KEY_LENGTH, Event, is_key
from polylog.model.times import A_TIME, read_time

_KIND: Final = {"kind": "Event", "apiVersion": "audit.k8s.io/v1"}
_TIMES: Final = ("stageTimestamp", "requestReceivedTimestamp")
_SERVICE_ACCOUNT: Final = "system:serviceaccount:"
_FIRST_ERROR: Final = 400


def is_event(wire: JsonValue) -> bool:
    """Return whether a document is an audit event, alone or from a list."""
    if not isinstance(wire, dict) or not isinstance(wire.get("auditID"), str):
        return False
    return "stage" in wire and all(_has(wire, name) for name in _KIND)


def is_list(document: JsonValue) -> bool:
    """Return whether a document is a list of audit events, as the API server posts it."""
    match document:
        case {"kind": "EventList", "apiVersion": version}:
            return version == _KIND["apiVersion"]
    return False


def read_event(wire: JsonValue) -> Event:
    """Read an event; raises `InvalidParameter` with the member's name."""
    record = record_of(wire)
    for name, wanted in _KIND.items():
        if not _has(record, name):
            raise InvalidParameter(name, f"must be '{wanted}' but was '{shown(record[name])}'")
    audit_id = required(record, "auditID", "the id of the request")
    stage = required(record, "stage", "a stage of the request like ResponseComplete")
    return validated(
        Event,
        {
            "id": event_id(f"{audit_id}/{stage}"),
            "time": _time(record),
            "type": _type(record),
            "source": _source(record),
            "message": text(record, "responseStatus", "message") or text(record, "requestURI"),
            "actor": _actor(record),
            "target": _target(record),
            "project_id": key(record, "objectRef", "namespace"),
            "data": _KIND | record | _KIND,
            **_status(record),
        },
    )


FORMAT: Final = Format(read_event, envelope=("items",), is_event=is_event)


def _has(record: Mapping[str, JsonValue], name: str) -> bool:
    """Return whether the member is as an event has it, or missing because the list has it."""
    return record.get(name) in (None, "", _KIND[name])


def _time(record: Mapping[str, JsonValue]) -> int:
    for name in _TIMES:
        if record.get(name) is not None:
            return read_time(record[name], name)
    raise InvalidParameter(_TIMES[0], f"is required: {A_TIME}")


def _type(record: dict[str, JsonValue]) -> str:
    verb = required(record, "verb", "a verb like delete")
    reference = record.get("objectRef")
    names = [text(reference, "resource"), text(reference, "subresource")]
    resource = "/".join(name for name in names if name)
    return f"{verb} {resource}".rstrip()[:MAX_KEY_LENGTH]


def _source(record: Mapping[str, JsonValue]) -> str | None:
    match record.get("sourceIPs"):
        case [address, *_] if is_key(address):
            return address
    return None


def _actor(record: dict[str, JsonValue]) -> dict[str, str | None]:
    name = text(record, "user", "username")
    if name is None:
        return {"id": key(record, "user", "uid")}
    kind = "ServiceAccount" if name.startswith(_SERVICE_ACCOUNT) else "User"
    uid = key(record, "user", "uid") or key(record, "user", "username")
    return {"id": uid, "type": kind, "name": name}


def _target(record: dict[str, JsonValue]) -> dict[str, str | None]:
    reference = record.get("objectRef")
    resource, name = text(reference, "resource"), text(reference, "name")
    if resource is None or name is None:
        return {"type": resource, "name": name}
    path = [resource, text(reference, "namespace"), name]
    target = "/".join(part for part in path if part)
    return {"id": target if is_key(target) else None, "type": resource, "name": name}


def _status(record: dict[str, JsonValue]) -> dict[str, str]:
    code = member(record, "responseStatus", "code")
    if not isinstance(code, int) or isinstance(code, bool):
        return {}
    return {"status": str(code), "severity": "error" if code >= _FIRST_ERROR else "info"}
