"""The same messages again: from a queue that delivers more than once, and from the dead letters."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from support.queues import SCOPE, Failing, Ingestion, Record, event, record, sent_again
from support.stores import TABLES, dynamo_store

from polylog.dynamo.maintenance.verify import Verifier
from polylog.model.errors import Unavailable
from polylog.model.filter import EVERYTHING

BRIDGED = {
    "id": "bridged",
    "detail-type": "State Change",
    "source": "aws.ec2",
    "time": "2026-03-01T12:00:00Z",
    "resources": [],
    "detail": {},
}
NOTIFICATION = {
    "Type": "Notification",
    "MessageId": "notified",
    "TopicArn": "arn:aws:sns:eu-central-1:123456789012:events",
    "Timestamp": "2026-03-01T12:00:04.250Z",
    "Message": json.dumps([{"type": "a"}, event("published", specversion="1.0", source="/")]),
}
BODIES: tuple[object, ...] = (
    {"type": "bare"},
    [{"type": "listed"}, event("own"), {"type": ""}],
    {"events": [event("in-an-object"), event("own")]},
    event("cloud", specversion="1.0", source="/"),
    BRIDGED,
    {**BRIDGED, "replay-name": "again"},
    NOTIFICATION,
    event("own", message="another one"),
    "no json",
)
IDS = sorted(["m-0", "m-1-1", "own", "in-an-object", "cloud", "bridged", "notified-1", "published"])
REFUSED = {"m-1", "m-7", "m-8"}


def messages(receives: int, group: str | None) -> list[Record]:
    return [
        record(body, f"m-{number}", receives, group=group) for number, body in enumerate(BODIES)
    ]


def ids(ingestion: Ingestion) -> list[str]:
    tail = dynamo_store(ingestion.client).tail(SCOPE, EVERYTHING, 0, 100)
    return sorted(event.id for event in tail.events)


def check(ingestion: Ingestion) -> None:
    report = Verifier(ingestion.client, TABLES, 1).verify(SCOPE)
    assert (report.settled + report.young, report.drifts) == (len(IDS), ())
    assert dynamo_store(ingestion.client).count(SCOPE, EVERYTHING) == len(IDS)


@pytest.mark.parametrize("group", [None, "g"], ids=["standard", "fifo"])
def test_a_message_delivered_three_times_is_stored_once(
    ingestion: Ingestion, group: str | None
) -> None:
    for receives in (1, 2, 3):
        assert ingestion.hand_over(*messages(receives, group)) == []
        assert ingestion.reasons().keys() == REFUSED
        assert ids(ingestion) == IDS
        check(ingestion)


@pytest.mark.parametrize("seed", range(3))
def test_the_cut_and_the_order_of_batches_make_no_difference(
    ingestion: Ingestion, seed: int
) -> None:
    """The two with the same id stay in order: the first of them is stored."""
    random = Random(seed)
    ingestion.hand_over(record(event("own"), "first"))
    for receives in (1, 1, 2):
        rest = random.sample(messages(receives, None), len(BODIES))
        while rest:
            size = random.randint(1, 4)
            assert ingestion.hand_over(*rest[:size]) == []
            rest = rest[size:]
    assert ids(ingestion) == IDS
    check(ingestion)


def test_an_event_stored_by_a_call_that_failed_is_stored_once(ingestion: Ingestion) -> None:
    """The answer was lost on its way."""
    store = dynamo_store(ingestion.client)

    class Lost:
        def put(self, *arguments: Any, **options: Any) -> Any:
            store.put(*arguments, **options)
            raise Unavailable

    lost: Any = Lost()
    assert len(ingestion.over(lost).hand_over(*messages(1, None))) == len(BODIES)
    assert ingestion.hand_over(*messages(2, None)) == []
    assert ids(ingestion) == IDS
    check(ingestion)


def test_dead_letters_that_are_sent_again_are_the_same_events(ingestion: Ingestion) -> None:
    """All were put aside, some of them after they had been stored."""
    broken: Any = Failing(dynamo_store(ingestion.client), Unavailable(), "bare")
    broken_ingestion = ingestion.over(broken)
    broken_ingestion.hand_over(*messages(5, None))
    first = broken_ingestion.letters()
    assert len(first) == 4
    ingestion.hand_over(*(sent_again(each, f"new-{n}") for n, each in enumerate(first)))
    assert ids(ingestion) == IDS
    check(ingestion)
    again = ingestion.letters()
    assert [each["Body"] for each in again] == [each["Body"] for each in first[1:]]


def test_a_letter_may_be_put_aside_and_sent_again_many_times(ingestion: Ingestion) -> None:
    message = record([{"type": "a"}, {"type": ""}], scope="one")
    for number in range(3):
        assert ingestion.hand_over(message) == []
        (letter,) = ingestion.letters()
        message = sent_again(letter, f"new-{number}")
    found = dynamo_store(ingestion.client).tail("one", EVERYTHING, 0, 10).events
    assert [(each.id, each.time) for each in found] == [("m-1-1", 1_772_366_400_250_000)]
