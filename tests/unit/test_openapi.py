"""The OpenAPI documents: the committed files are what the dialects declare, complete and valid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate
from support.memory import MemoryEventStore, MemoryKeyStore

from polylog.api.call import Services
from polylog.api.dialect import serve
from polylog.api.http import Request
from polylog.dialects import DIALECTS, load
from polylog.model.times import Clock
from tools import openapi


@pytest.fixture(params=DIALECTS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def test_the_file_is_what_the_dialect_declares(name: str) -> None:
    assert openapi.place_of(name).read_text("utf-8") == openapi.written(name), "run `make openapi`"


def test_it_is_valid(name: str) -> None:
    validate(json.loads(openapi.written(name)))


def test_it_names_no_host(name: str) -> None:
    assert "://" not in openapi.written(name)


def test_it_describes_every_endpoint_and_parameter(name: str) -> None:
    """Except endpoints that only refuse, redirect or say what is allowed."""
    paths = openapi.document(load(name))["paths"]
    described = {
        (method.upper(), path): operation.get("parameters", ())
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
    expected = {
        (endpoint.method, endpoint.path.replace("+}", "}"))
        for endpoint in load(name).endpoints
        if endpoint.method not in ("*", "OPTIONS")
    }
    assert described.keys() == expected
    assert all(each["description"] for parameters in described.values() for each in parameters)


def test_the_native_one_is_served_to_everybody() -> None:
    services = Services(MemoryEventStore(), MemoryKeyStore(), clock=Clock(lambda: 0))
    response = serve(load("native"), Request("GET", "/v1/openapi.json"), services)
    assert (response.status, response.body.decode()) == (200, openapi.written("native"))


def schemas(part: object) -> Iterator[dict[str, Any]]:
    """Yield every object of a document, at any depth."""
    parts = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    yield from [part] if isinstance(part, dict) else []
    for each in parts:
        yield from schemas(each)


def test_a_value_can_meet_all_that_a_schema_says(name: str) -> None:
    """A type next to a choice of other types would refuse every value."""
    for schema in schemas(json.loads(openapi.written(name))):
        assert not (schema.keys() & {"$ref", "anyOf"} and schema.keys() & {"type", "enum"}), schema
        assert schema.get("default") in [None, *schema.get("enum", [schema.get("default")])]
