"""What explanations say about the ways that were not chosen, and how good the estimates are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.stores import TABLES, dynamo_store

from polylog.batches import batched
from polylog.dynamo.maintenance.fold import Folder
from polylog.dynamo.maintenance.seal import LEFT_SECONDS, Sealer
from polylog.dynamo.tables import OPTIONAL_INDEXES
from polylog.model import times
from polylog.model.filter import EVERYTHING, NOTHING, And, Compare, Filter, Op, Pattern
from polylog.model.query import EventQuery, Order, Window
from polylog.model.store import Alternative, EventStore, Explanation, Interval
from polylog.model.times import SECOND
from tools.clocks import StoppedClock
from tools.events import START, Maker

pytestmark = pytest.mark.engine

NUMBER = 2_400
SIZE = 1_000
"""About how many bytes an event's JSON has: UNITS_PER_ITEM is for such events."""

TYPE: Filter = Compare("type", Op.EQ, "audit.app.create")
TYPES: Filter = Pattern("type", ("audit.volume.", ""))
SERVICE: Filter = Compare("source", Op.EQ, "service-3")
WORD: Filter = Compare("source", Op.HAS, "service")
DATA: Filter = Compare("data.absent", Op.GE, 1)
LEAF: Filter = Compare("data.absent", Op.EQ, 1)
LATER: Filter = Compare("time", Op.GE, START + 15 * 60 * SECOND)

Ask = Callable[[EventStore, str], object]


@dataclass(frozen=True)
class Log:
    """A log that is folded and sealed, and the ids of a busy actor and of a quiet target."""

    client: DynamoDBClient
    clock: StoppedClock
    actor: str
    target: str

    def explain(self, ask: Ask, indexes: Iterable[str] = OPTIONAL_INDEXES) -> Explanation:
        store = dynamo_store(self.client, clock=self.clock.clock, indexes=indexes)
        explanation = Explanation()
        with store.explaining(explanation):
            ask(store, "alternatives")
        return explanation

    def units(self, ask: Ask, name: str) -> float:
        """Return the estimate for one way."""
        units = named(self.explain(ask))[name].units
        assert units is not None
        return units


@pytest.fixture(scope="module")
def log(engine: DynamoDBClient) -> Log:
    clock, maker = StoppedClock(times.now()), Maker(7, SIZE)
    made = [maker.at(START + n * SECOND) for n in range(NUMBER)]
    ((actor, _),) = Counter(event.actor.id for event in made).most_common(1)
    target = Counter(event.target.id for event in made).most_common()[-1][0]
    store = dynamo_store(engine, clock=clock.clock)
    for some in batched(made, 95):
        store.put("alternatives", some)
    assert Folder(engine, TABLES.tally, clock.clock).settle("alternatives", 3600)
    sealer = Sealer(engine, TABLES, clock.clock)
    sealer.seal_all("alternatives")
    clock.sleep(LEFT_SECONDS + 1)
    sealer.seal_all("alternatives")
    return Log(engine, clock, actor or "", target or "")


def named(explanation: Explanation) -> dict[str, Alternative]:
    return {each.name: each for each in explanation.alternatives}


def chosen(explanation: Explanation) -> list[str]:
    return [each.name for each in explanation.alternatives if each.is_chosen]


def count(filter: Filter) -> Ask:
    return lambda store, scope: store.count(scope, filter)


def page(filter: Filter, limit: int = 20, **options: bool) -> Ask:
    return lambda store, scope: store.find(
        EventQuery(scope, filter, Order.DESCENDING, Window(limit), **options)
    )


def is_near(estimate: float | None, truth: float) -> bool:
    return estimate is not None and truth / 1.5 <= estimate <= truth * 1.5


@pytest.mark.parametrize(
    "ask",
    [
        count(SERVICE),
        count(WORD),
        count(And((TYPE, WORD))),
        count(And((LATER, WORD))),
        count(LEAF),
        page(SERVICE, with_total=True),
        page(WORD, 50, with_total=True),
        lambda store, scope: store.groups(scope, SERVICE),
        lambda store, scope: store.histogram(scope, WORD, Interval.HOUR),
    ],
    ids=range(9),
)
def test_segments_take_about_what_was_estimated(log: Log, ask: Ask) -> None:
    told = log.explain(ask)
    assert chosen(told) == ["segments"]
    assert is_near(named(told)["segments"].units, told.read_units)


@pytest.mark.parametrize(
    ("filter", "index"),
    [(DATA, "by_time"), (And((TYPE, DATA)), "by_type")],
    ids=str,
)
def test_an_index_takes_about_what_was_estimated(log: Log, filter: Filter, index: str) -> None:
    told = log.explain(count(filter))
    assert chosen(told) == [index]
    assert is_near(named(told)[index].units, told.read_units)


@pytest.mark.parametrize(
    ("filter", "index"),
    [(TYPE, "by_type"), (LATER, "by_time"), (And((LATER, TYPE)), "by_type")],
    ids=str,
)
def test_an_index_that_counts_replace_would_take_about_what_was_estimated(
    log: Log, filter: Filter, index: str
) -> None:
    truth = log.explain(count(And((filter, DATA))))
    assert truth.index == index
    assert is_near(log.units(count(filter), index), truth.read_units)


def test_an_index_that_segments_replace_would_take_about_what_was_estimated(log: Log) -> None:
    truth = log.explain(count(And((LATER, DATA)))).read_units
    assert is_near(log.units(count(And((LATER, WORD))), "by_time"), truth)


@pytest.mark.parametrize("filter", [EVERYTHING, TYPE, TYPES, LATER], ids=str)
@pytest.mark.parametrize("with_total", [False, True])
def test_a_page_takes_about_what_was_estimated(log: Log, filter: Filter, with_total: bool) -> None:
    told = log.explain(page(filter, 100, with_total=with_total))
    assert is_near(named(told)[told.index or ""].units, told.read_units)


def test_a_total_takes_what_the_counts_take(log: Log) -> None:
    told = log.explain(count(TYPE))
    assert told.alternatives[0] == Alternative(
        "counts", told.read_units, True, "the tally has counts of just these events"
    )


def test_counts_and_an_index_answer_together(log: Log) -> None:
    assert set(chosen(log.explain(page(TYPE, with_total=True)))) == {"counts", "by_type"}


def test_a_minute_that_a_range_cuts_is_read_by_an_index(log: Log) -> None:
    told = log.explain(count(Compare("time", Op.GE, START + 90 * SECOND)))
    assert set(chosen(told)) == {"counts", "by_time"}
    assert named(told)["by_time"].reason == "it is read for minutes that the tally cannot divide"


def test_each_way_says_why_it_was_not_taken(log: Log) -> None:
    actor = Compare("actor.id", Op.EQ, log.actor)
    target = Compare("target.id", Op.EQ, log.target)
    told = log.explain(page(And((actor, target, TYPE))), indexes=["target", "project"])
    reasons = {each.name: each.reason for each in told.alternatives}
    assert reasons == {
        "by_target": "the filter selects by target.id",
        "counts": "no total is asked for",
        "by_actor": "the log has no such index",
        "by_type": "by_target shows fewer events",
        "by_time": "it shows all events of the time",
        "segments": "by_target takes less",
    }


def test_an_index_whose_values_are_not_counted_has_no_estimate(log: Log) -> None:
    actor = Compare("actor.id", Op.EQ, log.actor)
    assert named(log.explain(count(actor)))["by_actor"].units is None


def test_an_index_that_was_given_up_says_when(log: Log) -> None:
    told = log.explain(count(Compare("actor.id", Op.EQ, log.actor)))
    assert chosen(told) == ["segments"]
    assert named(told)["by_actor"].reason.startswith("it was given up after ")
    assert is_near(named(told)["segments"].units, told.read_units)


def test_segments_cannot_answer_a_question_about_data(log: Log) -> None:
    told = named(log.explain(count(DATA)))["segments"]
    assert (told.units, told.reason) == (None, "they do not tell which events pass")


def test_a_filter_that_nothing_can_pass_needs_no_way(log: Log) -> None:
    told = log.explain(page(NOTHING))
    assert chosen(told) == []
    assert {each.reason for each in told.alternatives} == {
        "no event can pass the filter",
        "no total is asked for",
        "by_target shows just these events",
    }


@pytest.mark.parametrize(
    ("ask", "names"),
    [
        (lambda store, scope: store.get(scope, "x"), ["key"]),
        (lambda store, scope: store.get_by_seq(scope, 7), ["key"]),
        (lambda store, scope: store.tail(scope, EVERYTHING, 3, 5), ["arrivals"]),
    ],
    ids=["id", "seq", "tail"],
)
def test_a_question_without_a_search_has_no_alternatives(
    log: Log, ask: Ask, names: list[str]
) -> None:
    assert [each.name for each in log.explain(ask).alternatives] == names


@pytest.mark.parametrize("ask", [count(TYPE), count(WORD), page(LATER, with_total=True)])
def test_an_explanation_costs_no_reads(log: Log, ask: Ask) -> None:
    requests: list[str] = []

    def see(model: object, **_: object) -> None:
        requests.append("")

    store = dynamo_store(log.client, clock=log.clock.clock)
    log.client.meta.events.register("before-call.dynamodb", see)
    ask(store, "alternatives")
    log.client.meta.events.unregister("before-call.dynamodb", see)
    assert log.explain(ask).requests == len(requests)
