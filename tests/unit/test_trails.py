"""Audit records of several systems: each file is read whole, and recognized as what it is."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from support import strategies
from support.trails import FILES, FOLDER, trail

from polylog.dialects import format_named, format_names
from polylog.intake.documents import read_json, unpack
from polylog.model.errors import InvalidParameter
from polylog.model.event import Event


def records(name: str) -> list[JsonValue]:
    """Return the records of a file."""
    text, format = (FOLDER / name).read_bytes(), format_named(FILES[name])
    documents = text.splitlines() if name.endswith(".ndjson") else [text]
    return [each for document in documents for each in unpack(read_json(document), format)]


def test_every_file_is_named() -> None:
    assert set(FILES) <= {file.name for file in FOLDER.iterdir()}


@pytest.mark.parametrize("name", FILES)
def test_a_whole_file_is_read(name: str) -> None:
    assert [each for each in trail(name) if not isinstance(each, Event)] == []
    assert len(trail(name)) == len(records(name)) > 2


@pytest.mark.parametrize("name", FILES)
def test_its_records_are_recognized_as_nothing_else(name: str) -> None:
    known = {each: format_named(each).is_event for each in format_names()}
    for record in records(name):
        assert [each for each, is_event in known.items() if is_event and is_event(record)] == [
            FILES[name]
        ]


@pytest.mark.parametrize("name", FILES)
def test_no_two_of_its_records_have_the_same_id(name: str) -> None:
    ids = [each.id for each in trail(name) if isinstance(each, Event)]
    assert len(set(ids)) == len(ids)


MEMBERS = sorted({name for file in FILES for each in records(file) for name in dict(each)})


@pytest.mark.parametrize("name", sorted(set(FILES.values())))
@given(
    strategies.json_values() | st.dictionaries(st.sampled_from(MEMBERS), strategies.json_values())
)
def test_any_document_is_read_or_refused(name: str, document: JsonValue) -> None:
    """Reading any document gives an event or a refusal, never another error."""
    format = format_named(name)
    assert format.is_event is not None
    assert format.is_event(document) in (True, False)
    with suppress(InvalidParameter):
        assert isinstance(format.read(document), Event)
