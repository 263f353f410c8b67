"""Shows one event as each dialect writes it, in a section of docs/apis.md.

`make apis` updates the section.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import import_module
from inspect import signature

from polylog.dialects import DIALECTS, load, package_of
from polylog.model.event import Entity, Event
from polylog.model.times import parse_iso8601
from tools import ROOT

NOON = parse_iso8601("2026-03-01T12:00:00Z")

PAGE = ROOT / "docs" / "apis.md"
SCOPE = "demo"
URL = "https://log.example.com"
WIDTH = 100
RENDERED = tuple(name for name in DIALECTS if load(name).format and name != "native")
"""The APIs that Polylog stands in for; each has a `wire.render_event`."""

EVENT = Event(
    id="019ca977-6680-7c3e-8d52-3f6c9e1b2a47",
    seq=4711,
    time=NOON + 250_000,
    type="volume.snapshot",
    source="storage",
    message="Volume data-1 was saved",
    severity="info",
    status="success",
    category="backup",
    actor=Entity(id="u-7", type="user", name="ada"),
    target=Entity(id="v-1", type="volume", name="data-1"),
    organization_id="org-1",
    project_id="space-1",
    links=("https://log.example.com/volumes/v-1",),
    data={"size_gb": 40},
)

_BEGIN, _END = "<!-- begin: make apis -->\n", "<!-- end: make apis -->\n"
_SECTION = re.compile(f"(?<={_BEGIN}).*(?={_END})", re.DOTALL)
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def render(name: str, event: Event, scope: str = SCOPE, url: str = URL) -> object:
    """Return an event of a scope as a dialect writes it; `url` is the address of the service."""
    render_event = import_module(f"{package_of(name)}.wire").render_event
    known = {"event": event, "scope": scope, "base_url": url + load(name).mounts[0]}
    return render_event(
        **{parameter: known[parameter] for parameter in signature(render_event).parameters}
    )


def section() -> str:
    """Return the section as it should be."""
    return "\n".join(_paragraphs())


def _paragraphs() -> Iterator[str]:
    yield f"## One event in {_NUMBERS[len(RENDERED)]} dialects\n"
    yield f"This event, the {EVENT.seq}th to arrive in the scope `{SCOPE}`, was stored once:\n"
    yield _block(render("native", EVENT))
    for name in RENDERED:
        yield f"Read through `{name}`:\n"
        yield _block(render(name, EVENT))


def _block(document: object) -> str:
    return f"```json\n{_pretty(document)}\n```\n"


def _pretty(value: object, indent: str = "", before: int = 0) -> str:
    """Return JSON, broken where a line would be too long; `before` is the width used before it."""
    text = json.dumps(value, ensure_ascii=False)
    if len(indent) + before + len(text) < WIDTH or not isinstance(value, dict | list):
        return text
    deeper = indent + "  "
    if isinstance(value, dict):
        keys = [f"{json.dumps(key, ensure_ascii=False)}: " for key in value]
        parts = [
            key + _pretty(value[name], deeper, len(key))
            for key, name in zip(keys, value, strict=True)
        ]
    else:
        parts = [_pretty(member, deeper) for member in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    lines = f",\n{deeper}".join(parts)
    return f"{opening}\n{deeper}{lines}\n{indent}{closing}"


def shown() -> str:
    """Return the section as the page has it now."""
    found = _SECTION.search(PAGE.read_text("utf-8"))
    return found[0] if found else ""


if __name__ == "__main__":
    PAGE.write_text(_SECTION.sub(lambda _: section(), PAGE.read_text("utf-8")), "utf-8")
