"""The ingest function behind a FIFO queue: it keeps the order in which messages were sent."""

from __future__ import annotations

from typing import Any

from support.queues import SCOPE, Failing, Ingestion, Record, event, record
from support.stores import dynamo_store

from polylog.model.errors import Unavailable
from polylog.model.filter import EVERYTHING


def message(number: int, group: str, receives: int = 1, **members: object) -> Record:
    return record(event(f"e-{number}", **members), f"m-{number}", receives, group=group)


def failing(ingestion: Ingestion) -> Ingestion:
    """Return the same over a store that does not answer at events of the type `bad`."""
    store: Any = Failing(dynamo_store(ingestion.client), Unavailable(), "bad")
    return ingestion.over(store)


def arrived(ingestion: Ingestion) -> list[str]:
    """Return the ids of all events in the order of their arrival."""
    tail = dynamo_store(ingestion.client).tail(SCOPE, EVERYTHING, 0, 100)
    return [event.id for event in tail.events]


def test_events_arrive_in_the_order_of_their_messages(ingestion: Ingestion) -> None:
    messages = [message(number, "ab"[number % 2]) for number in (3, 1, 2, 0)]
    assert ingestion.hand_over(*messages) == []
    assert arrived(ingestion) == ["e-3", "e-1", "e-2", "e-0"]


def test_a_failed_message_holds_back_what_follows_in_its_group(ingestion: Ingestion) -> None:
    messages = [message(0, "a"), message(1, "a", type="bad"), message(2, "b"), message(3, "a")]
    assert failing(ingestion).hand_over(*messages) == ["m-1", "m-3"]
    assert arrived(ingestion) == ["e-0", "e-2"]
    assert ingestion.hand_over(messages[1], messages[3]) == []
    assert arrived(ingestion) == ["e-0", "e-2", "e-1", "e-3"]


def test_a_refused_message_holds_back_nothing(ingestion: Ingestion) -> None:
    messages = [message(0, "a", type=""), message(1, "a"), message(2, "a", colour="red")]
    assert ingestion.hand_over(*messages, message(3, "a")) == []
    assert arrived(ingestion) == ["e-1", "e-3"]
    assert list(ingestion.reasons()) == ["m-0", "m-2"]


def test_a_message_put_aside_after_many_tries_holds_back_nothing(ingestion: Ingestion) -> None:
    bad, good = message(0, "a", 5, type="bad"), message(1, "a", 5)
    assert failing(ingestion).hand_over(bad, good) == []
    assert arrived(ingestion) == ["e-1"]
    assert list(ingestion.reasons()) == ["m-0"]


def test_a_message_that_cannot_be_put_aside_holds_back_what_follows(ingestion: Ingestion) -> None:
    ingestion.sqs.delete_queue(QueueUrl=ingestion.url)
    messages = [message(0, "a", type=""), message(1, "a"), message(2, "b")]
    assert ingestion.hand_over(*messages) == ["m-0", "m-1"]
    assert arrived(ingestion) == ["e-2"]


def test_a_later_batch_is_not_held_back(ingestion: Ingestion) -> None:
    """Only the queue knows what is in flight."""
    desk = failing(ingestion)
    assert desk.hand_over(message(0, "a", type="bad")) == ["m-0"]
    assert desk.hand_over(message(1, "a")) == []
