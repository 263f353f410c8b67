"""The sample events: as varied and as well formed as those of a real platform."""

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from typing import Any

import pytest

from polylog_cli.local.sample import live_events, sample_events

NOW = datetime(2026, 11, 20, 14, 30, 5, 999_999, tzinfo=UTC)
# The types of the v2 list-events document.
DOCUMENTED = {
    "app.crash",
    *(f"audit.{kind}.{verb}" for kind in ("app", "space") for verb in ("create", "update")),
    *(f"audit.{kind}.delete-request" for kind in ("app", "space")),
    *(
        f"audit.{kind}.{verb}"
        for kind in (
            "service_broker",
            "service",
            "service_plan",
            "service_plan_visibility",
            "service_instance",
            "user_provided_service_instance",
        )
        for verb in ("create", "update", "delete")
    ),
    *(
        f"audit.{kind}.{verb}"
        for kind in ("service_dashboard_client", "service_binding")
        for verb in ("create", "delete")
    ),
}
ENTITY_KEYS = [
    *("type", "actor", "actor_type", "actor_name", "actee", "actee_type", "actee_name"),
    *("timestamp", "metadata", "space_guid", "organization_guid"),
]


@pytest.fixture(scope="module")
def resources() -> Any:
    return sample_events(NOW)


def test_there_are_as_many_as_asked_for(resources: Any) -> None:
    assert len(resources) == 3000
    assert len(sample_events(NOW, 10)) == 10


def test_guids_are_unique(resources: Any) -> None:
    assert len({resource["metadata"]["guid"] for resource in resources}) == 3000


def test_the_same_now_gives_the_same_events(resources: Any) -> None:
    assert sample_events(NOW.astimezone(timezone(timedelta(hours=2)))) == resources


def test_every_resource_has_the_wire_form(resources: Any) -> None:
    for resource in resources:
        metadata, entity = resource["metadata"], resource["entity"]
        assert list(resource) == ["metadata", "entity"]
        assert list(entity) == ENTITY_KEYS
        assert metadata == {
            "guid": metadata["guid"],
            "url": f"/v2/events/{metadata['guid']}",
            "created_at": entity["timestamp"],
            "updated_at": None,
        }


def test_times_are_in_order_within_thirty_days(resources: Any) -> None:
    times = [resource["entity"]["timestamp"] for resource in resources]
    assert times == sorted(times)
    assert "2026-10-21T14:30:05Z" <= times[0] < "2026-10-23"
    assert "2026-11-20T12" < times[-1] <= "2026-11-20T14:30:05Z"


def test_types_are_documented_ones_and_many(resources: Any) -> None:
    types = {resource["entity"]["type"] for resource in resources}
    assert types <= DOCUMENTED
    assert len(types) >= 25


def test_some_seconds_hold_several_events(resources: Any) -> None:
    seconds = Counter(resource["entity"]["timestamp"] for resource in resources)
    assert seconds.most_common(50)[-1][1] > 1


def test_working_hours_are_busier_than_the_night(resources: Any) -> None:
    hours = Counter(int(resource["entity"]["timestamp"][11:13]) for resource in resources)
    assert hours[10] > 4 * hours[2]


def test_broker_events_belong_to_no_space(resources: Any) -> None:
    spaces = {
        resource["entity"]["space_guid"]
        for resource in resources
        if resource["entity"]["actee_type"] == "service_broker"
    }
    assert spaces == {""}


def test_an_app_is_created_before_anything_else_happens_to_it(resources: Any) -> None:
    first = {
        resource["entity"]["actee"]: resource["entity"]["type"]
        for resource in reversed(resources)
        if resource["entity"]["actee_type"] == "app"
    }
    assert set(first.values()) == {"audit.app.create"}


@pytest.mark.parametrize("day", range(7))
def test_something_happened_to_one_app_yesterday(day: int) -> None:
    now = NOW + timedelta(days=day)
    yesterday = f"{now - timedelta(days=1):%Y-%m-%d}"
    told: Any = [event["entity"] for event in sample_events(now)]
    happened = [each for each in told if each["timestamp"].startswith(yesterday)]
    types = {each["type"] for each in happened if each["actee_name"] == "storefront"}
    assert types >= {"app.crash", "audit.app.update"}


class TestLive:
    def test_goes_on_from_now_in_the_order_of_time(self) -> None:
        times = [time for time, _ in islice(live_events(NOW), 300)]
        assert times == sorted(times)
        assert NOW.replace(microsecond=0) <= times[0] <= NOW + timedelta(seconds=8)
        assert times[-1] < NOW + timedelta(seconds=8 * 300)

    def test_happens_to_the_same_things_as_the_sample(self, resources: Any) -> None:
        known = {each["entity"]["actee"] for each in resources}
        live: Any = [event for _, event in islice(live_events(NOW), 300)]
        assert {event["entity"]["actee"] for event in live} <= known
        guids = {event["metadata"]["guid"] for event in (*live, *resources)}
        assert len(guids) == 300 + len(resources)
