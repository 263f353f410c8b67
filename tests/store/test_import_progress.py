"""The importer: it continues where it was stopped or killed, and does nothing twice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from mypy_boto3_s3 import S3Client
from support.drops import (
    BUCKET,
    ENDINGS,
    SCOPE,
    Killed,
    Offers,
    Shelf,
    Silent,
    counts,
    document,
    drop,
    event,
    for_ever,
    for_parts,
    later,
    result,
    until,
)
from support.memory import MemoryEventStore

from polylog.aws import importer, ledger
from polylog.aws.importer import Importer, Stuck, Unfinished
from polylog.aws.objects import ObjectChanged
from polylog.model.errors import Unavailable
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING


@pytest.mark.parametrize("ending", ENDINGS)
def test_it_goes_on_where_it_stopped(
    s3: S3Client, log: MemoryEventStore, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "_MAX_PIECES", 10)
    events = [b"7" if number % 9 == 0 else event(number) for number in range(95)]
    source = drop(s3, document(events, ending), f"import/one/native/a.{ending}")
    offered = Offers(log)
    for _ in range(4):
        with pytest.raises(Unfinished):
            Importer(offered, s3, 5).run(source, for_parts(2))
    Importer(offered, s3, 5).run(source, for_ever)
    said = result(s3, source)
    assert said["counts"] == counts(stored=84, invalid=11)
    assert [each["line"] for each in said["refused"]] == [1 + 9 * number for number in range(11)]
    assert offered.count == 84


@pytest.mark.parametrize(
    ("ending", "size", "after"),
    [
        pytest.param("ndjson", 100_000, True, marks=pytest.mark.long),
        ("ndjson", 10_000, True),
        ("ndjson", 10_000, False),
        ("ndjson.gz", 10_000, True),
        ("json", 10_000, True),
        ("json.gz", 10_000, False),
    ],
)
def test_the_result_is_exact_when_it_was_killed_in_the_middle(
    s3: S3Client, ending: str, size: int, after: bool
) -> None:
    """1 % of the lines are bad; some of the others are in the log already, or twice in the file."""
    log = Shelf()
    log.put(SCOPE, [Event(id=f"e{number}", time=0, type="t") for number in (5, size // 2 + 1)])
    events = [b"7" if n % 100 == 0 else event(n % (size - 1000)) for n in range(size)]
    source = drop(s3, document(events, ending), f"import/one/native/a.{ending}")
    for call in (3, 7):
        with pytest.raises(Killed):
            Importer(Offers(log, call, after=after), s3, 5, clock=later()).run(source, for_ever)
    Importer(log, s3, 5).run(source, for_ever)
    said = result(s3, source)
    bad, twice = size // 100, 1000 - 10
    assert said["counts"] == counts(stored=size - bad - twice - 2, duplicate=twice + 2, invalid=bad)
    assert [each["line"] for each in said["refused"]] == list(range(1, size, 100))
    assert {each["reason"] for each in said["refused"]} == {"event must be an object"}
    assert len(log.numbers) == size - bad - twice


def test_events_saved_before_a_kill_are_not_offered_again(s3: S3Client) -> None:
    log = Shelf()
    source = drop(s3, document([event(number) for number in range(9500)], "ndjson"))
    with pytest.raises(Killed):
        Importer(Offers(log, 9), s3, 5, clock=later()).run(source, for_ever)
    offers = Offers(log)
    Importer(offers, s3, 5).run(source, for_ever)
    assert offers.count <= 9500 - 6 * 950
    assert result(s3, source)["counts"] == counts(stored=9500)


def test_an_object_that_was_imported_is_left_alone(s3: S3Client, log: MemoryEventStore) -> None:
    source = drop(s3, event(1))
    first = Importer(log, s3, 5).run(source, for_ever)
    assert first is not None
    assert Importer(log, s3, 5).run(source, for_ever) is None
    assert result(s3, source)["counts"] == counts(stored=1)


def test_many_refusals_get_objects_of_their_own(
    s3: S3Client, log: MemoryEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_KEPT_TOGETHER", 1000)
    source = drop(s3, b"7\n" * 5000)
    Importer(log, s3, 5, clock=later()).run(source, for_ever)
    said = result(s3, source)
    lines = [each["line"] for key in said["refused_before"] for each in refusals(s3, key)]
    assert [*lines, *(each["line"] for each in said["refused"])] == list(range(1, 5001))
    assert len(said["refused_before"]) > 1


def refusals(s3: S3Client, key: str) -> list[Any]:
    content = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return [json.loads(line) for line in content.splitlines()]


def test_of_two_runs_of_an_import_one_gives_way(s3: S3Client, log: MemoryEventStore) -> None:
    source = drop(s3, document([event(number) for number in range(2000)], "ndjson"))

    def overtaken() -> bool:
        with pytest.raises(Unfinished):
            Importer(log, s3, 5).run(source, for_parts(1))
        return False

    with pytest.raises(ObjectChanged):
        Importer(log, s3, 5).run(source, until(overtaken))
    Importer(log, s3, 5).run(source, for_ever)
    assert log.count(SCOPE, EVERYTHING) == 2000


def test_an_import_without_progress_is_given_up_and_may_be_tried_again(
    s3: S3Client, log: MemoryEventStore
) -> None:
    source = drop(s3, event(1))
    for _ in range(5):
        with pytest.raises(Unavailable):
            Importer(Silent(), s3, 5).run(source, for_ever)
    with pytest.raises(Stuck, match="tried 5 times from line 1 on"):
        Importer(Silent(), s3, 5).run(source, for_ever)
    Importer(log, s3, 5).run(source, for_ever)
    assert result(s3, source)["counts"] == counts(stored=1)
