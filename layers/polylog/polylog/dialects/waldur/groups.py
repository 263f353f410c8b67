"""The groups of event types, and the kinds of objects that events are attached to.

Both differ between deployments of Waldur, so operators can edit them in `groups.json`. A type may
be in several groups. `scope_types` maps each kind of object to its part of the URL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from polylog.api.call import Call
from polylog.api.http import JSON, Response
from polylog.api.params import Params
from polylog.dialects.waldur.paging import TOTAL

_FILE = Path(__file__).with_name("groups.json")


class Catalogue(BaseModel):
    """The content of `groups.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event_groups: Mapping[str, tuple[str, ...]]
    scope_types: Mapping[str, str]

    def types_of(self, groups: Iterable[str]) -> set[str]:
        """Return the event types of these groups; an unknown group has none."""
        return {name for group in groups for name in self.event_groups.get(group, ())}


@cache
def catalogue() -> Catalogue:
    """Return the content of `groups.json`, which is read on the first call."""
    return Catalogue.model_validate_json(_FILE.read_bytes())


def list_event_groups(call: Call, params: Params) -> Response:
    """List the event types by group."""
    groups = catalogue().event_groups
    return _counted({name: sorted(types) for name, types in groups.items()})


def list_scope_types(call: Call, params: Params) -> Response:
    """List the kinds of objects that events are attached to."""
    return _counted(list(catalogue().scope_types))


def _counted(document: Mapping[str, object] | list[str]) -> Response:
    """Ours: adds the total, which the published client asks for by HEAD; the original has none."""
    return Response.of(document, headers=(JSON, (TOTAL, str(len(document)))))
