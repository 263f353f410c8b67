"""Every dialect against its file of cases: a request, and what its original would answer.

Cases run through the functions and routes of template.yaml, over moto, with all indexes and with
none of the optional ones.

Members of a file, and of its cases:
`format` is the API in whose form the events are; `offered_with` adds members to some of them.
`project` is the project that the key `space` is confined to.
`now` is the time of all cases, in seconds; the default is 2026-03-02T12:00:00Z.
`headers` of the file go with all its requests.
`credential` is the name and text of the header with the key, or `sigv4` for a signature.
`key` names the key of a request: `reader` by default, null for none.
`before` lists requests to send first, and `lines` the lines of an NDJSON body.
`response_headers` are regular expressions, and so are texts of a body that begin with `~`.

`$E1` stands for a seeded event, `$E1_json` for its JSON text, `$token`, `$secret` and `$key_id` for
the key `reader`, `$base` for the API's root, and `$now` for the present in milliseconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from support.amazon import signature
from support.aws import imitated
from werkzeug.test import Client, TestResponse

from polylog.api.auth import Credential, Permission, Restriction
from polylog.api.dialect import Endpoint
from polylog.api.http import Request
from polylog.aws import environment
from polylog.dialects import DIALECTS, load
from polylog.dynamo.keys import DynamoKeyStore
from polylog.model import times
from polylog.model.errors import RouteNotFound
from polylog.model.times import SECOND
from polylog_cli.local.gateway import Gateway
from polylog_cli.local.home import Home
from polylog_cli.local.log import local_keys
from polylog_cli.local.tables import ENVIRONMENT
from polylog_cli.local.template import Template
from tools import ROOT

HERE = Path(__file__).parent
NOW = 1_772_452_800
DAY = 86_400 * SECOND
BASE = "http://log.example.com"
SPACE = "dddddddd-0000-4000-8000-00000000000d"
SUITES = {name: json.loads((HERE / f"{name}.json").read_text()) for name in DIALECTS}
CASES = [
    pytest.param(name, case, id=f"{name}: {case['name']}")
    for name, suite in SUITES.items()
    for case in suite["cases"]
]

Case = dict[str, Any]

BEARER = ("Authorization", "bearer $token")
SIGNED = "sigv4"


class Clock:
    """The functions' clock, which each file sets."""

    seconds = NOW

    def __call__(self) -> int:
        return self.seconds * SECOND


class Service:
    """The gateway over one moto, with a scope and keys for each dialect's cases."""

    def __init__(self, gateway: Gateway, keys: DynamoKeyStore, clock: Clock) -> None:
        self.clock = clock
        self._client = Client(gateway)
        self._keys = keys
        self._seeded: dict[str, dict[str, Credential]] = {}

    def credentials(self, name: str) -> dict[str, Credential]:
        """Return the keys for a dialect's cases; the first call stores its events."""
        if name not in self._seeded:
            suite = SUITES[name]
            self._seeded[name] = keys = self._make_keys(name, suite)
            if suite["events"]:
                also = suite.get("offered_with", {})
                offered = [event | also.get(name, {}) for name, event in suite["events"].items()]
                text = json.dumps(offered)
                case = {"request": f"POST /v1/events?format={suite['format']}", "content": text}
                response = self.send(case, keys["writer"], {}, BEARER)
                results = json.loads(response.data)["results"]
                assert {result["status"] for result in results} == {"stored"}
        return self._seeded[name]

    def _make_keys(self, scope: str, suite: Case) -> dict[str, Credential]:
        def make(
            *permissions: Permission,
            scope: str = scope,
            project_id: str | None = None,
            expires_at: int | None = None,
        ) -> Credential:
            restriction = Restriction(project_id=project_id)
            return self._keys.create(scope, frozenset(permissions), restriction, expires_at)

        keys = {
            "reader": make("read"),
            "writer": make("write"),
            "space": make("read", "write", project_id=suite.get("project", SPACE)),
            "stranger": make("read", "write", scope=f"{scope}-other"),
            "reporter": make("read", "write", scope=f"{scope}-reports"),
            "admin": make("admin"),
            "passing": make("read", "admin", expires_at=self.clock() + DAY),
            "expired": make("read", expires_at=self.clock() - 1),
            "revoked": make("read"),
        }
        self._keys.revoke(scope, keys["revoked"].key_id)
        return keys

    def send(
        self,
        case: Case,
        key: Credential | None,
        names: dict[str, str],
        scheme: tuple[str, str] | str,
    ) -> TestResponse:
        """Send a case's request.

        `scheme` is the name and text of the credential's header, or `SIGNED` for a signature.
        """
        method, target = case["request"].split(" ", 1)
        path, _, query = target.partition("?")
        headers = {"Content-Type": "application/json"} | case.get("headers", {})
        body = _fill(case.get("content", ""), names)
        if key and scheme == SIGNED:
            headers |= signature(key, BASE + path, body, self.clock.seconds, headers)
        elif key:
            headers[scheme[0]] = _fill(scheme[1], {"token": key.token})
        return self._client.open(
            path,
            query_string=query,
            method=method,
            base_url=BASE,
            headers={name: _fill(value, names) for name, value in headers.items()},
            data=body,
        )


def _fill(value: Any, names: dict[str, Any]) -> Any:
    """Replace `$names` by what they stand for: whole values, or parts of a text."""
    if isinstance(value, dict):
        return {key: _fill(member, names) for key, member in value.items()}
    if isinstance(value, list):
        return [_fill(member, names) for member in value]
    if not isinstance(value, str):
        return value
    if value[1:] in names and value.startswith("$"):
        return names[value[1:]]
    for name in sorted(names, key=len, reverse=True):
        if isinstance(names[name], str):
            value = value.replace(f"${name}", names[name])
    return value


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _as_expected(found: Any, expected: Any) -> Any:
    """Replace each regular expression by the text that was found, if it matches."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return {name: _as_expected(found.get(name), part) for name, part in expected.items()}
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [_as_expected(*both) for both in zip(found, expected, strict=True)]
    if isinstance(expected, str) and expected.startswith("~") and isinstance(found, str):
        return found if re.fullmatch(expected[1:], found) else expected
    return expected


@pytest.fixture(
    scope="module",
    params=["target,actor,project,organization", ""],
    ids=["all indexes", "no field index"],
)
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    home = Home(tmp_path_factory.mktemp("home")).make()
    template = Template.read(ROOT / "template.yaml", {"FieldIndexes": request.param})
    with pytest.MonkeyPatch.context() as patch, imitated(request.param) as client:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        clock = Clock()
        patch.setattr(environment, "SYSTEM_CLOCK", times.Clock(clock))
        patch.setenv("PEPPER_FILE", str(home.pepper))
        yield Service(Gateway.of(template), local_keys(client, home), clock)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_it(service: Service, name: str, case: Case) -> None:
    service.clock.seconds = SUITES[name].get("now", NOW)
    keys = service.credentials(name)
    reader = keys["reader"]
    events = SUITES[name]["events"]
    names = {
        **events,
        **{f"{each}_json": _compact(event) for each, event in events.items()},
        "base": BASE + load(name).mounts[0],
        "token": reader.token,
        "secret": reader.secret,
        "key_id": reader.key_id,
        "now": str(service.clock.seconds * 1000),
    }
    key = case.get("key", "reader")
    scheme = case.get("credential", SUITES[name].get("credential", BEARER))
    common = SUITES[name].get("headers", {})
    for each in (*case.get("before", ()), case):
        each = each | {"headers": common | each.get("headers", {})}
        response = service.send(each, keys[key] if key else None, names, scheme)
    assert response.status_code == case["status"], response.text
    if "body" in case:
        found = json.loads(response.data)
        assert _as_expected(found, _fill(case["body"], names)) == found
    if "lines" in case:
        assert [json.loads(line) for line in response.data.splitlines()] == case["lines"]
    for header, pattern in case.get("response_headers", {}).items():
        assert re.fullmatch(pattern, response.headers[header]), response.headers[header]


@pytest.mark.parametrize("name", DIALECTS)
def test_every_endpoint_has_a_case(name: str) -> None:
    dialect = load(name)
    seen = set()
    for case in SUITES[name]["cases"]:
        method, target = case["request"].split(" ", 1)
        path = target.partition("?")[0]
        with suppress(RouteNotFound):
            seen.add(_name(dialect.match(Request(method, path))[1]))
    assert seen == set(map(_name, dialect.endpoints))


def _name(endpoint: Endpoint[Any]) -> str:
    return f"{endpoint.method} {endpoint.path}"


@pytest.mark.parametrize("name", DIALECTS)
def test_every_parameter_has_a_case(name: str) -> None:
    requests = " ".join(case["request"] for case in SUITES[name]["cases"])
    for endpoint in load(name).endpoints:
        for field, info in endpoint.params.model_fields.items():
            is_in_path = field in endpoint.pattern.groupindex
            assert is_in_path or re.search(rf"[?&]{re.escape(info.alias or field)}=", requests), (
                field
            )
