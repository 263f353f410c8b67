"""The guide to costs says what was measured, at the prices that it names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.translation import Resources, translated

from bench import prices
from bench.cases.choices import RESULTS as CHOICES
from bench.cases.handlers import ONE_EVENT, RESULTS
from bench.cases.ways import MANY_A_REQUEST
from bench.prices import API_REQUESTS, INVOCATIONS, LOGGED_GB, READ_UNITS, WRITE_UNITS, Price
from bench.publish import months
from bench.publish.cost import GUIDE, blocks, filled
from bench.publish.measured import Measured
from bench.publish.months import ALARM_METRICS, EXAMPLES, IDLE, METRICS, SECONDS, Example
from bench.publish.resources import FREE, PAID
from bench.stage.lines import GATEWAY
from bench.usage import NOTHING, Usage
from polylog.aws import metrics
from tools import ROOT

DEPLOYING = ROOT / "docs" / "deploying.md"
BEGUN = re.compile(r"<!-- begin: (.+?) -->")
ADDED_UP = ("ways", "questions", "careless")


@pytest.fixture(scope="module")
def shown() -> dict[str, str]:
    return blocks()


@pytest.fixture(scope="module")
def measured() -> Measured:
    return Measured()


@pytest.fixture(scope="module")
def resources() -> Resources:
    return translated()


def of_type(resources: Resources, type: str) -> list[dict[str, Any]]:
    """Return the properties of all resources of a type."""
    return [each.get("Properties", {}) for each in resources.values() if each["Type"] == type]


def rows(table: str) -> Iterator[list[str]]:
    """Yield the cells of each row of the tables, without their heads."""
    for line in table.splitlines():
        cells = line.strip("| ").split(" | ")
        if line.startswith("| ") and cells[-1].strip("*")[0].isdigit():
            yield cells


def priced(table: str) -> list[list[str]]:
    """Return the cells of the table of prices, without its head."""
    return [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]


def test_the_guide_shows_what_the_code_computes(shown: dict[str, str]) -> None:
    """`make cost` updates it."""
    text = GUIDE.read_text("utf-8")
    assert text == filled(text, shown)


def test_the_guide_has_each_block_once(shown: dict[str, str]) -> None:
    assert sorted(BEGUN.findall(GUIDE.read_text("utf-8"))) == sorted(shown)


def test_a_block_that_nothing_fills_is_refused() -> None:
    with pytest.raises(KeyError):
        filled("<!-- begin: other -->\n<!-- end: other -->\n", {})


def test_the_guide_names_the_region_and_when_prices_were_seen() -> None:
    text = GUIDE.read_text("utf-8")
    assert prices.REGION in text
    assert prices.CHECKED in text


@pytest.mark.parametrize("name", ADDED_UP)
def test_rows_add_up(shown: dict[str, str], name: str) -> None:
    found = [row[1:] for row in rows(shown[name])]
    assert len(found) > 5
    for *parts, together in found:
        assert float(together) == pytest.approx(sum(map(float, parts)), abs=0.04)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.name)
def test_the_lines_of_an_example_add_up(shown: dict[str, str], example: Example) -> None:
    table = shown["examples"].partition(f"### {example.name}\n")[2].partition("###")[0]
    *lines, together = (float(row[-1].strip("*")) for row in rows(table))
    assert len(lines) > 5
    assert together == pytest.approx(sum(lines), abs=0.005 * (len(lines) + 1))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.name)
def test_an_example_has_a_line_for_all_that_it_uses(
    shown: dict[str, str], measured: Measured, example: Example
) -> None:
    table = shown["examples"].partition(f"### {example.name}\n")[2].partition("###")[0]
    used = {price.name for price, each in example.usage(measured).quantities.items() if each}
    assert {row[0] for row in rows(table)} == used | {"**together**"}


def test_every_resource_is_paid_or_free(resources: Resources) -> None:
    assert {each["Type"] for each in resources.values()} == PAID.keys() | FREE.keys()


def test_no_resource_is_both_paid_and_free() -> None:
    assert not PAID.keys() & FREE.keys()


def test_every_price_is_asked_for_a_resource() -> None:
    assert {price for paid in PAID.values() for price in paid} == set(prices.ALL)


def test_every_price_is_shown_with_the_page_that_says_it(shown: dict[str, str]) -> None:
    for price in prices.ALL:
        assert f"[{price.name}]({price.page})" in shown["prices"]


def test_every_price_is_shown_in_cents_at_least(shown: dict[str, str]) -> None:
    assert all(re.fullmatch(r"\d+\.\d{2,}", price) for _, price, *_ in priced(shown["prices"]))


def test_the_guide_to_deploying_says_what_requests_without_a_key_cost(measured: Measured) -> None:
    text = DEPLOYING.read_text("utf-8")
    a_million, a_month = measured.refused().times(1_000_000), measured.refused().times(50 * SECONDS)
    assert f"a million of them [cost ${a_million.dollars():.2f}](" in text
    assert f"${a_month.dollars():.0f} for a route" in text


def test_all_prices_have_names_of_their_own() -> None:
    assert len({price.name for price in prices.ALL}) == len(prices.ALL)


@pytest.mark.parametrize(
    ("size", "pieces"), [(0, 1), (1, 1), (524_288, 1), (524_289, 2), (1_048_577, 3)]
)
def test_a_request_counts_once_for_each_512_kb(size: int, pieces: int) -> None:
    assert API_REQUESTS.pieces(size) == pieces


def test_size_makes_no_difference_to_what_is_not_sent_in_pieces() -> None:
    assert INVOCATIONS.pieces(10**9) == 1


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_what_two_take_together_costs_what_both_cost(writes: float, reads: float) -> None:
    one, other = Usage({WRITE_UNITS: writes}), Usage({WRITE_UNITS: 1, READ_UNITS: reads})
    assert (one + other).dollars() == pytest.approx(one.dollars() + other.dollars())


@given(st.floats(0, 1e6))
def test_many_cost_as_much_as_each_of_them(number: float) -> None:
    one = Usage({WRITE_UNITS: 7, READ_UNITS: 1})
    assert one.times(number).dollars() == pytest.approx(number * one.dollars())


def test_a_million_write_units_cost_what_is_asked_for_a_million() -> None:
    assert Usage({WRITE_UNITS: 1_000_000}).dollars() == WRITE_UNITS.dollars


def test_nothing_costs_nothing() -> None:
    assert NOTHING.dollars() == 0


def test_a_price_alone_is_a_part_of_the_sum() -> None:
    used = Usage({WRITE_UNITS: 8, READ_UNITS: 8})
    assert used.dollars(WRITE_UNITS) + used.dollars(READ_UNITS) == used.dollars()


def test_an_index_takes_a_third_of_what_three_take(measured: Measured) -> None:
    """The events that were measured name an actor, a target and a project, and no organization."""
    choices = json.loads(CHOICES.read_text("utf-8"))
    units = {bool(each["field_indexes"]): each["indexes"] for each in choices}
    assert units[True] - units[False] == 3 * measured.entries["1,000 bytes"]


def test_an_index_is_kept_for_what_an_event_takes_in_it(measured: Measured) -> None:
    one, all_that_is_kept = (
        each.quantities[prices.STORED_GB]
        for each in (measured.kept_entries(1000), measured.kept(1000, MANY_A_REQUEST.traffic))
    )
    assert 0 < 6 * one < all_that_is_kept


def test_an_http_request_logs_three_times(measured: Measured) -> None:
    """The function, Lambda and the gateway each log it."""
    parts = measured.logged_bytes(ONE_EVENT)
    assert min(parts) > 200
    logged = measured.question(ONE_EVENT).quantities[LOGGED_GB]
    assert logged * 2**30 == pytest.approx(sum(parts))


def test_an_idle_stack_writes_and_keeps_nothing(measured: Measured) -> None:
    used = IDLE.usage(measured).quantities
    assert not {WRITE_UNITS, prices.STORED_GB, prices.SECRET_REQUESTS, API_REQUESTS} & {
        price for price, quantity in used.items() if quantity
    }


def test_x_ray_records_one_request_a_second_and_a_part_of_the_rest() -> None:
    recorded = [months.traces(number).quantities[prices.TRACES] for number in (5, 2 * 2_628_000)]
    assert recorded == [5, 2_628_000 * 1.05]


def test_functions_that_were_measured_are_those_of_the_template(resources: Resources) -> None:
    taken = json.loads(RESULTS.read_text("utf-8"))["taken"]
    assert {each["function"] for each in taken} <= resources.keys()


def test_alarms_watch_as_many_metrics_as_are_paid_for(resources: Resources) -> None:
    alarms = of_type(resources, "AWS::CloudWatch::Alarm")
    watched = (sum("MetricStat" in each for each in a.get("Metrics", ())) or 1 for a in alarms)
    assert sum(watched) == ALARM_METRICS


def test_metrics_of_its_own_are_as_many_as_are_paid_for() -> None:
    names = (metrics.STORED, metrics.DUPLICATE, metrics.REFUSED, metrics.DEAD)
    assert len({*names, metrics.KINDS, metrics.DRIFT}) == METRICS


def test_snapshots_are_paid_for_the_functions_that_have_some(
    resources: Resources, measured: Measured
) -> None:
    functions = of_type(resources, "AWS::Lambda::Function")
    memory_gb = sum(each["MemorySize"] / 1024 for each in functions if "SnapStart" in each)
    used = months.snapshots(measured, 0).quantities[prices.SNAPSHOT_GB_SECONDS]
    assert used == memory_gb * 730 * 3600


def test_lambda_looks_into_as_many_queues_as_are_paid_for(resources: Resources) -> None:
    mappings = of_type(resources, "AWS::Lambda::EventSourceMapping")
    queues = [each for each in mappings if "Queue" in str(each["EventSourceArn"])]
    used = months.standing(0).quantities[prices.QUEUE_REQUESTS]
    assert used == len(queues) * 5 * 730 * 3600 / 20


def test_a_price_is_a_number_of_dollars_for_so_many() -> None:
    price = Price("apples", 3, 10, "apples", "https://example.com", "a shop")
    assert 5 * price == 1.5


def test_the_gateway_logs_what_its_line_is_taken_to_have() -> None:
    stages = [r for r in translated().values() if r["Type"] == "AWS::ApiGatewayV2::Stage"]
    formats = [stage["Properties"]["AccessLogSettings"]["Format"] for stage in stages]
    assert [list(json.loads(format)) for format in formats] == [list(GATEWAY)]
