"""Runs the functions of the template in this process, with DynamoDB Local and moto's S3."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import boto3
from aws_lambda_powertools import Logger

from bench.stage import payloads
from bench.stage.payloads import Payload
from polylog.api.auth import PERMISSIONS, Restriction
from polylog.aws.metrics import LOG
from polylog.model.event import Event
from polylog_cli.local.dynamodb import dynamodb_local, moto_server
from polylog_cli.local.gateway import load_handler
from polylog_cli.local.home import Home
from polylog_cli.local.log import local_keys
from polylog_cli.local.tables import ENVIRONMENT, connect, create_tables
from polylog_cli.local.template import Template
from tools import ROOT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SCOPE: Final = "bench"

BUCKET: Final = "bench-imports"
_METRICS: Final = "POWERTOOLS_METRICS_DISABLED"


class _Context:
    """What Lambda tells a function about its invocation: here, that there is time left."""

    function_name = "polylog-IngestFunction-1A2B3C4D5E6F"
    memory_limit_in_mb = 1024
    invoked_function_arn = f"arn:aws:lambda:us-east-1:123456789012:function:{function_name}"
    aws_request_id = "8f8fc8e4-5b8e-4d43-9d2e-6a5d8e6f0c11"

    def get_remaining_time_in_millis(self) -> int:
        """Return the most that there can be."""
        return 900_000


@dataclass(frozen=True, slots=True)
class Stage:
    """The functions, their tables, and a key of the scope with all permissions.

    `log` has what the functions have logged.
    """

    client: DynamoDBClient
    template: Template
    token: str
    log: StringIO = field(default_factory=StringIO)

    def function(self, name: str) -> Callable[[Payload], Payload]:
        """Return a function of the template, newly made. It fails if an answer is an error."""
        (function,) = (each for each in self.template.functions if each.name == name)
        with redirect_stdout(self.log):
            handler = load_handler(function)
        Logger(LOG).clear_state()  # Here, functions share one logger.

        def invoke(payload: Payload) -> Payload:
            with redirect_stdout(self.log):
                answer = handler(payload, _Context())
            _check(answer)
            return answer

        return invoke

    def request(self, method: str, path: str, body: str = "") -> Payload:
        """Return a request to the native API."""
        return payloads.request(self.token, method, path, body)

    def asked(self, path: str) -> Payload:
        """Return a request to any of the APIs, with the key in the header of that API."""
        return payloads.asked(self.token, path)

    def posted(self, events: list[Event]) -> Payload:
        """Return the request that posts events."""
        body = f"[{','.join(map(payloads.line, events))}]"
        return self.request("POST", "events?format=native", body)

    def dropped(self, events: list[Event]) -> Payload:
        """Put an object with events into the bucket; return the message that announces it."""
        key = f"import/{SCOPE}/native/{events[0].id}.ndjson"
        body = "\n".join(map(payloads.line, events)).encode()
        put = boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
        return payloads.notification(BUCKET, key, put["ETag"].strip('"'))


@contextmanager
def stage() -> Iterator[Stage]:
    """Yield the functions of the template, with empty tables."""
    before = dict(os.environ)
    template = Template.read(ROOT / "template.yaml")
    try:
        os.environ |= ENVIRONMENT
        os.environ.pop(_METRICS)
        with (
            TemporaryDirectory() as folder,
            dynamodb_local(None) as url,
            moto_server() as s3,
        ):
            client, home = connect(url), Home(Path(folder)).make()
            create_tables(client, template)
            os.environ |= {
                "AWS_ENDPOINT_URL": s3,
                "AWS_ENDPOINT_URL_DYNAMODB": url,
                "PEPPER_FILE": str(home.pepper),
            }
            # In any other region, this call would have to name the region of the bucket.
            boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=BUCKET)
            keys = local_keys(client, home)
            token = keys.create(SCOPE, frozenset(PERMISSIONS), Restriction(), None).token
            yield Stage(client, template, token)
    finally:
        os.environ.clear()
        os.environ |= before


def _check(answer: Payload) -> None:
    assert (answer or {}).get("statusCode", 200) == 200, answer
    assert not (answer or {}).get("batchItemFailures"), answer
