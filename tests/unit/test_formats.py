"""Bodies that carry events: documents, list responses, lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from pydantic_core import from_json
from support import strategies

from polylog.intake import documents
from polylog.intake.documents import (
    MAX_VALUES,
    Format,
    read_document,
    read_json,
    read_line,
    read_lines,
    unpack,
)
from polylog.intake.offers import Offered
from polylog.intake.streams import MAX_PIECE
from polylog.model.errors import InvalidBody, InvalidParameter, RequestTooLarge
from polylog.model.event import Event


def read(wire: JsonValue) -> Event:
    """Accept any object that has a `name`."""
    match wire:
        case {"name": str(name)}:
            return Event(id=name, time=0, type="t", data=wire)
    raise InvalidParameter("name", "is required")


FORMAT = Format(read, envelope=("things",))
PLAIN = Format(read)


def names(offered: list[Offered]) -> list[str]:
    """Return the ids of what was read, and the errors in between as text."""
    return [getattr(part, "id", str(part)) for part in offered]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"name":"a"}', ["a"]),
        ('[{"name":"a"},{"name":"b"}]', ["a", "b"]),
        ('{"total":2,"things":[{"name":"a"},{"name":"b"}]}', ["a", "b"]),
        ('{"things":{"name":"a"}}', ["a"]),
        ('{"things":[]}', []),
        ("[]", []),
        (' \n{"name":"ü"}\t', ["ü"]),
        ('[{"name":"a"},{},{"name":"b"}]', ["a", "name is required", "b"]),
        ('[{"things":[{"name":"a"}]},{"things":[]},{"name":"b"}]', ["a", "b"]),
        ('[[{"name":"a"}]]', ["name is required"]),
        ('["name", 5, null]', ["name is required"] * 3),
        ("null", ["name is required"]),
    ],
)
def test_a_document_is_one_event_or_many(text: str, expected: list[str]) -> None:
    assert names(read_document(text.encode(), FORMAT, "demo")) == expected


@pytest.mark.parametrize("reader", [read_document, read_lines])
def test_a_byte_order_mark_is_ignored(
    reader: Callable[[bytes, Format, str], list[Offered]],
) -> None:
    assert names(reader(b'\xef\xbb\xbf{"name":"a"}', FORMAT, "demo")) == ["a"]


def test_without_an_envelope_a_document_is_read_as_it_is() -> None:
    wire: JsonValue = {"name": "a", "things": [{"name": "b"}]}
    assert unpack(wire, PLAIN) == [wire]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"{",
        b"{'name':'a'}",
        b'{"name":"a"} x',
        b'{"name":"a"}\n{"name":"b"}',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"\xff",
        b'"\xed\xa0\x80"',
        b'"\\ud800"',
        b'"\x01"',
        b"01",
        b"[1,]",
        b"[" * 100_000,
    ],
)
def test_anything_but_json_is_an_invalid_body(text: bytes) -> None:
    with pytest.raises(InvalidBody, match="not JSON"):
        read_document(text, FORMAT, "demo")


def test_an_invalid_body_says_where() -> None:
    with pytest.raises(InvalidBody, match="line 2 column 3"):
        read_document(b'[\n  x"', FORMAT, "demo")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'{"name":"a"}\n{"name":"b"}', ["a", "b"]),
        (b'{"name":"a"}\r\n{"name":"b"}\r\n', ["a", "b"]),
        (b'\n{"name":"a"}\n \n\n{"name":"b"}\n', ["a", "b"]),
        (b'{"name":"a"}\n{"name":5}\n{"name":"b"}', ["a", "name is required", "b"]),
        (b'[{"name":"a"},{"name":"b"}]\n{"things":[{"name":"c"}]}', ["a", "b", "c"]),
        (b"", []),
        (b"\n", []),
    ],
)
def test_lines_are_documents(text: bytes, expected: list[str]) -> None:
    assert names(read_lines(text, FORMAT, "demo")) == expected


@pytest.mark.parametrize("bad", [b"{", b"\xff", b"nonsense", b'{"name":"x"} {"name":"y"}'])
def test_a_bad_line_does_not_stop_the_others(bad: bytes) -> None:
    first, error, last = read_lines(b'{"name":"a"}\n%b\n{"name":"b"}' % bad, FORMAT, "demo")
    assert isinstance(error, InvalidBody)
    assert names([first, last]) == ["a", "b"]


def test_only_line_feeds_and_carriage_returns_end_a_line() -> None:
    """JSON may contain the line ends of Unicode unescaped."""
    wire = {"name": "a\u2028b\u2029c\x85d"}
    text = json.dumps(wire, ensure_ascii=False).encode()
    assert names(read_lines(text, FORMAT, "demo")) == [wire["name"]]


@pytest.mark.parametrize(
    "text",
    [
        '{"name":"a","size":1e999}',
        '{"name":"a","size":-1e999}',
        '{"name":"a","deep":[{"er":[1,2e308]}]}',
    ],
)
def test_a_number_beyond_floats_only_refuses_its_event(text: str) -> None:
    """Read as infinity, it could be stored but never written as JSON again."""
    offered = read_document(f'[{{"name":"b"}},{text},{{"name":"c"}}]'.encode(), FORMAT, "demo")
    assert names(offered) == ["b", "event must not hold a number beyond 1.8e308", "c"]


@given(strategies.json_values())
def test_json_is_read_exactly(value: JsonValue) -> None:
    assert json.dumps(read_json(json.dumps(value).encode())) == json.dumps(value)


@given(st.lists(strategies.json_objects(), max_size=4))
def test_lines_and_an_array_offer_the_same(wires: list[JsonValue]) -> None:
    array = json.dumps(wires).encode()
    lines = "\n".join(map(json.dumps, wires)).encode()
    assert names(read_lines(lines, PLAIN, "demo")) == names(read_document(array, PLAIN, "demo"))


def test_an_event_of_another_scope_is_refused() -> None:
    format = Format(FORMAT.read, scope="owner")
    text = b'[{"name":"a","owner":"demo"},{"name":"b","owner":"other"},{"name":"c","owner":""}]'
    first, second, third = read_document(text, format, "demo")
    assert names([first, third]) == ["a", "c"]
    assert str(second) == "owner must be 'demo', the scope that it was sent to"


class Unread(NamedTuple):
    """A format, and the values that it was asked to read."""

    format: Format
    wires: list[JsonValue]


@pytest.fixture
def unread() -> Unread:
    wires: list[JsonValue] = []

    def read(wire: JsonValue) -> Event:
        wires.append(wire)
        raise InvalidParameter("name", "is required")

    return Unread(Format(read, envelope=("things",)), wires)


TOO_MANY = r"^more than 3 events at once$"


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return a list of the texts from which values are built."""
    texts: list[bytes] = []

    def build(text: bytes, **options: bool) -> JsonValue:
        texts.append(text)
        value: JsonValue = from_json(text, **options)
        return value

    monkeypatch.setattr(documents, "from_json", build)
    return texts


@pytest.mark.parametrize(
    "text",
    [
        b"1\n" * 4,
        b"\n \n1\r2\r\n3\n4",
        b"[1,2]\n[3,4]",
        b"1\n[2,3,4]\n",
        b"{\n" * 4,
        b'{"things":[1,2,3]}\n4',
    ],
)
def test_lines_are_counted_before_an_event_is_read(text: bytes, unread: Unread) -> None:
    with pytest.raises(RequestTooLarge, match=TOO_MANY):
        read_lines(text, unread.format, "demo", 3)
    assert unread.wires == []
    assert len(read_lines(text, unread.format, "demo", 4)) == 4


ARRAYS = [
    b"[1,2,3,4]",
    b' [\n[1,2,3] ,{"a":[1,2]},"]\\"",4]',
    b'{"things":[1,2,3,4]}',
    b'{"a":[1,2,3,4,5],"things":[1,2,3,4],"b":1}',
    b'{"\\u0074hings":[1,2,3,4]}',
    b'\xef\xbb\xbf[1,2,3,"%b"]' % (b"a" * MAX_PIECE),
]


@pytest.mark.parametrize("text", ARRAYS)
@pytest.mark.parametrize("reader", [read_document, read_line, read_lines])
def test_an_array_is_counted_before_a_value_is_built(
    reader: Callable[..., list[Offered]], text: bytes, unread: Unread, built: list[bytes]
) -> None:
    text = text.replace(b"\n", b" ")
    with pytest.raises(RequestTooLarge, match=TOO_MANY):
        reader(text, unread.format, "demo", 3)
    assert (unread.wires, built) == ([], [])
    assert len(reader(text, unread.format, "demo", 4)) == 4


def test_of_two_envelopes_with_one_name_the_last_is_counted(unread: Unread) -> None:
    """As everywhere in Python, the last member of a name counts."""
    text = b'{"things":[1],"things":[1,2,3,4]}'
    with pytest.raises(RequestTooLarge, match=TOO_MANY):
        read_document(text, unread.format, "demo", 3)
    assert unread.wires == []


@pytest.mark.parametrize("text", [b"1,2,3,4", b'{"a":1}\n' * 9, b'"' + b"," * 9, b","])
def test_a_body_that_is_not_json_is_not_called_too_large(text: bytes) -> None:
    with pytest.raises(InvalidBody, match="not JSON"):
        read_document(text, PLAIN, "demo", 3)


@pytest.mark.parametrize("unit", [b"[],", b'{"":', b'"[{",', b"{},\n"])
@pytest.mark.parametrize("reader", [read_document, read_lines])
def test_no_more_is_built_than_memory_has_room_for(
    reader: Callable[..., list[Offered]], unit: bytes, built: list[bytes]
) -> None:
    with pytest.raises(RequestTooLarge, match=r"^more than 1000 arrays and objects at once$"):
        reader(b'{"name":[' + unit * 1000, PLAIN, "demo", 2)
    assert built == []


@pytest.mark.parametrize("value", [[1] * MAX_VALUES, {f"m{n}": 1 for n in range(MAX_VALUES)}])
def test_an_event_of_more_values_than_it_has_bytes_is_not_read(
    value: JsonValue, unread: Unread
) -> None:
    text = json.dumps([{"name": "a", "data": value}, 1]).encode()
    (refused, _) = read_document(text, unread.format, "demo")
    assert str(refused) == f"event must not hold more than {MAX_VALUES} values"
    assert unread.wires == [1]


def test_a_refused_event_holds_no_memory_of_how_it_was_read() -> None:
    def read(wire: JsonValue) -> Event:
        try:
            raise KeyError(wire)
        except KeyError as error:
            raise InvalidParameter("name", "is required") from error

    (error,) = read_document(b"1", Format(read), "demo")
    assert isinstance(error, InvalidParameter)
    assert (error.__traceback__, error.__cause__, error.__context__) == (None, None, None)
