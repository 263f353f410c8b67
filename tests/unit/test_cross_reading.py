"""Every dialect shows every event, and docs/apis.md shows one of them as it really is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from pydantic_core import to_json
from support import strategies

from polylog.dialects import load
from polylog.model.event import Event
from tools import cross_reading


def test_the_page_shows_what_dialects_render() -> None:
    assert cross_reading.shown() == cross_reading.section(), "run `make apis`"


@pytest.mark.parametrize("name", cross_reading.RENDERED)
@given(event=strategies.stored_events())
def test_every_dialect_renders_any_event(name: str, event: Event) -> None:
    """It is an object, in JSON that others can read."""
    document = json.loads(to_json(cross_reading.render(name, event)))
    assert isinstance(document, dict)


@pytest.mark.parametrize("name", cross_reading.RENDERED)
def test_a_dialect_reads_what_it_writes(name: str) -> None:
    wire = json.loads(to_json(cross_reading.render(name, cross_reading.EVENT)))
    format = load(name).format
    assert format is not None
    again = cross_reading.render(name, format.read(wire))
    assert json.loads(to_json(again)) == wire
