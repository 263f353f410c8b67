"""`schemathesis` checks a running service against Cedana's own OpenAPI document.

There is no published Python client of this API; one would be generated from the document.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.examples import examples
from support.service import Service

from polylog.model import times
from polylog.model.times import SECOND
from tools import ROOT

DOCUMENT = Path(__file__).parent / "documents/cedana.json"
SCHEMATHESIS = str(Path(sys.executable).parent / "schemathesis")
CLOUDFOUNDRY = ROOT / "tests/conformance/documents/cloudfoundry.json"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "positive_data_acceptance",
    "ignored_auth",
)
KINDS: tuple[object, ...] = (None, 0, 2**70, 1.5, "text", [1, ["a"]], {}, {"pod": {"gpus": 2}})


def wires(now: int) -> list[dict[str, Any]]:
    """Return events of the last hours in every form that the document allows."""
    return [
        {
            "id": number - 4 if number < 8 else 2**63 - number,
            "status": ("success", "error", "")[number % 3],
            "operation": ("checkpoint", "restore")[number % 2],
            "resource_type": ("pod", "action", "checkpoint", "")[number % 4],
            "message": "" if number % 5 else "Gespräch 🎉",
            "metadata": KINDS[number % len(KINDS)],
            "source": "controller" if number % 6 else "",
            "timestamp": now - 600 * number,
        }
        for number in range(40)
    ]


@pytest.fixture(scope="module")
def loaded(
    service: Service, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[dict[str, Any]]]:
    """Return the token of a scope with events of Cedana and Cloud Foundry, and the former."""
    made = service.polylog(
        "keys", "create", "--scope", "cedana", "--permissions", "read,write", "--json"
    )
    token = json.loads(made.out)["token"]
    events = wires(times.now() // SECOND)
    file = tmp_path_factory.mktemp("load") / "events.json"
    file.write_text(json.dumps(events))
    for path, format in ((file, "cedana"), (CLOUDFOUNDRY, "cloudfoundry")):
        done = service.polylog("load", str(path), "--format", format, "--token", token)
        assert done.status == 0, done.err
    return token, events


def test_a_dump_comes_back_unchanged(
    service: Service, loaded: tuple[str, list[dict[str, Any]]]
) -> None:
    """In the order of time; Cloud Foundry's events are all older."""
    token, events = loaded
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{service.credentials.url}/v2/events?time=2147483647"
    found = httpx.get(url, headers=headers).json()
    assert found[: len(events)] == events
    assert [event["timestamp"] // 10**7 for event in found[len(events) :]] == [142, 142, 142]


@pytest.mark.hypothesis
def test_answers_are_as_the_document_says(
    service: Service, loaded: tuple[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    """It names no 4XX here; Cedana's other operations have the same form for those as for 500."""
    document = json.loads(DOCUMENT.read_text())
    responses = document["paths"]["/v2/events"]["get"]["responses"]
    responses["4XX"] = responses["500"]
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document))
    command = [
        *(SCHEMATHESIS, "run", str(file), "--url", service.credentials.url),
        *("--header", f"Authorization: Bearer {loaded[0]}"),
        *("--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing"),
        *("--max-examples", str(examples(150)), "--seed", "1", "--generation-database", "none"),
        *("--no-color", "--continue-on-failure"),
    ]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stdout, done.stdout
