"""The JSON schemas of the types that dialects declare, as an OpenAPI document holds them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core.core_schema import WithDefaultSchema

Schema = dict[str, Any]

_PREFIX = "#/components/schemas/"
_REFERENCE = re.compile(re.escape(_PREFIX) + r'([^"]+)"')
_LIMITS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


class _Generator(GenerateJsonSchema):
    """Leaves out titles that repeat names, and the None that only means "not given"."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False

    def default_schema(self, schema: WithDefaultSchema) -> Schema:
        described = super().default_schema(schema)
        if described.get("default", ...) in (None, "", []):
            del described["default"]
        return described


@dataclass(frozen=True, slots=True)
class Schemas:
    """What types look like in JSON: each one's own schema, and by name those that are shared."""

    of_types: dict[int, Schema]
    shared: dict[str, Schema]

    @classmethod
    def of(cls, types: Iterable[object]) -> Schemas:
        """Describe types; two that have one name get two."""
        mode: Literal["validation"] = "validation"
        adapters: list[tuple[int, Literal["validation"], TypeAdapter[Any]]] = [
            (id(type), mode, TypeAdapter(type)) for type in types
        ]
        found, rest = TypeAdapter.json_schemas(
            adapters, ref_template=_PREFIX + "{model}", schema_generator=_Generator
        )
        of_types = {key: found[key, mode] for key, _, _ in adapters}
        return cls(of_types, rest.get("$defs", {}))

    def __getitem__(self, type: object) -> Schema:
        """Return the schema of a type, which may be a reference."""
        return self.of_types[id(type)]

    def parameters(self, type: object) -> dict[str, Schema]:
        """Return the schemas of a model's members, which are sent as text, by name."""
        name = self[type]["$ref"].removeprefix(_PREFIX)
        return {
            name: _as_sent(schema)
            for name, schema in self.shared[name].get("properties", {}).items()
        }

    def required(self, type: object) -> frozenset[str]:
        """Return the names of the members that a model cannot do without."""
        name = self[type]["$ref"].removeprefix(_PREFIX)
        return frozenset(self.shared[name].get("required", ()))

    def used(self, document: object) -> dict[str, Schema]:
        """Return what a document refers to, directly or not, by name."""
        names, used = _names(document), dict[str, Schema]()
        while names:
            name = names.pop()
            if name not in used:
                used[name] = self.shared[name]
                names += _names(used[name])
        return dict(sorted(used.items()))


def _names(document: object) -> list[str]:
    return _REFERENCE.findall(json.dumps(document))


def _as_sent(schema: Schema) -> Schema:
    """Describe a parameter as it is on the wire, where nothing is null.

    A type of its own (`json_schema_extra`) takes the place of what it is read into, and limits are
    called what they are called.
    """
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    sent = {name: value for name, value in schema.items() if name != "anyOf"}
    if "type" not in sent and len(choices) == 1:
        sent = {**choices[0], **sent}
    elif "type" not in sent and choices:
        sent["anyOf"] = choices
    return {_LIMITS.get(name, name): value for name, value in sent.items()}
