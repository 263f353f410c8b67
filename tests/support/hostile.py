"""Bodies that are made to exhaust a function, of any size, and where they can be sent.

As a program it sends each body, at one size, to the functions of template.yaml over DynamoDB Local,
each in a process of its own, and prints the outcomes as lines of JSON.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from polylog.api.auth import PERMISSIONS, Restriction
from polylog.aws import Payload
from polylog.aws.http import Handler
from polylog_cli.local.dynamodb import dynamodb_local
from polylog_cli.local.gateway import load_handler
from polylog_cli.local.home import Home
from polylog_cli.local.log import local_keys
from polylog_cli.local.tables import ENVIRONMENT, connect, create_tables
from polylog_cli.local.template import Template
from support.amazon import LOOKUP, sign
from support.samples import sample
from tools import ROOT

Make = Callable[[int], bytes]
"""Makes a body of about this many bytes."""

SCOPE: Final = "demo"
_EVENT: Final = b'{"type":"t","data":'
_EACH: Final = 5_900
"""The bytes of an event. A thousand of them are as much as a request may carry."""


def _filled(head: bytes, unit: bytes, tail: bytes = b"") -> Make:
    """Return a maker of bodies that repeat a unit."""
    return lambda size: head + unit * ((size - len(head) - len(tail)) // len(unit)) + tail


def _numbered(head: bytes, unit: bytes, tail: bytes) -> Make:
    """Return a maker of bodies that repeat a unit with a different number each time."""

    def make(size: int) -> bytes:
        text = bytearray(head)  # A list of all units would count as memory that was there before.
        for number in range((size - len(head) - len(tail)) // (len(unit) + 6)):
            text += unit % number + b","
        return bytes(text[:-1] + tail)

    return make


def _closed(begin: bytes, inner: bytes, end: bytes) -> Make:
    """Return a maker of bodies that nest in themselves and are closed properly."""

    def make(size: int) -> bytes:
        depth = size // (len(begin) + len(end))
        return begin * depth + inner + end * depth

    return make


def _events(make: Make, join: bytes = b",", head: bytes = b"[", tail: bytes = b"]") -> Make:
    """Return a maker of fewer events than a request may carry, each made by `make`."""
    return lambda size: head + join.join([make(min(size, _EACH))] * (size // (_EACH + 1))) + tail


def _deep(size: int) -> bytes:
    inner = b'{"k":' * 95 + b"0" + b"}" * 95
    return _EVENT + b"[" + b",".join([inner] * (size // len(inner))) + b"]}"


DOCUMENTS: Final[Mapping[str, Make]] = {
    "numbers": _filled(b"[", b"1,", b"1]"),
    "fractions": _filled(b"[", b"0.1,", b"1]"),
    "texts": _filled(b"[", b'"a",', b'""]'),
    "empty objects": _filled(b"[", b"{},", b"{}]"),
    "empty arrays": _filled(b"[", b"[],", b"[]]"),
    "small objects": _filled(b"[", b'{"":0},', b"{}]"),
    "small events": _filled(b"[", b'{"type":"t"},', b"{}]"),
    "commas": _filled(b"[", b",", b"]"),
    "white space": _filled(b"", b" \n"),
    "white space in an array": _filled(b"[", b" \n", b"1]"),
    "zeros": _filled(b"", b"\0"),
    "open arrays": _filled(b"", b"["),
    "open objects": _filled(b"", b'{"":'),
    "closed arrays": _closed(b"[", b"", b"]"),
    "closed objects": _closed(b'{"":', b"0", b"}"),
    "members": _numbered(b"{", b'"%d":1', b"}"),
    "one member again": _filled(b"{", b'"a":1,', b'"a":1}'),
    "data of members": _numbered(_EVENT + b"{", b'"%d":1', b"}}"),
    "data of numbers": _filled(_EVENT + b"[", b"1,", b"1]}"),
    "data of objects": _filled(_EVENT + b"[", b'{"a":{}},', b"1]}"),
    "attributes": _numbered(b'{"type":"t","attributes":{', b'"%d":1', b"}}"),
    "links": _filled(b'{"type":"t","links":[', b"1,", b"1]}"),
    "permissions": _filled(b'{"permissions":[', b"1,", b"1]}"),
    "an actor": _numbered(b'{"type":"t","actor":{', b'"%d":1', b"}}"),
    "digits": _filled(_EVENT, b"9", b"}"),
    "decimals": _filled(_EVENT + b"0.", b"9", b"}"),
    "an exponent": _filled(_EVENT + b"1e", b"9", b"}"),
    "a message": _filled(b'{"type":"t","message":"', b"a", b'"}'),
    "a type": _filled(b'{"type":"', b"a", b'"}'),
    "a time": _filled(b'{"type":"t","time":"', b"1", b'"}'),
    "a name": _filled(b'{"', b"a", b'":1}'),
    "an open text": _filled(b'["', b"a"),
    "escapes": _filled(b'{"type":"t","message":"', b"\\u0061", b'"}'),
    "backslashes": _filled(b'{"type":"t","message":"', b"\\\\", b'"}'),
    "notes": _filled(b'{"type":"t","message":"', "𝄞".encode(), b'"}'),
    "no UTF-8": _filled(b'{"type":"t","message":"', b"\xff", b'"}'),
    "escaped surrogates": _filled(b'{"type":"t","message":"', b"\\ud800", b'"}'),
    "bytes of surrogates": _filled(b'{"type":"t","message":"', b"\xed\xa0\x80", b'"}'),
    "byte order marks": _filled(b"", b"\xef\xbb\xbf"),
    "numbers after a mark": _filled(b"\xef\xbb\xbf[", b"1,", b"1]"),
    "a list response": _filled(b'{"events":[', b"1,", b"1]}"),
    "a list response of Cloud Foundry": _filled(b'{"resources":[', b"1,", b"1]}"),
    "a list response of Cloud Eye": _filled(b'{"event_info":[', b"1,", b"1]}"),
    "a late list": _filled(b"{", b'"a":1,', b'"events":[1]}'),
    "a list again": _filled(b"{", b'"events":[1],', b'"events":[]}'),
    "a second list": _filled(b'{"events":[1],"events":[', b"1,", b"1]}"),
    "lists in lists": _closed(b'{"events":', b"[]", b"}"),
    "events of numbers": _events(_filled(b'{"x":[', b"1,", b"1]}")),
    "events of members": _events(_numbered(b"{", b'"%d":1', b"}")),
    "events of objects": _events(_filled(_EVENT + b"[", b'{"k":"aaaa"},', b"{}]}")),
    "events of deep objects": _events(_deep),
    "gzip": lambda size: gzip.compress(b"[" + b"1," * size + b"1]"),
}
"""Bodies of what should be one document of JSON."""

LINES: Final[Mapping[str, Make]] = {
    "lines of numbers": _filled(b"", b"1\n"),
    "lines of objects": _filled(b"", b"{}\n"),
    "lines of arrays": _filled(b"", b"[]\n"),
    "lines that are not JSON": _filled(b"", b"{\n"),
    "empty lines": _filled(b"", b"\n"),
    "empty lines of a Mac": _filled(b"", b"\r"),
    "blank lines": _filled(b"", b" \r\n"),
    "a line of blanks": _filled(b"", b" "),
    "a line of numbers": _filled(b"[", b"1,", b"1]\n"),
    "a line of a list": _filled(b'{"events":[', b"1,", b"1]}\n"),
    "a line of an event": _filled(_EVENT + b"[", b"1,", b"1]}\n"),
    "a line of digits": _filled(_EVENT, b"9", b"}\n"),
    "a line of no UTF-8": _filled(b"", b"\xff"),
    "lines of events of numbers": _events(_filled(b'{"x":[', b"1,", b"1]}"), b"\n", b"", b""),
    "lines of events of objects": _events(
        _filled(_EVENT + b"[", b'{"k":"aaaa"},', b"{}]}"), b"\n", b"", b""
    ),
}
"""Bodies of what should be NDJSON."""

_LOGIN: Final = b"grant_type=password&username=a&password="

FORMS: Final[Mapping[str, Make]] = {
    "fields": _filled(b"", b"a=1&"),
    "empty fields": _filled(b"", b"&"),
    "equal signs": _filled(b"", b"="),
    "a password": _filled(_LOGIN, b"a"),
    "a password of escapes": _filled(_LOGIN, b"%41"),
    "a password of no UTF-8": _filled(_LOGIN, b"%ff"),
    "a password of bytes": _filled(_LOGIN, b"\xff"),
    "a user": _filled(b"grant_type=password&password=a&username=", b"a"),
    "a refresh token": _filled(b"grant_type=refresh_token&refresh_token=", b"a", b"-r"),
    "a grant": _filled(b"grant_type=", b"a"),
}
"""Bodies of what should be a form."""


@dataclass(frozen=True, slots=True)
class Target:
    """A POST of a family: its function, its address, and the bodies that it should survive."""

    function: str
    path: str
    bodies: Mapping[str, Make]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name in tests."""
        media_type = self.headers.get("content-type", "")
        return " ".join(
            filter(None, (self.path, media_type, *sorted(self.headers.keys() - {"content-type"})))
        )


_JSON: Final = {"content-type": "application/json"}
_NDJSON: Final = {"content-type": "application/x-ndjson"}
_FORM: Final = {"content-type": "application/x-www-form-urlencoded"}
_LOOKUP: Final = {name.lower(): value for name, value in LOOKUP.items()}
_FORMATS: Final = (
    *("cedana", "ces", "cloudevents", "cloudfoundry", "cloudfoundry-v3", "cloudtrail", "dws"),
    *("github", "kubernetes", "okta", "waldur"),
)
_BINARY: Final = {
    "ce-specversion": "1.0",
    "ce-id": "one of its own",
    "ce-type": "t",
    "ce-source": "/s",
    "ce-time": "2026-03-01T12:00:00Z",
}


def _named(bodies: Mapping[str, Make], *names: str) -> Mapping[str, Make]:
    return {name: bodies[name] for name in names}


_ANY: Final = _named(DOCUMENTS, "a message", "numbers")
_OTHERS: Final = _named(
    DOCUMENTS,
    *("numbers", "empty objects", "closed objects", "members", "one member again", "digits"),
    *("a message", "no UTF-8", "a list response", "a list response of Cloud Foundry"),
    *("a list response of Cloud Eye", "a late list", "a second list", "events of numbers"),
    *("events of members", "events of objects"),
)
_OTHER_LINES: Final = _named(
    LINES, "lines of numbers", "a line of numbers", "a line of a list", "lines of events of numbers"
)
"""For the formats of other APIs, which differ in lists and in members."""

DOCUMENT: Final = Target("events", "/v1/events", DOCUMENTS, _JSON)
LINE_BY_LINE: Final = Target("events", "/v1/events", LINES, _NDJSON)
TOKEN: Final = Target("cloudfoundry", "/cf/oauth/token", FORMS, _FORM)

TARGETS: Final = (
    DOCUMENT,
    LINE_BY_LINE,
    TOKEN,
    *(Target("events", f"/v1/events?format={name}", _OTHERS, _JSON) for name in _FORMATS),
    *(Target("events", f"/v1/events?format={name}", _OTHER_LINES, _NDJSON) for name in _FORMATS),
    Target("events", "/v1/events", DOCUMENTS, _JSON | _BINARY),
    Target("events", "/v1/keys", DOCUMENTS, _JSON),
    Target("ces", f"/ces/V1.0/{SCOPE}/events", DOCUMENTS, _JSON),
    Target("cedana", "/cedana/v2/events", _ANY, _JSON),
    Target("dws", f"/dws/v2/{SCOPE}/events", _ANY, _JSON),
    Target("waldur", "/waldur/api/events/", _ANY, _JSON),
    Target("cloudtrail", "/cloudtrail", _named(DOCUMENTS, "numbers", "no UTF-8"), _LOOKUP),
)
"""Every POST in each way that it reads a body, and one of each family that has none."""

BODIES: Final = [(target, name) for target in TARGETS for name in target.bodies]


@dataclass(frozen=True, slots=True)
class Came:
    """The outcome of a body: status and text of the answer, and the time and memory it took."""

    target: str
    body: str
    status: int
    text: str
    seconds: float = 0
    megabytes: float = 0


class Functions:
    """The functions that answer requests, and a token that may do everything."""

    def __init__(self, handlers: Mapping[str, Handler], token: str) -> None:
        self._handlers = handlers
        self._token = token

    def event(self, target: Target, body: bytes) -> Payload:
        """Return the gateway's event for a body: as text, or in base64 if it is not text."""
        event = sample("events_post")
        event["rawPath"], _, event["rawQueryString"] = target.path.partition("?")
        event["requestContext"]["http"] |= {"path": event["rawPath"], "method": "POST"}
        given = {"authorization": f"Bearer {self._token}", "x-auth-token": self._token}
        if target.function == "ces":
            del given["authorization"]
        if "ce-id" in target.headers:
            given["ce-id"] = uuid4().hex
        event["headers"] = {"host": "log.example.com", **target.headers, **given}
        try:
            event |= {"body": body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
        if "x-amz-target" in target.headers:
            sign(event, self._token)
        return event

    def send(self, target: Target, event: Payload) -> tuple[int, str]:
        """Return status and body of the answer to an event."""
        answer = self._handlers[target.function](event, None)
        return answer["statusCode"], answer["body"]


@contextmanager
def functions(client: DynamoDBClient, template: Template) -> Iterator[Functions]:
    """Load the template's functions, over the tables of a client, until the block ends."""
    with TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patch:
        home = Home(Path(directory)).make()
        for name, value in {**ENVIRONMENT, "PEPPER_FILE": str(home.pepper)}.items():
            patch.setenv(name, value)
        keys = local_keys(client, home)
        key = keys.create(SCOPE, frozenset(PERMISSIONS), Restriction(), expires_at=None)
        handlers = {each.module: load_handler(each) for each in template.functions if each.routes}
        yield Functions(handlers, key.token)


def measured(served: Functions, target: Target, name: str, size: int) -> Came:
    """Return what a body takes: CPU time, and memory beyond what the process had before."""
    event = served.event(target, target.bodies[name](size))
    before, start = _peak(), time.process_time()
    status, text = served.send(target, event)
    seconds, after = time.process_time() - start, _peak()
    return Came(target.name, name, status, text[:1000], round(seconds, 2), round(after - before))


def _peak() -> float:
    """Return the most memory that the process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _main(size: int) -> None:
    template = Template.read(ROOT / "template.yaml")
    with dynamodb_local(None) as url:
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = url
        client = connect(url)
        create_tables(client, template)
        with functions(client, template) as served:
            for target in TARGETS:
                served.send(target, served.event(target, b"{}"))
            for target, name in BODIES:
                if os.fork() == 0:
                    print(json.dumps(asdict(measured(served, target, name, size))), flush=True)
                    os._exit(0)
                os.wait()


if __name__ == "__main__":
    _main(int(sys.argv[1]))
