"""Reads the tables, functions and routes of template.yaml, to run them on this machine.

Of the intrinsic functions it understands `Ref`: a parameter becomes its value, and a resource its
logical id, which is its name on this machine. In tables and conditions it also understands `If`,
and the functions that conditions are made of.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, Final

import yaml

_CREATE_TABLE = (
    *("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode"),
    "StreamSpecification",
)

_LEAST_MB: Final = 128
"""The memory that Lambda gives a function by default."""

STACK_NAME: Final = "polylog"
"""The name of the stack on this machine."""


class TemplateError(Exception):
    """The template cannot be read, or uses something that this machine cannot imitate."""


class ParameterError(TemplateError):
    """A parameter that was given is unknown, or may not have this value.

    `name` is that of the parameter; empty if the template has no such parameter.
    """

    def __init__(self, message: str, name: str = "") -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function: where its handler is, its environment, and the routes that lead to it.

    A route is a path of the HTTP API, for any method, or a method and a path, like `POST /`;
    `$default` catches all other paths.
    `memory_mb` is what Lambda gives it, with a proportional share of a processor.
    """

    name: str
    code_uri: Path
    module: str
    attribute: str
    environment: dict[str, str]
    routes: tuple[str, ...]
    memory_mb: int = _LEAST_MB


@dataclass(frozen=True, slots=True)
class Template:
    """The part of a SAM template that runs on this machine.

    `tables` maps each table's logical id to the keyword arguments of CreateTable. The HTTP API
    hands `stage_variables` to its functions with each request.
    """

    tables: dict[str, dict[str, Any]]
    functions: tuple[Function, ...]
    stage_variables: dict[str, str]

    @classmethod
    def read(cls, path: Path, parameters: dict[str, str] | None = None) -> Template:
        """Return the template in a file; `parameters` override its defaults.

        Raises `TemplateError` if the file cannot be read or a value cannot be resolved, and
        `ParameterError` for a parameter that CloudFormation would refuse.
        """
        document = _document(path)
        values = _values(document, parameters or {})
        tables, functions, variables = {}, [], {}
        for name, resource in document["Resources"].items():
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::DynamoDB::Table":
                tables[name] = {"TableName": name, **_resolve(_arguments(properties), values)}
            elif resource["Type"] == "AWS::Serverless::Function":
                settings = _resolve(_settings(document, properties), values)
                functions.append(_function(name, settings, path.parent))
            elif resource["Type"] == "AWS::Serverless::HttpApi":
                variables = _resolve(properties.get("StageVariables", {}), values)
        return cls(tables, tuple(functions), variables)


def check_parameters(path: Path, given: dict[str, str]) -> None:
    """Raise `ParameterError` for a parameter of this template that CloudFormation would refuse."""
    _require_known(given, _document(path).get("Parameters", {}))


def _document(path: Path) -> dict[str, Any]:
    try:
        document = yaml.load(path.read_bytes(), _Loader)
    except (OSError, yaml.YAMLError) as error:
        raise TemplateError(f"cannot read the template: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
        raise TemplateError(f"cannot read the template: {path} has no Resources")
    return document


class _Loader(yaml.SafeLoader):
    """Loads YAML with CloudFormation's short tags, like `!Ref`."""


def _long_form(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if tag == "Ref":
        return {"Ref": node.value}
    if f"Fn::{tag}" in _FUNCTIONS and isinstance(node, yaml.SequenceNode):
        return {f"Fn::{tag}": loader.construct_sequence(node, deep=True)}
    return {f"Fn::{tag}": str(node.start_mark).strip()}


_Loader.add_multi_constructor("!", _long_form)


def _values(document: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    parameters = document.get("Parameters", {})
    _require_known(given, parameters)
    defaults = {name: p["Default"] for name, p in parameters.items() if "Default" in p}
    resources = {name: name for name in document["Resources"]}
    pseudo = {"AWS::StackName": STACK_NAME, "AWS::NoValue": _NO_VALUE}
    values = {**pseudo, **resources, **defaults, **given}
    for name, condition in document.get("Conditions", {}).items():
        values[_condition(name)] = _resolve(condition, values)
    return values


def _require_known(given: dict[str, str], parameters: dict[str, Any]) -> None:
    if unknown := given.keys() - parameters.keys():
        raise ParameterError(f"the template has no parameter {', '.join(sorted(unknown))}")
    for name, value in given.items():
        _require_allowed(name, value, parameters[name])


def _require_allowed(name: str, value: str, parameter: dict[str, Any]) -> None:
    """Raise `ParameterError` for a value that CloudFormation would refuse."""
    pattern = parameter.get("AllowedPattern", ".*")
    allowed = list(map(str, parameter.get("AllowedValues", [value])))
    if not re.fullmatch(pattern, value, re.DOTALL):
        wanted = parameter.get("ConstraintDescription", f"must match {pattern}")
        raise ParameterError(f"{name} {wanted}; {value!r} does not", name)
    if value not in allowed:
        raise ParameterError(f"{name} must be one of {', '.join(allowed)}, not {value!r}", name)
    if parameter.get("Type") == "Number":
        _require_number(name, value, parameter)


def _require_number(name: str, value: str, parameter: dict[str, Any]) -> None:
    # Each number here counts something; CloudFormation would take a fraction.
    if not re.fullmatch(r"-?\d{1,15}", value, re.ASCII):
        raise ParameterError(f"{name} must be a whole number, not {value!r}", name)
    least, most = parameter.get("MinValue", -inf), parameter.get("MaxValue", inf)
    if not least <= int(value) <= most:
        extent = f"at least {least}" if most == inf else f"from {least} to {most}"
        raise ParameterError(f"{name} must be {extent}, not {value}", name)


def _condition(name: str) -> str:
    """Return the name of a condition among the values; no parameter can have such a name."""
    return f"Conditions::{name}"


_NO_VALUE: Final = object()
"""What `AWS::NoValue` stands for: an element of a list that is left out."""

_FUNCTIONS: Final[dict[str, Callable[..., object]]] = {
    "Fn::If": lambda condition, one, other: one if condition else other,
    "Fn::Equals": lambda one, other: one == other,
    "Fn::Not": lambda condition: not condition,
    "Fn::Join": lambda separator, parts: separator.join(parts),
    "Fn::Split": lambda separator, text: text.split(separator),
}


def _called(name: str, arguments: Any, values: dict[str, Any]) -> Any:
    """Return what an intrinsic function returns."""
    if name not in _FUNCTIONS or not isinstance(arguments, list):
        raise TemplateError(f"{name} is not supported on this machine: {arguments}")
    if name == "Fn::If":
        arguments = [{"Ref": _condition(arguments[0])}, *arguments[1:]]
    return _FUNCTIONS[name](*_resolve(arguments, values, keep_none=True))


def _resolve(value: Any, values: dict[str, Any], *, keep_none: bool = False) -> Any:
    if isinstance(value, list):
        resolved = [_resolve(item, values) for item in value]
        return resolved if keep_none else [item for item in resolved if item is not _NO_VALUE]
    if not isinstance(value, dict):
        return value
    for key in value:
        if key.startswith("Fn::"):
            return _called(key, value[key], values)
    if value.keys() != {"Ref"}:
        members = {key: _resolve(item, values) for key, item in value.items()}
        return {key: item for key, item in members.items() if item is not _NO_VALUE}
    if value["Ref"] not in values:
        raise TemplateError(f"Ref {value['Ref']}: no such resource, and no parameter with a value")
    return values[value["Ref"]]


def _arguments(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of a table that are arguments of CreateTable."""
    arguments = {name: value for name, value in properties.items() if name in _CREATE_TABLE}
    if "StreamSpecification" in arguments:  # CloudFormation leaves this out.
        arguments["StreamSpecification"] |= {"StreamEnabled": True}
    return arguments


def _settings(document: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    shared = document.get("Globals", {}).get("Function", {})
    variables = [level.get("Environment", {}).get("Variables", {}) for level in (shared, own)]
    events = own.get("Events", {}).values()
    return {
        "code_uri": (shared | own)["CodeUri"],
        "handler": (shared | own)["Handler"],
        "environment": variables[0] | variables[1],
        "memory_mb": (shared | own).get("MemorySize", _LEAST_MB),
        "routes": [event["Properties"] for event in events if event["Type"] == "HttpApi"],
    }


def _function(name: str, settings: dict[str, Any], directory: Path) -> Function:
    code_uri = (directory / settings["code_uri"]).resolve()
    module, _, attribute = settings["handler"].rpartition(".")
    environment = {key: str(value) for key, value in settings["environment"].items()}
    routes = tuple(
        _route(name, route["Method"].upper(), route["Path"]) for route in settings["routes"]
    )
    memory_mb = int(settings["memory_mb"])
    return Function(name, code_uri, module, attribute, environment, routes, memory_mb)


def _route(name: str, method: str, path: str) -> str:
    if method == "ANY":
        return path
    if not path.startswith("/") or "{" in path:
        raise TemplateError(f"{name}: only ANY method can have the route {path} on this machine")
    return f"{method} {path}"
