"""The wire APIs: one package each, with a `DIALECT` that `polylog.api.dialect.serve` serves.

A dialect is the API of one system that lists events, answered from the log. Inside its package,
`wire` reads the API's events and renders them. `listing` and similar modules declare parameters and
answer endpoints. `errors` renders errors.

Dialects never import each other. Two packages here are not dialects: `huawei` is what DWS and Cloud
Eye share, and `cloudcontroller` is what the versions of Cloud Foundry's API share.

To add a dialect, write a package here, named like the dialect with `_` for `-`, and add its name to
`DIALECTS`. Add a file in `functions/`, its routes in `template.yaml`, and a file of cases in
`tests/conformance/`. `docs/adding-a-dialect.md` builds one from start to finish.
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
    """Return the dialect of this name. To keep starts short, it imports only that package.

    >>> load("cloudfoundry-v3").mounts
    ('/cf/v3', '/cloudfoundry/v3')
    """
    dialect: Dialect = import_module(package_of(name)).DIALECT
    return dialect


def package_of(name: str) -> str:
    """Return the full name of a dialect's package.

    >>> package_of("cloudfoundry-v3")
    'polylog.dialects.cloudfoundry_v3'
    """
    return f"{__name__}.{name.replace('-', '_')}"


def format_named(name: str) -> Format:
    """Return the format with this name: that of a dialect, or one of `polylog.intake.formats`.

    Raises `InvalidParameter` for any other name, with a list of the known ones.
    """
    if name in formats.FORMATS:
        return formats.load(name)
    format = load(name).format if name in DIALECTS else None
    if format is None:
        reason = f"must be one of {', '.join(format_names())} but was '{shown(name)}'"
        raise InvalidParameter("format", reason)
    return format


def format_names() -> list[str]:
    """Return the names of all formats in which you can send events."""
    return sorted({*formats.FORMATS, *(name for name in DIALECTS if load(name).format)})
