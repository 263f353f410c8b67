"""`polylog run` in a process of its own, and the commands against it: HTTP and DynamoDB Local.

The commands run in this process, except those that must be interrupted or cannot start.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path
from stat import S_IMODE
from subprocess import PIPE
from threading import Thread, Timer
from typing import IO

import httpx
import pytest
from support.command import Outcome, polylog
from support.service import COMMAND, Service, running_service, start_polylog
from support.sockets import listening
from support.stores import settle

from polylog.dialects import DIALECTS
from polylog.dialects import load as load_dialect
from polylog.dynamo.tally.head import read_head
from polylog_cli.client.credentials import Credentials
from polylog_cli.local.home import Home
from polylog_cli.local.sample import sample_events
from polylog_cli.local.tables import connect
from tools import ROOT

FORMATS = [name for name in DIALECTS if load_dialect(name).format]
DOCUMENT = ROOT / "tests/conformance/documents/cloudfoundry.json"


def make_key(service: Service, scope: str, *options: str) -> dict[str, str]:
    """Create a key with the command, and return what it prints."""
    options = options or ("--permissions", "read,write")
    made = service.polylog("keys", "create", "--scope", scope, "--json", *options)
    assert made.status == 0, made.err
    return json.loads(made.out)


def get(credentials: dict[str, str], target: str) -> httpx.Response:
    headers = {"Authorization": f"bearer {credentials['token']}"}
    return httpx.get(credentials["url"] + target, headers=headers, timeout=30)


def post_nothing(credentials: dict[str, str]) -> int:
    """Return the status of a request that sends no events."""
    headers = {"Authorization": f"bearer {credentials['token']}"}
    url = f"{credentials['url']}/v1/events?format=cloudfoundry"
    return httpx.post(url, headers=headers, json=[]).status_code


def load(service: Service, file: Path, credentials: dict[str, str]) -> Outcome:
    token = ("--token", credentials["token"])
    return service.polylog("load", str(file), "--format", "cloudfoundry", *token)


class TestLoad:
    def test_returns_the_documents_own_response_unchanged(
        self, service: Service, scope: str
    ) -> None:
        key = make_key(service, scope)
        done = load(service, DOCUMENT, key)
        assert (done.status, done.err.strip()) == (0, "3 stored")
        answer = get(key, "/cf/v2/events")
        assert answer.text == json.dumps(json.loads(DOCUMENT.read_text()), separators=(",", ":"))

    def test_answers_the_documents_own_request(self, service: Service, scope: str) -> None:
        key = make_key(service, scope)
        load(service, DOCUMENT, key)
        query = "q=type:audit.app.create&q=timestamp%3E2014-01-01+00%3A00%3A00-04%3A00"
        answer = get(key, f"/cf/v2/events?{query}").json()
        assert answer["resources"] == json.loads(DOCUMENT.read_text())["resources"][:1]

    def test_can_be_repeated(self, service: Service, scope: str) -> None:
        key = make_key(service, scope)
        load(service, DOCUMENT, key)
        done = load(service, DOCUMENT, key)
        assert (done.status, done.err.strip()) == (0, "3 duplicate")

    @pytest.mark.parametrize("form", ["array", "lines", "one"])
    def test_reads(self, service: Service, scope: str, form: str, tmp_path: Path) -> None:
        resources = json.loads(DOCUMENT.read_text())["resources"]
        texts = {
            "array": json.dumps(resources),
            "lines": "\n\n".join(map(json.dumps, resources)),
            "one": json.dumps(resources[0]),
        }
        file = tmp_path / "events"
        file.write_text(texts[form])
        done = load(service, file, make_key(service, scope))
        assert done.status == 0
        assert done.err.strip() == ("1 stored" if form == "one" else "3 stored")

    def test_says_what_is_wrong_and_stores_the_rest(
        self, service: Service, scope: str, tmp_path: Path
    ) -> None:
        good, bad, _ = json.loads(DOCUMENT.read_text())["resources"]
        bad["entity"]["timestamp"] = "soon"
        other = json.loads(json.dumps(good))
        other["entity"]["type"] = "app.crash"
        file = tmp_path / "events.ndjson"
        file.write_text("\n".join([json.dumps(good), "{", json.dumps(bad), json.dumps(other)]))
        done = load(service, file, make_key(service, scope))
        assert done.status == 1
        assert done.err.splitlines()[0] == "1 conflict, 2 invalid, 1 stored"
        assert "line 2: invalid: not JSON" in done.err
        assert "line 3: invalid: entity.timestamp must be a time" in done.err
        assert f"line 4 ({good['metadata']['guid']}): conflict" in done.err

    def test_reads_one_list_response_per_line(
        self, service: Service, scope: str, tmp_path: Path
    ) -> None:
        resource = json.loads(DOCUMENT.read_text())["resources"][0]

        def renamed(guid: str) -> dict[str, object]:
            return resource | {"metadata": resource["metadata"] | {"guid": guid}}

        pages = [{"resources": [renamed(f"{p}-{n}") for n in range(40)]} for p in range(12)]
        file = tmp_path / "pages.ndjson"
        file.write_text("\n".join(map(json.dumps, pages)))
        done = load(service, file, make_key(service, scope))
        assert (done.status, done.err.strip()) == (0, "480 stored")

    def test_refuses_an_event_too_large_to_send_and_stores_the_rest(
        self, service: Service, scope: str, tmp_path: Path
    ) -> None:
        first, second, third = json.loads(DOCUMENT.read_text())["resources"]
        second["entity"]["metadata"] = {"large": "x" * 5_000_000}
        third["entity"]["metadata"] = {"large": "x" * 300_000}
        file = tmp_path / "events.json"
        file.write_text(json.dumps([first, second, third]))
        done = load(service, file, make_key(service, scope))
        assert done.status == 1
        assert done.err.splitlines()[0] == "2 invalid, 1 stored"
        assert "line 1, event 2: invalid: the event has 5000" in done.err
        assert (
            f"line 1, event 3 ({third['metadata']['guid']}): invalid: the event has 300" in done.err
        )

    @pytest.mark.parametrize("format", FORMATS)
    def test_writes_the_id_of_each_event_in_the_log(
        self, service: Service, scope: str, format: str, tmp_path: Path
    ) -> None:
        suite = json.loads((ROOT / f"tests/conformance/{format}.json").read_text())
        form = load_dialect(format).format
        owner = {form.scope: scope} if form.scope else {}
        wires = [wire | owner for wire in suite["events"].values()]
        file, ids = tmp_path / "events.json", tmp_path / "ids.json"
        file.write_text(json.dumps([wires[1], wires[0], {}, wires[1]]))
        key = make_key(service, scope)
        done = service.polylog(
            *("load", str(file), "--format", format),
            *("--ids", str(ids), "--token", key["token"]),
        )
        assert (done.status, done.err.splitlines()[0]) == (
            1,
            "1 duplicate, 1 invalid, 2 stored",
        )
        second, first = (form.read(wire).id for wire in wires[1::-1])
        assert json.loads(ids.read_text()) == [
            {"id": second, "seq": 1, "status": "stored"},
            {"id": first, "seq": 2, "status": "stored"},
            {"id": None, "seq": None, "status": "invalid"},
            {"id": second, "seq": 1, "status": "duplicate"},
        ]

    def test_writes_no_id_for_an_event_in_conflict(
        self, service: Service, scope: str, tmp_path: Path
    ) -> None:
        resource = json.loads(DOCUMENT.read_text())["resources"][0]
        other = resource | {"entity": resource["entity"] | {"type": "app.crash"}}
        file, ids = tmp_path / "events.json", tmp_path / "ids.json"
        file.write_text(json.dumps([resource, other]))
        token = ("--token", make_key(service, scope)["token"])
        options = ("--format", "cloudfoundry", "--ids", str(ids), *token)
        assert service.polylog("load", str(file), *options).status == 1
        assert json.loads(ids.read_text())[1] == {"id": None, "seq": None, "status": "conflict"}

    def test_says_where_it_cannot_write(self, service: Service, scope: str, tmp_path: Path) -> None:
        token = ("--token", make_key(service, scope)["token"])
        options = ("--format", "cloudfoundry", "--ids", str(tmp_path), *token)
        done = service.polylog("load", str(DOCUMENT), *options)
        assert done.status == 1
        assert done.err.splitlines()[0] == "3 stored"
        assert "Is a directory" in done.err

    @pytest.mark.parametrize(
        ("text", "message"),
        [("{", "not JSON"), ("<html>", "not JSON"), (None, "No such file")],
    )
    def test_refuses_a_file_that_it_cannot_read(
        self, service: Service, text: str | None, message: str, tmp_path: Path
    ) -> None:
        file = tmp_path / "events"
        file.parent.joinpath("events" if text is not None else "other").write_text(text or "")
        done = service.polylog("load", str(file), "--format", "cloudfoundry")
        assert done.status == 1
        assert message in done.err

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (("--token", "x"), "401 Invalid credential"),
            (("--url", "http://127.0.0.1:1", "--token", "x"), "nothing is stored twice"),
        ],
    )
    def test_says_why_a_service_refuses_it(
        self, service: Service, options: tuple[str, ...], message: str
    ) -> None:
        done = service.polylog("load", str(DOCUMENT), "--format", "cloudfoundry", *options)
        assert done.status == 1
        assert message in done.err

    def test_sends_no_key_to_another_service(self, service: Service) -> None:
        options = ("--format", "cloudfoundry", "--url", "http://127.0.0.1:1")
        done = service.polylog("load", str(DOCUMENT), *options)
        assert done.status == 1
        assert "there is no key for http://127.0.0.1:1; " in done.err

    def test_sends_no_key_that_a_header_cannot_carry(self, service: Service) -> None:
        done = service.polylog("load", str(DOCUMENT), "--format", "cloudfoundry", "--token", "é")
        assert done.status == 2

    def test_knows_its_formats(self, service: Service) -> None:
        done = service.polylog("load", str(DOCUMENT), "--format", "syslog")
        assert done.status == 2
        assert "cloudfoundry" in done.err


def native(ids: Iterable[str]) -> list[dict[str, str]]:
    """Return events in the native form."""
    return [{"id": id, "time": "2026-03-01T12:00:00Z", "type": "door.open"} for id in ids]


@contextmanager
def begun(service: Service, *arguments: str) -> Iterator[IO[str]]:
    """Run a command that does not end by itself until the block ends; yield what it prints."""
    command = [COMMAND, *arguments, "--data", str(service.home.path)]
    with subprocess.Popen(command, stdout=PIPE, stderr=PIPE, text=True) as process:
        watchdog = Timer(300, process.kill)
        watchdog.start()
        try:
            yield process.stdout
        finally:
            process.send_signal(signal.SIGINT)
            rest, errors = process.communicate()
            watchdog.cancel()
    assert (process.returncode, rest, errors) == (130, "", "")


class TestReading:
    @pytest.fixture
    def many(self, service: Service, scope: str, tmp_path: Path) -> tuple[str, str]:
        """The token of a log with more events than one page has."""
        file = tmp_path / "many.json"
        file.write_text(json.dumps(native(f"event-{number}" for number in range(1010))))
        token = ("--token", make_key(service, scope)["token"])
        assert service.polylog("load", str(file), *token).err.endswith("1010 stored\n")
        return token

    def test_answers_a_question_and_explains_it(self, service: Service, scope: str) -> None:
        key = make_key(service, scope)
        load(service, DOCUMENT, key)
        text = 'type = "audit.app.update" AND time >= "2014-01-01" AND NOT actor.name : "bot"'
        done = service.polylog("query", text, "--explain", "--token", key["token"])
        assert (done.status, len(done.out.splitlines())) == (0, 2)
        assert re.search(r"index +segments", done.err)
        assert re.search(r'residual +.*NOT actor.name: "bot"', done.err)
        assert re.search(r"read units +[1-9]", done.err)

    def test_exports_what_a_query_for_everything_prints(
        self, service: Service, many: tuple[str, str], tmp_path: Path
    ) -> None:
        file = tmp_path / "all.ndjson"
        exported = service.polylog("export", "--output", str(file), *many)
        assert (exported.status, exported.err) == (0, f"1010 events in {file}\n")
        everything = ("query", "--json", "--limit", "0", "--order", "asc")
        assert service.polylog(*everything, *many).out == file.read_text()
        assert len(file.read_text().splitlines()) == 1010

    def test_follows_a_log_that_is_written_to(
        self, service: Service, many: tuple[str, str], scope: str
    ) -> None:
        key = make_key(service, scope)
        names = [f"late-{number}" for number in range(40)]

        def write() -> None:
            headers = {"Authorization": f"Bearer {key['token']}"}
            with httpx.Client(base_url=key["url"], headers=headers, timeout=30) as client:
                for event in native(names):
                    assert client.post("/v1/events", json=event).is_success

        writer = Thread(target=write)
        with begun(service, "query", "--follow", "--json", "--limit", "0", *many) as lines:
            first = next(lines)
            writer.start()
            found = [json.loads(line)["id"] for line in (first, *islice(lines, 1049))]
        writer.join()
        assert len(set(found)) == 1050
        assert set(names) < set(found)

    def test_tails_from_now_on(self, service: Service, scope: str) -> None:
        key = make_key(service, scope)
        load(service, DOCUMENT, key)
        with begun(service, "tail", "--token", key["token"]) as lines:
            assert next(lines).split()[0] == "time"
            headers = {"Authorization": f"Bearer {key['token']}"}
            url = f"{key['url']}/v1/events"
            assert httpx.post(url, headers=headers, json=native(["new"])).is_success
            assert next(lines).split()[1:] == ["4", "door.open"]


class TestKeys:
    def test_confines_a_key_to_a_project(self, service: Service, scope: str) -> None:
        load(service, DOCUMENT, make_key(service, scope))
        space = json.loads(DOCUMENT.read_text())["resources"][0]["entity"]["space_guid"]
        for project, total in ((space, 3), ("elsewhere", 0)):
            key = make_key(service, scope, "--project", project)
            assert get(key, "/cf/v2/events").json()["total_results"] == total

    def test_confines_a_key_to_its_permissions(self, service: Service, scope: str) -> None:
        writer = make_key(service, scope, "--permissions", "write")
        assert get(writer, "/cf/v2/events").status_code == 403
        reader = make_key(service, scope, "--permissions", "read")
        assert post_nothing(reader) == 403

    def test_revokes_a_key(self, service: Service, scope: str) -> None:
        key = make_key(service, scope, "--permissions", "write")
        assert post_nothing(key) == 200
        assert service.polylog("keys", "revoke", key["key_id"]).status == 0
        assert post_nothing(key) == 401

    def test_says_what_a_new_key_allows(self, service: Service, scope: str) -> None:
        options = ("--scope", scope, "--permissions", "write,read", "--project", "p-1")
        lasting = service.polylog("keys", "create", *options)
        key_id = lasting.out.partition(".")[0]
        allowed = f"{key_id} allows read, write in scope {scope}, project p-1"
        assert lasting.err == f"{allowed}, and never expires\n"
        expiring = service.polylog("keys", "create", *options, "--expires", "30d")
        assert re.search(rf"scope {scope}, project p-1, until 20\S+", expiring.err)

    def test_lists_keys_but_no_secret(self, service: Service, scope: str) -> None:
        kept = make_key(service, scope, "--expires", "30d")
        gone = make_key(service, scope)
        service.polylog("keys", "revoke", gone["key_id"])
        listed = service.polylog("keys", "list", "--scope", scope).out
        assert re.search(rf"{kept['key_id']}.*valid until 20", listed)
        assert re.search(rf"{gone['key_id']}.*revoked 20", listed)
        assert kept["secret_key"] not in listed

    @pytest.mark.parametrize(
        "options",
        [
            ("create", "--scope", "a/b"),
            ("create", "--scope", ""),
            ("create", "--scope", "a", "--permissions", "fly"),
            ("create", "--scope", "a", "--expires", "soon"),
            ("create", "--scope", "a", "--expires", "0d"),
            ("create", "--scope", "a", "--expires", "9999999d"),
            ("create", "--scope", "a", "--project", ""),
            ("create",),
            ("list",),
        ],
    )
    def test_refuses_what_makes_no_sense(self, service: Service, options: tuple[str, ...]) -> None:
        done = service.polylog("keys", *options)
        assert done.status == 2

    @pytest.mark.parametrize("key_id", ["PL1NONE", ""])
    def test_says_that_a_key_does_not_exist(self, service: Service, key_id: str) -> None:
        done = service.polylog("keys", "revoke", key_id)
        assert done.status == 1
        assert f"no key {key_id}" in done.err

    def test_says_that_nothing_runs(self, tmp_path: Path) -> None:
        done = polylog("keys", "list", "--scope", "demo", "--data", str(tmp_path))
        assert done.status == 1
        assert "polylog run" in done.err


class TestTally:
    def test_is_folded_by_itself(self, service: Service, scope: str) -> None:
        key = make_key(service, scope)
        running = service.home.read_running()
        assert running is not None
        client = connect(running.dynamodb)
        url, headers = f"{key['url']}/v1/events", {"Authorization": f"Bearer {key['token']}"}
        with httpx.Client(headers=headers) as http:
            for event in native(f"event-{number}" for number in range(70)):
                assert http.post(url, json=event).is_success
        deadline = time.monotonic() + 60
        while len(read_head(client, "TallyTable", scope).deltas) == 70:
            assert time.monotonic() < deadline
            time.sleep(0.2)

    def test_is_verified_and_folded_by_hand(self, service: Service, scope: str) -> None:
        load(service, DOCUMENT, make_key(service, scope))
        verified = service.polylog("verify", "--scope", scope)
        assert verified.status == 0
        assert verified.out == "0 events in 1 rows, 3 not folded yet, 0 counts wrong\n"
        assert service.polylog("compact", "--scope", scope).out == (
            "3 events folded, 0 not folded yet\n"
        )

    @pytest.mark.parametrize("command", ["verify", "compact", "restamp"])
    def test_says_that_there_is_no_such_scope(self, service: Service, command: str) -> None:
        told = service.polylog(command, "--scope", "nowhere")
        assert (told.status, told.out) == (1, "")
        assert "nothing was ever stored in a scope 'nowhere'" in told.err

    def test_says_when_a_count_is_wrong(self, service: Service, scope: str) -> None:
        load(service, DOCUMENT, make_key(service, scope))
        client = connect(service.home.read_running().dynamodb)
        settle(client, scope)
        guid = json.loads(DOCUMENT.read_text())["resources"][0]["metadata"]["guid"]
        client.delete_item(TableName="EventsTable", Key={"pk": {"S": f"{scope}/{guid}"}})
        verified = service.polylog("verify", "--scope", scope)
        assert verified.status == 1
        said = "2015-02-13 system:audit.app.create: the events give 0, the tally 1"
        assert said in verified.out
        repaired = service.polylog("verify", "--scope", scope, "--repair")
        assert repaired.status == 0
        assert repaired.out == "2 events in 5 rows, 0 not folded yet, 0 counts wrong\n"

    def test_can_be_stamped_again(self, service: Service, scope: str) -> None:
        load(service, DOCUMENT, make_key(service, scope))
        assert service.polylog("restamp", "--scope", scope).out == "3 events kept, 0 deleted\n"


class TestRun:
    @pytest.mark.parametrize(
        ("sample", "total"),
        [("--no-sample", 3), pytest.param("--sample", 3003, marks=pytest.mark.long)],
    )
    def test_keeps_events_and_key_between_runs(
        self, tmp_path: Path, sample: str, total: int
    ) -> None:
        data = tmp_path / "data"
        with running_service(data, sample) as first:
            load(first, DOCUMENT, asdict(first.credentials))
            answer = get(asdict(first.credentials), "/cf/v2/events?results-per-page=1")
            assert answer.json()["total_results"] == total
        assert first.home.read_running() is None
        with running_service(data, sample) as second:
            assert second.credentials.token == first.credentials.token
            answer = get(asdict(second.credentials), "/cf/v2/events?results-per-page=1")
            assert answer.json()["total_results"] == total

    def test_makes_new_events_all_the_time(self, tmp_path: Path) -> None:
        with running_service(tmp_path / "data", "--no-sample", "--live", "--memory") as service:
            told = get(asdict(service.credentials), "/v1/events:tail?after=0&wait=20").json()
        assert told["events"][0]["type"].startswith(("app.", "audit.app."))

    @pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
    def test_listens_only_on_loopback(self, service: Service) -> None:
        found = listening(service.process.pid)
        assert found.keys() == {httpx.URL(service.credentials.url).port}
        assert all(address.is_loopback for address in found.values())

    def test_keeps_files_that_only_you_can_use(self, service: Service) -> None:
        paths = (service.home.path, *service.home.path.rglob("*"))
        modes = {str(path): S_IMODE(path.stat().st_mode) for path in paths}
        assert modes == {str(path): 0o700 if path.is_dir() else 0o600 for path in paths}

    def test_lets_only_one_run_at_a_time_use_a_folder(self, service: Service) -> None:
        done = start_polylog("run", "--port", "0", "--data", str(service.home.path))
        assert done.status == 1
        assert "in use" in done.err

    def test_says_that_the_port_is_taken(self, service: Service, tmp_path: Path) -> None:
        port = str(httpx.URL(service.credentials.url).port)
        done = start_polylog("run", "--port", port, "--data", str(tmp_path))
        assert done.status == 1
        assert f"port {port}" in done.err

    @pytest.mark.parametrize(
        ("engine", "status"),
        [
            ("foo", 2),
            pytest.param("http://127.0.0.1:1", 1, marks=pytest.mark.long),  # It tries often.
            ("http://a b", 2),
        ],
    )
    def test_says_that_there_is_no_such_dynamodb(
        self, tmp_path: Path, engine: str, status: int
    ) -> None:
        options = ("--data", str(tmp_path), "--dynamodb", engine)
        done = start_polylog("run", "--port", "0", *options)
        assert done.status == status

    @pytest.mark.long
    def test_finishes_a_sample_that_was_interrupted(self, tmp_path: Path) -> None:
        data = tmp_path / "data"
        with running_service(data, "--no-sample") as first:
            sample = sample_events(first.home.begin_sample())
            file = tmp_path / "part.json"
            file.write_text(json.dumps(sample[:100]))
            load(first, file, asdict(first.credentials))
        with running_service(data) as second:
            answer = get(asdict(second.credentials), "/cf/v2/events?results-per-page=1")
            assert answer.json()["total_results"] == len(sample)
            assert "Loading 3,000 sample events\n" in second.log.read_text()
        assert second.home.sample_begun() is None

    def test_says_that_the_template_is_missing(self, tmp_path: Path) -> None:
        done = start_polylog("run", "--template", "template.yaml", folder=tmp_path)
        assert done.status == 1
        assert "template" in done.err

    def test_says_what_an_origin_is(self, tmp_path: Path) -> None:
        options = ("--data", str(tmp_path), "--cors-origins", "http://localhost:3000/")
        done = start_polylog("run", "--port", "0", *options)
        assert done.status == 2
        assert done.err.startswith("polylog: invalid value for --cors-origins: CorsOrigins must")
        assert "with no slash at the end" in done.err

    @pytest.mark.parametrize(
        "options",
        [
            ("--parameter", "RetentionDays=1", "--parameter", "RetentionDays=2"),
            ("--parameter", "CorsOrigins=*", "--cors-origins", "*"),
        ],
    )
    def test_takes_a_parameter_once(self, tmp_path: Path, options: tuple[str, ...]) -> None:
        done = start_polylog("run", "--port", "0", "--data", str(tmp_path), *options)
        assert done.status == 2
        assert " is given twice" in done.err

    @pytest.mark.parametrize(
        "number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT]
    )
    def test_leaves_no_credentials_in_a_temporary_folder(
        self, tmp_path: Path, number: signal.Signals
    ) -> None:
        """It starts as from a shell: under `nohup`, as these tests, it would ignore the signal."""
        options = ("--port", "0", "--memory", "--dynamodb", "moto", "--no-sample")
        environment = os.environ | {"TMPDIR": str(tmp_path)}
        command = [COMMAND, "run", *options]
        heed = partial(signal.signal, number, signal.SIG_DFL)
        with subprocess.Popen(
            command, stdout=PIPE, env=environment, text=True, preexec_fn=heed
        ) as process:
            try:
                assert process.stdout is not None
                assert next(process.stdout).startswith("Polylog serves")
                assert list(tmp_path.glob("polylog-*/credentials.json"))
                process.send_signal(number)
                process.communicate(timeout=30)
            finally:
                process.kill()  # Otherwise a run that does not end would never let the test end.
        assert not list(tmp_path.glob("polylog-*"))

    @pytest.mark.parametrize("parameter", ["RetentionDays=soon", "Nonsense=1", "RetentionDays"])
    def test_says_which_parameter_is_bad(self, tmp_path: Path, parameter: str) -> None:
        options = ("--data", str(tmp_path), "--parameter", parameter)
        done = start_polylog("run", "--port", "0", *options)
        assert done.status == 2
        assert done.err.startswith("polylog: invalid value for --parameter: ")
        assert done.err.count("\n") == 1

    def test_leaves_no_credentials_of_a_log_in_memory(self, tmp_path: Path) -> None:
        data = tmp_path / "data"
        with running_service(data, "--no-sample", "--memory") as running:
            assert load(running, DOCUMENT, asdict(running.credentials)).status == 0
            assert running.polylog("count").out == "3\n"
            made = running.polylog("keys", "create", "--scope", running.credentials.scope)
            assert made.status == 0
        assert {file.name for file in data.iterdir()} == {"pepper.json"}

    def test_puts_back_the_credentials_of_a_log_on_the_disk(self, tmp_path: Path) -> None:
        data = tmp_path / "data"
        home = Home(data).make()
        Credentials("http://127.0.0.1:1", "demo", "k", "k.s", "k", "s").write(home.credentials)
        before = home.credentials.read_text()
        with running_service(data, "--no-sample", "--memory", "--dynamodb", "moto") as running:
            assert running.credentials.token != "k.s"
        assert home.credentials.read_text() == before

    def test_runs_on_moto(self, tmp_path: Path) -> None:
        with running_service(tmp_path / "data", "--no-sample", "--dynamodb", "moto") as running:
            key = asdict(running.credentials)
            done = load(running, DOCUMENT, key)
            assert done.err.strip() == "3 stored"
            assert get(key, "/cf/v2/events").json()["total_results"] == 3

    def test_writes_its_secrets_only_for_the_user(self, service: Service) -> None:
        for file in (service.home.credentials, service.home.pepper):
            assert file.stat().st_mode & 0o077 == 0
