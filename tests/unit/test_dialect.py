"""The seam, tested with a dialect of a few lines: what `serve` does for every dialect alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Annotated

import pytest
from pydantic import Field
from pydantic_core import from_json, to_json
from support import strategies
from support.memory import UNRESTRICTED, MemoryEventStore, MemoryKeyStore

from polylog.api.auth import AccessKey, Permission, Principal, Restriction, bearer
from polylog.api.call import Call, Services
from polylog.api.dialect import Dialect, Endpoint, serve
from polylog.api.http import Pairs, Request, Response
from polylog.api.params import Params, Where
from polylog.aws.environment import MAX_RESPONSE_BYTES, fits_lambda
from polylog.dialects import DIALECTS, load
from polylog.model.errors import (
    ApiError,
    InvalidParameter,
    MethodNotAllowed,
    Throttled,
    Unavailable,
)
from polylog.model.event import Event
from polylog.model.filter import EVERYTHING, And, Compare, Filter, Op
from polylog.model.query import EventQuery, Order, Page, Window
from polylog.model.store import Explanation, Status
from polylog.model.times import Clock

NOW = strategies.NOON
SECRET = "swordfish"


class ThingParams(Params):
    kind: Annotated[str | None, Where("type", Op.EQ)] = None
    since: Annotated[int | None, Field(ge=0), Where("time", Op.GE)] = None
    most: Annotated[int, Field(alias="max-size", ge=1, le=5)] = 5
    tag: tuple[str, ...] = ()
    label: Annotated[tuple[str, ...], Field(alias="label-name")] = ("none",)


class IdParams(Params):
    id: str


class SizeParams(Params):
    filler: str
    size: int


def list_things(call: Call, params: ThingParams) -> Response:
    page = call.find(params.filter, Order.ASCENDING, Window(params.most))
    ids = [event.id for event in page.events]
    return Response.of({"ids": ids, "total": call.count(params.filter)})


def show_thing(call: Call, params: IdParams) -> Response:
    return Response.of({"id": call.get(params.id).id})


def put_things(call: Call, params: Params) -> Response:
    outcomes = call.put([Event.model_validate(thing) for thing in from_json(call.request.body)])
    return Response.of([[outcome.status, outcome.id, outcome.seq] for outcome in outcomes])


def explain_put(call: Call, params: Params) -> Response:
    return Response.of([outcome.reason for outcome in call.put([event("x")])])


def show_call(call: Call, params: Params) -> Response:
    return Response.of({"base": call.base_url, "key_id": call.principal.key_id})


def fail(call: Call, params: Params) -> Response:
    raise RuntimeError(SECRET)


def fill(call: Call, params: SizeParams) -> Response:
    return Response(200, params.filler.encode() * params.size)


def count_all(call: Call, params: Params) -> Response:
    return Response.of([event.id for event in call.scan(EVERYTHING, Order.DESCENDING)])


def render_error(error: ApiError) -> Response:
    return Response.of({"error": type(error).__name__, "detail": str(error)}, status=418)


TOY = Dialect(
    name="toy",
    mounts=("/toy", "/box/toy"),
    scheme=bearer,
    endpoints=(
        Endpoint("GET", "/", Params, show_call),
        Endpoint("GET", "/things", ThingParams, list_things),
        Endpoint("GET", "/things/{id}", IdParams, show_thing),
        Endpoint("GET", "/things/{id}/exactly.this", IdParams, show_thing),
        Endpoint("POST", "/things", Params, put_things, permission="write"),
        Endpoint("POST", "/explain", Params, explain_put, permission="write"),
        Endpoint("GET", "/free", Params, show_call, permission=None),
        Endpoint("GET", "/fail", Params, fail),
        Endpoint("GET", "/fill", SizeParams, fill),
        Endpoint("GET", "/all", Params, count_all),
    ),
    error=render_error,
    headers=lambda request, principal: (("X-Path", request.path), ("X-Key", principal.key_id)),
)


def event(event_id: str, project: str | None = None, **parts: object) -> Event:
    given = {"id": event_id, "time": NOW, "type": "t", "project_id": project}
    return Event.model_validate(given | parts)


class RecordingKeyStore(MemoryKeyStore):
    """Remembers whether keys were asked for fresh."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[bool] = []

    def get(self, key_id: str, *, fresh: bool) -> AccessKey | None:
        self.asked.append(fresh)
        return super().get(key_id, fresh=fresh)


class SilentEventStore(MemoryEventStore):
    """A database that does not answer."""

    def find(self, query: EventQuery) -> Page:
        raise Unavailable("throttled")


@dataclass
class World:
    """A log, the keys to it, and requests with the key that was let in last."""

    store: MemoryEventStore = field(default_factory=MemoryEventStore)
    keys: RecordingKeyStore = field(default_factory=RecordingKeyStore)
    token: str = ""
    clock: Callable[[], int] = lambda: NOW
    monotonic: Callable[[], float] = monotonic

    def let_in(
        self,
        *permissions: Permission,
        scope: str = "demo",
        restriction: Restriction = UNRESTRICTED,
        expires_at: int | None = None,
    ) -> None:
        granted = frozenset(permissions)
        self.token = self.keys.create(scope, granted, restriction, expires_at).token

    def ask(self, method: str, path: str, *query: tuple[str, str], body: bytes = b"") -> Response:
        headers = {"authorization": f"Bearer {self.token}"}
        request = Request(method, path, query, headers, body, "https://log.example")
        return self.serve(request)

    def serve(self, request: Request) -> Response:
        return serve(
            TOY,
            request,
            Services(self.store, self.keys, Clock(self.clock, self.monotonic), fits_lambda),
        )


@pytest.fixture
def world() -> World:
    """Return a log of two projects, and a caller who may read and write all of it."""
    world = World()
    world.store.put("demo", [event("1", "blue"), event("2", "red"), event("3", type="u")])
    world.store.put("other", [event("9", "blue")])
    world.let_in("read", "write")
    return world


def document(response: Response) -> object:
    return from_json(response.body)


def error_of(response: Response) -> object:
    return from_json(response.body)["error"]


# Parameters


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ((), EVERYTHING),
        ((("kind", "a"),), Compare("type", Op.EQ, "a")),
        ((("kind", ""),), Compare("type", Op.EQ, "")),
        ((("since", "0"),), Compare("time", Op.GE, 0)),
        (
            (("since", "5"), ("kind", "a")),
            And((Compare("type", Op.EQ, "a"), Compare("time", Op.GE, 5))),
        ),
        ((("max-size", "3"), ("tag", "x")), EVERYTHING),
    ],
)
def test_given_parameters_with_a_mark_become_the_filter(pairs: Pairs, expected: Filter) -> None:
    assert ThingParams.parse(pairs, {}).filter == expected


@pytest.mark.parametrize(
    ("pairs", "parameter", "reason"),
    [
        ((("max-size", "6"),), "max-size", "must be <= 5"),
        ((("max-size", "0"),), "max-size", "must be >= 1"),
        ((("max-size", "many"),), "max-size", "must be an integer but was 'many'"),
        ((("max-size", ""),), "max-size", "must be an integer but was ''"),
        ((("since", "-1"), ("max-size", "6")), "since", "must be >= 0"),
        ((("max-size", "6"), ("since", "-1")), "since", "must be >= 0"),
    ],
)
def test_of_several_bad_parameters_the_first_declared_is_named(
    pairs: Pairs, parameter: str, reason: str
) -> None:
    with pytest.raises(InvalidParameter) as raised:
        ThingParams.parse(pairs, {})
    assert (raised.value.parameter, raised.value.reason) == (parameter, reason)


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(InvalidParameter) as raised:
        IdParams.parse((), {})
    assert (raised.value.parameter, raised.value.reason) == ("id", "is required")


def test_of_a_repeated_plain_parameter_the_last_counts() -> None:
    assert ThingParams.parse((("kind", "a"), ("tag", "x"), ("kind", "b")), {}).kind == "b"


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ((("tag", "b"), ("kind", "x"), ("tag", "a"), ("tag", "b")), ("b", "a", "b")),
        ((("tag", ""),), ("",)),
        ((("tag", "a,b"),), ("a,b",)),
        ((), ()),
    ],
)
def test_a_repeatable_parameter_keeps_every_value(pairs: Pairs, expected: tuple[str, ...]) -> None:
    assert ThingParams.parse(pairs, {}).tag == expected


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [((("label-name", "x"), ("label-name", "y")), ("x", "y")), ((), ("none",))],
)
def test_a_repeatable_parameter_goes_by_its_wire_name(
    pairs: Pairs, expected: tuple[str, ...]
) -> None:
    assert ThingParams.parse(pairs, {}).label == expected


@pytest.mark.parametrize("name", ["unheard-of", "most", "tag[]", "KIND"])
def test_another_name_is_ignored(name: str) -> None:
    assert ThingParams.parse(((name, "1"),), {}) == ThingParams()


def test_the_path_overrides_the_query() -> None:
    assert IdParams.parse((("id", "query"),), {"id": "path"}).id == "path"


@pytest.mark.parametrize("name", ["kind", "since", "max-size", "tag", "label-name"])
def test_bytes_that_are_not_utf_8_are_refused(name: str) -> None:
    with pytest.raises(InvalidParameter) as raised:
        ThingParams.parse(((name, "\udcff"),), {})
    assert (raised.value.parameter, raised.value.reason) == (name, "is not valid UTF-8")


# Routes


@pytest.mark.parametrize("mount", ["/toy", "/box/toy"])
def test_every_mount_leads_to_the_endpoints(world: World, mount: str) -> None:
    assert document(world.ask("GET", f"{mount}/things/1")) == {"id": "1"}


@pytest.mark.parametrize("path", ["/toy", "/toy/"])
def test_the_root_answers_with_and_without_its_slash(world: World, path: str) -> None:
    assert world.ask("GET", path).status == 200


@pytest.mark.parametrize(
    ("path", "base"),
    [("/toy/free", "https://log.example/toy"), ("/box/toy/free", "https://log.example/box/toy")],
)
def test_the_base_url_is_that_of_the_mount(world: World, path: str, base: str) -> None:
    assert document(world.ask("GET", path)) == {"base": base, "key_id": ""}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/toys/things"),
        ("GET", "/box/things"),
        ("GET", "/things"),
        ("GET", "/toy//things"),
        ("GET", "/toy/things/"),
        ("GET", "/toy/things/1/2"),
        ("GET", "/toy/things/1/exactlyXthis"),
        ("GET", "/toy/things/1/exactly.this/"),
        ("GET", "/toy/THINGS"),
    ],
)
def test_another_path_has_no_route(world: World, method: str, path: str) -> None:
    assert error_of(world.ask(method, path)) == "RouteNotFound"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/toy/things/1", ("GET", "HEAD")),
        ("POST", "/box/toy/things/1", ("GET", "HEAD")),
        ("get", "/toy/things", ("GET", "POST", "HEAD")),
        ("GET", "/toy/explain", ("POST",)),
        ("HEAD", "/toy/explain", ("POST",)),
    ],
)
def test_the_refusal_of_a_method_lists_the_allowed_ones(
    method: str, path: str, allowed: tuple[str, ...]
) -> None:
    with pytest.raises(MethodNotAllowed) as raised:
        TOY.match(Request(method, path))
    assert raised.value.allowed == allowed


def test_a_value_in_the_path_may_hold_anything_but_a_slash(world: World) -> None:
    world.store.put("demo", [event("ü 1?#%2F")])
    assert document(world.ask("GET", "/toy/things/ü 1?#%2F")) == {"id": "ü 1?#%2F"}


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/a/b/c/d", {"x": "b", "y": "c/d"}),
        ("/a/b/c", {"x": "b", "y": "c"}),
        ("/a/b//c", {"x": "b", "y": "/c"}),
        ("/a/b/c//d/", {"x": "b", "y": "c//d/"}),
        ("/a/b/c\nd", {"x": "b", "y": "c\nd"}),
        ("/a/b/", None),
        ("/a//c", None),
    ],
)
def test_a_plus_lets_a_value_hold_slashes(path: str, values: dict[str, str] | None) -> None:
    endpoint = Endpoint("GET", "/a/{x}/{y+}", Params, lambda call, params: Response.of({}))
    match = endpoint.pattern.fullmatch(path)
    assert (match and match.groupdict()) == values


@pytest.mark.parametrize("path", ["/toy/things", "/toy/things/nope", "/toy/nowhere", "/toy/fail"])
def test_head_answers_like_get_without_the_body(world: World, path: str) -> None:
    full, head = world.ask("GET", path), world.ask("HEAD", path)
    assert head == replace(full, body=b"")


def test_head_of_a_path_that_only_takes_events_has_no_route(world: World) -> None:
    assert world.ask("HEAD", "/toy/explain").status == 418


# Credentials


def test_a_request_without_a_credential_is_unauthenticated(world: World) -> None:
    response = world.serve(Request("GET", "/toy/things", (("max-size", "bad"),)))
    assert error_of(response) == "Unauthenticated"


def test_a_bad_credential_is_invalid(world: World) -> None:
    world.token += "x"
    assert error_of(world.ask("GET", "/toy/things")) == "InvalidCredential"


def test_a_key_expires_by_the_given_clock(world: World) -> None:
    world.let_in("read", expires_at=NOW)
    assert error_of(world.ask("GET", "/toy/things")) == "UnknownKey"


@pytest.mark.parametrize(
    ("permissions", "method", "path"),
    [
        (("write", "admin"), "GET", "/toy/things"),
        (("read", "admin"), "POST", "/toy/things"),
        ((), "GET", "/toy/things/1"),
    ],
)
def test_a_request_without_its_permission_is_forbidden(
    world: World, permissions: Sequence[Permission], method: str, path: str
) -> None:
    world.let_in(*permissions)
    assert error_of(world.ask(method, path)) == "Forbidden"


def test_an_open_endpoint_asks_for_no_credential(world: World) -> None:
    assert world.serve(Request("GET", "/toy/free")).status == 200


def test_an_open_endpoint_reads_no_key(world: World) -> None:
    world.ask("GET", "/toy/free")
    assert world.keys.asked == []


@pytest.mark.parametrize(
    ("method", "path", "fresh"), [("GET", "/toy/things", False), ("POST", "/toy/explain", True)]
)
def test_the_key_is_read_fresh_for_writing(
    world: World, method: str, path: str, fresh: bool
) -> None:
    world.ask(method, path)
    assert world.keys.asked == [fresh]


# Scope and restriction


@pytest.mark.parametrize(
    ("restriction", "ids"),
    [
        (UNRESTRICTED, ["1", "2", "3"]),
        (Restriction(project_id="blue"), ["1"]),
        (Restriction(organization_id="org"), []),
    ],
)
def test_a_list_and_its_total_hold_what_the_caller_may_see(
    world: World, restriction: Restriction, ids: list[str]
) -> None:
    world.let_in("read", restriction=restriction)
    assert document(world.ask("GET", "/toy/things")) == {"ids": ids, "total": len(ids)}


def test_a_restriction_is_added_to_the_filter(world: World) -> None:
    world.let_in("read", restriction=Restriction(project_id="blue"))
    response = world.ask("GET", "/toy/things", ("kind", "u"))
    assert document(response) == {"ids": [], "total": 0}


def test_one_scope_does_not_see_another(world: World) -> None:
    world.let_in("read", scope="other")
    assert document(world.ask("GET", "/toy/things")) == {"ids": ["9"], "total": 1}


@pytest.mark.parametrize("event_id", ["9", "4"])
def test_an_event_that_the_scope_lacks_is_not_found(world: World, event_id: str) -> None:
    assert error_of(world.ask("GET", f"/toy/things/{event_id}")) == "EventNotFound"


@pytest.mark.parametrize("event_id", ["2", "3"])
def test_an_event_outside_the_restriction_is_not_visible(world: World, event_id: str) -> None:
    world.let_in("read", restriction=Restriction(project_id="blue"))
    assert error_of(world.ask("GET", f"/toy/things/{event_id}")) == "NotVisible"


def test_an_event_inside_the_restriction_is_visible(world: World) -> None:
    world.let_in("read", restriction=Restriction(project_id="blue"))
    assert document(world.ask("GET", "/toy/things/1")) == {"id": "1"}


@pytest.mark.parametrize("size", [0, 99, 100, 101, 300, 2500])
def test_a_scan_sees_every_event_once_in_order(world: World, size: int) -> None:
    world.let_in("read", scope="many")
    world.store.put("many", [event(str(number)) for number in range(size)])
    expected = [str(number) for number in reversed(range(size))]
    assert document(world.ask("GET", "/toy/all")) == expected


def test_a_scan_goes_to_its_limit_and_no_further(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("polylog.api.call._MOST_SCANNED", 350)
    world.let_in("read", scope="many")
    world.store.put("many", [event(str(number)) for number in range(349)])
    assert world.ask("GET", "/toy/all").status == 200
    world.store.put("many", [event("one"), event("two")])
    assert error_of(world.ask("GET", "/toy/all")) == "TooBroad"


class ForgettingEventStore(MemoryEventStore):
    """A log in which midnight comes after every page: it keeps nothing older than that page."""

    def find(self, query: EventQuery) -> Page:
        page = super().find(query)
        self.floor = max(self.floor, *(event.time + 1 for event in page.events), 0)
        return page


@pytest.mark.parametrize(("order", "number"), [(Order.ASCENDING, 250), (Order.DESCENDING, 100)])
def test_a_scan_continues_when_the_events_it_read_expire(
    world: World, order: Order, number: int
) -> None:
    world.let_in("read")
    world.store = ForgettingEventStore()
    world.store.put("demo", [event(str(n), time=NOW + n) for n in range(250)])
    principal = Principal("k", "demo", frozenset({"read"}))
    services = Services(world.store, world.keys, Clock(world.clock))
    call = Call(Request("GET", "/toy/all"), "/toy", principal, services)
    scanned = [each.id for each in call.scan(EVERYTHING, order)]
    assert len(scanned) == len(set(scanned)) == number


def test_an_explained_call_sees_no_more_than_before(world: World) -> None:
    principal = Principal("k", "demo", frozenset({"read"}), Restriction(project_id="blue"))
    services = Services(world.store, world.keys, Clock(world.clock))
    call, explanation = Call(Request("GET", "/"), "", principal, services), Explanation()
    with services.store.explaining(explanation):
        assert call.count(EVERYTHING) == 1
    assert call.count(EVERYTHING) == 1
    assert explanation.reason == "all events are looked at"


def test_a_scan_is_confined_to_what_the_caller_may_see(world: World) -> None:
    world.let_in("read", restriction=Restriction(project_id="blue"))
    assert document(world.ask("GET", "/toy/all")) == ["1"]


MIXED = [event("4", "red"), event("5", "blue"), event("1", "blue"), event("6"), event("7", "blue")]


def put(world: World, events: Sequence[Event]) -> object:
    return document(world.ask("POST", "/toy/things", body=to_json(events)))


def test_a_restricted_key_writes_only_its_own(world: World) -> None:
    world.let_in("write", restriction=Restriction(project_id="blue"))
    assert put(world, MIXED) == [
        [Status.INVALID, "4", None],
        [Status.STORED, "5", 4],
        [Status.DUPLICATE, "1", 1],
        [Status.INVALID, "6", None],
        [Status.STORED, "7", 5],
    ]


def test_an_event_that_a_restricted_key_may_not_write_is_not_stored(world: World) -> None:
    world.let_in("write", restriction=Restriction(project_id="blue"))
    put(world, MIXED)
    assert world.store.get("demo", "4") is None


def test_a_refused_write_says_what_would_be_allowed(world: World) -> None:
    world.let_in("write", restriction=Restriction(project_id="blue"))
    expected = ['the key may only write events with project_id = "blue"']
    assert document(world.ask("POST", "/toy/explain")) == expected


def test_events_are_stored_in_the_scope_of_the_key(world: World) -> None:
    world.let_in("write", scope="third")
    put(world, [event("1", "blue")])
    assert world.store.get("third", "1") == event("1", "blue", seq=1)


# Errors and headers


def test_a_fault_of_ours_is_an_internal_error(world: World) -> None:
    expected = {"error": "InternalError", "detail": ""}
    assert document(world.ask("GET", "/toy/fail")) == expected


def test_a_fault_of_ours_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.ask("GET", "/toy/fail")
    assert SECRET in caplog.text


def test_a_silent_database_is_unavailable(world: World) -> None:
    world.store = SilentEventStore()
    response = world.ask("GET", "/toy/things")
    assert error_of(response) == "Unavailable"
    assert ("Retry-After", "1") in response.headers


@pytest.mark.parametrize("name", DIALECTS)
def test_every_api_says_that_it_is_too_busy_at_the_moment(name: str) -> None:
    response = load(name).render(Throttled())
    assert response.status in (429, 503)
    assert ("Retry-After", "1") in response.headers


@pytest.mark.parametrize(
    ("filler", "size"), [("x", MAX_RESPONSE_BYTES), ('"', MAX_RESPONSE_BYTES // 2)]
)
def test_a_response_that_just_fits_is_delivered(world: World, filler: str, size: int) -> None:
    response = world.ask("GET", "/toy/fill", ("filler", filler), ("size", str(size)))
    assert len(response.body) == size


@pytest.mark.parametrize(
    ("filler", "size"),
    [
        ("x", MAX_RESPONSE_BYTES + 1),
        ('"', MAX_RESPONSE_BYTES // 2 + 1),
        ("\\", MAX_RESPONSE_BYTES // 2 + 1),
        ("ü", MAX_RESPONSE_BYTES // 2 + 1),
    ],
)
def test_a_response_that_does_not_fit_is_too_large(world: World, filler: str, size: int) -> None:
    """Lambda wraps the body into a JSON string, where quotes and backslashes take two bytes."""
    response = world.ask("GET", "/toy/fill", ("filler", filler), ("size", str(size)))
    assert error_of(response) == "ResponseTooLarge"


def headers_of(response: Response) -> dict[str, str]:
    return dict(response.headers)


@pytest.mark.parametrize(("path", "status"), [("/toy/things", 200), ("/toy/things/nope", 418)])
def test_every_answer_has_the_dialects_headers(world: World, path: str, status: int) -> None:
    response = world.ask("GET", path)
    expected = {
        "Content-Type": "application/json",
        "X-Path": path,
        "X-Key": world.token.partition(".")[0],
    }
    assert (response.status, headers_of(response)) == (status, expected)


def test_the_headers_for_a_refused_caller_name_nobody(world: World) -> None:
    world.token = "forged"
    assert headers_of(world.ask("GET", "/toy/things"))["X-Key"] == ""


def test_a_call_knows_who_calls(world: World) -> None:
    shown = document(world.ask("GET", "/toy"))
    assert shown == {"base": "https://log.example/toy", "key_id": world.token.partition(".")[0]}
