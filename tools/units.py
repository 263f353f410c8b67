"""A ledger computes what DynamoDB charges for writes, from the items and by its published rules.

DynamoDB Local reports wrong write units for transactions. An entry of an index is charged once,
also in a transaction. Every index here projects all attributes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from polylog.dynamo.tables import Item

ROW_BYTES: Final = 100
"""How many bytes DynamoDB adds to each item, and to each entry of an index."""

_UNIT_BYTES: Final = 1024
_TRANSACTIONAL: Final = 2
_DOCUMENT_BYTES: Final = 3
"""How many bytes a list or a map takes itself. Each member takes one byte and its own size."""


def item_bytes(item: Item) -> int:
    """Return the size of an item in bytes: the names and values of its attributes."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def write_units(size: int) -> int:
    """Return how many units writing this many bytes takes outside a transaction.

    >>> write_units(1025)
    2
    """
    return max(1, -(-size // _UNIT_BYTES))


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((type, content),) = value.items()
    match type:
        case "S":
            return len(content.encode())
        case "B":
            return len(content)
        case "N":
            return _number_bytes(content)
        case "L":
            return _DOCUMENT_BYTES + sum(1 + _value_bytes(each) for each in content)
        case "M":
            return _DOCUMENT_BYTES + len(content) + item_bytes(content)
        case "SS" | "BS" | "NS":
            return sum(_value_bytes({type[0]: each}) for each in content)
        case _:  # BOOL, NULL
            return 1


def _number_bytes(text: str) -> int:
    """Return the size of a number: a byte for two digits, one more, and one for a minus sign."""
    number = Decimal(text).normalize().as_tuple()
    return -(-len(number.digits) // 2) + 1 + number.sign


@dataclass(frozen=True, slots=True)
class Units:
    """Write units of a table and of its indexes."""

    table: int = 0
    indexes: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.table + self.indexes

    def __add__(self, other: Units) -> Units:
        return Units(self.table + other.table, self.indexes + other.indexes)


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides the price of a write to a table: its key, and the keys of its indexes."""

    key: tuple[str, ...]
    indexes: tuple[frozenset[str], ...] = ()

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Shape:
        """Return the shape of the table that CreateTable makes from these arguments."""
        indexes = arguments.get("GlobalSecondaryIndexes", ())
        return cls(
            tuple(_attributes(arguments)), tuple(frozenset(_attributes(index)) for index in indexes)
        )

    def entries(self, item: Item) -> int:
        """Return how many indexes an item is in: those whose key attributes it has."""
        return sum(index <= item.keys() for index in self.indexes)


def _attributes(keyed: Mapping[str, Any]) -> Iterator[str]:
    return (element["AttributeName"] for element in keyed["KeySchema"])


@dataclass(frozen=True, slots=True)
class _Stored:
    """The price of an item outside a transaction, in units, and how many indexes it is in."""

    price: int = 1
    entries: int = 0


class Ledger:
    """Adds up the write units of requests: by table, and without indexes by partition.

    It knows the items that it saw being put. Replacing one costs as much as the larger of the two.
    Deleting one costs as much as writing it did. Any other item counts as one unit.
    """

    def __init__(self, shapes: Mapping[str, Shape]) -> None:
        self.units: dict[str, Units] = defaultdict(Units)
        self.partitions: dict[tuple[str, str], int] = defaultdict(int)
        self._shapes = shapes
        self._stored: dict[tuple[str, str], _Stored] = {}

    def watch(self, client: DynamoDBClient) -> None:
        """Record every request of a client that succeeds from now on."""
        events = client.meta.events
        events.register("provide-client-params.dynamodb", _keep_request)
        events.register("after-call.dynamodb", self._after_call)

    def record(self, operation: str, request: Mapping[str, Any]) -> None:
        """Add what a request costs; reading costs nothing here."""
        match operation:
            case "PutItem" | "UpdateItem" | "DeleteItem":
                self._write(operation.removesuffix("Item"), request, 1)
            case "TransactWriteItems":
                self._write_all(request["TransactItems"], _TRANSACTIONAL)
            case "BatchWriteItem":
                for table, actions in request["RequestItems"].items():
                    named = (
                        {kind.removesuffix("Request"): {"TableName": table, **what}}
                        for action in actions
                        for kind, what in action.items()
                    )
                    self._write_all(named, 1)

    def _after_call(self, model: Any, parsed: Any, context: Any, **_: object) -> None:
        if "Error" not in parsed:
            self.record(model.name, context["bench.request"])

    def _write_all(self, actions: Iterable[Mapping[str, Any]], times: int) -> None:
        for action in actions:
            for kind, what in action.items():
                self._write(kind, what, times)

    def _write(self, kind: str, what: Mapping[str, Any], times: int) -> None:
        table = what["TableName"]
        shape = self._shapes[table]
        item: Item = what.get("Item", {})
        key = [(item or what["Key"])[name] for name in shape.key]
        place = table, repr(key)
        before = self._stored.get(place, _Stored())
        after = before
        if kind == "Put":
            after = _Stored(write_units(item_bytes(item)), shape.entries(item))
            self._stored[place] = after
        elif kind == "Delete":
            self._stored.pop(place, None)
        price, entries = max(before.price, after.price), max(before.entries, after.entries)
        self.units[table] += Units(times * price, price * entries)
        self.partitions[table, repr(key[0])] += times * price


def _keep_request(params: Any, context: Any, **_: object) -> None:
    context["bench.request"] = params
