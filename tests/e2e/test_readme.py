"""The commands in the README and the reference pages work, and the README's table is true."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from support.amazon import signature
from support.command import polylog
from support.service import COMMAND, Service

from polylog.api.auth import Credential
from polylog.dialects import DIALECTS, load
from polylog_cli.commands.help import topics
from tools import ROOT

NAMES = ("README.md", "docs/apis.md", "docs/cli.md", "docs/filters.md", "docs/tally.md")
PAGES = {name: (ROOT / name).read_text("utf-8") for name in NAMES}
TEXT = "\n".join(PAGES.values())
CURLS = sorted(set(re.findall(r"^\$ (curl .*?)(?: \| jq .*)?$", TEXT, re.MULTILINE)))
READING = sorted(
    set(
        re.findall(
            r"^\$ \.venv/bin/polylog ((?:query|tail|export|count|groups|histogram|load events).*)$",
            TEXT,
            re.MULTILINE,
        )
    )
)
AMAZON = re.findall(r"^(?:\$ )?(aws cloudtrail .*)$", TEXT, re.MULTILINE)
ENDLESS = re.compile("--follow|tail ")
EXPECTED = {"no-such-": 404, "event_source": 201, "permissions": 201}

CURL = ArgumentParser()
CURL.add_argument("-s", dest="is_silent", action="store_true")
CURL.add_argument("-H", dest="headers", action="append", default=[])
CURL.add_argument("-X", dest="method")
CURL.add_argument("-G", dest="is_query", action="store_true")
CURL.add_argument("-d", dest="data", action="append", default=[])
CURL.add_argument("--data-urlencode", dest="encoded", action="append", default=[])
CURL.add_argument("--aws-sigv4", dest="signed")
CURL.add_argument("--user")
CURL.add_argument("url")


def send(line: str, variables: dict[str, str]) -> httpx.Response:
    """Send the request of a curl line; it knows only the options that the pages use."""
    for name, value in variables.items():
        line = line.replace(f"${name}", value)
    asked = CURL.parse_args(shlex.split(line)[1:])
    headers = dict(header.split(": ", 1) for header in asked.headers)
    sent = [*asked.data, *map(_encoded, asked.encoded)]
    if asked.is_query:
        return httpx.get(f"{asked.url}?{'&'.join(sent)}", headers=headers, timeout=30)
    if sent:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} | headers
    if asked.signed:
        key = Credential(*asked.user.split(":"))
        headers |= signature(key, asked.url, "&".join(sent), time.time(), headers)
    method = asked.method or ("POST" if sent else "GET")
    content = "&".join(sent) or None
    return httpx.request(method, asked.url, headers=headers, content=content, timeout=30)


def _encoded(part: str) -> str:
    name, _, value = part.partition("=")
    return f"{name}={quote(value)}"


def arguments(service: Service, line: str) -> list[str]:
    """Return the arguments of a line, for this service."""
    name, *rest = shlex.split(line)
    return [name, "--data", str(service.home.path), *rest]


@pytest.mark.parametrize("line", [line for line in READING if not ENDLESS.search(line)])
def test_its_questions_are_answered(
    service: Service, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = {"id": "loaded", "time": "2026-11-01T00:00:00Z", "type": "door.open"}
    (tmp_path / "events.ndjson").write_text(json.dumps(event))
    monkeypatch.chdir(tmp_path)
    done = polylog(*arguments(service, line))
    assert done.status == 0, done.err


@pytest.mark.parametrize("line", [line for line in READING if ENDLESS.search(line)])
def test_its_endless_questions_begin_to_be_answered(service: Service, line: str) -> None:
    command = [COMMAND, *arguments(service, line)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        head = process.stdout.readline()
        process.send_signal(signal.SIGINT)
    assert head.split()[0] == "time"
    assert process.returncode == 130


@pytest.mark.parametrize("line", CURLS)
def test_its_curl_lines_work(service: Service, line: str) -> None:
    credentials = service.credentials
    variables = {
        "URL": credentials.url,
        "TOKEN": credentials.token,
        "KEY_ID": credentials.key_id,
        "SECRET": credentials.secret_key,
        "NOW": str(int(time.time())),
    }
    expected = next((status for part, status in EXPECTED.items() if part in line), 200)
    assert send(line, variables).status_code == expected


def test_it_shows_every_endpoint() -> None:
    for name in DIALECTS:
        dialect = load(name)
        for endpoint in (each for each in dialect.endpoints if each.method != "*"):
            path = re.sub(
                r"\\\{\w+(?:\\\+)?\\\}", r"[^/?\"]+", re.escape(dialect.mounts[0] + endpoint.path)
            )
            assert re.search(rf'\$URL{path}["?]', PAGES["docs/apis.md"]), endpoint.path


@pytest.mark.parametrize("name", DIALECTS)
def test_its_table_names_every_dialect_and_mount(name: str) -> None:
    (row,) = re.findall(rf"^\| `{name}`.*$", PAGES["docs/apis.md"], re.MULTILINE)
    dialect = load(name)
    at_root = [re.sub(r"\+}", "}", endpoint.path) for endpoint in dialect.endpoints]
    for mount in dialect.mounts:
        paths = [f"{mount}/…"] if mount else at_root
        assert any(f"`{path}`" in row for path in paths)


@pytest.mark.parametrize(
    "words",
    [
        ("keys", "create", "--scope", "demo", "--permissions", "read,write", "--expires", "30d"),
        ("keys", "list", "--scope", "demo"),
        ("verify", "--scope", "demo"),
        ("compact", "--scope", "demo"),
    ],
    ids=" ".join,
)
def test_its_commands_work(service: Service, words: tuple[str, ...]) -> None:
    assert f"$ .venv/bin/polylog {' '.join(words)}\n" in TEXT
    assert service.polylog(*words).status == 0


def test_the_readme_is_short() -> None:
    assert len(PAGES["README.md"].splitlines()) <= 150


@pytest.mark.parametrize("topic", topics())
def test_its_page_of_the_command_names_every_help_topic(topic: str) -> None:
    assert f"$ .venv/bin/polylog help {topic}\n" in PAGES["docs/cli.md"]


@pytest.mark.parametrize("line", AMAZON)
def test_its_lines_for_the_aws_cli_work(service: Service, line: str) -> None:
    credentials = service.credentials
    variables = {
        "URL": credentials.url,
        "AWS_ACCESS_KEY_ID": credentials.key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "AWS_DEFAULT_REGION": "eu-central-1",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    done = subprocess.run(line, shell=True, env=variables, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
