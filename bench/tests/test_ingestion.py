"""The floor of ingestion is the same transaction that the writer sends."""

from __future__ import annotations

from typing import Any

from bench.cases.ingestion import FLOORS, actions_of
from polylog.dynamo.events.items import Draft
from polylog.dynamo.events.writer import Writer
from polylog.dynamo.retention import FOR_EVER
from polylog_cli.local.tables import TABLES
from tools.clocks import StoppedClock
from tools.events import START, Maker


class Client:
    """Accepts every transaction, and gives numbers from 1 on."""

    def __init__(self) -> None:
        self.transactions: list[Any] = []

    def update_item(self, **request: Any) -> dict[str, Any]:
        count = request["ExpressionAttributeValues"][":last"]
        return {"Attributes": {"last": count}}

    def transact_write_items(self, **request: Any) -> None:
        self.transactions.append(request["TransactItems"])


def test_the_floor_is_the_transaction_of_the_writer() -> None:
    maker, client = Maker(1, 1000), Client()
    events = [maker.at(START + number) for number in range(95)]
    writer = Writer(client, TABLES, 1, StoppedClock(START).clock, FOR_EVER)
    writer.put(FLOORS, events)
    drafts = enumerate(map(Draft.of, events), 1)
    assert client.transactions == [actions_of(dict(drafts))]
