"""The sample events: a month in the life of a small, invented Cloud Foundry platform.

Things happen in stories: an app crashes and recovers, a team tries a service for some days.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from operator import itemgetter
from random import Random
from uuid import UUID

DAYS = 30
HOUR_WEIGHTS = (1, 1, 1, 1, 1, 2, 4, 9, 16, 20, 20, 18, 13, 17, 20, 19, 17, 13, 8, 5, 4, 3, 2, 1)
WEEKEND_WEIGHT = 0.2
PEOPLE = {
    "orchard": ("mira", "tobin", "anouk", "yusra"),
    "lantern": ("kesi", "oren", "paloma"),
    "tidewater": ("ilse", "bram", "suri"),
    "operations": ("juno", "teodor"),
}
APPS = {  # the liveliest first
    ("orchard", "production"): ("storefront", "basket", "price-list", "old-catalogue"),
    ("orchard", "staging"): ("storefront", "basket", "gift-cards"),
    ("lantern", "production"): ("lookout", "map-tiles", "paper-fax"),
    ("lantern", "staging"): ("lookout",),
    ("tidewater", "production"): ("tickets", "ferry-times", "tide-alerts"),
    ("tidewater", "development"): ("ferry-times", "tide-alerts"),
    ("operations", "production"): ("status-page",),
}
LIFE = {"gift-cards": (12, DAYS), "tickets": (6, DAYS), "paper-fax": (0, 9)}  # days
CRASHES = (("out of memory", 137), ("app instance exited", 1), ("failed its health check", 255))
OF_NO_SPACE = {"service_broker", "service", "service_plan", "service_dashboard_client"}
# A step: seconds since the story began, actor, verb, actee, and the request. In a request, a tuple
# is a choice, and `$name` is a guid. `it` is what the story is about; a type, like `service`, is a
# new thing of that type.
Step = tuple[int, str, str, str, Mapping[str, object]]
Story = tuple[Step, ...]
Told = tuple[datetime, dict[str, object]]
HIDDEN = {"environment_json": "PRIVATE DATA HIDDEN"}
NEW_APP = {"instances": 1, "memory": (256, 512), "state": "STOPPED", **HIDDEN}
URL = "https://broker.example.com"
PLAN = {"service_plan_guid": "$service_plan"}
BINDING = {"service_instance_guid": "$service_instance", "app_guid": "$it"}
OFFER: Story = (
    (0, "operator", "create", "service_broker", {"broker_url": URL}),
    (1, "service_broker", "create", "service", {"label": "table", "active": True}),
    (1, "service_broker", "create", "service_plan", {"name": "small", "free": (True, False)}),
    (1, "service_broker", "create", "service_dashboard_client", {"redirect_uri": URL}),
)
WITHDRAW: Story = tuple((9_000 - s[0], s[1], "delete", s[3], {}) for s in reversed(OFFER))
STORIES: Mapping[str, Story] = {
    "found": ((0, "operator", "create", "it", {"allow_ssh": True}),),
    "offer": (*OFFER, (90, "operator", "create", "service_plan_visibility", PLAN)),
    "trial": (*OFFER, (9, "service_broker", "update", "service", {"label": "tables"}), *WITHDRAW),
    "push": (
        (0, "member", "create", "it", NEW_APP),
        (2, "member", "update", "it", {"buildpack": "python_buildpack"}),
        (40, "member", "update", "it", {"state": "STARTED"}),
    ),
    "retire": ((0, "member", "delete-request", "it", {"recursive": True}),),
    "release": (
        (0, "bot", "update", "it", HIDDEN),
        (1, "bot", "update", "it", {"state": "STOPPED"}),
        (1, "bot", "update", "it", {"state": "STARTED"}),
    ),
    "hotfix": ((0, "member", "update", "it", {"command": "bin/serve"}),),
    "scale": ((0, "member", "update", "it", {"instances": (2, 4, 6), "memory": (512, 1024)}),),
    "preview": (
        (0, "bot", "create", "app", NEW_APP),
        (25, "bot", "update", "app", {"state": "STARTED"}),
        (14_400, "member", "delete-request", "app", {"recursive": False}),
    ),
    "table": (
        (0, "member", "create", "service_instance", PLAN),
        (9, "member", "create", "service_binding", BINDING),
        (7_200, "member", "update", "service_instance", PLAN),
        (14_400, "member", "delete", "service_binding", {}),
        (14_400, "member", "delete", "service_instance", {}),
    ),
    "secret": (
        (0, "member", "create", "user_provided_service_instance", {"credentials": "[REDACTED]"}),
        (9, "member", "update", "user_provided_service_instance", {"syslog_drain_url": ""}),
        (20_000, "member", "delete", "user_provided_service_instance", {}),
    ),
    "sandbox": (
        (0, "member", "create", "space", {"allow_ssh": False}),
        (9, "member", "update", "space", {"allow_ssh": True}),
        (12_000, "member", "delete-request", "space", {"recursive": True}),
    ),
}
NEW = sorted({step[3] for story in STORIES.values() for step in story} - {"it"})
TOLD = ("release", "crash", "scale", "hotfix", "preview", "table", "secret", "sandbox", "trial")
WEIGHTS = (30, 9, 15, 12, 6, 4, 3, 2, 1)
TOLD_LIVE = ("release", "crash", "scale", "hotfix")


@dataclass(frozen=True, slots=True)
class Thing:
    """An actor or actee, and the space and organization it belongs to; a space is in itself."""

    guid: str
    type: str
    name: str
    space: str = ""
    organization: str = ""


def sample_events(now: datetime, count: int = 3000) -> list[dict[str, object]]:
    """Return events of the 30 days before `now`, in time order, as `GET /v2/events` lists them.

    The same `now` gives the same events. Another `now` gives other events, some with the same
    guids, so load the sample only once.
    """
    start = now.astimezone(UTC).replace(microsecond=0) - timedelta(days=DAYS)
    past = (told for told in _Platform().month(start) if told[0] <= now)
    return [resource for _, resource in sorted(islice(past, count), key=itemgetter(0))]


def live_events(now: datetime) -> Iterator[tuple[datetime, dict[str, object]]]:
    """Yield what happens on the same platform from now on, as times and events; it never ends.

    A story begins every few seconds. The events come in the order of their times.
    """
    platform, began = _Platform(), now.astimezone(UTC).replace(microsecond=0)
    platform.random.seed(began.timestamp())
    waiting: list[Told] = []
    while True:
        waiting = sorted((*waiting, *platform.story(began)), key=itemgetter(0))
        began += timedelta(seconds=platform.random.randint(1, 8))
        while waiting and waiting[0][0] < began:
            yield waiting.pop(0)


class _Platform:
    def __init__(self) -> None:
        self.random = Random(2014)  # Every choice and every guid comes from this one stream.
        home = {name: Thing("", "", name, "", self.guid()) for name in PEOPLE}
        self.bot = self.thing("user", "ci-bot@example.com")
        self.people = {
            home[key].organization: [self.thing("user", f"{name}@example.com") for name in names]
            for key, names in PEOPLE.items()
        }
        self.operators = self.people[home["operations"].organization]
        self.spaces = {key: self.thing("space", key[1], home[key[0]]) for key in APPS}
        self.apps = [
            (self.thing("app", name, self.spaces[key]), 9 // rank, *LIFE.get(name, (0, DAYS)))
            for key, names in APPS.items()
            for rank, name in enumerate(names, 1)
        ]

    def guid(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def thing(self, type: str, name: str, place: Thing | None = None) -> Thing:
        guid = self.guid()
        if not place or type in OF_NO_SPACE:
            return Thing(guid, type, name)
        return Thing(guid, type, name, guid if type == "space" else place.space, place.organization)

    def moment(self, start: datetime, first: float, last: float) -> datetime:
        while True:
            moment = start + timedelta(seconds=int(self.random.uniform(first, last) * 86_400))
            weight = HOUR_WEIGHTS[moment.hour] * (WEEKEND_WEIGHT if moment.weekday() > 4 else 1)
            if self.random.random() < weight / max(HOUR_WEIGHTS):
                return moment

    def month(self, start: datetime) -> Iterator[Told]:
        for space in self.spaces.values():
            yield from self.tell(STORIES["found"], space, self.moment(start, 0, 0.5))
            yield from self.tell(STORIES["offer"], space, self.moment(start, 0.5, 2))
        for app, _, first, last in self.apps:
            yield from self.tell(STORIES["push"], app, self.moment(start, first + 0.5, first + 1.5))
            yield from self.tell(STORIES["retire"], app, self.moment(start, last, last + 1))
        yield from self.yesterday(start + timedelta(days=DAYS - 1))
        while True:
            moment = self.moment(start, 2, DAYS)
            day = (moment - start) / timedelta(days=1)
            lively = [rank * (first + 1.5 < day < last) for _, rank, first, last in self.apps]
            ((app, *_),) = self.random.choices(self.apps, lively)
            (story,) = self.random.choices(TOLD, WEIGHTS)
            yield from self.tell(STORIES.get(story) or self.crash(), app, moment)

    def yesterday(self, day: datetime) -> Iterator[Told]:
        """Tell of a bad day of the liveliest app, even on a Sunday, so that there is one."""
        (app, *_), noon = self.apps[0], day.replace(hour=12, minute=0, second=0)
        for hours, story in enumerate((STORIES["hotfix"], self.crash(), STORIES["release"])):
            yield from self.tell(story, app, noon + timedelta(hours=hours))

    def story(self, began: datetime) -> Iterator[Told]:
        """Tell of something that happens to an app that still exists."""
        app, *_ = self.random.choice([app for app in self.apps if app[3] == DAYS])
        story = self.random.choice(TOLD_LIVE)
        yield from self.tell(STORIES.get(story) or self.crash(), app, began)

    def crash(self) -> Iterator[Step]:
        description, status = self.random.choice(CRASHES)
        how = {"exit_status": status, "exit_description": description, "reason": "CRASHED"}
        instances, after = self.random.choice((1, 1, 2, 4)), 0
        for attempt in range(self.random.randint(1, 6)):
            for index in range(instances):
                yield after, "it", "crash", "it", {"index": index, **how}
            after += self.random.randint(3, 9) * 2**attempt

    def tell(self, story: Iterable[Step], it: Thing, began: datetime) -> Iterator[Told]:
        number, members = self.random.randint(100, 999), self.people[it.organization]
        roles = {"it": it, "bot": self.bot, "member": self.random.choice(members)}
        roles["operator"] = self.random.choice(self.operators)
        for type in NEW:
            roles[type] = self.thing(type, f"{it.name}-{type.split('_')[-1]}-{number}", it)
        guids: dict[object, str] = {f"${role}": thing.guid for role, thing in roles.items()}
        for after, who, verb, what, wish in story:
            time, actor, actee = began + timedelta(seconds=after), roles[who], roles[what]
            asked = {key: guids.get(value) or self.chosen(value) for key, value in wish.items()}
            entity: dict[str, object] = {
                "type": "app.crash" if verb == "crash" else f"audit.{actee.type}.{verb}",
                **{"actor": actor.guid, "actor_type": actor.type, "actor_name": actor.name},
                **{"actee": actee.guid, "actee_type": actee.type, "actee_name": actee.name},
                "timestamp": f"{time:%Y-%m-%dT%H:%M:%SZ}",
                "metadata": {"request": asked} if actor.type == "user" else asked,
                **{"space_guid": actee.space, "organization_guid": actee.organization},
            }
            yield time, _resource(self.guid(), entity)

    def chosen(self, value: object) -> object:
        return self.random.choice(value) if isinstance(value, tuple) else value


def _resource(guid: str, entity: dict[str, object]) -> dict[str, object]:
    dates = {"created_at": entity["timestamp"], "updated_at": None}
    return {"metadata": {"guid": guid, "url": f"/v2/events/{guid}", **dates}, "entity": entity}
