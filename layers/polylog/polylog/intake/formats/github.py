"""Events of GitHub's audit log: from its REST API, an export, or a stream to a bucket.

Implements "Audit log events" of GitHub's documentation. The members of an event depend on its
action. REST and exports give an array, streams give a line for each event. What becomes what:

::

    _document_id                id; without it, as in old exports, a hash of the record (see
                                  `records.content_hash`)
    @timestamp                  time, in milliseconds since the epoch; created_at if it is missing
    action                      type, cut to 256 characters (ours)
    actor_id, actor             actor.id, actor.name
    actor_is_bot                actor.type: Bot or User
    user_id, user               target, of the type user; else
    repo_id, repo               target, of the type repo (repository in Git events); else
    team                        target, of the type team (data.team in old exports)
    actor_ip                    source; user_agent where it is missing
    action, repo, user          message, as in `repo.add_member octo-org/docs hubot`
    org_id                      organization_id; org where it is missing
    repo                        project_id (repository in Git events)
    everything                  data

An id that is too long for an event becomes a hash. Other values that are too long for an index are
only in `data`. So are values of another type than documented, such as a list of names.
"""

from __future__ import annotations

from typing import Final, TypeGuard

from pydantic import JsonValue

from polylog.intake.documents import Format
from polylog.intake.records import content_hash, event_id, key, record_of, required, text
from polylog.model.errors import InvalidParameter, shown, validated
from polylog.model.event import MAX_KEY_LENGTH, Event
from polylog.model.times import EARLIEST, LATEST

_TIMES: Final = ("@timestamp", "created_at")
_MILLISECOND: Final = 1000
_WANTED: Final = "a number of milliseconds since 1970 like 1772366400000"
_MEMBERS: Final = ("_document_id", "actor", "actor_id", "org", "business")
"""Every event has at least one of these members, for any action."""


def is_event(wire: JsonValue) -> bool:
    """Return whether a document is an event of an audit log."""
    if not isinstance(wire, dict):
        return False
    is_timed = any(_is_number(wire.get(name)) for name in _TIMES)
    is_named = "." in (text(wire, "action") or "")
    return is_timed and is_named and any(name in wire for name in _MEMBERS)


def read_event(wire: JsonValue) -> Event:
    """Read an event; raises `InvalidParameter` with the member's name."""
    record = record_of(wire)
    action = required(record, "action", "an action like repo.create")
    name = text(record, "_document_id")
    repository = _repository(record)
    mentioned = [action, text(record, *repository), text(record, "user")]
    return validated(
        Event,
        {
            "id": event_id(name) if name else content_hash(record),
            "time": _time(record),
            "type": action[:MAX_KEY_LENGTH],
            "source": key(record, "actor_ip") or key(record, "user_agent"),
            "message": " ".join(each for each in mentioned if each),
            "actor": _actor(record),
            "target": _target(record),
            "organization_id": _id(record, "org_id") or key(record, "org"),
            "project_id": key(record, *repository),
            "data": record,
        },
    )


FORMAT: Final = Format(read_event, is_event=is_event)


def _is_number(value: JsonValue) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _time(record: dict[str, JsonValue]) -> int:
    for name in _TIMES:
        if record.get(name) is not None:
            return _microseconds(record[name], name)
    raise InvalidParameter(_TIMES[0], f"is required: {_WANTED}")


def _microseconds(value: JsonValue, name: str) -> int:
    if _is_number(value) and EARLIEST <= value * _MILLISECOND <= LATEST:
        return round(value * _MILLISECOND)
    raise InvalidParameter(name, f"must be {_WANTED} but was '{shown(value)}'")


def _repository(record: dict[str, JsonValue]) -> tuple[str]:
    """Return the member that names the repository; Git events have another name for it."""
    return ("repo",) if text(record, "repo") else ("repository",)


def _actor(record: dict[str, JsonValue]) -> dict[str, str | None]:
    kinds = {True: "Bot", False: "User"}
    is_bot = record.get("actor_is_bot")
    return {
        "id": _id(record, "actor_id"),
        "type": kinds[is_bot] if isinstance(is_bot, bool) else None,
        "name": text(record, "actor"),
    }


def _target(record: dict[str, JsonValue]) -> dict[str, str | None]:
    user, repository = text(record, "user"), text(record, *_repository(record))
    team = text(record, "team") or text(record, "data", "team")
    if user or _id(record, "user_id"):
        return {"id": _id(record, "user_id"), "type": "user", "name": user}
    if repository or _id(record, "repo_id"):
        return {"id": _id(record, "repo_id"), "type": "repo", "name": repository}
    return {"type": "team", "name": team} if team else {}


def _id(record: dict[str, JsonValue], name: str) -> str | None:
    """Return an id, or None for 0, which Git events have if there is no id."""
    found = key(record, name)
    return None if found == "0" else found
