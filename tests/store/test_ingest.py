"""The ingest function: batches of queue messages go in, events and dead letters come out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.queues import SCOPE, Ingestion, event, record, text
from support.stores import dynamo_store

from polylog.dynamo.retention import Retention
from polylog.intake.documents import MAX_TOGETHER
from polylog.model.event import MAX_EVENT_BYTES
from polylog.model.filter import EVERYTHING

Asked = list[tuple[str, dict[str, Any]]]


def total(ingestion: Ingestion, scope: str = SCOPE) -> int:
    return dynamo_store(ingestion.client).count(scope, EVERYTHING)


def transactions(asked: Asked) -> list[int]:
    """Return how many events each transaction stored."""
    return [
        sum(put["Put"]["TableName"] == "EventsTable" for put in parameters["TransactItems"])
        for name, parameters in asked
        if name == "TransactWriteItems"
    ]


def test_it_stores_the_event_of_a_message_once(ingestion: Ingestion) -> None:
    message = record({"type": "door.open"})
    assert [ingestion.hand_over(message) for _ in range(3)] == [[], [], []]
    assert total(ingestion) == 1
    assert ingestion.letters() == []


def test_good_messages_are_done(ingestion: Ingestion) -> None:
    messages = [record({"type": "a"}, f"m-{number}") for number in range(10)]
    assert ingestion.hand_over(*messages) == []
    assert total(ingestion) == 10
    assert ingestion.letters() == []


def test_refused_messages_are_done_as_well(ingestion: Ingestion) -> None:
    """They are put aside as they came, with the reason."""
    assert ingestion.hand_over(record("no json", "m-1"), record('{"type":""}', "m-2")) == []
    first, second = ingestion.letters()
    assert (first["Body"], second["Body"]) == ("no json", '{"type":""}')
    assert "not JSON" in text(first, "reason")
    assert text(second, "reason") == "event 1: invalid: type must not be empty"
    assert text(second, "sent_at") == "1772366400250"
    assert total(ingestion) == 0


def test_a_refused_message_does_not_stop_the_others(ingestion: Ingestion) -> None:
    bodies: list[object] = [
        event("a"),
        "no json",
        [event("b"), {"type": ""}, event("c")],
        event("d"),
    ]
    messages = [record(body, f"m-{number}") for number, body in enumerate(bodies)]
    assert ingestion.hand_over(*messages) == []
    assert total(ingestion) == 4
    reasons = ingestion.reasons()
    assert list(reasons) == ["m-1", "m-2"]
    assert reasons["m-2"] == "event 2: invalid: type must not be empty"


def test_an_empty_array_is_done(ingestion: Ingestion, asked: Asked) -> None:
    assert ingestion.hand_over(record([])) == []
    assert ingestion.letters() == []
    assert transactions(asked) == []


def test_an_event_that_is_there_already_is_done(ingestion: Ingestion) -> None:
    ingestion.hand_over(record(event("a"), "m-1"))
    assert ingestion.hand_over(record(event("a"), "m-2"), record(event("a"), "m-3")) == []
    assert ingestion.letters() == []
    assert total(ingestion) == 1


def test_another_event_with_the_same_id_is_put_aside(ingestion: Ingestion) -> None:
    ingestion.hand_over(record(event("a")))
    assert ingestion.hand_over(record(event("a", message="other"), "m-2")) == []
    assert ingestion.reasons() == {"m-2": "event 1: conflict: another event has this id already"}
    assert total(ingestion) == 1


def test_of_two_events_with_one_id_in_a_batch_the_first_is_stored(ingestion: Ingestion) -> None:
    one, other = record(event("a"), "m-1"), record(event("a", message="other"), "m-2")
    assert ingestion.hand_over(one, other, record(event("b"), "m-3")) == []
    assert list(ingestion.reasons()) == ["m-2"]
    stored = dynamo_store(ingestion.client).get(SCOPE, "a")
    assert stored is not None
    assert stored.message is None
    assert total(ingestion) == 2


@pytest.mark.parametrize(("number", "expected"), [(MAX_TOGETHER - 2, [2]), (MAX_TOGETHER, [1, 1])])
def test_once_memory_is_full_messages_are_stored_one_by_one(
    ingestion: Ingestion, asked: Asked, number: int, expected: list[int]
) -> None:
    messages = [record(event(name), f"m-{name}") for name in "ab"]
    assert ingestion.hand_over(record([1] * number), *messages) == []
    assert transactions(asked) == expected
    assert total(ingestion) == 2


def test_an_event_that_is_too_large_is_put_aside(ingestion: Ingestion) -> None:
    large = record(event("a", message="x" * MAX_EVENT_BYTES), "m-1")
    assert ingestion.hand_over(large, record(event("b"), "m-2")) == []
    (reason,) = ingestion.reasons().values()
    assert reason.startswith("event 1: invalid: the event has ")
    assert total(ingestion) == 1


def test_an_event_that_is_too_old_is_put_aside(ingestion: Ingestion) -> None:
    poor = ingestion.over(dynamo_store(ingestion.client, retention=Retention(1)))
    assert poor.hand_over(record(event("a", time="1999-01-01T00:00:00Z"))) == []
    assert poor.reasons() == {
        "m-1": "event 1: expired: the event is older than the log's retention"
    }


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [({"scope": "a/b"}, "scope must have 1 to 64"), ({"format": "syslog"}, "format must be one")],
)
def test_attributes_with_unknown_values_are_refused(
    ingestion: Ingestion, attributes: dict[str, str], reason: str
) -> None:
    assert ingestion.hand_over(record(event("a"), **attributes)) == []
    (letter,) = ingestion.letters()
    assert text(letter, "reason").startswith(f"event 1: invalid: {reason}")
    assert {name: text(letter, name) for name in attributes} == attributes


def test_an_attribute_that_is_not_a_text_is_ignored(ingestion: Ingestion) -> None:
    message = record(event("a"))
    message["messageAttributes"] = {
        "trace": {"binaryValue": "AAE=", "stringListValues": [], "dataType": "Binary"}
    }
    assert ingestion.hand_over(message, record("no json", "m-2")) == []
    assert total(ingestion) == 1


def test_events_go_where_their_messages_say(ingestion: Ingestion, asked: Asked) -> None:
    messages = [
        record(event("a"), f"{scope}-{number}", scope=scope)
        for number in range(2)
        for scope in ("one", "two")
    ]
    assert ingestion.hand_over(*messages, record(event("a"), "m")) == []
    assert [total(ingestion, scope) for scope in ("one", "two", SCOPE)] == [1, 1, 1]
    assert len(transactions(asked)) == 3


def test_messages_that_come_for_the_first_time_are_stored_together(
    ingestion: Ingestion, asked: Asked
) -> None:
    ingestion.hand_over(*(record({"type": "a"}, f"m-{number}") for number in range(50)))
    assert transactions(asked) == [50]


def test_messages_that_came_before_are_stored_by_themselves(
    ingestion: Ingestion, asked: Asked
) -> None:
    messages = [
        record({"type": "a"}, f"m-{n}", receives) for n, receives in enumerate([1, 2, 1, 3])
    ]
    assert ingestion.hand_over(*messages) == []
    assert transactions(asked) == [2, 1, 1]
    assert total(ingestion) == 4


def test_the_reason_names_some_of_many_refused_events(ingestion: Ingestion) -> None:
    ingestion.hand_over(record([{"type": ""}] * 9))
    (reason,) = ingestion.reasons().values()
    assert reason.count("type must not be empty") == 5
    assert reason.endswith("; and 4 more")


def test_it_reports_what_it_did_in_metrics(
    ingestion: Ingestion, capsys: pytest.CaptureFixture[str]
) -> None:
    ingestion.hand_over(record([event("a"), event("b"), event("a"), {}]), record("no json", "m-2"))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metrics,) = [line for line in lines if "_aws" in line]
    assert metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Polylog"
    names = ("EventsStored", "EventsDuplicate", "EventsRefused", "MessagesDead")
    assert [metrics[name] for name in names] == [[2.0], [1.0], [2.0], [2.0]]


def test_a_message_that_a_batch_holds_twice_is_counted_once(
    ingestion: Ingestion, capsys: pytest.CaptureFixture[str]
) -> None:
    once = record({"type": "a"})
    assert ingestion.hand_over(once, once | {"receiptHandle": "another"}) == []
    out = capsys.readouterr().out
    assert '"EventsStored":[1.0]' in out
    assert '"EventsDuplicate":[1.0]' in out


def test_an_invocation_reports_only_what_it_did_itself(
    ingestion: Ingestion, capsys: pytest.CaptureFixture[str]
) -> None:
    ingestion.hand_over(record(event("a")))
    capsys.readouterr()
    ingestion.hand_over(record(event("a"), "m-2"))
    assert "EventsStored" not in capsys.readouterr().out
