"""The groups of event types, and the kinds of objects that events are attached to.

Both differ between deployments of Waldur, so you can edit them in `groups.json`. A type may be in
several groups. `scope_types` maps each kind of object to its part of the URL, such as
`customers`.
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
    """Return the content of `groups.json`. Only the first call reads the file."""
    return Catalogue.model_validate_json(_FILE.read_bytes())


def list_event_groups(call: Call, params: Params) -> Response:
    """List the event types by group.

    For example, `{"auth": ["auth_logged_out", …], …}`. The groups are those of the file
    `groups.json`, which you can edit to match your Waldur.
    """
    groups = catalogue().event_groups
    return _counted({name: sorted(types) for name, types in groups.items()})


def list_scope_types(call: Call, params: Params) -> Response:
    """List the kinds of objects that events can be attached to."""
    return _counted(list(catalogue().scope_types))


def _counted(document: Mapping[str, object] | list[str]) -> Response:
    """Answer with a document and, ours, the number of its members in a header.

    The published client asks for it with HEAD, but the original does not send it.
    """
    return Response.of(document, headers=(JSON, (TOTAL, str(len(document)))))
