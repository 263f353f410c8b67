"""OpenAPI 3.1 documents, generated from what the dialects declare; `make openapi` writes them.

Parameters and bodies come from the `Params` and `takes` of an endpoint, and errors from what the
dialect renders. The texts are docstrings: the docstring of a package describes the API, that of a
type its schema, and that of a handler its operation. The first sentence of a handler's docstring,
up to a semicolon, is the summary of the operation. `Schemas` asks pydantic for all types at once.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import WithDefaultSchema

from polylog.api.contract import Body, Reply
from polylog.api.dialect import Dialect, Endpoint
from polylog.dialects import DIALECTS, load, package_of
from polylog.dialects.native.document import FILE
from polylog.model.errors import (
    ApiError,
    Forbidden,
    InternalError,
    InvalidBody,
    InvalidCredential,
    InvalidParameter,
    RequestTooLarge,
    ResponseTooLarge,
    RouteNotFound,
    Throttled,
    TimedOut,
    Unauthenticated,
    Unavailable,
)
from tools import ROOT

Object = dict[str, Any]

FOLDER: Final = ROOT / "docs" / "openapi"

_PLACEHOLDER = re.compile(r"\{(\w+)\+?\}")
_ON_ERRORS = re.compile(r"\s*\bRaises `[^.]*\.")
_PREFIX = "#/components/schemas/"
_REFERENCE = re.compile(re.escape(_PREFIX) + r'([^"]+)"')
_LIMITS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


def document(dialect: Dialect) -> Object:
    """Return the OpenAPI document of a dialect."""
    endpoints = [endpoint for endpoint in dialect.endpoints if endpoint.returns]
    schemas = Schemas.of(_types(dialect, endpoints))
    operations = [_operation(dialect, endpoint, schemas) for endpoint in endpoints]
    _number(operations)
    components = {"responses": _share(operations)}
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
    summary, description = _words(import_module(package_of(dialect.name)))
    return {
        "title": f"Polylog: {dialect.name}",
        "summary": summary,
        "description": description,
        "version": metadata.version("polylog-events"),
    }


def _operation(dialect: Dialect, endpoint: Endpoint[Any], schemas: Schemas) -> Object:
    summary, description = _words(endpoint.answer)
    operation = {
        "operationId": endpoint.answer.__name__,
        "summary": summary,
        "description": description,
        "parameters": _parameters(endpoint, schemas),
        "requestBody": _body(endpoint.takes, schemas) if endpoint.takes else None,
    }
    return {
        **{name: value for name, value in operation.items() if value},
        "responses": _responses(dialect, endpoint, schemas),
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
    """Make operation ids unique: a function that answers at several paths gets a number at each.

    `list_events` and `list_events_2` are an example.
    """
    seen: list[str] = []
    for operation in operations:
        name = operation["operationId"]
        seen.append(name)
        if seen.count(name) > 1:
            operation["operationId"] = f"{name}_{seen.count(name)}"


def place_of(name: str) -> Path:
    """Return the file of a dialect's document; that of `native` is in its package, to be served."""
    return FILE if name == "native" else FOLDER / f"{name}.json"


def written(name: str) -> str:
    """Return the document of a dialect, as the text of its file."""
    return json.dumps(document(load(name)), indent=2, ensure_ascii=False) + "\n"


def _words(source: object) -> tuple[str, str]:
    """Return the first paragraph of a docstring up to a semicolon, and the paragraphs after it.

    Sentences about the errors that a function raises are left out. Line breaks become blanks.
    """
    text = _ON_ERRORS.sub("", inspect.getdoc(source) or "")
    summary, *paragraphs = (" ".join(part.split()) for part in text.split("\n\n"))
    return summary.partition(";")[0].rstrip("."), "\n\n".join(filter(None, paragraphs))


def _responses(dialect: Dialect, endpoint: Endpoint[Any], schemas: Schemas) -> Object:
    """Return what an endpoint answers, for each status."""
    found = _errors(dialect, endpoint, schemas)
    found |= {str(reply.status): _reply(reply, schemas) for reply in endpoint.returns}
    return {status: _without_empty(found[status]) for status in sorted(found)}


def _without_empty(response: Object) -> Object:
    return {name: value for name, value in response.items() if value}


def _reply(reply: Reply, schemas: Schemas) -> Object:
    headers = {
        name: {"description": meaning, "schema": {"type": "string"}}
        for name, meaning in reply.headers.items()
    }
    content = {reply.media_type: {"schema": schemas[reply.type]}} if reply.type else {}
    phrase = HTTPStatus(reply.status).phrase
    return {"description": phrase, "headers": headers, "content": content}


def _errors(dialect: Dialect, endpoint: Endpoint[Any], schemas: Schemas) -> Object:
    """Describe how the dialect renders each error: status, media type and headers."""
    found: Object = {}
    for kind in dict.fromkeys(_kinds(endpoint)):
        rendered = dialect.render(_example(kind))
        headers = dict(rendered.headers)
        media_type = headers.pop("Content-Type").partition(";")[0]
        content = {media_type: {"schema": schemas[dialect.problem]}}
        new: Object = {"description": "", "headers": {}, "content": content}
        response = found.setdefault(str(rendered.status), new)
        response["description"] = f"{response['description']} {_words(kind)[0]}.".strip()
        response["headers"] |= {name: {"schema": {"type": "string"}} for name in headers}
    return found


def _kinds(endpoint: Endpoint[Any]) -> Iterator[type[ApiError]]:
    """Yield the errors that follow from what an endpoint takes, and those in its `raises`."""
    if endpoint.params.model_fields:
        yield InvalidParameter
    if endpoint.takes:
        yield from (InvalidBody, RequestTooLarge)
    yield from endpoint.raises
    if endpoint.permission:
        yield from (Unauthenticated, InvalidCredential, Forbidden)
    if endpoint.pattern.groupindex:
        yield RouteNotFound
    yield from (ResponseTooLarge, Unavailable, Throttled, TimedOut, InternalError)


def _example(kind: type[ApiError]) -> ApiError:
    """Return an error of this class with empty texts."""
    _, *parameters = inspect.signature(kind.__init__).parameters.values()
    wanted = [each for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    return kind(*("" for each in wanted if each.default is each.empty))


def _share(operations: Iterable[Object]) -> Object:
    """Replace the error responses of operations by references, and return the responses by name.

    The name is the status. If responses with the same status differ, the second is `400-2`.
    """
    shared: dict[str, Object] = {}
    for operation in operations:
        for status, response in operation["responses"].items():
            if status >= "4":
                name = _name(status, response, shared)
                shared[name] = response
                operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}
    return dict(sorted(shared.items()))


def _name(status: str, response: Object, shared: dict[str, Object]) -> str:
    taken = [name for name in shared if name.startswith(status)]
    same = [name for name in taken if shared[name] == response]
    number = f"-{len(taken) + 1}" if taken else ""
    return same[0] if same else status + number


class _Generator(GenerateJsonSchema):
    """Leaves out titles that only repeat names, and defaults that only mean "not given"."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False

    def default_schema(self, schema: WithDefaultSchema) -> Object:
        described = super().default_schema(schema)
        if described.get("default", ...) in (None, "", []):
            del described["default"]
        return described


@dataclass(frozen=True, slots=True)
class Schemas:
    """The JSON schemas of types, and the schemas that they share, by name."""

    of_types: dict[int, Object]
    shared: dict[str, Object]

    @classmethod
    def of(cls, types: Iterable[object]) -> Schemas:
        """Describe types. Different types with the same name get different names."""
        mode: Literal["validation"] = "validation"
        adapters: list[tuple[int, Literal["validation"], TypeAdapter[Any]]] = [
            (id(type), mode, TypeAdapter(type)) for type in types
        ]
        found, rest = TypeAdapter.json_schemas(
            adapters, ref_template=_PREFIX + "{model}", schema_generator=_Generator
        )
        of_types = {key: found[key, mode] for key, _, _ in adapters}
        return cls(of_types, rest.get("$defs", {}))

    def __getitem__(self, type: object) -> Object:
        """Return the schema of a type; it may be a reference to a shared one."""
        return self.of_types[id(type)]

    def parameters(self, type: object) -> dict[str, Object]:
        """Return the schemas of the members of a model by name, for parameters, which are texts."""
        name = self[type]["$ref"].removeprefix(_PREFIX)
        return {
            name: _as_sent(schema)
            for name, schema in self.shared[name].get("properties", {}).items()
        }

    def required(self, type: object) -> frozenset[str]:
        """Return the names of the members that a model requires."""
        name = self[type]["$ref"].removeprefix(_PREFIX)
        return frozenset(self.shared[name].get("required", ()))

    def used(self, document: object) -> dict[str, Object]:
        """Return the schemas that a document refers to, directly or indirectly, by name."""
        names, used = _names(document), dict[str, Object]()
        while names:
            name = names.pop()
            if name not in used:
                used[name] = self.shared[name]
                names += _names(used[name])
        return dict(sorted(used.items()))


def _names(document: object) -> list[str]:
    return _REFERENCE.findall(json.dumps(document))


def _as_sent(schema: Object) -> Object:
    """Return the schema of a parameter as it is sent, which is never null.

    A type in `json_schema_extra` replaces the type that the parameter is read into. Limits get
    their names in JSON schema: pydantic's `ge` becomes `minimum`.
    """
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    sent = {name: value for name, value in schema.items() if name != "anyOf"}
    if "type" not in sent and len(choices) == 1:
        sent = {**choices[0], **sent}
    elif "type" not in sent and choices:
        sent["anyOf"] = choices
    return {_LIMITS.get(name, name): value for name, value in sent.items()}


if __name__ == "__main__":
    for name in DIALECTS:
        place_of(name).write_text(written(name), "utf-8")
