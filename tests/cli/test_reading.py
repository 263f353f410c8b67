"""The commands that read, against the real gateway."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from support.command import Outcome, polylog
from support.served import Log, event, ids, polylog_at, serving

NOON = "2026-03-01T12:00:00Z"
EVERYTHING = ("query", "--json", "--limit", "0", "--order", "asc")
FULL = {
    **event("full", "2026-03-02T08:30:00.250000Z", type="volume.snapshot"),
    "source": "storage",
    "message": "saved [bold]data-1[/] \x1b[31m\nnow",
    "severity": "info",
    "actor": {"id": "u-7", "type": "user", "name": "ada"},
    "target": {"id": "v-1"},
    "project_id": "space-1",
    "links": ["https://log.example.com/v-1"],
    "data": {"large": 12345678901234567890, "small": 1e-7, "none": None, "text": "é,\u2028"},
    "attributes": {"lang": "en"},
}


def lines(outcome: Outcome) -> list[dict[str, Any]]:
    assert outcome.status == 0, outcome.err
    return [json.loads(line) for line in outcome.out.split("\n") if line]


def listed(outcome: Outcome) -> list[str]:
    return [each["id"] for each in lines(outcome)]


@pytest.fixture
def three(log: Log) -> Log:
    """The log with an event on each of three days; the middle one has all members."""
    log.put(event("a", NOON), FULL, event("c", "2026-03-03T12:00:00Z", type="door.shut"))
    return log


class TestQuery:
    def test_prints_the_newest_first(self, three: Log) -> None:
        assert listed(three.polylog("query", "--json")) == ["c", "full", "a"]
        assert listed(three.polylog("query", "--json", "--order", "asc")) == ["a", "full", "c"]

    @pytest.mark.parametrize(("limit", "found"), [("1", 1), ("2", 2), ("0", 3), ("9", 3)])
    def test_stops_at_the_limit(self, three: Log, limit: str, found: int) -> None:
        assert len(lines(three.polylog("query", "--json", "--limit", limit))) == found

    def test_goes_on_where_a_page_is_short(self) -> None:
        first = {"events": [{"id": "a"}], "next_page_token": "1"}
        empty = {"events": [], "next_page_token": "2"}
        pages = iter([first, empty, {"events": [{"id": "b"}]}])

        def paged(environ: Any, start: Any) -> list[bytes]:
            start("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(next(pages)).encode()]

        with serving(paged) as url:
            assert polylog_at(url, "t", "query", "--csv").out.splitlines()[1:] == [
                f"a{',' * 20}",
                f"b{',' * 20}",
            ]

    def test_gives_events_as_the_api_does(self, three: Log) -> None:
        (found,) = lines(three.polylog("query", "--json", 'id = "full"'))
        assert found == {**FULL, "seq": 2, "origin": "system"}

    @pytest.mark.parametrize(
        ("options", "found"),
        [
            (("--since", "2026-03-02"), ["c", "full"]),
            (("--until", "2026-03-03T12:00:00Z"), ["full", "a"]),
            (("--since", "2026-03-02", "--until", "2026-03-03"), ["full"]),
            (("--since", "1s"), []),
            (('type = "door.open" OR type = "door.shut"', "--until", "2026-03-02"), ["a"]),
            (("  ", "--until", "2026-03-02"), ["a"]),
            (("--", '-type : "door"'), ["full"]),
        ],
    )
    def test_asks_for_what_it_is_told(
        self, three: Log, options: tuple[str, ...], found: list[str]
    ) -> None:
        assert listed(three.polylog("query", "--json", *options)) == found

    def test_prints_a_table_that_cuts_no_name(self, log: Log) -> None:
        name = "x" * 200
        log.put(FULL, event("long", actor={"id": name}))
        head, *rows = log.polylog("query").out.splitlines()
        assert head.split() == ["time", "seq", "type", "actor", "target", "message"]
        assert rows[0].split() == [
            *("2026-03-02T08:30:00Z", "1", "volume.snapshot", "ada", "v-1"),
            *("saved", "[bold]data-1[/]", "[31m", "now"),
        ]
        assert rows[1].split() == ["2026-03-01T12:00:00Z", "2", "door.open", name]

    def test_prints_csv(self, three: Log) -> None:
        done = three.polylog("query", "--csv", "--limit", "2")
        _, full = csv.DictReader(StringIO(done.out))
        assert full["id"] == "full"
        assert full["actor.name"] == "ada"
        assert full["target.name"] == ""
        assert json.loads(full["data"]) == FULL["data"]
        assert full["message"] == FULL["message"]

    def test_prints_a_head_when_there_is_nothing(self, log: Log) -> None:
        assert log.polylog("query", "--csv").out.startswith("id,seq,time,type,origin,")
        assert log.polylog("query").out.split()[0] == "time"
        assert log.polylog("query", "--json").out == ""

    def test_explains_itself(self, three: Log) -> None:
        done = three.polylog("query", 'type = "door.open" AND NOT actor.name : "bot"', "--explain")
        extent, *facts = done.err.splitlines()
        assert extent == "1 event"
        told = dict(f"{line.strip()}  ".split("  ", 1) for line in facts)
        assert told["index"].strip() == "segments"
        assert told["conditions"].strip() == "none"
        assert told["residual"].strip() == 'type = "door.open" AND NOT actor.name: "bot"'
        assert float(told["read units"]) > 0

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ((), "3 events"),
            (("--limit", "0"), "3 events"),
            (("--limit", "2"), "2 of 3 events"),
            (("--limit", "2", "--no-total"), "2 events; there may be more"),
            (("--limit", "3", "--no-total"), "3 events; there may be more"),
            (("--no-total",), "3 events"),
            (("severity = loud",), "0 events"),
            (("--limit", "1", 'type : "door"'), "1 of 2 events"),
            (("--limit", "1", 'data.text : "é"'), "1 event"),
            (("--csv", "--limit", "1", "ada"), "1 event"),
        ],
    )
    def test_says_how_many_events_match(
        self, three: Log, options: tuple[str, ...], said: str
    ) -> None:
        assert three.polylog("query", *options).err == f"{said}\n"

    def test_asks_for_the_total_once(self) -> None:
        asked, pages = list[str](), iter([{"next_page_token": "1", "total_size": 2}, {}])

        def paged(environ: Any, start: Any) -> list[bytes]:
            asked.append(parse_qs(environ["QUERY_STRING"])["total_size"][0])
            start("200 OK", [("Content-Type", "application/json")])
            return [json.dumps({"events": [{"id": "a"}], **next(pages)}).encode()]

        with serving(paged) as url:
            said = polylog_at(url, "t", "query", "--limit", "2").err
        assert (asked, said) == (["true", "false"], "2 events\n")

    def test_tells_which_other_ways_there_were(self, three: Log) -> None:
        asked = ("query", 'type = "door.open"', "--no-total", "--explain")
        told = " ".join(three.polylog(*asked).err.split())
        assert re.search(r"chosen by_type, about [\d.]+ units: the filter selects by type", told)
        assert re.search(r"not chosen counts: no total is asked for by_time, about [\d.]+ u", told)

    def test_names_the_column_of_a_mistake_in_the_filter_as_it_was_typed(self, log: Log) -> None:
        for times in ((), ("--since", "2026-03-01")):
            done = log.polylog("query", 'type = "a" AND 日 = 1', *times)
            assert (done.status, done.out) == (1, "")
            assert "400 Invalid filter: filter column 16: " in done.err

    @pytest.mark.parametrize("text", [")(", "type = x) AND (type = y", ") NOT ("])
    def test_times_do_not_mend_what_is_wrong(self, log: Log, text: str) -> None:
        done = log.polylog("count", text, "--since", "2026-03-01")
        assert done.status == 1
        assert "400 Invalid filter" in done.err

    @pytest.mark.parametrize(
        "options",
        [
            ("query", "--json", "--csv"),
            ("query", "--since", "tomorrow"),
            ("query", "--since", "999999999w"),
            ("query", "--until", "2026-02-30"),
            ("query", "--limit", "-1"),
            ("query", "--order", "up"),
            ("query", "--follow", "--order", "desc"),
            ("query", "a", "b"),
            ("query", "--token", "a b"),
            ("query", "--url", "http://[::"),
            ("tail", "--after", "now"),
            ("histogram", "--interval", "year"),
            ("export", "--output", "."),
        ],
        ids=" ".join,
    )
    def test_refuses_what_makes_no_sense(self, log: Log, options: tuple[str, ...]) -> None:
        done = log.polylog(*options)
        assert (done.status, done.out) == (2, "")


class TestCounting:
    def test_counts(self, three: Log) -> None:
        assert three.polylog("count").out == "3\n"
        assert three.polylog("count", 'type = "door.shut"').out == "1\n"

    def test_groups(self, three: Log) -> None:
        head, first, *_ = three.polylog("groups").out.splitlines()
        assert head.split() == ["value", "count", "newest", "source"]
        assert first.split() == ["door.open", "1", NOON]
        (found,) = lines(three.polylog("groups", "--by", "actor.name", "--json", 'id = "full"'))
        time = "2026-03-02T08:30:00.250000Z"
        assert found == {"value": "ada", "count": 1, "time": time, "source": "storage"}
        rows = three.polylog("groups", "--csv").out.splitlines()
        assert rows[1] == f"door.open,1,{NOON},,,"

    def test_csv_keeps_an_event_on_a_line_of_its_own(self, log: Log) -> None:
        log.put(event("a", message="one\rline"))
        text = log.polylog("query", "--csv").out
        assert '"one\rline"' in text

    def test_says_by_what_it_cannot_group(self, log: Log) -> None:
        done = log.polylog("groups", "--by", "data")
        assert done.status == 1
        assert "400 Invalid parameter: by must be a text field" in done.err

    def test_draws_empty_days_too(self, log: Log) -> None:
        log.put(event("a"), event("b"), event("c", "2026-03-03T12:00:00Z"))
        rows = log.polylog("histogram").out.splitlines()
        drawn = [row.split() for row in rows]
        assert [row[:2] for row in drawn] == [
            ["2026-03-01", "2"],
            ["2026-03-02", "0"],
            ["2026-03-03", "1"],
        ]
        assert len(drawn[0][2]) // 2 == drawn[2][2].count("█")

    def test_prints_bars(self, three: Log) -> None:
        asked = ("histogram", "--interval", "hour", 'type = "door.shut"')
        start = "2026-03-03T12:00:00Z"
        assert lines(three.polylog(*asked, "--json")) == [{"start": start, "count": 1}]
        assert three.polylog(*asked, "--csv").out == f"start,count\n{start},1\n"

    @pytest.mark.parametrize("command", ["count", "groups", "histogram", "export", "query"])
    def test_every_command_explains_itself(self, three: Log, command: str) -> None:
        assert "read units" in three.polylog(command, "--explain").err


class TestExport:
    def test_is_what_a_query_for_everything_prints(self, three: Log) -> None:
        exported = three.polylog("export")
        assert exported.out == three.polylog(*EVERYTHING).out
        assert listed(exported) == ["a", "full", "c"]

    def test_can_be_loaded(self, three: Log, tmp_path: Path) -> None:
        file = tmp_path / "events.ndjson"
        assert three.polylog("export", "--output", str(file)).status == 0
        assert list(tmp_path.iterdir()) == [file]
        assert three.polylog("load", str(file)).err.endswith("3 duplicate\n")

    def test_writes_the_same_events_in_ocsf(self, three: Log, tmp_path: Path) -> None:
        file = tmp_path / "events.ndjson"
        exported = three.polylog("export", "--as", "ocsf")
        written = lines(exported)
        assert [each["metadata"]["uid"] for each in written] == ["a", "full", "c"]
        assert [each["metadata"]["sequence"] for each in written] == [1, 2, 3]
        assert {(each["class_uid"], each["metadata"]["version"]) for each in written} == {
            (6003, "1.8.0")
        }
        assert written[1]["unmapped"]["data"] == FULL["data"]
        done = three.polylog("export", "--as", "ocsf", "--output", str(file), 'id = "full"')
        assert (done.status, done.err.strip()) == (0, f"1 events in {file}")
        assert json.loads(file.read_bytes()) == written[1]

    def test_knows_no_other_schema(self, three: Log) -> None:
        done = three.polylog("export", "--as", "ecs")
        assert done.status == 2
        assert "'ecs' is not one of 'native', 'ocsf'" in done.err

    @pytest.mark.parametrize("line", ["{}", "5", "no JSON", '{"id":"a","time":"now","type":"t"}'])
    def test_cannot_write_in_ocsf_what_is_no_event(self, line: str) -> None:
        def wrong(environ: Any, start: Any) -> list[bytes]:
            start("200 OK", [("Content-Type", "application/x-ndjson")])
            return [line.encode() + b"\n"]

        with serving(wrong) as url:
            done = polylog_at(url, "t", "export", "--as", "ocsf")
        assert (done.status, done.out) == (1, "")
        assert "the service sent a line that is not an event" in done.err

    @pytest.mark.parametrize("base", ["/prod", ""])
    def test_goes_on_at_the_same_address(self, base: str) -> None:
        """A service may know the part of its address before the path, or a proxy may hide it."""
        asked = []

        def service(environ: Any, start: Any) -> list[bytes]:
            asked.append(environ["PATH_INFO"])
            link = ("Link", f'<{base}/v1/events:export?page_token=2>; rel="next"')
            links = [] if "page_token=2" in environ["QUERY_STRING"] else [link]
            start("200 OK", [("Content-Type", "application/x-ndjson"), *links])
            return [b"{}\n"]

        with serving(service) as url:
            done = polylog_at(f"{url}/prod", "t", "export")
        assert (done.status, done.out) == (0, "{}\n{}\n")
        assert asked == ["/prod/v1/events:export"] * 2

    def test_says_how_far_it_came(self, tmp_path: Path) -> None:
        page = b'{"id":"a","time":"2026-03-01T12:00:00Z"}\n'

        def broken(environ: Any, start: Any) -> Iterator[bytes]:
            if "page_token" in environ["QUERY_STRING"]:
                start("500 Internal Server Error", [("Content-Type", "text/plain")])
                return iter([b"oh"])
            link = '</v1/events:export?filter=&page_token=2>; rel="next"'
            start("200 OK", [("Content-Type", "application/x-ndjson"), ("Link", link)])
            return iter([page])

        with serving(broken) as url:
            done = polylog_at(url, "t", "export", "--output", str(tmp_path / "e"))
            piped = polylog_at(url, "t", "export")
        assert done.status == piped.status == 1
        assert "500 Internal Server Error" in done.err
        assert f"1 events were written to {tmp_path}/e.part, the last one of {NOON}" in done.err
        assert (tmp_path / "e.part").read_bytes() == page == piped.out.encode()
        assert not (tmp_path / "e").exists()

    def test_says_where_it_cannot_write(self, three: Log, tmp_path: Path) -> None:
        done = three.polylog("export", "--output", str(tmp_path / "no" / "e"))
        assert done.status == 1
        assert "No such file or directory: nothing was written" in done.err


class TestFollow:
    """Each event that arrives is printed once, at any moment of the reading."""

    def follow(self, log: Log, before: dict[str, list[Any]], limit: int = 0) -> Iterator[Any]:
        """Follow the log; store these events before the first request to each path."""

        def store(path: str) -> None:
            for each in before.pop(path, ()):
                log.put(each)

        log.service.before = store
        return log.reader().follow(limit)

    def test_prints_what_is_there_then_what_comes(self, three: Log) -> None:
        pages = self.follow(three, {})
        assert ids([next(pages)]) == ["a", "full", "c"]
        three.put(event("d", "2026-01-01T00:00:00Z"))
        assert ids([next(pages)]) == ["d"]

    def test_repeats_none_that_comes_before_the_list(self, three: Log) -> None:
        pages = self.follow(three, {"/v1/events": [event("b"), event("d")]})
        assert sorted(ids([next(pages)])) == ["a", "b", "c", "d", "full"]
        three.put(event("e"))
        assert ids(list(islice(pages, 1))) == ["e"]

    def test_loses_none_that_comes_after_the_list(self, three: Log) -> None:
        pages = self.follow(three, {})
        next(pages)
        three.put(event("old", "2020-01-01T00:00:00Z"), event("new", "2030-01-01T00:00:00Z"))
        assert ids([next(pages)]) == ["old", "new"]

    def test_begins_with_the_newest(self, three: Log) -> None:
        pages = self.follow(three, {"/v1/events": [event("late", "2020-01-01T00:00:00Z")]}, 2)
        assert ids([next(pages)]) == ["full", "c"]
        assert ids([next(pages)]) == ["late"]

    def test_tail_goes_on_after_a_number(self, three: Log) -> None:
        arrived = next(three.reader().arrivals("1"))
        assert ids([arrived.events]) == ["full", "c"]
        assert arrived.complete == 3

    def test_tail_says_where_to_go_on(self, three: Log) -> None:
        answers = iter([{"events": [], "complete": 7}])

        def one_answer(environ: Any, start: Any) -> list[bytes]:
            answer = next(answers, None)
            start("200 OK" if answer else "400 Bad Request", [])
            return [json.dumps(answer or {"title": "Over"}).encode()]

        with serving(one_answer) as url:
            done = polylog_at(url, "t", "tail")
        assert done.status == 1
        assert done.err == "polylog: the service refused: 400 Over; go on with --after 7\n"


class TestService:
    @pytest.mark.parametrize("url", ["127.0.0.1:1", "localhost:1", "log.example.com"])
    def test_that_has_no_scheme_gets_one(self, url: str, tmp_path: Path) -> None:
        """Without a key too: the address is the first thing that is wrong."""
        for done in (
            polylog_at(url, "t", "count"),
            polylog("count", "--url", url, "--data", str(tmp_path)),
        ):
            assert (done.status, done.out) == (2, "")
            assert f"{url}: write http:// or https:// before the address" in done.err

    @pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://a..b", "ftp://127.0.0.1"])
    def test_that_is_none_is_named(self, url: str) -> None:
        done = polylog_at(url, "t", "count")
        assert done.status == 1
        assert url in done.err

    def test_that_is_no_polylog_is_told_apart(self) -> None:
        def page(environ: Any, start: Any) -> list[bytes]:
            start("200 OK", [("Content-Type", "text/html")])
            return [b"<html>"]

        with serving(page) as url:
            counted, exported = polylog_at(url, "t", "count"), polylog_at(url, "t", "export")
        assert (counted.status, exported.status, exported.out) == (1, 1, "")
        assert "not a Polylog service" in counted.err
        assert "not a Polylog service" in exported.err

    def test_is_asked_again_while_it_is_unavailable(self) -> None:
        statuses = iter(["503 Service Unavailable"])

        def recovering(environ: Any, start: Any) -> list[bytes]:
            start(next(statuses, "200 OK"), [("Content-Type", "application/json")])
            return [b'{"count": 5}']

        with serving(recovering) as url:
            assert polylog_at(url, "t", "count").out == "5\n"

    def test_that_fails_does_not_print_the_key(self) -> None:
        for token in ("s3cr\net", "s3cret ", "s3cret"):
            assert "s3cr" not in polylog_at("http://127.0.0.1:1", token, "count").err

    def test_bytes_that_are_no_text_are_refused(self, log: Log) -> None:
        done = log.polylog("count", "\udcff")
        assert done.status == 1
