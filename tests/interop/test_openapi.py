"""`schemathesis` checks that the services do what our own OpenAPI documents say.

Requests go through the routes of template.yaml and the real Lambda handlers, over moto. Each
request that a document describes is tried, with good values and with bad ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from support.aws import imitated
from support.examples import examples, is_long
from werkzeug.test import Client

from polylog.api.auth import PERMISSIONS, Restriction
from polylog.dialects import DIALECTS
from polylog.dynamo.keys import DynamoKeyStore
from polylog.model import times
from polylog.model.times import SECOND
from polylog_cli.local.gateway import Gateway
from polylog_cli.local.home import Home
from polylog_cli.local.log import local_keys
from polylog_cli.local.tables import ENVIRONMENT
from polylog_cli.local.template import Template
from tools import ROOT
from tools.openapi import place_of

SUITES = {
    name: json.loads((ROOT / f"tests/conformance/{name}.json").read_text()) for name in DIALECTS
}
SCOPE = "dws"  # The project of its suite's events.
EXAMPLES = examples(25)
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "ignored_auth",
)
# Good values are accepted, where a schema can say what is good; a 405 names what is allowed.
MORE_CHECKS = {
    "cedana": ("positive_data_acceptance",),
    "dws": ("positive_data_acceptance",),
    "native": ("unsupported_method",),
}
REFUSALS = [400, 401, 403, 404, 406, 413]
BEARER = ("Authorization", "Bearer $token")

# Recent, and with names that generated requests have too.
EVENT = {
    "id": 0,
    "status": "",
    "operation": "0",
    "resource_type": "0",
    "message": "",
    "metadata": None,
    "source": "0",
}


class App:
    """The gateway, which exists only while the tests run: the documents are read before that."""

    gateway: Any = None

    def __call__(self, environ: Any, start: Any) -> Iterable[bytes]:
        return self.gateway(environ, start)


APP = App()


@schemathesis.serializer("application/x-ndjson")
def lines(context: Any, value: Any) -> bytes:
    """Write a document as one line."""
    return b"\n".join(json.dumps(each).encode() for each in (value, value))


def is_whole(context: Any, path_parameters: dict[str, Any] | None) -> bool:
    """Return whether the gateway leaves the path as it is: it cuts it at an escaped `?`."""
    return "?" not in unquote("".join(map(str, (path_parameters or {}).values())))


def document(name: str) -> Any:
    """Return a document, with the checks for its API; no request asks to wait for events.

    A short run tries only the first path of each document.

    Bad values must be refused where they are tried one at a time. Together, some that are made up
    as bad are good here, such as `x=1&x=2`: the last value counts.
    """
    checks: dict[str, dict[str, object]] = {
        check: {"enabled": True} for check in (*CHECKS, *MORE_CHECKS.get(name, ()))
    }
    checks["negative_data_rejection"]["expected-statuses"] = REFUSALS
    config = {
        "seed": 1,
        "parameters": {"path.project_id": SCOPE, "query.wait": 0},
        "generation": {
            "max-examples": EXAMPLES,
            "database": "none",
            "with-security-parameters": False,
        },
        "checks": {"enabled": False, **checks},
        "phases": {"fuzzing": {"checks": {"negative_data_rejection": {"enabled": False}}}},
    }
    file = place_of(name)
    schema = schemathesis.openapi.from_path(file, config=SchemathesisConfig.from_dict(config))
    schema.app = APP
    schema.hook("filter_path_parameters")(is_whole)
    first = next(iter(json.loads(file.read_text())["paths"]))
    return schema if is_long() else schema.include(path=first)


@pytest.fixture(scope="module")
def keys(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DynamoKeyStore]:
    """Put the services behind the app, with the events of all suites; yield the store of keys."""
    home = Home(tmp_path_factory.mktemp("home")).make()
    with pytest.MonkeyPatch.context() as patch, imitated() as client:
        for name, value in {**ENVIRONMENT, "PEPPER_FILE": str(home.pepper)}.items():
            patch.setenv(name, value)
        patch.setattr(APP, "gateway", Gateway.of(template))
        keys = local_keys(client, home)
        token = make_token(keys)
        for suite in SUITES.values():
            load(token, suite["format"], list(suite["events"].values()))
        load(token, "cedana", [EVENT | {"timestamp": times.now() // SECOND}])
        yield keys


def make_token(keys: DynamoKeyStore) -> str:
    return keys.create(SCOPE, frozenset(PERMISSIONS), Restriction(), None).token


@pytest.fixture
def token(keys: DynamoKeyStore) -> str:
    """Return a key for one endpoint: other tests may find and revoke it."""
    return make_token(keys)


def load(token: str, format: str, events: list[Any]) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    response = Client(APP).post(f"/v1/events?format={format}", json=events, headers=headers)
    statuses = {result["status"] for result in response.get_json()["results"]}
    assert statuses == {"stored"}, response.text


# Requests to CloudTrail's API are signed one by one. botocore's model describes it as well, and
# test_aws.py tries its clients.
TRIED = [name for name in DIALECTS if name != "cloudtrail"]


@schemathesis.pytest.parametrize(**{name: document(name) for name in TRIED})
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_answers_are_as_the_document_says(case: Any, token: str) -> None:
    name = case.operation.schema.raw_schema["info"]["title"].removeprefix("Polylog: ")
    header, form = SUITES[name].get("credential", BEARER)
    case.call_and_validate(headers={header: form.replace("$token", token)})
