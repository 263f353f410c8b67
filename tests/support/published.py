"""Every family's published client, told only an address and a key.

Each returns what it finds of a type, page after page: an id where the family has one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import support.waldur  # noqa: F401 -- Before the client.

# isort: split
import boto3
import httpx
import schemathesis
from cloudfoundry_client.client import CloudFoundryClient
from huaweicloudsdkces.v1 import CesClient, ListEventDetailRequest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkdws.v2 import DwsClient, ListEventsRequest
from waldur_api_client import AuthenticatedClient
from waldur_api_client.api.events import events_list

from support.deployment import Address
from support.served import polylog_at
from tools import ROOT

DOCUMENT = ROOT / "tests" / "interop" / "documents" / "cedana.json"
PAGE = 40
"""The size of a page, where a client lets you choose it."""


def by_cloudfoundry(address: Address, type: str) -> list[str]:
    """Ask as users of v2 do, from the address through the login to the events."""
    options: dict[str, int] = {"results-per-page": PAGE}
    events = _cloudfoundry(address).v2.event.list(type=type, **options)
    return [each["metadata"]["guid"] for each in events]


def by_cloudfoundry_v3(address: Address, type: str) -> list[str]:
    """Ask as users of v3 do."""
    events = _cloudfoundry(address).v3.audit_events.list(types=type, per_page=PAGE)
    return [each["guid"] for each in events]


def _cloudfoundry(address: Address) -> CloudFoundryClient:
    client = CloudFoundryClient(f"{address.url}/cf")
    client.init_with_user_credentials(address.key.key_id, address.key.secret)
    return client


def by_waldur(address: Address, type: str) -> list[str]:
    """Follow the links to the end, a hundred events at a time."""
    with AuthenticatedClient(base_url=address.url, token=address.token) as client:
        return [each.uuid.hex for each in events_list.sync_all(client=client, event_type=[type])]


def by_ces(address: Address, type: str) -> list[str]:
    """Ask for the occurrences of a name."""
    client, found = _huawei(address, CesClient), list[str]()
    while True:
        asked = {"event_name": type, "event_type": "EVENT.SYS"}
        request = ListEventDetailRequest(**asked, limit=PAGE, start=len(found))
        page = client.list_event_detail(request)
        found += [each.event_id for each in page.event_info]
        if len(found) >= page.meta_data.total:
            return found


def by_dws(address: Address, type: str) -> list[str]:
    """Ask for the newest events, with any name."""
    answer = _huawei(address, DwsClient).list_events(ListEventsRequest(limit=1000))
    return [each.event_id for each in answer.events if each.name == type]


def _huawei(address: Address, kind: Any) -> Any:
    credential = address.key
    known = {"ak": credential.key_id, "sk": credential.secret, "project_id": address.scope}
    builder = kind.new_builder().with_credentials(BasicCredentials(**known))
    return builder.with_endpoint(address.url).build()


def by_cloudtrail(address: Address, type: str) -> list[str]:
    """Ask with AWS's SDK for Python."""
    client = boto3.Session().client(
        "cloudtrail",
        endpoint_url=f"{address.url}/aws",
        region_name="eu-central-1",
        aws_access_key_id=address.key.key_id,
        aws_secret_access_key=address.key.secret,
    )
    attributes = [{"AttributeKey": "EventName", "AttributeValue": type}]
    pages = client.get_paginator("lookup_events").paginate(
        LookupAttributes=attributes, PaginationConfig={"PageSize": PAGE}
    )
    return [each["EventId"] for page in pages for each in page["Events"]]


def by_cedana(address: Address, type: str) -> list[str]:
    """Ask as Cedana's own OpenAPI document describes, and check the answer against it."""
    headers = {"Authorization": f"Bearer {address.token}"}
    parameters = {"time": "86400", "operation": type}
    answer = httpx.get(f"{address.url}/v2/events", params=parameters, headers=headers, timeout=30)
    document = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text()))
    document["/v2/events"]["GET"].validate_response(answer)
    return [f"{each['id']}" for each in answer.json()]


def by_polylog(address: Address, type: str) -> list[str]:
    """Export with our own command, after reading one page of a list."""
    filter = f'type = "{type}"'
    told = polylog_at(address.url, address.token, "query", filter, "--json", "--limit", "1")
    assert told.status == 0, told.err
    done = polylog_at(address.url, address.token, "export", filter)
    assert done.status == 0, done.err
    return [json.loads(line)["id"] for line in done.out.splitlines()]


Client = Callable[[Address, str], list[str]]

CLIENTS: dict[str, Client] = {
    "cedana": by_cedana,
    "ces": by_ces,
    "cloudfoundry": by_cloudfoundry,
    "cloudfoundry-v3": by_cloudfoundry_v3,
    "cloudtrail": by_cloudtrail,
    "dws": by_dws,
    "native": by_polylog,
    "waldur": by_waldur,
}

AT_A_ROOT = ("ces", "dws")
"""The clients of these ignore the path of the address that they are given."""
