"""The ingest function when something fails: what comes again, and what is put aside."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.queues import SCOPE, Failing, Ingestion, event, record, text
from support.stores import TABLES, dynamo_store

from polylog.model.errors import Unavailable
from polylog.model.filter import EVERYTHING

Asked = list[tuple[str, dict[str, Any]]]
MAX_MESSAGE_BYTES = 1_048_576
FAILURES = [
    (Unavailable(), "the database did not answer in time, or refused"),
    (RuntimeError("secret"), "storing it failed; the function's log says how"),
]


def total(ingestion: Ingestion, scope: str = SCOPE) -> int:
    return dynamo_store(ingestion.client).count(scope, EVERYTHING)


def failing(ingestion: Ingestion, error: Exception, **options: int) -> Ingestion:
    """Return the same over a store that fails at events of the type `bad`."""
    store: Any = Failing(dynamo_store(ingestion.client), error, "bad")
    return ingestion.over(store, **options)


def delays(asked: Asked) -> list[int]:
    return [
        parameters["VisibilityTimeout"]
        for name, parameters in asked
        if name == "ChangeMessageVisibility"
    ]


@pytest.fixture
def queue(ingestion: Ingestion) -> str:
    """Return the URL of the queue that messages come from."""
    return ingestion.sqs.create_queue(QueueName="events")["QueueUrl"]


def received(ingestion: Ingestion, queue: str, body: object, receives: int) -> dict[str, Any]:
    """Send a message and receive it, as if for the n-th time."""
    ingestion.sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(body))
    (message,) = ingestion.sqs.receive_message(QueueUrl=queue)["Messages"]
    given = record(body, message["MessageId"], receives)
    return given | {"receiptHandle": message["ReceiptHandle"]}


@pytest.mark.parametrize("error", [error for error, _ in FAILURES])
@pytest.mark.parametrize(("receives", "seconds"), [(1, 4), (2, 16), (3, 64), (4, 256), (5, 900)])
def test_a_failed_message_comes_again_later_each_time(
    ingestion: Ingestion, queue: str, asked: Asked, error: Exception, receives: int, seconds: int
) -> None:
    message = received(ingestion, queue, event("a", type="bad"), receives)
    again = failing(ingestion, error, max_receives=6).hand_over(message)
    assert again == [message["messageId"]]
    assert delays(asked) == [seconds]
    assert ingestion.letters() == []


def test_a_database_that_does_not_answer_is_tried_again(ingestion: Ingestion) -> None:
    store = dynamo_store(ingestion.client)
    ingestion.client.delete_table(TableName=TABLES.tally)
    assert ingestion.over(store).hand_over(record(event("a"), "m-1")) == ["m-1"]
    assert ingestion.letters() == []


def test_a_failure_does_not_stop_other_scopes(ingestion: Ingestion) -> None:
    bad = record(event("a", type="bad"), "m-1", scope="down")
    also = record(event("b"), "m-2", scope="down")
    good = record(event("a"), "m-3", scope="up")
    assert failing(ingestion, Unavailable()).hand_over(bad, also, good) == ["m-1", "m-2"]
    assert [total(ingestion, scope) for scope in ("down", "up")] == [0, 1]


def test_it_does_not_ask_a_failed_database_again_in_the_same_batch(ingestion: Ingestion) -> None:
    """Each attempt may take long: for a whole batch, the function would run out of time."""
    store: Any = Failing(dynamo_store(ingestion.client), Unavailable(), "bad")
    messages = [record(event(f"e-{n}", type="bad"), f"m-{n}") for n in range(3)]
    assert len(ingestion.over(store).hand_over(*messages)) == 3
    assert store.puts == [["e-0", "e-1", "e-2"]]


def test_an_event_that_breaks_something_does_not_stop_the_others(
    ingestion: Ingestion,
) -> None:
    messages = [record(event(f"e-{n}", type="bad" if n == 1 else "a"), f"m-{n}") for n in range(3)]
    assert failing(ingestion, RuntimeError()).hand_over(*messages) == ["m-1"]
    assert total(ingestion) == 2


@pytest.mark.parametrize(("error", "reason"), FAILURES)
@pytest.mark.parametrize("receives", [5, 6])
def test_a_message_that_failed_often_is_put_aside(
    ingestion: Ingestion, asked: Asked, error: Exception, reason: str, receives: int
) -> None:
    bad = record(event("a", type="bad"), "m-1", receives, scope="one", format="native")
    good = record(event("b"), "m-2", receives)
    assert failing(ingestion, error).hand_over(bad, good) == []
    (letter,) = ingestion.letters()
    assert letter["Body"] == bad["body"]
    assert {name: text(letter, name) for name in letter["MessageAttributes"]} == {
        "reason": reason,
        "message_id": "m-1",
        "sent_at": "1772366400250",
        "scope": "one",
        "format": "native",
    }
    assert delays(asked) == []
    assert total(ingestion) == 1


@pytest.mark.parametrize(
    ("body", "receives"), [("no json", 1), (event("a", type="bad"), 5)], ids=["refused", "failed"]
)
def test_a_message_that_cannot_be_put_aside_comes_again(
    ingestion: Ingestion, body: object, receives: int
) -> None:
    desk = failing(ingestion, Unavailable())
    ingestion.sqs.delete_queue(QueueUrl=ingestion.url)
    assert desk.hand_over(record(body, "m-1", receives), record(event("b"), "m-2")) == ["m-1"]
    assert total(ingestion) == 1


def test_a_message_that_cannot_be_delayed_comes_again(ingestion: Ingestion) -> None:
    """The queue that the messages came from does not exist."""
    desk = failing(ingestion, Unavailable())
    bad, good = record(event("a", type="bad"), "m-1", 2), record(event("b"), "m-2")
    assert desk.hand_over(bad, good) == ["m-1"]
    assert total(ingestion) == 1


def test_a_failure_is_in_the_functions_log_the_first_time_already(
    ingestion: Ingestion, caplog: pytest.LogCaptureFixture
) -> None:
    failing(ingestion, RuntimeError("why")).hand_over(record(event("a", type="bad"), "m-1", 2))
    assert "why" in caplog.text


def test_messages_that_there_is_no_time_for_come_again(ingestion: Ingestion, asked: Asked) -> None:
    """Cut off, the function would have answered nothing, and all messages would come again."""
    messages = [record(event(f"e-{number}"), f"m-{number}", 2) for number in range(4)]
    assert ingestion.hand_over(*messages, seconds=[60, 59, 29, 24, 3]) == ["m-2", "m-3"]
    assert delays(asked) == [16, 16]
    assert total(ingestion) == 2


def test_scopes_that_there_is_no_time_for_come_again(ingestion: Ingestion) -> None:
    messages = [record(event("e"), scope, scope=scope) for scope in ("one", "two", "three")]
    assert ingestion.hand_over(*messages, seconds=[60, 59, 20, 2]) == ["two", "three"]
    assert total(ingestion, "one") == 1


@pytest.mark.parametrize("sent_at", ["9" * 5000, "9" * 15, "-1", "soon", "", "\u0663"])
def test_an_impossible_time_of_sending_breaks_nothing(ingestion: Ingestion, sent_at: str) -> None:
    bad, good = record({"type": "a"}, "m-1", sent_at=sent_at), record({"type": "a"}, "m-2")
    assert ingestion.hand_over(bad, good) == []
    stored = dynamo_store(ingestion.client).get(SCOPE, "m-1")
    assert stored is not None
    assert stored.time == 1_772_366_400_250_000


def test_a_dead_letter_does_not_carry_an_impossible_time_of_sending(ingestion: Ingestion) -> None:
    ingestion.hand_over(record("no json", sent_at="soon"))
    (letter,) = ingestion.letters()
    assert text(letter, "sent_at") == "1772366400250"


@pytest.mark.parametrize("missing", ["attributes", "messageAttributes", "body"])
def test_an_incomplete_record_does_not_stop_the_others(ingestion: Ingestion, missing: str) -> None:
    broken = {name: value for name, value in record("a", "m-1").items() if name != missing}
    assert ingestion.hand_over(broken, record(event("b"), "m-2")) == ["m-1"]
    assert total(ingestion) == 1


def test_a_long_reason_is_cut(ingestion: Ingestion) -> None:
    names = "".join(chr(0x1F600 + number) for number in range(50))
    wire = {"type": "a", names * 5: 1, "\x00\ufffe": 2}
    assert ingestion.hand_over(record([wire] * 5)) == []
    (reason,) = ingestion.reasons().values()
    assert reason.startswith("event 1: invalid: ")
    assert len(reason) <= 1000


@pytest.mark.parametrize("room", [4200, 1000, 120])
def test_a_large_message_is_put_aside_with_as_much_of_the_reason_as_fits(
    ingestion: Ingestion, asked: Asked, room: int
) -> None:
    body = '{"\U0001f600": "' + "é" * ((MAX_MESSAGE_BYTES - room) // 2) + '"}'
    message = record(body, "m-1", scope="s" * 20)
    assert ingestion.hand_over(message) == []
    (sent,) = [parameters for name, parameters in asked if name == "SendMessage"]
    assert 0 < size(sent) <= MAX_MESSAGE_BYTES
    assert sent["MessageAttributes"]["reason"]["StringValue"].startswith("e")


def size(sent: dict[str, Any]) -> int:
    """Return how many bytes of the limit a message takes, as SQS counts."""
    attributes = sent["MessageAttributes"].items()
    texts = [(name, value["DataType"], value["StringValue"]) for name, value in attributes]
    return len(sent["MessageBody"].encode()) + sum(len("".join(each).encode()) for each in texts)


def test_a_missing_databases_own_words_are_not_the_reason(
    ingestion: Ingestion,
) -> None:
    """What DynamoDB says is only in the function's log."""
    ingestion.client.delete_table(TableName="TallyTable")
    ingestion.hand_over(record(event("a"), receives=5))
    (reason,) = ingestion.reasons().values()
    assert reason == "the database did not answer in time, or refused"


def test_a_message_that_there_was_never_time_for_says_so(ingestion: Ingestion) -> None:
    assert ingestion.hand_over(record(event("a"), "late", receives=5), seconds=[0, 0]) == []
    assert ingestion.reasons() == {"late": "there was no time left to store it"}
