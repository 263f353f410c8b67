"""OpenAPI 3.1 documents, made of what the dialects declare. `make openapi` writes them.

What an endpoint takes follows from its `Params` and its body, what can go wrong from the errors
that the dialect renders, the words from docstrings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, Final

from polylog.api.contract import Body
from polylog.api.dialect import Dialect, Endpoint
from polylog.dialects import DIALECTS, load
from polylog.dialects.native.document import FILE
from tools import ROOT
from tools.openapi_responses import Object, responses, share, words
from tools.openapi_schemas import Schemas

FOLDER: Final = ROOT / "docs" / "openapi"
_PLACEHOLDER = re.compile(r"\{(\w+)\+?\}")


def document(dialect: Dialect) -> Object:
    """Return the OpenAPI document of a dialect."""
    endpoints = [endpoint for endpoint in dialect.endpoints if endpoint.returns]
    schemas = Schemas.of(_types(dialect, endpoints))
    operations = [_operation(dialect, endpoint, schemas) for endpoint in endpoints]
    _number(operations)
    components = {"responses": share(operations)}
    paths: dict[str, Object] = {}
    for endpoint, operation in zip(endpoints, operations, strict=True):
        path = _PLACEHOLDER.sub(r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": _info(dialect),
        "servers": [{"url": mount or "/"} for mount in dialect.mounts],
        "paths": paths,
        "components": {
            "schemas": schemas.used([paths, components]),
            **components,
            "securitySchemes": dialect.security,
        },
    }


def _types(dialect: Dialect, endpoints: Sequence[Endpoint[Any]]) -> Iterator[object]:
    yield dialect.problem
    for endpoint in endpoints:
        yield endpoint.params
        if endpoint.takes:
            yield endpoint.takes.type
        yield from (reply.type for reply in endpoint.returns if reply.type)


def _info(dialect: Dialect) -> Object:
    summary, description = words(import_module(f"polylog.dialects.{dialect.name}"))
    return {
        "title": f"Polylog: {dialect.name}",
        "summary": summary,
        "description": description,
        "version": metadata.version("polylog"),
    }


def _operation(dialect: Dialect, endpoint: Endpoint[Any], schemas: Schemas) -> Object:
    summary, description = words(endpoint.answer)
    operation = {
        "operationId": endpoint.answer.__name__,
        "summary": summary,
        "description": description,
        "parameters": _parameters(endpoint, schemas),
        "requestBody": _body(endpoint.takes, schemas) if endpoint.takes else None,
    }
    return {
        **{name: value for name, value in operation.items() if value},
        "responses": responses(dialect, endpoint, schemas),
        "security": [{name: []} for name in dialect.security] if endpoint.permission else [],
    }


def _parameters(endpoint: Endpoint[Any], schemas: Schemas) -> list[Object]:
    required = schemas.required(endpoint.params)
    return [
        {
            "name": name,
            "in": "path" if name in endpoint.pattern.groupindex else "query",
            "required": name in required,
            **({"description": schema.pop("description")} if "description" in schema else {}),
            "schema": schema,
        }
        for name, schema in schemas.parameters(endpoint.params).items()
    ]


def _body(body: Body, schemas: Schemas) -> Object:
    content = {media_type: {"schema": schemas[body.type]} for media_type in body.media_types}
    return {"required": True, "content": content}


def _number(operations: Sequence[Object]) -> None:
    """Tell apart what answers at several paths: ids are unique."""
    seen: list[str] = []
    for operation in operations:
        name = operation["operationId"]
        seen.append(name)
        if seen.count(name) > 1:
            operation["operationId"] = f"{name}_{seen.count(name)}"


def place_of(name: str) -> Path:
    """Return where a dialect's document lies; the native one is served, from its package."""
    return FILE if name == "native" else FOLDER / f"{name}.json"


def written(name: str) -> str:
    """Return a dialect's document as its file holds it."""
    return json.dumps(document(load(name)), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name in DIALECTS:
        place_of(name).write_text(written(name), "utf-8")
