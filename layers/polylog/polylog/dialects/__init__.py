"""The wire APIs, one module each.

To add one: a module here with a `DIALECT`, its name in `DIALECTS`, a file in `functions/`, its
routes in `template.yaml`, and a file of cases in `tests/conformance/`.
"""

from __future__ import annotations

from importlib import import_module

from polylog.api.dialect import Dialect
from polylog.intake.documents import Format
from polylog.intake.formats import cloudevents
from polylog.model.errors import InvalidParameter, shown

DIALECTS = ("cedana", "ces", "cloudfoundry", "dws", "native", "waldur")


def load(name: str) -> Dialect:
    """Return the dialect of this name; its module is imported only now, to keep starts short."""
    dialect: Dialect = import_module(f"{__name__}.{name}").DIALECT
    return dialect


def format_named(name: str) -> Format:
    """Return the format of a dialect's events, or that of CloudEvents.

    Raises `InvalidParameter` naming the known ones.
    """
    if name == cloudevents.NAME:
        return cloudevents.FORMAT
    format = load(name).format if name in DIALECTS else None
    if format is None:
        known = [name for name in DIALECTS if load(name).format]
        reason = f"must be one of {', '.join([cloudevents.NAME, *known])} but was '{shown(name)}'"
        raise InvalidParameter("format", reason)
    return format
