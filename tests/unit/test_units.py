"""The price of writes, by DynamoDB's published rules."""

from __future__ import annotations

from typing import Any

import pytest

from tools.units import Ledger, Shape, Units, item_bytes, write_units

EVENTS = Shape(("pk",), (frozenset({"scope", "time"}), frozenset({"scope", "actor"})))
TALLY = Shape(("scope", "row"))


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": ""}, 0),
        ({"S": "æ€"}, 5),
        ({"B": b"\x00\xff"}, 2),
        ({"N": "0"}, 2),
        ({"N": "100"}, 2),
        ({"N": "123"}, 3),
        ({"N": "-123"}, 4),
        ({"N": "0.0012"}, 2),
        ({"N": "1772366400000001"}, 9),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"N": "1"}]}, 3 + 3 + 3),
        ({"M": {"name": {"S": "ab"}}}, 3 + 1 + 6),
        ({"SS": ["a", "bc"]}, 3),
        ({"NS": ["1", "12"]}, 4),
    ],
    ids=str,
)
def test_an_attribute_takes_its_name_and_its_value(value: Any, size: int) -> None:
    assert item_bytes({"ä": value}) == 2 + size


def test_units_are_also_added_up_by_partition() -> None:
    ledger = Ledger({"tally": TALLY})
    for scope, name in (("a", "1"), ("a", "2"), ("b", "1")):
        key = {"scope": {"S": scope}, "row": {"S": name}}
        ledger.record("PutItem", {"TableName": "tally", "Item": key})
    assert sorted(ledger.partitions.values()) == [1, 2]


@pytest.mark.parametrize(("size", "units"), [(0, 1), (1, 1), (1024, 1), (1025, 2), (2048, 2)])
def test_every_begun_kilobyte_is_a_unit(size: int, units: int) -> None:
    assert write_units(size) == units


def event(size: int, **attributes: str) -> Any:
    return {
        "pk": {"S": "e"},
        "scope": {"S": "s"},
        "time": {"N": "1"},
        "body": {"B": b"." * size},
        **{name: {"S": value} for name, value in attributes.items()},
    }


def row(size: int) -> Any:
    return {"scope": {"S": "s"}, "row": {"S": "r"}, "b": {"B": b"." * size}}


@pytest.fixture
def ledger() -> Ledger:
    return Ledger({"Events": EVENTS, "Tally": TALLY})


def put(table: str, item: Any) -> Any:
    return {"TableName": table, "Item": item}


def test_an_item_is_charged_in_every_index_that_it_is_in(ledger: Ledger) -> None:
    ledger.record("PutItem", put("Events", event(10)))
    assert ledger.units == {"Events": Units(1, 1)}
    ledger.record("PutItem", put("Events", event(1024, pk="f", actor="a")))
    assert ledger.units == {"Events": Units(1 + 2, 1 + 4)}


def test_a_transaction_is_charged_twice_in_the_table_and_once_in_an_index(ledger: Ledger) -> None:
    actions = [{"Put": put("Events", event(1024))}, {"Put": put("Tally", row(10))}]
    ledger.record("TransactWriteItems", {"TransactItems": actions})
    assert ledger.units == {"Events": Units(4, 2), "Tally": Units(2)}


def test_a_batch_is_charged_as_its_items_are(ledger: Ledger) -> None:
    ledger.record("PutItem", put("Tally", row(3000)))
    key = {name: value for name, value in row(0).items() if name != "b"}
    actions = [{"PutRequest": {"Item": event(1)}}]
    request = {"Events": actions, "Tally": [{"DeleteRequest": {"Key": key}}]}
    ledger.record("BatchWriteItem", {"RequestItems": request})
    assert ledger.units == {"Events": Units(1, 1), "Tally": Units(3 + 3)}


def test_replacing_and_deleting_cost_what_was_there(ledger: Ledger) -> None:
    key = {"scope": {"S": "s"}, "row": {"S": "r"}}
    for size, units in ((3000, 3), (10, 6), (10, 7)):
        ledger.record("PutItem", put("Tally", row(size)))
        assert ledger.units["Tally"] == Units(units)
    ledger.record("PutItem", put("Tally", row(2000)))
    ledger.record("DeleteItem", {"TableName": "Tally", "Key": key})
    ledger.record("DeleteItem", {"TableName": "Tally", "Key": key})
    assert ledger.units["Tally"] == Units(7 + 2 + 2 + 1)


def test_a_deleted_item_leaves_its_indexes_too(ledger: Ledger) -> None:
    ledger.record("PutItem", put("Events", event(2000, actor="a")))
    ledger.record("DeleteItem", {"TableName": "Events", "Key": {"pk": {"S": "e"}}})
    assert ledger.units == {"Events": Units(2 + 2, 4 + 4)}


def test_incrementing_a_number_costs_one(ledger: Ledger) -> None:
    key = {"scope": {"S": "s|seq"}, "row": {"S": "seq"}}
    ledger.record("UpdateItem", {"TableName": "Tally", "Key": key, "UpdateExpression": "ADD n :n"})
    assert ledger.units == {"Tally": Units(1)}


def test_reading_costs_nothing(ledger: Ledger) -> None:
    ledger.record("Query", {"TableName": "Tally"})
    assert ledger.units == {}


def test_a_tables_shape_is_read_from_the_arguments_that_create_it() -> None:
    arguments = {
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by_time",
                "KeySchema": [{"AttributeName": "scope"}, {"AttributeName": "time"}],
            }
        ],
    }
    assert Shape.of(arguments) == Shape(("pk",), (frozenset({"scope", "time"}),))
