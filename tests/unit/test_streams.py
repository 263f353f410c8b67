"""Long files read piece by piece: the pieces, their lines, and where to continue."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polylog.intake import streams
from polylog.intake.streams import (
    MAX_PIECE,
    Envelope,
    Inside,
    Piece,
    Place,
    _Scanner,
    lines,
    values,
)
from polylog.model.errors import InvalidBody

START = Place()
NOT_JSON = f"the rest is not JSON, or has a value of more than {MAX_PIECE} bytes"

AGAIN = "the rest was not read: a second 'events'"

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
SPACE = st.text(alphabet=" \t\r\n", max_size=3)


def read(content: bytes, envelope: Envelope = ("events",), start: Place = START) -> list[Piece]:
    return list(values(io.BytesIO(content[start.offset :]), start, envelope))


class Asked(io.BytesIO):
    """A stream that remembers how much was asked for at once."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.sizes: set[int] = set()

    def read(self, size: int | None = -1, /) -> bytes:
        self.sizes.add(size or 0)
        return super().read(size)


def texts(pieces: Sequence[Piece]) -> list[bytes | str]:
    return [str(p.text) if isinstance(p.text, InvalidBody) else p.text for p in pieces]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b" \n ", []),
        (b"[]", []),
        (b'{"a": 1}', [b'{"a": 1}']),
        (b'[{"a": 1}, 2,\n"b"]', [b'{"a": 1}', b"2", b'"b"']),
        (b'{"total": 2, "events": [1, 2], "next": {"a": [3]}}', [b"1", b"2"]),
        (b'{"events": []}', []),
        (b'{"events": [1], "a": "events"}', [b"1"]),
        (b'{"events": [1], "events": [2]}', [b"1", AGAIN]),
        (b'{"events": 7}', [b'{"events": 7}']),
        (b'{"a": 1}\n{"a": 2}\n', [b'{"a": 1}', b'{"a": 2}']),
        (b'[1][2]{"events":[3]}4', [b"1", b"2", b"3", b"4"]),
        (b"\xef\xbb\xbf[1]", [b"1"]),
        ('["é𝄞"]'.encode(), ['"é𝄞"'.encode()]),
        (b"[1, 2", [b"1", b"2", NOT_JSON]),
        (b"[1, 2, tru]", [b"1", b"2", NOT_JSON]),
        (b'{"events": [1], "next": ', [b"1", NOT_JSON]),
        (b'{"a": ', [NOT_JSON]),
        (b"nonsense", [NOT_JSON]),
        (b'[1, {"a": tru}, 2]', [b"1", b'{"a": tru}', b"2"]),
        (b'{"\\u0065vents": [1], "a": [2]}', [b"1"]),
        (b'{"events": [1], "\\u0065vents": 7}', [b"1", AGAIN]),
        (b"[" * 100_000, [NOT_JSON]),
        ("[1]".encode("utf-16"), [NOT_JSON]),
    ],
)
def test_a_document_is_cut_into_its_events(content: bytes, expected: list[bytes | str]) -> None:
    assert texts(read(content)) == expected


def test_there_may_be_lists_of_several_names() -> None:
    content = b'{"a": [1]} {"b": [2], "c": [3]} {"b": [], "a": 4}'
    again = "the rest was not read: a second 'a or b'"
    assert texts(read(content, ("a", "b"))) == [b"1", b"2", again]


def test_without_an_envelope_an_object_is_an_event() -> None:
    assert texts(read(b'{"events": [1]}', ())) == [b'{"events": [1]}']


def test_a_piece_says_on_which_line_it_begins() -> None:
    assert [piece.line for piece in read(b'[\n1,\n\n{"a":\n2}, 3\n]\n[4]')] == [2, 4, 5, 7]


@pytest.mark.parametrize(
    ("content", "number"),
    [
        (b"[\n,1]", 0),
        (b"[1,\n\n,2]", 1),
        (b"[\n1,]", 1),
        (b"[1\n2]", 1),
        (b"[1\n}", 1),
        (b"[1,\n:2]", 1),
        (b"[" + b"," * 1000, 0),
        (b"\n,", 0),
        (b"\n]", 0),
        (b'{"events": [1\n,]}', 1),
        (b'{"events": [1]\n]', 1),
        (b'{"events": [1]\n"a": 2}', 1),
        (b'{"events": [1],\n,"a": 2}', 1),
        (b'{"events": [1],\n}', 1),
        (b'{"events": [1], "a"\n, 2}', 1),
        (b'{"events": [1],\n1: 2}', 1),
    ],
)
def test_anything_that_json_forbids_between_values_ends_the_reading(
    content: bytes, number: int
) -> None:
    *pieces, last = read(content)
    assert [piece.text for piece in pieces] == [b"1"] * number
    assert (str(last.text), last.end.inside) == (NOT_JSON, Inside.RUBBISH)
    assert last.line == content.count(b"\n") + 1


TOKENS = st.sampled_from([b"1", b",", b"\n", b'"]"', b"{}", b'{"a":[2]}', b"[3]", b"-", b"{", b":"])


@given(st.lists(TOKENS, max_size=12).map(b"".join))
def test_an_array_is_read_to_its_end_if_it_is_json(content: bytes) -> None:
    pieces = read(b"[" + content + b"]")
    try:
        expected = json.loads(b"[" + content + b"]")
    except ValueError:
        assert any(not is_json(piece.text) for piece in pieces)
    else:
        assert [json.loads(str(piece.text, "ascii")) for piece in pieces] == expected


def is_json(text: bytes | InvalidBody) -> bool:
    try:
        json.loads(text if isinstance(text, bytes) else "")
    except ValueError:
        return False
    return True


def test_a_value_may_have_exactly_the_most_bytes() -> None:
    largest = b'"%b"' % (b"a" * (MAX_PIECE - 2))
    assert texts(read(b"[1,%b,2]" % largest)) == [b"1", largest, b"2"]


def test_a_number_may_have_any_number_of_digits() -> None:
    """Python's own reader refuses integers of more than 4,300."""
    assert texts(read(b"[1,%b,2]" % (b"9" * 5000))) == [b"1", b"9" * 5000, b"2"]


@pytest.mark.parametrize(
    "content",
    [
        b"[" + b"1,\n" * (MAX_PIECE // 8) + b"1]",
        b'["%b"]' % (b"a" * (MAX_PIECE - 2)),
        b"[[%b1]]" % (b"1," * (MAX_PIECE // 2 - 2)),
        b"[" * (MAX_PIECE // 2) + b"]" * (MAX_PIECE // 2),
        b'[{"a":1%b}]' % (b',"a":1' * (MAX_PIECE // 6 - 2)),
        b'{"a":"%b","events":[1]}' % (b"a" * (MAX_PIECE - 100)),
        b"{%b1]}" % (b'"a":1,' * (MAX_PIECE // 6 - 3) + b'"events":['),
        b'{"events":[1]%b}' % (b',"a":[{}]' * (MAX_PIECE // 32)),
        b"[1%b]" % (b" " * (4 * MAX_PIECE)),
    ],
    ids=range(9),
)
def test_all_windows_together_are_little_longer_than_the_text(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the time to look at all of them grows only with the text."""
    windows: list[int] = []
    fill = _Scanner._fill

    def note(scanner: _Scanner, least: int = 1) -> bool:
        is_full = fill(scanner, least)
        windows.append(len(scanner._text))
        return is_full

    monkeypatch.setattr(_Scanner, "_fill", note)
    assert [piece for piece in read(content) if isinstance(piece.text, InvalidBody)] == []
    assert sum(windows) < 4 * len(content)


def test_white_space_may_be_longer_than_a_value() -> None:
    space = b" \n" * MAX_PIECE
    pieces = read(b"[1%b,%b2%b]%b[3]" % (space, space, space, space))
    assert [(piece.text, piece.line) for piece in pieces] == [
        (b"1", 1),
        (b"2", 1 + 2 * MAX_PIECE),
        (b"3", 1 + 4 * MAX_PIECE),
    ]


@pytest.mark.parametrize("begin", [b'{"a": 1', b'{"events"', b"{", b'{"a":', b'{"events":'])
@pytest.mark.parametrize("more", [b" ", b',"a":1'])
def test_no_more_is_kept_of_an_object_than_of_a_value(begin: bytes, more: bytes) -> None:
    stream = io.BytesIO(begin + more * (4 * MAX_PIECE) + b"}")
    (piece,) = values(stream, START, ("events",))
    assert texts([piece]) == [NOT_JSON]
    assert stream.tell() < 3 * MAX_PIECE


@pytest.mark.parametrize(
    "value",
    [
        b'"%b"' % (b"a" * (MAX_PIECE - 1)),
        b"9" * (MAX_PIECE + 1),
        b"[%b]" % (b"1," * (MAX_PIECE // 2)),
        b"[" * MAX_PIECE + b"]" * MAX_PIECE,
        b'{"a":1%b}' % (b',"a":1' * (MAX_PIECE // 3)),
    ],
)
def test_a_value_that_has_more_ends_the_reading(value: bytes) -> None:
    assert texts(read(b"[1,%b,2]" % value)) == [b"1", NOT_JSON]


@given(st.lists(JSON), SPACE, st.sampled_from([1, 2, 3, 7, 64]), st.booleans())
def test_values_come_back_for_any_size_of_read(
    events: list[object], space: str, block: int, has_envelope: bool
) -> None:
    content = (space + "," + space).join(map(json.dumps, events))
    content = f"{space}[{space}{content}{space}]{space}"
    if has_envelope:
        content = f'{{"n":{space}1,{space}"events"{space}:{content},"m":2}}'
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "_BLOCK", block)
        stream = Asked(content.encode())
        pieces = list(values(stream, START, ("events",)))
        assert stream.sizes == {block}
        assert [json.loads(piece.text) for piece in pieces] == events
        for number, piece in enumerate(pieces, 1):
            assert read(content.encode(), start=piece.end) == pieces[number:]


def test_lines_are_pieces_with_their_breaks() -> None:
    pieces = list(lines(io.BytesIO(b"a\n\nb\r\nc"), START))
    assert [(piece.line, piece.text) for piece in pieces] == [
        (1, b"a\n"),
        (2, b"\n"),
        (3, b"b\r\n"),
        (4, b"c"),
    ]
    assert pieces[2].end == Place(6, 3, Inside.NOTHING)


def test_a_line_that_is_too_long_does_not_stop_the_others() -> None:
    content = b"a\n" + b"b" * (3 * MAX_PIECE) + b"\nc\n"
    pieces = list(lines(io.BytesIO(content), START))
    assert texts(pieces) == [b"a\n", f"the line has more than {MAX_PIECE} bytes", b"c\n"]
    assert pieces[-1].end == Place(len(content), 3)


@given(st.binary())
def test_no_bytes_can_break_the_reading(content: bytes) -> None:
    pieces = read(content)
    are_last = [isinstance(piece.text, InvalidBody) for piece in pieces]
    assert not any(are_last[:-1])
    assert [piece.end.inside is Inside.RUBBISH for piece in pieces] == are_last
