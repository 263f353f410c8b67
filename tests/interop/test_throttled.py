"""How clients take the gateway's own 429, which has no API's form: they wait, or they report it.

docs/limits.md repeats the results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import boto3
import pytest
import support.waldur  # noqa: F401 -- Before the client.
from botocore.config import Config
from botocore.exceptions import ClientError
from cloudfoundry_client.client import CloudFoundryClient
from cloudfoundry_client.errors import InvalidStatusCode
from huaweicloudsdkces.v1 import CesClient, ListEventsRequest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from waldur_api_client import AuthenticatedClient
from waldur_api_client.api.events import events_list
from waldur_api_client.errors import UnexpectedStatus
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from polylog_cli.client import http
from polylog_cli.client.http import RefusedError


@dataclass
class Throttling:
    """A gateway that refuses every request, as API Gateway does, and counts them."""

    requests: list[str] = field(default_factory=list)
    url: str = ""

    @Request.application
    def __call__(self, request: Request) -> Response:
        request.get_data()
        self.requests.append(request.path)
        return Response('{"message":"Too Many Requests"}', 429, mimetype="application/json")


@pytest.fixture
def gateway() -> Iterator[Throttling]:
    throttling = Throttling()
    server = make_server("127.0.0.1", 0, throttling, threaded=True)
    throttling.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield throttling
    server.shutdown()
    thread.join()


def cloudfoundry(url: str) -> None:
    CloudFoundryClient(f"{url}/cf")


def waldur(url: str) -> None:
    with AuthenticatedClient(base_url=url, token="k.s") as client:
        events_list.sync(client=client)


def cloud_eye(url: str) -> None:
    credentials = BasicCredentials(ak="k", sk="s", project_id="demo")
    client: Any = CesClient.new_builder().with_credentials(credentials).with_endpoint(url).build()
    client.list_events(ListEventsRequest())


def cloudtrail(mode: Any) -> Callable[[str], None]:
    def look_up(url: str) -> None:
        known = {"aws_access_key_id": "k", "aws_secret_access_key": "s"}
        config = Config(retries={"mode": mode, "total_max_attempts": 2})
        where = {"region_name": "eu-central-1", "endpoint_url": url}
        boto3.client("cloudtrail", config=config, **known, **where).lookup_events()

    return look_up


def polylog(url: str) -> None:
    http.send(http.open_client(url, "k.s"), "GET", "/v1/events")


@pytest.mark.parametrize(
    ("ask", "error", "requests"),
    [
        (cloudfoundry, InvalidStatusCode, 1),
        (waldur, UnexpectedStatus, 1),
        (cloud_eye, ClientRequestException, 1),
        (cloudtrail("standard"), ClientError, 1),
        (cloudtrail("legacy"), ClientError, 2),
        (polylog, RefusedError, 1 + len(http._PAUSES_SECONDS)),
    ],
)
def test_a_client_reports_429_after_that_many_requests(
    gateway: Throttling,
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[str], None],
    error: type[Exception],
    requests: int,
) -> None:
    monkeypatch.setattr(http, "_PAUSES_SECONDS", (0,) * len(http._PAUSES_SECONDS))
    with pytest.raises(error, match=r"429|TOO_MANY_REQUESTS"):
        ask(gateway.url)
    assert len(gateway.requests) == requests
