"""The log of a deployed stack, with your AWS credentials."""

from __future__ import annotations

from functools import partial

from polylog.dynamo.connection import connect
from polylog.dynamo.keys import DynamoKeyStore
from polylog.dynamo.peppers import peppers_from_secret
from polylog.dynamo.retention import Retention
from polylog.dynamo.tables import Tables
from polylog.model.times import SYSTEM_CLOCK
from polylog_cli.local.log import Log
from polylog_cli.stack.outputs import read_outputs

_OUTPUTS = {
    *("Url", "PepperSecretArn", "IndexShards", "RetentionDays", "TalliedFacets"),
    *("EventsTableName", "TallyTableName", "KeysTableName"),
}


def open_stack(stack: str) -> Log:
    """Return the log of a deployed stack; raises `StackError`."""
    outputs = read_outputs(stack, _OUTPUTS)
    client = connect()
    load_peppers = partial(peppers_from_secret, outputs["PepperSecretArn"])
    return Log(
        url=outputs["Url"],
        keys=DynamoKeyStore(client, outputs["KeysTableName"], load_peppers, SYSTEM_CLOCK),
        client=client,
        tables=Tables(outputs["EventsTableName"], outputs["TallyTableName"]),
        shards=int(outputs["IndexShards"]),
        facets=_names(outputs["TalliedFacets"]),
        retention=Retention(int(outputs["RetentionDays"])),
    )


def _names(output: str) -> frozenset[str]:
    """Return the names in an output; it starts with a colon, since no output may be empty."""
    return frozenset(output.removeprefix(":").split(",")) - {""}
