"""The guide says what was measured about shards."""

from __future__ import annotations

import json

import pytest

from bench.cases.partitions import RESULTS, SIZES, TRAFFICS
from bench.publish.shards import BEGIN, END, GUIDE, MOST_SHARDS, table
from polylog_cli.local.template import Template, TemplateError
from tools import ROOT


def test_the_guide_shows_what_the_script_computes() -> None:
    """`make shards` updates it."""
    shown = GUIDE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    assert shown == table()


def test_every_kind_of_traffic_was_measured_at_every_size() -> None:
    measured = [(each["traffic"], each["size"]) for each in json.loads(RESULTS.read_text())]
    assert measured == [(traffic, size) for traffic in TRAFFICS for size in SIZES]


@pytest.mark.parametrize("name", ["IndexShards", "WrittenShards"])
def test_the_template_allows_no_more_shards(name: str) -> None:
    Template.read(ROOT / "template.yaml", {name: str(MOST_SHARDS)})
    with pytest.raises(TemplateError):
        Template.read(ROOT / "template.yaml", {name: str(MOST_SHARDS + 1)})


def test_the_tally_limits_single_events_before_a_shard_does() -> None:
    """The guide says this about events of usual sizes."""
    singles = json.loads(RESULTS.read_text())[0]
    assert singles["busiest"] > singles["table"] / 2
