"""How the command behaves: what it prints and where, and what it says if something is wrong."""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from support.command import polylog
from support.served import Log, event, polylog_at, serving
from support.service import COMMAND
from support.terminal import Shown, at_terminal, typed

from polylog.api.auth import Permission
from polylog_cli.main import COMMANDS

NOON = "2026-03-01T12:00:00Z"
NOWHERE = "http://127.0.0.1:1"
LONG = "a message that is longer than any terminal is wide, and goes on, and on, and on, and on"


def shown(log: Log, *arguments: str, columns: int = 80, **environment: str) -> Shown:
    """Run the command at a terminal."""
    place = {"POLYLOG_URL": log.url, "POLYLOG_TOKEN": log.token}
    return typed(*arguments, columns=columns, **place, **environment)


@pytest.fixture
def three(log: Log) -> Log:
    """The log with an event on each of three days. Only the last one has a target."""
    ada = {"id": "u-7", "name": "ada.lovelace@example.com"}
    log.put(
        event("a", message=LONG, actor=ada),
        event("b", "2026-03-02T12:00:00Z", message="short", actor=ada),
        event("c", "2026-03-03T12:00:00Z", type="door.shut", target={"id": "door-1"}),
    )
    return log


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Live in Kathmandu, where it is 17:45 at noon in UTC."""
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


class TestHelp:
    @pytest.mark.parametrize("words", [(), *((name,) for name in COMMANDS), ("keys", "create")])
    def test_is_printed_for_h(self, words: tuple[str, ...]) -> None:
        short, long = polylog(*words, "-h"), polylog(*words, "--help")
        assert (short.status, short.err) == (0, "")
        assert short.out == long.out
        assert "Usage:" in short.out

    def test_lists_every_command(self) -> None:
        assert COMMANDS.keys() <= set(polylog("-h").out.split())

    @pytest.mark.parametrize("words", [(), ("keys",), ("dlq",)])
    def test_is_printed_when_a_command_is_missing(self, words: tuple[str, ...]) -> None:
        done = polylog(*words)
        assert (done.status, done.err) == (2, "")
        assert "Usage:" in done.out

    def test_there_is_a_version(self) -> None:
        done = polylog("--version")
        assert (done.status, done.out.split()[0]) == (0, "polylog")
        assert done.out.split()[1][0].isdigit()


LAST = "Put a filter that begins with - last, after --, as in: polylog "
QUOTES = """Put the whole filter in quotes, as in: 'type = "app.crash"'"""
WRONG = {
    ("cuont",): (2, "there is no command 'cuont': did you mean count? (see polylog --help)"),
    ("xyz",): (2, "there is no command 'xyz' (see polylog --help)"),
    ("count", "--bogus"): (2, "no such option: --bogus (see polylog count --help)"),
    ("count", "a", "b"): (2, "unexpected extra argument"),
    ("query", "-actor.name = x"): (2, f"no such option: -a. {LAST}query -- '-actor.name = x' (see"),
    ("tail", "--json", "-crash"): (2, f"no such option: -c. {LAST}tail -- -crash (see"),
    ("export", "-origin = system"): (2, f"{LAST[0].lower()}{LAST[1:]}export -- '-origin = system'"),
    ("query", "type", "=", "app.crash"): (2, f"(= app.crash). {QUOTES} (see"),
    ("count", "--", "-type", "=", "a"): (2, f"(= a). {QUOTES} (see"),
    ("query", "--", "-f", "--limit", "2"): (2, "(--limit 2). Options go before -- (see"),
    ("tail", "--", "-f", "--after=1"): (2, "(--after=1). Options go before -- (see"),
    ("count", "--by", "type"): (2, "--by. To count by a field: polylog groups --by FIELD (see"),
    ("load", "-x"): (2, "no such option: -x (see polylog load --help)"),
    ("query", "--order", "up"): (2, "'up' is not one of 'asc', 'desc'"),
    ("query", "--since", "soon"): (2, "invalid value for --since: not an ISO 8601 time: 'soon'"),
    ("query", "--until", "soon"): (2, "invalid value for --until: not an ISO 8601 time: 'soon'"),
    ("keys", "create"): (2, "missing option '--scope' (see polylog keys create --help)"),
    ("load",): (2, "missing argument"),
    ("export", "--csv", "--as", "ocsf"): (2, "--csv and --as exclude each other"),
    ("groups", "--limit", "-1"): (2, "--limit"),
    ("count", "typ = 1"): (1, "the service refused: 400 Invalid filter: filter column 1: "),
    ("groups", "--by", "data"): (1, "the service refused: 400 Invalid parameter: by must be"),
    ("load", "no-such-file"): (1, "no-such-file: No such file or directory"),
}


class TestMistakes:
    @pytest.mark.parametrize("words", WRONG, ids=" ".join)
    def test_are_told_in_one_line(self, log: Log, words: tuple[str, ...]) -> None:
        status, said = WRONG[words]
        done = log.polylog(*words)
        assert (done.status, done.out) == (status, "")
        assert done.err.startswith("polylog: ")
        assert done.err.count("\n") == 1
        assert said in done.err

    def test_in_a_filter_are_pointed_at_on_a_terminal(self, log: Log) -> None:
        done = shown(log, "query", 'type = "a" AND 日 = 1', "--since", "2026-03-01", columns=120)
        assert done.status == 1
        said, text, caret = done.lines
        assert "400 Invalid filter: filter column 16: " in said
        assert text == '  type = "a" AND 日 = 1'
        assert caret == " " * 17 + "^"

    def test_on_a_terminal_come_with_the_usage(self, log: Log) -> None:
        done = shown(log, "count", "--bogus")
        assert done.status == 2
        assert any("No such option: --bogus" in line for line in done.lines)
        assert any("Usage:" in line for line in done.lines)


COLOURED = [
    ("-h",),
    ("query", "-h"),
    ("query",),
    ("query", "--explain", "--limit", "1"),
    ("groups",),
    ("histogram",),
    ("count", "--bogus"),
    ("count", "typ = 1"),
    ("load", "no-such-file"),
]


class TestColours:
    @pytest.mark.parametrize("words", COLOURED, ids=" ".join)
    def test_are_none_if_nobody_wants_them(self, three: Log, words: tuple[str, ...]) -> None:
        plain, coloured = shown(three, *words, NO_COLOR="1"), shown(three, *words, NO_COLOR="")
        assert (plain.has_escapes, coloured.has_escapes) == (False, True)
        assert plain.status == coloured.status
        assert plain.text.strip()

    @pytest.mark.parametrize(("value", "is_drawn"), [("1", False), ("", True)])
    def test_there_is_no_bar_then(
        self, three: Log, tmp_path: Path, value: str, is_drawn: bool
    ) -> None:
        file = tmp_path / "events.ndjson"
        exported = shown(three, "export", "-o", str(file), NO_COLOR=value)
        loaded = shown(three, "load", str(file), NO_COLOR=value)
        assert (exported.status, loaded.status) == (0, 0)
        assert (exported.has_escapes, loaded.has_escapes) == (is_drawn, is_drawn)
        assert "3 duplicate" in loaded.text


@pytest.mark.parametrize("words", [("query", "--csv"), ("query", "--json"), ("export",)])
def test_no_event_moves_the_cursor_of_a_terminal(log: Log, words: tuple[str, ...]) -> None:
    event = {"id": "x", "time": "2026-03-01T12:00:00Z", "type": "t", "source": "a\x9b31mb\x1b[1mc"}
    log.put(event)
    printed = shown(log, *words, NO_COLOR="1")
    assert (printed.status, printed.has_escapes, "\x9b" in printed.text) == (0, False, False)
    assert log.polylog(*words).out.count("\x9b") == 1


class TestTables:
    @pytest.mark.parametrize("columns", [80, 100])
    def test_fit_the_terminal(self, three: Log, columns: int) -> None:
        head, shut, short, long, *_ = shown(three, "query", columns=columns).lines
        assert max(map(len, (head, shut, short, long))) <= columns
        assert head.split() == ["time", "seq", "type", "actor", "target", "message"]
        assert "ada.lovelace@example.com" in long
        assert long.endswith("…")

    def test_leave_out_columns_without_a_value(self, three: Log) -> None:
        head, *_ = shown(three, "query", 'id = "c"').lines
        assert head.split() == ["time", "seq", "type", "target"]

    def test_show_times_where_the_machine_is(self, three: Log) -> None:
        for command in ("query", "groups"):
            assert "2026-03-03T17:45:00+05:45" in three.polylog(command, "--local").out
            assert "2026-03-03T12:00:00Z" in three.polylog(command).out

    def test_json_stays_in_utc(self, three: Log) -> None:
        assert NOON in three.polylog("query", "--local", "--json").out


WIDE = """
from polylog_cli.output.pager import print_whole
print_whole(("id", "body"), [("x" * 30, "y" * 70)])
"""


HOSTILE = """
from polylog_cli.output.console import notice
from polylog_cli.output.pager import print_whole
print_whole(("id",), [("a\\x9b31m[red]b\\x1b[1mc\\rd\\ne",)])
notice("a\\x9b31m[red]b\\x1b[1mc\\rd")
"""


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}])
def test_no_id_moves_the_cursor_of_a_terminal(environment: dict[str, str]) -> None:
    text = at_terminal([sys.executable, "-c", HOSTILE], **environment).text
    assert text == " id\n a 31m[red]b [1mc d e\na 31m[red]b [1mc d\n"


class TestPager:
    """A table whose cells you copy."""

    @pytest.fixture
    def pager(self, tmp_path: Path) -> str:
        """Return a pager that shows how many characters the longest line has."""
        file = tmp_path / "pager"
        text = "import sys; print('paged', max(len(line.rstrip()) for line in sys.stdin))"
        file.write_text(f"#!{sys.executable}\n{text}\n")
        file.chmod(0o755)
        return str(file)

    def test_shows_what_is_too_wide(self, pager: str) -> None:
        command = [sys.executable, "-c", WIDE]
        assert at_terminal(command, 80, PAGER=pager).lines == ["paged 103"]

    def test_is_not_needed_if_the_terminal_is_wide_enough(self, pager: str) -> None:
        lines = at_terminal([sys.executable, "-c", WIDE], 103, PAGER=pager).lines
        assert lines[1].split() == ["x" * 30, "y" * 70]

    @pytest.mark.parametrize("pager", ["", "no-such-pager --option", "'"])
    def test_may_be_missing(self, pager: str) -> None:
        text = at_terminal([sys.executable, "-c", WIDE], 80, PAGER=pager).text
        assert "x" * 30 in text
        assert "y" * 70 in text.replace("\n", "")


class TestNothing:
    @pytest.mark.parametrize("command", ["query", "count", "groups", "histogram", "export"])
    def test_is_explained(self, three: Log, command: str) -> None:
        done = three.polylog(command, 'type = "door.opn"')
        expected = 'no event has the type "door.opn"; did you mean "door.open"?'
        assert (done.status, done.err) == (0, f"0 events: {expected}\n")

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (("shut",), 'try type : "shut"'),
            (("--since", "2026-03-02", "--until", "2026-03-01"), "is not before --until"),
            (("--since", "1h"), "the newest event is from 2026-03-03T12:00:00Z"),
        ],
    )
    def test_has_several_reasons(self, three: Log, options: tuple[str, ...], said: str) -> None:
        assert said in three.polylog("count", *options).err

    def test_is_said_without_a_reason_if_none_is_known(self, three: Log) -> None:
        assert three.polylog("count", "severity = loud").err == "0 events\n"

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (
                ("target.name = dor", "--since", "2026-03-01"),
                "Looked at events from 2026-03-01T00:00:00Z on."
                " `polylog groups --by target.name` lists the values of target.name.",
            ),
            (
                ("severity = (a OR b)", "--since", "2026-03-01", "--until", "2026-03-02"),
                "Looked at events from 2026-03-01T00:00:00Z to 2026-03-02T00:00:00Z."
                " `polylog groups --by type` lists the values of type.",
            ),
        ],
    )
    def test_comes_with_a_way_on_for_people(
        self, three: Log, words: tuple[str, ...], said: str
    ) -> None:
        *_, nothing, hint = shown(three, "query", *words, columns=200, NO_COLOR="1").lines
        assert (nothing, hint.replace(COMMAND, "polylog")) == ("0 events", said)

    @pytest.mark.parametrize("command", ["query", "count", "groups", "histogram"])
    def test_is_silent_for_programs(self, three: Log, command: str) -> None:
        for text in ("severity = loud", 'type = "door.opn"'):
            assert three.polylog(command, "--json", text).err == ""
            if command == "query":
                assert shown(three, command, "--json", text).text == ""

    def test_is_what_an_empty_log_has(self, log: Log) -> None:
        assert log.polylog("count").err == (
            "0 events: the log has no events that this key may read\n"
        )

    def test_is_said_of_a_file_too(self, three: Log, tmp_path: Path) -> None:
        file = tmp_path / "none"
        done = three.polylog("export", "severity = loud", "-o", str(file))
        assert done.err == f"0 events\n0 events in {file}\n"


class TestAnswers:
    def test_json_says_only_that_it_is_cut_off(self, three: Log) -> None:
        assert three.polylog("query", "--json").err == ""
        assert three.polylog("query", "--json", "--limit", "2").err == "2 of 3 events\n"

    def test_groups_may_be_the_largest_ones(self, three: Log) -> None:
        done = three.polylog("groups", "--limit", "1", "--json")
        assert json.loads(done.out)["value"] == "door.open"
        assert done.err == "1 of 2 groups\n"

    @pytest.mark.parametrize("limit", ["0", "2", "9"])
    def test_all_groups_need_no_word(self, three: Log, limit: str) -> None:
        done = three.polylog("groups", "--limit", limit, "--json")
        assert (len(done.out.splitlines()), done.err) == (2, "")

    def test_a_count_is_json_if_you_like(self, three: Log) -> None:
        done = three.polylog("count", "--json")
        assert (json.loads(done.out), done.err) == ({"count": 3}, "")
        assert json.loads(three.polylog("count", "--json", "severity = loud").out) == {"count": 0}

    def test_bars_may_be_weeks(self, three: Log) -> None:
        done = three.polylog("histogram", "--interval", "week", "--json")
        assert [json.loads(line) for line in done.out.splitlines()] == [
            {"start": "2026-02-23T00:00:00Z", "count": 1},
            {"start": "2026-03-02T00:00:00Z", "count": 2},
        ]
        drawn = three.polylog("histogram", "--interval", "week").out.splitlines()
        assert [line.split()[:2] for line in drawn] == [["2026-02-23", "1"], ["2026-03-02", "2"]]

    def test_an_export_may_be_csv(self, three: Log, tmp_path: Path) -> None:
        done = three.polylog("export", "--csv")
        assert done.out == three.polylog("query", "--csv", "--order", "asc").out
        file = tmp_path / "events.csv"
        assert (
            three.polylog("export", "--csv", "-o", str(file), "--until", "2026-03-03").status == 0
        )
        rows = csv.DictReader(StringIO(file.read_text()))
        assert [row["id"] for row in rows] == ["a", "b"]

    def test_an_empty_csv_has_a_head(self, log: Log) -> None:
        assert log.polylog("export", "--csv").out == log.polylog("query", "--csv").out

    @pytest.mark.parametrize("option", ["--since", "--until"])
    @pytest.mark.parametrize(
        "words",
        [("export",), *((name, "--json") for name in ("query", "count", "groups", "histogram"))],
        ids=" ".join,
    )
    def test_days_are_those_of_the_machine_if_you_like(
        self, log: Log, words: tuple[str, ...], option: str
    ) -> None:
        """Midnight of 2 March in Kathmandu is 18:15 of 1 March in UTC."""
        log.put(event("before", "2026-03-01T18:14:59Z"), event("after", "2026-03-01T18:15:00Z"))
        found = log.polylog(*words, option, "2026-03-02", "--local")
        other = log.polylog(*words, option, "2026-03-02")
        assert found.status == 0
        assert found.out != other.out

    def test_a_day_has_a_name(self, three: Log) -> None:
        assert three.polylog("count", "--since", "today").out == "0\n"
        assert three.polylog("count", "--until", "yesterday").out == "3\n"
        assert three.polylog("count", "--until", "Monday", "--local").out == "3\n"


class TestWhatToDo:
    """What the command says when the service is not there, or the key is not the right one."""

    @pytest.fixture
    def file(self, tmp_path: Path) -> str:
        """Return a file with an event."""
        file = tmp_path / "events.ndjson"
        file.write_text(json.dumps(event("a")))
        return str(file)

    @pytest.mark.parametrize("words", [("count",), ("export",), ("tail",), ("load", "FILE")])
    def test_start_a_service_that_does_not_answer(self, words: tuple[str, ...], file: str) -> None:
        done = polylog_at(NOWHERE, "t", *(word.replace("FILE", file) for word in words))
        assert done.status == 1
        assert f"nothing answers at {NOWHERE}" in done.err
        assert "start it with `polylog run`" in done.err

    def test_make_another_key(self, log: Log) -> None:
        done = polylog_at(log.url, "PL1X.x", "count")
        made = "polylog keys create --scope SCOPE --permissions read"
        assert done.err.endswith(f"; make a key with `{made}`\n")

    def test_make_a_key_with_the_permission(
        self, half_open: tuple[Log, Permission], file: str
    ) -> None:
        log, permission = half_open
        words = {"write": ("count",), "read": ("load", file)}[permission]
        missing = {"write": "read", "read": "write"}[permission]
        done = log.polylog(*words)
        assert done.status == 1
        assert f"403 Forbidden: the key lacks the permission {missing}; " in done.err
        made = f"polylog keys create --scope SCOPE --permissions {missing}"
        assert f"; make a key that has it with `{made}`" in done.err

    def test_give_a_key_for_an_address(self, tmp_path: Path) -> None:
        done = polylog("count", "--url", "https://log.example.com", "--data", str(tmp_path))
        assert (done.status, done.out) == (1, "")
        made = "polylog keys create --scope SCOPE --permissions read --stack STACK"
        assert "there is no key for https://log.example.com; give one with --token" in done.err
        assert f"make one with `{made}`" in done.err

    @pytest.mark.parametrize("words", [("count",), ("load", "FILE")])
    def test_start_a_service_or_name_one(
        self, words: tuple[str, ...], file: str, tmp_path: Path
    ) -> None:
        place = ("--data", str(tmp_path))
        done = polylog(*(word.replace("FILE", file) for word in words), *place)
        assert (done.status, done.out) == (1, "")
        assert done.err.startswith(
            f"polylog: no address and no key: there are no credentials in {tmp_path}; "
            f"start a service with `polylog run --data {tmp_path}`; "
        )
        assert "name its data folder with --data; " in done.err
        assert "give --url and --token, or POLYLOG_URL and POLYLOG_TOKEN\n" in done.err

    def test_a_load_that_fails_can_be_repeated(self, file: str) -> None:
        done = polylog_at(NOWHERE, "t", "load", file)
        assert "you can run the same command again: nothing is stored twice" in done.err

    @pytest.mark.parametrize("status", ["429 Too Many Requests", "500 Oh", "503 Unavailable"])
    def test_a_load_that_is_refused_for_now_can_be_repeated(
        self, file: str, status: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("polylog_cli.client.http._PAUSES_SECONDS", ())
        assert "you can run the same command again" in self.refused(file, status)

    @pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized", "403 Forbidden"])
    def test_a_load_that_is_refused_for_good_cannot(self, file: str, status: str) -> None:
        assert "run the same command again" not in self.refused(file, status)

    def refused(self, file: str, status: str) -> str:
        """Return what a load says if the service answers with a status."""

        def refusing(environ: Any, start: Any) -> list[bytes]:
            # The server waits for a body that nobody reads.
            environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            start(status, [])
            return [b"{}"]

        with serving(refusing) as url:
            done = polylog_at(url, "t", "load", file)
        assert (done.status, done.out) == (1, "")
        assert f"the service refused: {status[:3]}" in done.err
        return done.err

    def test_a_dry_run_shows_no_number(self, file: str) -> None:
        """The log gives numbers from 1 on, and only to what it stores."""
        done = polylog("load", "--dry-run", file)
        assert json.loads(done.out) == event("a", origin="system")

    @pytest.mark.parametrize("options", [(), ("--dry-run",)])
    def test_put_what_native_does_not_know_elsewhere(
        self, log: Log, options: tuple[str, ...], tmp_path: Path
    ) -> None:
        file = tmp_path / "extra.ndjson"
        file.write_text(json.dumps(event("a", user="ada")))
        done = log.polylog("load", "--format", "native", str(file), *options)
        assert done.status == 1
        said = "invalid: user is not known: put such members into data or attributes\n"
        assert said in done.err
