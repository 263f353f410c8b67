"""Made-up events with something to search for: words, names, and values deep in their data."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final
from uuid import UUID

from polylog.model.event import Entity, Event
from tools.events import Maker

FREQUENT_WORD: Final = "maintenance"
"""A word of one message in 50."""

WORD: Final = "reconciliation"
"""A word of one message in 170."""

RARE_WORD: Final = "quarantine"
"""A word of one message in 5,000."""

ABSENT_WORD: Final = "xylophone"
"""A word that no message has."""

NAME: Final = "storefront"
"""The name of an application that about 40 events have as their target, in a log of any size."""

ACCESS_TOKEN: Final = "5f0c9a3e7b2d4c61a8e4f2b09d6c1e37"
"""A personal access token that one event in 1,000 has in its data, as Waldur stores it."""

REQUEST_ID: Final = "req-7c1e55d0f3a94b02"
"""The id of a request, deep in the data of one event."""

_SEED: Final = 2014
_BYTES: Final = 500
_NAMED: Final = 40
_WORD_EACH: Final = 170
_RARE_EACH: Final = 5000
_TOKEN_EACH: Final = 1000
_CUSTOMERS: Final = 20
_APPLICATION: Final = Entity(id=f"{UUID(int=4711, version=4)}", type="app", name=NAME)

_REASONS: Final = (
    *("maintenance", "autoscaling", "rollback", "upgrade", "failover", "audit", "cleanup"),
    *("restart", "migration", "backup", "restore", "quota", "timeout", "deployment", "incident"),
    *("rotation", "expiry", "renewal", "onboarding", "offboarding", "drill", "rebalancing"),
    *("throttling", "hardening", "inspection", "approval", "escalation", "handover", "release"),
    *("hotfix", "canary", "experiment", "training", "demo", "inventory", "billing", "compliance"),
    *("request", "schedule", "policy", "alarm", "outage", "drift", "import", "export", "patching"),
    *("resizing", "tagging", "decommissioning", "provisioning"),
)
"""Fifty reasons, all equally likely."""


def sought(number: int) -> Iterator[Event]:
    """Yield a number of events over 400 days, in the order of their times, always the same ones.

    The ids of users, customers and projects have no dashes, as in Waldur.
    """
    random = Random(_SEED)
    for place, event in enumerate(Maker(_SEED, _BYTES).spread(number)):
        named = _named(event, is_about_it=place % max(1, number // _NAMED) == 0)
        message = _message(named, random.choice(_REASONS), place)
        data = _data(named, place, is_middle=place == number // 2)
        yield named.model_copy(update={"message": message, "data": data})


def _named(event: Event, *, is_about_it: bool) -> Event:
    """Return an event with a customer, and with names for its actor and target."""
    project, actor, target = _hex(event.project_id), _hex(_id(event.actor)), _id(event.target)
    thing = event.type.split(".")[1]
    return event.model_copy(
        update={
            "organization_id": _customer(project),
            "project_id": project,
            "actor": Entity(id=actor, type="user", name=f"user-{actor[:8]}"),
            "target": _APPLICATION
            if is_about_it
            else Entity(id=target, type=thing, name=f"{thing}-{target[:4]}"),
        }
    )


def _customer(project: str) -> str:
    """Return the customer that a project belongs to."""
    return UUID(int=1 + int(project[:8], 16) % _CUSTOMERS, version=4).hex


def _message(event: Event, reason: str, place: int) -> str:
    """Return a sentence about an event."""
    verb, what = event.type.split(".")[2].title(), event.target.name if event.target else ""
    who = event.actor.name if event.actor else ""
    said = f"{verb} of {what} by {who} in {event.source}, because of {reason}"
    words = ((WORD, _WORD_EACH), (RARE_WORD, _RARE_EACH))
    return " ".join([said, *(word for word, each in words if place % each == 0)])


def _data(event: Event, place: int, *, is_middle: bool) -> object:
    assert isinstance(event.data, dict)
    token = {"pat_uuid": ACCESS_TOKEN} if place % _TOKEN_EACH == 0 else {}
    trace = {"trace": {"request": {"id": REQUEST_ID}}} if is_middle else {}
    return event.data | token | trace


def _id(entity: Entity | None) -> str:
    return (entity and entity.id) or ""


def _hex(id: str | None) -> str:
    return (id or "").replace("-", "")
