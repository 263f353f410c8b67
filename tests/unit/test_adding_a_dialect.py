"""The dialect that the guide builds works: its files as the guide shows them pass its cases."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import JsonValue
from support.memory import MemoryEventStore, MemoryKeyStore

from polylog import dialects
from polylog.api.call import Services
from polylog.api.dialect import Dialect, serve
from polylog.api.http import Request
from polylog.intake.documents import read_document
from polylog.model.event import Event
from polylog.model.times import SYSTEM_CLOCK
from tools import ROOT

GUIDE = (ROOT / "docs" / "adding-a-dialect.md").read_text("utf-8")
FILES = dict(re.findall(r'^```\w+ title="([^"]+)"\n(.*?)^```$', GUIDE, re.MULTILINE | re.DOTALL))
PACKAGE = "layers/polylog/polylog/dialects/"
SUITE = json.loads(FILES["tests/conformance/mattermost.json"])


@pytest.fixture(scope="module")
def dialect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dialect]:
    """Write the package into a folder of its own, and load it like all others."""
    folder = tmp_path_factory.mktemp("dialects")
    (folder / "mattermost").mkdir()
    for path in (path for path in FILES if path.startswith(PACKAGE)):
        (folder / path.removeprefix(PACKAGE)).write_text(FILES[path])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dialects, "__path__", [*dialects.__path__, str(folder)])
        patch.setattr(dialects, "DIALECTS", (*dialects.DIALECTS, "mattermost"))
        yield dialects.load("mattermost")
    for name in [name for name in sys.modules if name.startswith("polylog.dialects.mattermost")]:
        del sys.modules[name]


def ask(dialect: Dialect, case: dict[str, Any]) -> tuple[int, JsonValue]:
    """Return status and body of the answer of a log that holds the cases' events."""
    store, keys = MemoryEventStore(), MemoryKeyStore()
    assert dialect.format is not None
    read = read_document(json.dumps([*SUITE["events"].values()]).encode(), dialect.format, "chat")
    store.put("chat", [event for event in read if isinstance(event, Event)])
    token = keys.create("chat", frozenset({"read"})).token
    headers = {"authorization": f"Bearer {token}"} if case.get("key", "reader") else {}
    path, _, query = case["request"].removeprefix("GET ").partition("?")
    pairs = tuple((name, value) for name, value in re.findall(r"(\w+)=([^&]*)", query))
    services = Services(store, keys, clock=SYSTEM_CLOCK)
    response = serve(dialect, Request("GET", path, pairs, headers), services)
    return response.status, json.loads(response.body)


@pytest.mark.parametrize("case", SUITE["cases"], ids=lambda case: case["name"])
def test_its_cases_hold(dialect: Dialect, case: dict[str, Any]) -> None:
    events = {f"${name}": event for name, event in SUITE["events"].items()}
    body = case["body"]
    expected = [events[each] for each in body] if isinstance(body, list) else body
    assert ask(dialect, case) == (case["status"], expected)


def test_the_guide_shows_every_file_that_a_dialect_needs() -> None:
    names = ("__init__.py", "errors.py", "listing.py", "wire.py")
    package = {f"{PACKAGE}mattermost/{name}" for name in names}
    assert FILES.keys() == {*package, "functions/cedana.py", "tests/conformance/mattermost.json"}


def test_an_audit_is_told_apart_from_the_events_of_other_apis(dialect: Dialect) -> None:
    audit = SUITE["events"]["login"]
    formats = {name: dialects.format_named(name) for name in dialects.format_names()}
    recognized = [name for name, each in formats.items() if each.is_event and each.is_event(audit)]
    assert recognized == ["mattermost"]
