"""A million events: the page shows their exact total, every place and every value.

Loading them takes at least a quarter of an hour; `make test-million` allows for that.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from botocore.config import Config
from playwright.sync_api import Browser, expect
from support.screen import MakeScreen, Screen
from support.service import Service, running_service

from polylog.model.event import Event
from polylog.model.times import format_rfc3339
from polylog_cli.local.dynamodb import dynamodb_local
from polylog_cli.local.tables import TABLES, connect, create_tables
from polylog_cli.local.template import Template
from tools import ROOT
from tools.bulk import load
from tools.events import Maker

pytestmark = pytest.mark.million

NUMBER = int(os.environ.get("EVENTS", "1000000"))
ROW = round(0.548213 * NUMBER)
"""A row that is not the first or last of any page of the list."""


PARAMETERS = {"FieldIndexes": ""}
"""No question here needs these indexes, and the events load in less time without them."""


class Seen(NamedTuple):
    """What a test keeps of an event: a million whole events would take gigabytes."""

    time: int
    type: str


class Million(NamedTuple):
    """A service with the events, and a note of each loaded event, in the order of time."""

    service: Service
    log: list[Seen]

    def at(self, row: int) -> Seen:
        """Return the event in a row; row 1 is the newest."""
        return self.log[-row]


def noted(events: Iterator[Event], log: list[Seen]) -> Iterator[Event]:
    for event in events:
        log.append(Seen(event.time, event.type))
        yield event


@pytest.fixture(scope="module")
def million(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Million]:
    data, log = tmp_path_factory.mktemp("million") / "data", list[Seen]()
    with dynamodb_local(None) as url:
        # Checking the requests takes as long as making them.
        client = connect(url, Config(parameter_validation=False))
        create_tables(client, Template.read(ROOT / "template.yaml", PARAMETERS))
        load(client, TABLES, "million", noted(Maker(19).spread(NUMBER), log), 1)
        named = (f"--parameter={name}={value}" for name, value in PARAMETERS.items())
        options = ("--dynamodb", url, "--scope", "million", "--no-sample", *named)
        with running_service(data, *options) as service:
            yield Million(service, log)


@pytest.fixture
def reader(make_screen: MakeScreen, million: Million) -> Screen:
    screen = make_screen(million.service)
    screen.open("/?last=all")
    screen.shows(NUMBER)
    return screen


def stands(screen: Screen, million: Million, number: int) -> None:
    row, event = screen.row(number), million.at(number)
    expect(row).to_contain_text(event.type)
    expect(row).to_contain_text(format_rfc3339(event.time)[:19].replace("T", " "))
    expect(row).to_be_in_viewport()


@pytest.mark.parametrize("share", [0.5, 1])
def test_every_place_is_there(reader: Screen, million: Million, share: float) -> None:
    reader.list.evaluate(
        "(list, share) => { list.scrollTop = share * (list.scrollHeight - list.clientHeight); }",
        share,
    )
    stands(reader, million, round(share * NUMBER))
    reader.keep(f"million-{share}")


def test_a_row_is_found_by_its_number(reader: Screen, million: Million) -> None:
    reader.page.keyboard.press("g")
    reader.page.get_by_label(re.compile(f"^Row from 1 to {NUMBER:,}")).fill(f"{ROW:,}")
    reader.page.keyboard.press("Enter")
    stands(reader, million, ROW)
    reader.row(ROW).click()
    expect(reader.place).to_have_text(f"Event {ROW:,} of {NUMBER:,}")
    reader.keep("million-event")


def test_the_facets_count_all_events(reader: Screen, million: Million) -> None:
    [(kind, count)] = Counter(event.type for event in million.log).most_common(1)
    first = reader.facet("Type").get_by_role("listitem").first
    expect(first).to_contain_text(kind)
    expect(first).to_contain_text(f"{count:,}")
    reader.facet("Type").get_by_role("button", name=re.compile(f"^{kind}")).click()
    reader.shows(count)


def test_an_export_says_how_far_it_is_and_that_it_was_cancelled(reader: Screen) -> None:
    reader.page.get_by_role("banner").get_by_role("button", name="Export").click()
    dialog = reader.page.get_by_role("dialog", name="Export")
    dialog.get_by_role("button", name="Export", exact=True).click()
    expect(dialog.get_by_text(re.compile(rf"^[1-9][\d,]* events of {NUMBER:,}$"))).to_be_visible()
    reader.keep("million-export")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog.get_by_text("Cancelled. The file is not complete.")).to_be_visible()
