"""The body of an event's item: all of its JSON, compressed beside what the item says already.

The values of the item's keys and the names of members are in a dictionary that zlib looks back
into. So an event that names five things takes 150 bytes less, in the table and in each index.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from polylog.dynamo.events.items import Item

# Up to here the item stays within one write unit (1 KB) anyway: keys take about 300 bytes.
_COMPRESS_ABOVE_BYTES: Final = 700

# Stored events need this text as it is: with another one they cannot be read. What is last is the
# cheapest to refer to.
_COMMON: Final = (
    '"value":""name":"","description":"","reason":"","region":"","state":"","version":"",'
    '"created_at":"2026-","updated_at":"2025-"status":"succeeded","failed"],"error":null,'
    '"count":0,"enabled":true,false},"attributes":{"","links":["https://"],"data":{"'
    'message":"","severity":"info","category":"","status":"success","origin":"custom","source":"'
)


def pack(body: bytes, item: Item) -> AttributeValueTypeDef:
    """Return what the item, which lacks nothing else, is to hold as its body."""
    if len(body) <= _COMPRESS_ABOVE_BYTES:
        return {"S": body.decode()}
    packer = zlib.compressobj(zdict=_dictionary(item))
    return {"B": packer.compress(body) + packer.flush()}


def unpack(item: Item) -> bytes | str:
    """Return the JSON that an item holds."""
    body = item["body"]
    if "S" in body:
        return body["S"]
    return zlib.decompressobj(zdict=_dictionary(item)).decompress(body["B"])


def _dictionary(item: Item) -> bytes:
    """Return what a body says that its item says too, in the words of the body."""
    event_id = item["pk"]["S"].partition("/")[2]
    time, seq = int(item["time"]["N"]), int(item["seq"]["N"])
    return (
        f'{_COMMON}","name":"","organization_id":"{_text(item, "organization_id")}'
        f'","project_id":"{_text(item, "project_id")}","data":{{"seq":{seq}}}'
        f'"target":{{"id":"{_text(item, "target_id")}","type":"","actor":{{"id":"'
        f'{_text(item, "actor_id")}","type":"user"{{"id":"{event_id}","time":{time}'
        f',"type":"{_text(item, "type")}","source":"'
    ).encode()


def _text(item: Item, name: str) -> str:
    return item[name]["S"] if name in item else ""
