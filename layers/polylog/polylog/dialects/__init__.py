"""The wire APIs, one package each, with a `DIALECT` that `polylog.api.dialect.serve` serves.

Inside a package, `wire` reads the API's events and renders them, `listing` and its like declare
parameters and answer endpoints, and `errors` renders errors. Dialects never import each other;
`huawei` is no dialect but what DWS and Cloud Eye share, and `cloudcontroller` is what the versions
of Cloud Foundry's API share.

To add a dialect, write a package here, named like the dialect with `_` for `-`, and add its name to
`DIALECTS`. Add a file in `functions/`, its routes in `template.yaml`, and a file of cases in
`tests/conformance/`.
"""

from __future__ import annotations

from importlib import import_module

from polylog.api.dialect import Dialect
from polylog.intake import formats
from polylog.intake.documents import Format
from polylog.model.errors import InvalidParameter, shown

DIALECTS = (
    *("cedana", "ces", "cloudfoundry", "cloudfoundry-v3", "cloudtrail", "dws", "native"),
    "waldur",
)


def load(name: str) -> Dialect:
    """Return the dialect of this name; imports only its package, to keep starts short."""
    dialect: Dialect = import_module(package_of(name)).DIALECT
    return dialect


def package_of(name: str) -> str:
    """Return the full name of a dialect's package."""
    return f"{__name__}.{name.replace('-', '_')}"


def format_named(name: str) -> Format:
    """Return the format of a dialect's events, or another one that is in `polylog.intake.formats`.

    Raises `InvalidParameter`, which lists the known names.
    """
    if name in formats.FORMATS:
        return formats.load(name)
    format = load(name).format if name in DIALECTS else None
    if format is None:
        reason = f"must be one of {', '.join(format_names())} but was '{shown(name)}'"
        raise InvalidParameter("format", reason)
    return format


def format_names() -> list[str]:
    """Return the names of all formats that events can be read in."""
    return sorted({*formats.FORMATS, *(name for name in DIALECTS if load(name).format)})
