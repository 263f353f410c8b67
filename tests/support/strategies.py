"""Random values of the domain, for properties."""

from __future__ import annotations

from datetime import datetime

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import JsonValue

from polylog.dynamo.tables import OPTIONAL_INDEXES
from polylog.model.event import Entity, Event
from polylog.model.filter import (
    EVERYTHING,
    FIELDS,
    NOTHING,
    And,
    Compare,
    Filter,
    Not,
    Op,
    Or,
    Pattern,
    Text,
)
from polylog.model.literals import path_of
from polylog.model.times import EARLIEST, LATEST, SECOND, format_seconds

NOON = 1_772_366_400_000_000
"""2026-03-01T12:00:00Z."""

POOLS = {
    "type": ("audit.app.create", "audit.app.update", "app.crash", "Ünïcode 🎉"),
    "actor": ("ada", "bob", "ÅSA"),
    "target": ("app-1", "app-2", "db/1"),
    "project": ("space-1", "space-2"),
    "organization": ("org-1", "org-2"),
    "word": (
        "",
        "info",
        "Info",
        "warning",
        'say "hi"',
        "Straße",
        "\N{PILE OF POO}",
        "É",
        "e\u0301",
        "2*3",
    ),
}
"""Few values of each, so that filters match and events tie."""

TIMES = (EARLIEST, 0, NOON - 1, NOON, NOON + 1, NOON + 999_999, NOON + SECOND, LATEST)

_ATTRIBUTES = ("created_at", "shoe size")

PATHS = {name: tuple(name.split(".")) for name in FIELDS} | {
    "attributes.created_at": ("attributes", "created_at"),
    'attributes."shoe size"': ("attributes", "shoe size"),
    "data.n": ("data", "n"),
    'data."a.b".c': ("data", "a.b", "c"),
    "data.list": ("data", "list"),
}
"""Fields that a filter may name, and where they lie in the event's document."""


def index_sets() -> SearchStrategy[tuple[str, ...]]:
    """What a log has an index of besides time and type: all fields, one or none."""
    return st.sampled_from((tuple(OPTIONAL_INDEXES), ("actor",), ()))


def texts(**limits: int) -> SearchStrategy[str]:
    """Any text that UTF-8 can carry."""
    return st.text(st.characters(exclude_categories=["Cs"]), **limits)


def json_values() -> SearchStrategy[JsonValue]:
    """Any JSON value, including integers beyond 2**53."""
    numbers = st.integers(-(2**80), 2**80) | st.floats(allow_nan=False, allow_infinity=False)
    leaves = st.none() | st.booleans() | numbers | texts(max_size=8)
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(texts(max_size=5), inner, max_size=3)
        ),
        max_leaves=8,
    )


def json_objects() -> SearchStrategy[dict[str, JsonValue]]:
    """Any JSON object."""
    return st.dictionaries(texts(max_size=5), json_values(), max_size=3)


def _data() -> SearchStrategy[JsonValue]:
    """Any JSON value; often one that has something at `PATHS`."""
    numbers = st.integers(0, 3) | st.sampled_from((0.0, 1.5, 2.0))
    scalars = st.none() | st.booleans() | numbers | _from("word") | st.just("2")
    known = st.fixed_dictionaries(
        {},
        optional={
            "n": scalars,
            "a.b": st.fixed_dictionaries({"c": scalars | st.lists(scalars, max_size=2)}),
            "list": st.lists(scalars, max_size=3) | scalars,
        },
    )
    return known | json_values()


def events() -> SearchStrategy[Event]:
    """Any event that is not stored yet."""
    word = st.none() | _from("word")
    entity_types = st.none() | st.sampled_from(("app", "user"))
    return st.builds(
        Event,
        id=texts(min_size=1, max_size=6),
        time=st.sampled_from(TIMES),
        type=_from("type"),
        origin=st.sampled_from(("system", "custom")),
        source=word,
        message=word | texts(max_size=6),
        severity=word,
        status=word,
        category=word,
        actor=_entities("actor", entity_types),
        target=_entities("target", entity_types),
        organization_id=st.none() | _from("organization"),
        project_id=st.none() | _from("project"),
        links=st.lists(texts(max_size=6), max_size=2).map(tuple),
        data=_data(),
        attributes=st.dictionaries(st.sampled_from(_ATTRIBUTES), word),
    )


def stored_events() -> SearchStrategy[Event]:
    """Any event as a store returns it: with a `seq`."""
    return st.builds(
        lambda event, seq: event.model_copy(update={"seq": seq}),
        events(),
        st.integers(1, 2**53 - 1),
    )


def _entities(pool: str, types: SearchStrategy[str | None]) -> SearchStrategy[Entity]:
    return st.builds(Entity, id=st.none() | _from(pool), type=types, name=st.none() | _from("word"))


def _from(pool: str) -> SearchStrategy[str]:
    return st.sampled_from(POOLS[pool])


def filters(*, empty: bool = True, max_leaves: int = 8) -> SearchStrategy[Filter]:
    """Any filter over `FIELDS`; with `empty` also AND and OR of nothing."""
    least = 0 if empty else 1
    leaves = st.one_of(comparisons(), patterns(), st.builds(Text, _from("word")))

    def terms(inner: SearchStrategy[Filter]) -> SearchStrategy[tuple[Filter, ...]]:
        return st.lists(inner, min_size=least, max_size=3).map(tuple)

    return st.recursive(
        leaves | st.builds(And, terms(leaves)),
        lambda inner: (
            st.builds(Not, inner) | st.builds(And, terms(inner)) | st.builds(Or, terms(inner))
        ),
        max_leaves=max_leaves,
    )


def normal_filters() -> SearchStrategy[Filter]:
    """Any filter that the language can write: no empty part, and no AND or OR of nothing."""
    known = comparisons().filter(lambda part: part.op is not Op.HAS or part.field not in _NUMBERED)
    leaves = known | patterns() | _odd_comparisons() | _odd_patterns()
    leaves |= st.builds(Text, _from("word") | texts(max_size=5))

    def terms(inner: SearchStrategy[Filter]) -> SearchStrategy[tuple[Filter, ...]]:
        return st.lists(inner, min_size=2, max_size=3).map(tuple)

    trees = st.recursive(
        leaves,
        lambda inner: (
            st.builds(Not, inner) | st.builds(And, terms(inner)) | st.builds(Or, terms(inner))
        ),
        max_leaves=8,
    )
    return trees | st.sampled_from((EVERYTHING, NOTHING))


def _odd_comparisons() -> SearchStrategy[Compare]:
    """Any comparison of one text with another, and of something in the data with a number."""
    names = st.lists(texts(max_size=4), min_size=1, max_size=3).map(path_of)
    fields = st.sampled_from(("source", "id")) | st.builds("attributes.{}".format, _dotted())
    fields |= names.map("data.{}".format)
    ordered = st.sampled_from([op for op in Op if op is not Op.HAS])
    numbers = st.integers(-(2**80), 2**80) | st.floats(allow_nan=False, allow_infinity=False)
    return (
        st.builds(Compare, fields, st.sampled_from(Op), texts(max_size=6))
        | st.builds(Compare, names.map("data.{}".format), ordered, numbers)
        | st.builds(Compare, st.just("time"), ordered, st.integers(EARLIEST, LATEST))
        | st.builds(Compare, st.just("links"), st.just(Op.HAS), texts(max_size=6))
    )


def _odd_patterns() -> SearchStrategy[Pattern]:
    pieces = st.lists(texts(max_size=3), min_size=2, max_size=4).map(tuple).filter(any)
    return st.builds(Pattern, st.sampled_from(("source", "id", "data.n")), pieces)


def _dotted() -> SearchStrategy[str]:
    return texts(max_size=6).map(lambda name: path_of(name.split(".")))


_NUMBERED = ("seq", "time")
_VALUES: dict[str, SearchStrategy[str | int | float]] = {
    "seq": st.integers(0, 5),
    "time": st.sampled_from(TIMES),
    "type": _from("type") | st.just(""),
    "actor.id": _from("actor") | st.just(""),
    "target.id": _from("target") | st.just(""),
    "project_id": _from("project") | st.just(""),
    "organization_id": _from("organization") | st.just(""),
}


def comparisons() -> SearchStrategy[Compare]:
    """Any comparison of a field with a value of its kind; indexed fields come more often."""
    fields = st.sampled_from(tuple(PATHS)) | st.sampled_from(tuple(_VALUES))
    return st.tuples(fields, st.sampled_from(Op)).flatmap(
        lambda chosen: st.builds(Compare, *map(st.just, chosen), _values(*chosen))
    )


def patterns() -> SearchStrategy[Pattern]:
    """Any pattern of a text field, made of parts of a value of its kind; types come more often."""
    fields = st.sampled_from([field for field in PATHS if field not in _NUMBERED]) | st.just("type")
    return fields.flatmap(
        lambda field: st.builds(Pattern, st.just(field), _values(field, Op.EQ).flatmap(_pieces))
    )


def _pieces(value: object) -> SearchStrategy[tuple[str, ...]]:
    """Pieces, at least one of them not empty, often this value with some parts left out."""
    text = str(value)
    places = st.sampled_from((2, 4)).flatmap(
        lambda number: st.lists(st.integers(0, len(text)), min_size=number, max_size=number)
    )
    ends = places.map(lambda places: [0, *sorted(places), len(text)])
    left = ends.map(lambda ends: tuple(map(text.__getitem__, map(slice, ends[::2], ends[1::2]))))
    return left.filter(any) if text else st.sampled_from([("", "a"), ("e", ""), ("", "n", "")])


def _values(field: str, op: Op) -> SearchStrategy[str | int | float]:
    values = _VALUES.get(field, _from("word"))
    if field.startswith("data.") and op is not Op.HAS:
        return values | st.integers(0, 3) | st.sampled_from((0.0, 1.5, 2.0))
    return values


def cloudfoundry_resources() -> SearchStrategy[dict[str, JsonValue]]:
    """Any event resource that Cloud Foundry's API can return."""
    return st.integers(0, LATEST // SECOND).map(_wire_time).flatmap(_cloudfoundry_resource)


def _wire_time(second: int) -> str:
    return format_seconds(second * SECOND)


def _cloudfoundry_resource(timestamp: str) -> SearchStrategy[dict[str, JsonValue]]:
    other_time = st.integers(0, 4 * 10**9).map(_wire_time)
    guid = st.uuids().map(str)
    guid_or_empty = st.just("") | guid
    metadata = st.fixed_dictionaries(
        {
            "guid": guid,
            "created_at": st.just(timestamp) | other_time,
            "updated_at": st.none() | other_time,
        }
    )
    entity = st.fixed_dictionaries(
        {
            "type": _from("type"),
            "actor": guid_or_empty,
            "actor_type": texts(max_size=6),
            "actor_name": st.none() | texts(max_size=6),
            "actee": guid_or_empty,
            "actee_type": texts(max_size=6),
            "actee_name": texts(max_size=6),
            "timestamp": st.just(timestamp),
            "metadata": json_objects(),
            "space_guid": guid_or_empty,
            "organization_guid": guid_or_empty,
        },
        optional={"actor_username": st.none() | texts(max_size=6)},
    )
    return st.builds(
        lambda metadata, entity: {
            "metadata": metadata | {"url": f"/v2/events/{metadata['guid']}"},
            "entity": entity,
        },
        metadata,
        entity,
    )


def cloudfoundry_audit_events(base_url: str) -> SearchStrategy[dict[str, JsonValue]]:
    """Any audit event that version 3 of Cloud Foundry's API can return at an address."""
    guid = st.uuids().map(str)
    time = st.integers(0, LATEST // SECOND).map(_wire_time)
    name = st.none() | texts(max_size=6)
    party = st.fixed_dictionaries(
        {"guid": st.just("") | guid | texts(max_size=6), "type": texts(max_size=6), "name": name}
    )
    place = st.none() | st.fixed_dictionaries({"guid": guid})
    audit_event = st.fixed_dictionaries(
        {
            "guid": guid,
            "created_at": time,
            "updated_at": time,
            "type": _from("type"),
            "actor": st.none() | party,
            "target": st.none() | party,
            "data": json_objects(),
            "space": place,
            "organization": place,
        }
    )
    usual = audit_event.map(lambda wire: {**wire, "updated_at": wire["created_at"]})
    return (usual | audit_event).map(
        lambda wire: {
            **wire,
            "links": {"self": {"href": f"{base_url}/audit_events/{wire['guid']}"}},
        }
    )


def cedana_events() -> SearchStrategy[dict[str, JsonValue]]:
    """Any event that Cedana's API can return."""
    return st.fixed_dictionaries(
        {
            "id": st.integers(-(2**63), 2**63 - 1),
            "status": texts(max_size=6),
            "operation": _from("type") | texts(min_size=1, max_size=6),
            "resource_type": texts(max_size=6),
            "message": texts(max_size=6),
            "metadata": json_values(),
            "source": texts(max_size=6),
            "timestamp": st.integers(0, LATEST // SECOND),
        }
    )


def waldur_events() -> SearchStrategy[dict[str, JsonValue]]:
    """Any event that Waldur's API can return."""
    earliest = datetime(1970, 1, 1)
    whole = st.datetimes(earliest).map(lambda time: time.replace(microsecond=0))
    digits = st.uuids().map(lambda uuid: uuid.hex)
    usual = st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(("user_uuid", "customer_uuid", "project_uuid"), digits | json_values()),
            "user_username": texts(max_size=6) | json_values(),
        },
    )
    return st.fixed_dictionaries(
        {
            "uuid": digits,
            "created": (whole | st.datetimes(earliest)).map(lambda time: f"{time.isoformat()}Z"),
            "event_type": texts(min_size=1, max_size=100),
            "message": texts(max_size=12),
            "context": st.builds(lambda some, more: some | more, json_objects(), usual),
        }
    )


def _optional(**members: SearchStrategy[JsonValue]) -> SearchStrategy[dict[str, JsonValue]]:
    """Any object with these members, some of them missing and some null."""
    return st.fixed_dictionaries(
        {}, optional={name: st.none() | values for name, values in members.items()}
    )


def _merged(
    required: SearchStrategy[dict[str, JsonValue]], optional: SearchStrategy[dict[str, JsonValue]]
) -> SearchStrategy[dict[str, JsonValue]]:
    return st.builds(lambda one, other: one | other, required, optional)


_milliseconds = st.integers(EARLIEST // 1000, LATEST // 1000) | st.integers(0, 2 * 10**12)


def dws_events(project_id: str) -> SearchStrategy[dict[str, JsonValue]]:
    """Any EventResponse that the API of DWS can return for a project."""
    text = texts(max_size=6)
    return _merged(
        st.fixed_dictionaries(
            {
                "event_id": st.uuids().map(str),
                "name": _from("type"),
                "occur_time": _milliseconds,
                "project_id": st.just(project_id),
            }
        ),
        _optional(
            **dict.fromkeys(("category", "description", "display_name", "name_space"), text),
            **dict.fromkeys(("severity", "source_type", "source_id", "source_name"), text),
            **dict.fromkeys(("subject", "context"), text),
            status=st.integers(0, 3) | st.integers(-(2**31), 2**31 - 1),
        ),
    )


def ces_occurrences() -> SearchStrategy[dict[str, JsonValue]]:
    """Any member of `event_info` that the API of Cloud Eye can return."""
    text = texts(max_size=6)
    dimension = _optional(name=text, value=text)
    detail = _optional(
        **dict.fromkeys(("content", "group_id", "resource_id", "resource_name"), text),
        event_user=text,
        event_state=st.sampled_from(("", "normal", "warning", "incident")),
        event_level=st.sampled_from(("", "Critical", "Major", "Minor", "Info")),
        event_type=st.sampled_from(("EVENT.SYS", "EVENT.CUSTOM")),
        sub_event_type=st.sampled_from(("SUB_EVENT.OPS", "SUB_EVENT.PLAN", "SUB_EVENT.CUSTOM")),
        dimensions=st.lists(dimension, max_size=4),
        of_a_later_version=json_values(),
    ).map(lambda detail: {k: v for k, v in detail.items() if v or k != "of_a_later_version"})
    return _merged(
        st.fixed_dictionaries(
            {
                "event_id": st.from_regex(r"ev\d{13}[0-9A-Za-z]{8}", fullmatch=True),
                "event_name": _from("type"),
                "time": _milliseconds,
                "detail": detail,
            }
        ),
        _optional(event_source=text),
    )
