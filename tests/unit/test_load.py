"""Files of events: how they are found, recognized and cut into events."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable
from pathlib import Path
from threading import Thread

import pytest
import zstandard

from polylog.dialects import format_names
from polylog.model.errors import InvalidBody
from polylog_cli.client.files import FileError, begin, files_named
from polylog_cli.client.items import AUTO, Item, items

EVENTS = [{"id": str(n), "time": "2026-03-01T12:00:00Z", "type": "a", "data": n} for n in range(5)]


def resource(guid: str) -> dict[str, object]:
    """Return an event of Cloud Foundry."""
    entity = {"type": "app.crash", "actor": "a", "actee": "b", "metadata": {"list": []}}
    return {"metadata": {"guid": guid}, "entity": entity}


PAGES = [{"total_results": 4, "resources": [resource(f"{n}"), resource(f"{n}+")]} for n in (1, 2)]


def read(
    *names: object, format: str = AUTO, recognized: dict[str, str] | None = None
) -> list[Item]:
    files = files_named([str(name) for name in names])
    seen = {} if recognized is None else recognized
    return list(items(files, format, begin(files), seen.__setitem__))


def texts(found: Iterable[Item]) -> list[object]:
    return [json.loads(item.text) for item in found if isinstance(item.text, bytes)]


SHAPES = {
    "an array": json.dumps(EVENTS),
    "a pretty array": json.dumps(EVENTS, indent=2),
    "an array in lines": "[" + ",\n".join(map(json.dumps, EVENTS)) + "]",
    "lines": "\n".join(map(json.dumps, EVENTS)),
    "lines with blank ones": "\r\n\r\n" + "\r\n\r\n".join(map(json.dumps, EVENTS)) + "\r\n",
    "one after the other": " ".join(map(json.dumps, EVENTS)),
    "pretty ones, one after the other": "\n".join(json.dumps(each, indent=2) for each in EVENTS),
    "a page": json.dumps({"events": EVENTS, "total_size": 5}),
    "a mark before it": "\ufeff" + json.dumps(EVENTS),
    "a mark before lines": "\ufeff" + "\n".join(map(json.dumps, EVENTS)),
    "arrays in lines": "\n".join(json.dumps([each]) for each in EVENTS),
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_events_are_found_in_every_shape(text: str, tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_text(text)
    assert texts(read(file)) == EVENTS


PAGED = {
    "an array of pages": json.dumps(PAGES),
    "a pretty array of pages": json.dumps(PAGES, indent=2),
    "pages in lines": "\n".join(map(json.dumps, PAGES)),
    "pretty pages, one after the other": "\n".join(json.dumps(each, indent=1) for each in PAGES),
}


@pytest.mark.parametrize("text", PAGED.values(), ids=PAGED)
def test_events_are_found_on_pages(text: str, tmp_path: Path) -> None:
    file = tmp_path / "dump.json"
    file.write_text(text)
    assert texts(read(file)) == [resource(guid) for guid in ("1", "1+", "2", "2+")]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_compressed_file_is_unpacked_under_any_name(pack: object, tmp_path: Path) -> None:
    file = tmp_path / "events"
    packed = pack(json.dumps(EVENTS).encode())
    file.write_bytes(packed + packed)
    assert texts(read(file)) == EVENTS * 2


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_damaged_file_is_an_error_after_what_could_be_read(pack: object, tmp_path: Path) -> None:
    file, lines = tmp_path / "events", [json.dumps(each) for each in EVENTS * 4_000]
    file.write_bytes(pack("\n".join(lines).encode())[:-50])
    found = read(file)
    assert len(found) > 10_000
    assert "damaged" in str(found[-1].text)
    assert all(isinstance(item.text, bytes) for item in found[:-1])


CUTS = [5, 20, 100, 130]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
@pytest.mark.parametrize("cut", CUTS)
def test_a_file_that_is_cut_off_early_is_not_taken_for_another(
    pack: object, cut: int, tmp_path: Path
) -> None:
    file = tmp_path / "cut.json.gz"
    pages = [{"resources": [resource(os.urandom(9).hex()) for _ in range(20)]}]
    file.write_bytes(pack(json.dumps(pages).encode())[:cut])
    with pytest.raises(FileError, match="the compressed file is damaged or cut off"):
        read(file)
    (*_, last) = read(file, format="cloudfoundry")
    assert "the compressed file is damaged or cut off" in str(last.text)


def test_a_file_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path) -> None:
    good, odd = tmp_path / "good.json", tmp_path / "odd.json"
    good.write_text(json.dumps(EVENTS))
    odd.write_text("[1]")
    found = read(odd, good)
    assert texts(found) == EVENTS
    assert "the first value is not an object" in str(found[0].text)


def test_numbers_stay_as_they_are_written(tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    number = "1.2300e5"
    file.write_text(f'{{"events": [{{"id": "1", "type": "a", "data":\n {number}}}]}}')
    (item,) = read(file)
    assert number.encode() in bytes(item.text)


def test_a_bad_line_does_not_stop_the_others(tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    first, *rest = map(json.dumps, EVENTS)
    file.write_text("\n".join([first, '{"id": ', *rest]))
    found = read(file)
    assert texts(found) == EVENTS
    assert [item.line for item in found if isinstance(item.text, InvalidBody)] == [2]


def test_a_file_that_is_not_json_is_read_by_lines(tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join(["nonsense", *map(json.dumps, EVENTS)]))
    assert texts(read(file)) == EVENTS


def test_each_event_knows_its_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_text(json.dumps(EVENTS[:2], indent=1))
    assert [(item.file, item.line) for item in read(file)] == [(str(file), 2), (str(file), 8)]


EMPTY = [
    "",
    "\n \n",
    "\ufeff",
    "[]",
    " [ ] ",
    '{"Records": []}',
    '{"resources": [], "total_results": 0}',
]


@pytest.mark.parametrize("text", EMPTY)
def test_a_file_without_events_has_none(text: str, tmp_path: Path) -> None:
    file = tmp_path / "none.ndjson"
    file.write_text(text)
    assert read(file) == []


@pytest.mark.parametrize("bad", ["5", '"a"', "{}", '{"what": 1}', "nonsense"])
@pytest.mark.parametrize("place", [0, 1, 4])
def test_the_format_is_that_of_most_events(bad: str, place: int, tmp_path: Path) -> None:
    file, lines = tmp_path / "events.ndjson", [json.dumps(each) for each in EVENTS]
    lines.insert(place, bad)
    file.write_text("\n".join(lines))
    recognized: dict[str, str] = {}
    found = read(file, recognized=recognized)
    assert recognized == {str(file): "native"}
    assert [item.line for item in found] == [1, 2, 3, 4, 5, 6]


def test_where_few_events_are_in_a_format_it_is_named(tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_text(json.dumps([EVENTS[0], {"a": 1}, {"b": 2}]))
    with pytest.raises(FileError, match="the format may be native: give it with --format"):
        read(file)


def test_utf_16_is_named(tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_text(json.dumps(EVENTS), "utf-16")
    with pytest.raises(FileError, match="UTF-16"):
        read(file)


def test_a_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_text, args=(json.dumps(EVENTS),))
    writer.start()
    assert texts(read(pipe)) == EVENTS
    writer.join()


def test_blank_lines_before_the_first_event_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text("\ufeff\n\n" + "\n".join(map(json.dumps, EVENTS[:2])))
    assert [item.line for item in read(file)] == [3, 4]


def test_events_on_one_line_are_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_text(json.dumps(EVENTS[:2]))
    assert [item.place for item in read(file)] == [f"{file}, line 1", f"{file}, line 1, event 2"]


def test_it_says_what_it_took_a_file_for(tmp_path: Path) -> None:
    native, dump = tmp_path / "native.json", tmp_path / "dump.json"
    native.write_text(json.dumps(EVENTS))
    dump.write_text(json.dumps(PAGES))
    recognized: dict[str, str] = {}
    found = read(native, dump, recognized=recognized)
    assert recognized == {str(native): "native", str(dump): "cloudfoundry"}
    assert [item.format for item in found] == ["native"] * 5 + ["cloudfoundry"] * 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"who": "ada", "what": "opened"}', "no format has events with the members who, what"),
        ("[1, 2]", "the first value is not an object"),
        ("null", "the first value is not an object"),
        ("{}", "no format has events with no members"),
        ("<html>", "the file is not JSON"),
    ],
)
def test_it_does_not_guess(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_text(text)
    with pytest.raises(FileError, match=message):
        read(file)


NOT_JSON = {
    "a text": b"hello\nworld\n",
    "a log with times": b"2026-03-01 12:00:00 hello\n2026-03-01 12:00:01 world\n",
    "CSV": b"id,type\n1,door.open\n",
    "CSV without a header": b"1,door.open\n2,door.shut\n",
    "a picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
}


@pytest.mark.parametrize("content", NOT_JSON.values(), ids=NOT_JSON)
def test_it_offers_no_format_for_what_is_not_json(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "hello.log"
    file.write_bytes(content)
    with pytest.raises(FileError) as caught:
        read(file)
    assert "load reads only JSON events" in caught.value.reason
    assert "--format" not in caught.value.reason


def test_it_names_the_members_that_native_does_not_know(tmp_path: Path) -> None:
    file = tmp_path / "extra.json"
    file.write_text(json.dumps(EVENTS[0] | {"user": "ada", "team": "ops"}))
    with pytest.raises(FileError) as caught:
        read(file)
    assert caught.value.reason == (
        "the first event looks like native, which does not know user, team: "
        "put such members into data or attributes"
    )


def test_it_names_the_formats_in_doubt(tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    both = {"uuid": 1, "event_type": 1, "created": 1, "metadata": 1, "entity": 1}
    file.write_text(json.dumps([both]))
    with pytest.raises(FileError, match="may be cloudfoundry or waldur: give it with --format"):
        read(file)


def test_a_folder_has_the_files_that_are_named_like_json(tmp_path: Path) -> None:
    names = [
        "b.json",
        "a/1.ndjson.gz",
        "a/2.log",
        "README.md",
        ".git/x.json",
        "a/CloudTrail-Digest/d.json",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    expected = ["a/1.ndjson.gz", "a/2.log", "b.json"]
    assert files_named([str(tmp_path)]) == [str(tmp_path / name) for name in expected]
    assert files_named([f"{tmp_path}/**/*.json"])[-1] == str(tmp_path / "b.json")
    assert files_named([f"{tmp_path}/a*"]) == [str(tmp_path / name) for name in expected[:2]]


@pytest.mark.parametrize("name", ["missing.json", "*.json", "empty"])
def test_a_name_that_means_nothing_is_an_error(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match=r"No such file|no file in it"):
        files_named([str(tmp_path / name)])


def test_a_large_document_is_not_held_in_memory(tmp_path: Path) -> None:
    file = tmp_path / "large.json"
    event = EVENTS[0] | {"data": "x" * 10_000}
    file.write_text(json.dumps({"events": [event] * 500}))
    files = files_named([str(file)])
    reading = begin(files)
    found = items(files, AUTO, reading, lambda *_: None)
    next(found)
    assert reading.total == file.stat().st_size
    assert reading.done < reading.total / 2


def test_every_format_can_be_recognized() -> None:
    assert {"cloudevents", "cloudfoundry", "native"} <= set(format_names())
