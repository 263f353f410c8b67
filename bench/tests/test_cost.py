"""What the guide says that running Polylog costs is what was measured, at the prices it names."""

from __future__ import annotations

import json
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse

from bench import prices
from bench.cases.handlers import RESULTS
from bench.publish.cost import ALARM_METRICS, BEGIN, END, GUIDE, Costs
from tools import ROOT


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
    return parsed


def test_the_guide_shows_what_the_script_computes() -> None:
    """`make cost` renews it."""
    shown = GUIDE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    assert shown == Costs().tables()


def test_the_guide_names_when_prices_were_seen() -> None:
    assert prices.SEEN in GUIDE.read_text("utf-8")


def test_rows_add_up() -> None:
    of_parts, _ = Costs().tables().split("| `FieldIndexes`")
    rows = [line.strip("| ").split(" | ") for line in of_parts.splitlines()]
    sums = [row[1:] for row in rows if len(row) > 2 and row[-1][0].isdigit()]
    assert len(sums) > 10
    for *parts, together in sums:
        assert float(together) == pytest.approx(sum(map(float, parts)), abs=0.03)


def test_functions_that_were_measured_are_those_of_the_template(template: dict[str, Any]) -> None:
    taken = json.loads(RESULTS.read_text("utf-8"))["taken"]
    assert {each["function"] for each in taken} <= template["Resources"].keys()


def test_alarms_watch_as_many_metrics_as_are_paid_for(template: dict[str, Any]) -> None:
    alarms = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    ]
    watched = (sum("MetricStat" in each for each in a.get("Metrics", ())) or 1 for a in alarms)
    assert sum(watched) == ALARM_METRICS
