"""The wire APIs, one module each.

To add one: a module here with a `DIALECT`, its name in `DIALECTS`, a file in `functions/`, its
routes in `template.yaml`, and a file of cases in `tests/conformance/`.
"""

from __future__ import annotations

from importlib import import_module

from polylog.dialect import Dialect

DIALECTS = ("cloudfoundry", "native")


def load(name: str) -> Dialect:
    """Return the dialect of this name; its module is imported only now, to keep starts short."""
    dialect: Dialect = import_module(f"{__name__}.{name}").DIALECT
    return dialect
