"""Events of GitHub's audit log: from the REST API, exports and streams."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from support import strategies
from support.trails import FOLDER, trail

from polylog.intake.documents import read_document
from polylog.intake.formats.github import FORMAT, is_event, read_event
from polylog.model.errors import InvalidParameter
from polylog.model.event import Entity, Event
from polylog.model.times import parse_iso8601

# Documents that tests take apart.
Json = Any

CREATED, ADDED, DISBANDED, DESTROYED = json.loads((FOLDER / "github.json").read_text())
CLONED, REQUESTED, REMOVED, OLD = map(
    json.loads, (FOLDER / "github.ndjson").read_text().splitlines()
)
OCTOCAT = Entity(id="583231", type="User", name="octocat")
TIME = "a number of milliseconds since 1970 like 1772366400000"


def changed(**members: object) -> Json:
    return {**ADDED, **members}


def without(wire: Json, *names: str) -> Json:
    return {name: value for name, value in wire.items() if name not in names}


def test_an_event_is_read() -> None:
    assert read_event(ADDED) == Event(
        id="q0TtZr1fQ9a3gq0bWc5b2Q",
        time=parse_iso8601("2026-03-01T12:01:00Z"),
        type="repo.add_member",
        source="192.0.2.7",
        message="repo.add_member octo-org/documentation hubot",
        actor=OCTOCAT,
        target=Entity(id="480938", type="user", name="hubot"),
        organization_id="9919",
        project_id="octo-org/documentation",
        data=ADDED,
    )


def test_times_are_milliseconds() -> None:
    assert read_event(CREATED).time == parse_iso8601("2026-03-01T12:00:00.25Z")
    assert read_event(DISBANDED).time == parse_iso8601("2026-03-01T12:02:00.999Z")


def test_without_a_time_stamp_the_time_of_creation_counts() -> None:
    wire = {**without(ADDED, "@timestamp"), "created_at": 1}
    assert (read_event(wire).time, read_event(OLD).time) == (1000, 1_429_548_104_000_000)


@pytest.mark.parametrize("time", [1772366400250.5, 1772366400250.5004])
def test_a_time_may_have_a_fraction(time: float) -> None:
    event = read_event(changed(**{"@timestamp": time}))
    assert event.time == parse_iso8601("2026-03-01T12:00:00.2505Z")


def test_the_target_is_a_user_a_repository_or_a_team() -> None:
    assert read_event(ADDED).target.type == "user"
    repo = Entity(id="1296269", type="repo", name="octo-org/documentation")
    assert read_event(CREATED).target == repo
    team = Entity(type="team", name="octo-org/engineering")
    assert (read_event(DISBANDED).target, read_event(OLD).target) == (team, team)
    assert read_event(REQUESTED).target == Entity()


def test_a_git_event_is_about_its_repository() -> None:
    """It names an empty user with the id 0."""
    event = read_event(CLONED)
    assert event.target == Entity(id="1296269", type="repo", name="octo-org/documentation")
    assert read_event(without(CLONED, "repo")) == event.model_copy(
        update={"data": without(CLONED, "repo")}
    )


def test_an_app_is_a_bot() -> None:
    assert read_event(DESTROYED).actor == Entity(id="480939", type="Bot", name="hubot[bot]")


def test_without_an_address_the_user_agent_is_the_source() -> None:
    assert read_event(REQUESTED).source == "GitHub CLI 2.80.0"


def test_an_old_export_has_only_names() -> None:
    event = read_event(OLD)
    assert event.actor == Entity(name="octocat")
    assert (event.organization_id, event.project_id) == ("octo-org", None)
    assert event.message == "team.create"


def test_without_an_id_it_gets_one_from_its_content() -> None:
    """The id must stay the same: a later version must not store a loaded event again."""
    event = read_event(OLD)
    assert event.id == "16225569a2cbd24fe1eca4e3411f2a491117e1218cafbce4a8fb1ae22e9ee2be"
    assert read_event({**OLD, "created_at": 1429548104001}).id != event.id


@given(st.permutations(list(OLD)), st.sets(st.sampled_from(("user", "repo", "actor_ip"))))
def test_order_and_nulls_do_not_change_the_id_it_gets(names: list[str], nulls: set[str]) -> None:
    wire = {name: OLD[name] for name in names} | dict.fromkeys(nulls)
    assert read_event(wire).id == read_event(OLD).id


def test_null_is_the_same_as_missing() -> None:
    nulls = dict.fromkeys(("actor_ip", "team", "repository", "user_agent"))
    plain = {name: ADDED[name] for name in ADDED if name not in nulls}
    event = read_event({**ADDED, **nulls})
    assert event.model_copy(update={"data": plain}) == read_event(plain)


def test_numbers_are_kept_exactly() -> None:
    text = json.dumps(changed(token_id=2**70, ratio=1e-7)).encode()
    (event,) = read_document(text, FORMAT, "demo")
    assert isinstance(event, Event)
    assert (event.data_object["token_id"], event.data_object["ratio"]) == (2**70, 1e-7)


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        ("x", "event must be an object"),
        (changed(action=None), "action is required: an action like repo.create"),
        (changed(action=5), "action must be an action like repo.create but was '5'"),
        (without(ADDED, "@timestamp", "created_at"), f"@timestamp is required: {TIME}"),
        (
            changed(**{"@timestamp": "2026-03-01"}),
            f"@timestamp must be {TIME} but was '2026-03-01'",
        ),
        (changed(**{"@timestamp": True}), f"@timestamp must be {TIME} but was 'True'"),
        (changed(**{"@timestamp": 10**18}), f"@timestamp must be {TIME} but was '{10**18}'"),
        (changed(**{"@timestamp": 1e308}), f"@timestamp must be {TIME} but was '1e+308'"),
        (
            {**without(ADDED, "@timestamp"), "created_at": []},
            f"created_at must be {TIME} but was '[]'",
        ),
    ],
)
def test_a_missing_or_bad_member_is_named(wire: Json, reason: str) -> None:
    with pytest.raises(InvalidParameter) as raised:
        read_event(wire)
    assert str(raised.value) == reason


def test_texts_longer_than_keys_stay_in_the_data() -> None:
    long = "x" * 300
    members = ("_document_id", "actor_ip", "user_agent", "org_id", "org", "repo", "user_id")
    wire = changed(action=f"repo.{long}", actor_id=long, **dict.fromkeys(members, long))
    event = read_event(wire)
    assert (len(event.id), event.type) == (64, f"repo.{long}"[:256])
    assert (event.actor.id, event.target.id) == (None, None)
    assert (event.source, event.organization_id, event.project_id) == (None, None, None)
    assert event.data == wire


@given(
    st.dictionaries(
        st.sampled_from(sorted({*CREATED, *ADDED, *CLONED} - {"action", "@timestamp"})),
        strategies.json_values() | strategies.texts(min_size=250, max_size=300),
    )
)
def test_no_other_member_makes_it_refuse_a_record(members: dict[str, JsonValue]) -> None:
    """Actions use the same names for different things, such as lists of names."""
    wire = changed(**members)
    assert read_event(wire).data == wire


@pytest.mark.parametrize("name", ["github.json", "github.ndjson"])
def test_whole_files_are_read(name: str) -> None:
    assert [type(each) for each in trail(name)] == [Event] * 4


@pytest.mark.parametrize("wire", [CREATED, ADDED, DISBANDED, CLONED, REQUESTED, REMOVED, OLD])
def test_an_event_is_recognized(wire: Json) -> None:
    assert is_event(wire)


@pytest.mark.parametrize(
    "wire",
    [
        *(None, 5, [], {}),
        {"action": "opened", "created_at": 1, "actor": "octocat"},
        {"action": "repo.create", "created_at": "2026-03-01T12:00:00Z", "actor": "octocat"},
        {"action": "repo.create", "created_at": 1},
    ],
)
def test_nothing_else_is_recognized(wire: Json) -> None:
    assert not is_event(wire)
