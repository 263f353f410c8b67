"""Computes what Polylog costs, from measurements and list prices: `make cost` updates the guide.

The guide has a block for each table, between two marks with its name. The rest is written by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from bench import prices
from bench.cases.choices import RESULTS as CHOICES
from bench.cases.choices import Choice
from bench.cases.handlers import ONE_EVENT
from bench.cases.ways import MANY_A_REQUEST, WAYS, Way
from bench.prices import (
    API_REQUESTS,
    BUS_EVENTS,
    GB_SECONDS,
    GETS,
    INVOCATIONS,
    LOGGED_GB,
    PUTS,
    QUEUE_REQUESTS,
    READ_UNITS,
    SENT_GB,
    TOPIC_MESSAGES,
    WRITE_UNITS,
)
from bench.publish import months, resources
from bench.publish.measured import Measured
from bench.usage import Usage
from tools import ROOT

GUIDE: Final = ROOT / "docs" / "cost.md"

_MILLION: Final = 1_000_000
_LEAST: Final = 0.01
_BLOCK: Final = re.compile(r"(<!-- begin: (.+?) -->\n).*?(<!-- end: \2 -->\n)", re.DOTALL)

_TABLES: Final = (WRITE_UNITS, READ_UNITS)
_FUNCTIONS: Final = (INVOCATIONS, GB_SECONDS)
_REQUESTS: Final = (API_REQUESTS, QUEUE_REQUESTS, BUS_EVENTS, TOPIC_MESSAGES, PUTS, GETS)
_LOGS: Final = (LOGGED_GB,)
_SENT: Final = (SENT_GB,)

Columns = tuple[tuple[prices.Price, ...], ...]


def blocks() -> dict[str, str]:
    """Return the content of the guide's blocks, by name."""
    measured = Measured()
    return {
        "ways": _lines(_ways(measured)),
        "questions": _lines(_questions(measured)),
        "logs": _lines(_logged(measured)),
        "choices": _lines(_choices()),
        "one index": _lines(_one_index(measured)),
        "keeping": _lines(_keeping(measured)),
        "switches": _lines(_switches(measured)),
        "careless": _lines(_careless(measured)),
        "examples": _lines(_examples(measured)),
        "prices": _lines(_prices()),
        "resources": _lines(_resources()),
    }


def filled(text: str, shown: Mapping[str, str]) -> str:
    """Return a text with new content in its blocks; raises `KeyError` for a block without any.

    >>> filled("<!-- begin: a -->\\nold\\n<!-- end: a -->\\n", {"a": "new\\n"})
    '<!-- begin: a -->\\nnew\\n<!-- end: a -->\\n'
    """
    return _BLOCK.sub(lambda found: f"{found[1]}{shown[found[2]]}{found[3]}", text)


def _ways(measured: Measured) -> Iterator[str]:
    columns = (_TABLES, _FUNCTIONS, (), _REQUESTS, _LOGS, _SENT)
    yield from _head(
        "a million events", "tables", "functions", "folding", "requests", "logs", "sent", "$"
    )
    for way in WAYS:
        yield _sums(way.name, _way(measured, way, columns))


def _way(measured: Measured, way: Way, columns: Columns) -> Iterator[float]:
    stored = measured.stored(way).times(_MILLION)
    folded = measured.folded(way).times(_MILLION).dollars()
    for column in columns:
        yield stored.dollars(*column) if column else folded


def _questions(measured: Measured) -> Iterator[str]:
    columns = (_TABLES, _FUNCTIONS, (API_REQUESTS,), _LOGS, _SENT)
    yield from _head("a million questions", "tables", "functions", "gateway", "logs", "sent", "$")
    for name in measured.questions:
        asked = measured.question(name).times(_MILLION)
        yield _sums(name, (asked.dollars(*column) for column in columns))


def _logged(measured: Measured) -> Iterator[str]:
    own, of_lambda, of_gateway = measured.logged_bytes(ONE_EVENT)
    together = own + of_lambda + of_gateway
    yield from _head("an HTTP request logs", "bytes", "$ a million")
    rows = {
        "the function: `answered`": own,
        "Lambda: start and report": of_lambda,
        "API Gateway: its access log": of_gateway,
        "together": together,
    }
    for name, size in rows.items():
        dollars = Usage({LOGGED_GB: size * _MILLION / 2**30}).dollars()
        yield f"| {name} | {size:,} | {dollars:.2f} |"


def _choices() -> Iterator[str]:
    yield from _head(
        "`FieldIndexes`", "`TalliedFacets`", "own units", "in indexes", "tally", "$ a million"
    )
    for each in json.loads(CHOICES.read_text()):
        choice = Choice(**each)
        names = (choice.field_indexes or "none", choice.tallied_facets or "none")
        dollars = choice.units * _MILLION * WRITE_UNITS
        units = (choice.table, choice.indexes, choice.tally, dollars)
        yield _row(*names, *(f"{amount:.2f}" for amount in units))


def _one_index(measured: Measured) -> Iterator[str]:
    yield from _head("one index", "$")
    for size, units in measured.entries.items():
        dollars = units * _MILLION * WRITE_UNITS
        yield f"| writing a million events of {size} | {dollars:.3f} |"
    kept = measured.kept_entries(_MILLION)
    yield f"| keeping a million events of 1,000 bytes for a month | {kept.dollars():.3f} |"
    month = Usage({WRITE_UNITS: measured.entries["1,000 bytes"] * _MILLION}) + kept.times(12)
    yield f"| a month of a log that gets a million and has 12 million | {month.dollars():.3f} |"


def _keeping(measured: Measured) -> Iterator[str]:
    kept = measured.kept(_MILLION, MANY_A_REQUEST.traffic)
    yield from _head("kept for a month", "$")
    rows = {
        "a million events, in tables and indexes": kept.dollars(prices.STORED_GB),
        "their point-in-time recovery": kept.dollars(prices.RECOVERABLE_GB),
        "the objects of a million imported events, with results": measured.dropped(
            _MILLION
        ).dollars(),
        "logs of a million HTTP requests": sum(measured.logged_bytes(ONE_EVENT))
        * _MILLION
        / 2**30
        * prices.KEPT_LOGS_GB,
    }
    for name, dollars in rows.items():
        yield f"| {name} | {dollars:.2f} |"


def _switches(measured: Measured) -> Iterator[str]:
    functions = sum(bool(each.routes) for each in measured.functions)
    yield from _head("a month", "$")
    rows = {
        f"`SnapStart=PublishedVersions`: snapshots of {functions} functions": months.snapshots(
            measured, 0
        ),
        "a thousand starts from snapshots": Usage({prices.RESTORED_GB: 1000}),
        "a thousand starts from the code": measured.start("EventsFunction").times(1000),
        "`Tracing=Active`: a million requests": months.traces(_MILLION),
        "`Tracing=Active`: ten million requests": months.traces(10 * _MILLION),
    }
    for name, usage in rows.items():
        yield f"| {name} | {usage.dollars():.2f} |"


def _careless(measured: Measured) -> Iterator[str]:
    columns = (_TABLES, _FUNCTIONS, (API_REQUESTS,), _LOGS, _SENT)
    yield from _head("for a month", "tables", "functions", "gateway", "logs", "sent", "$")
    for name, usage in months.careless(measured).items():
        yield _sums(name, (usage.dollars(*column) for column in columns))


def _examples(measured: Measured) -> Iterator[str]:
    for example in months.EXAMPLES:
        yield f"### {example.name}"
        yield ""
        yield from (f"* {sentence}" for sentence in (*example.said, *_counts(example)))
        yield ""
        yield from _bill(example.usage(measured))
        yield ""


def _counts(example: months.Example) -> Iterator[str]:
    """Yield how many events come in by each way, and how often each question is asked."""
    ways = [f"{number:,.0f} by {way.name}" for way, number in example.ways.items()]
    asked = [f"{name} ({number:,.0f})" for name, number in example.questions.items()]
    if ways:
        yield f"Events: {'; '.join(ways)}."
    if asked:
        yield f"Questions: {'; '.join(asked)}."


def _bill(usage: Usage) -> Iterator[str]:
    yield from _head("AWS bills", "for", "$")
    for price in prices.ALL:
        if quantity := usage.quantities.get(price):
            yield _row(price.name, f"{_amount(quantity)} {price.unit}", f"{quantity * price:.2f}")
    yield _row("**together**", "", f"**{usage.dollars():.2f}**")


def _prices() -> Iterator[str]:
    yield from _head("price", "$", "for", "seen in")
    for each in prices.ALL:
        per = f"{each.per:,} {each.unit}" if each.per > 1 else each.unit
        yield _row(f"[{each.name}]({each.page})", _exactly(each.dollars), per, each.seen)


def _resources() -> Iterator[str]:
    yield from _head("resource", "what it costs")
    for name, paid in resources.PAID.items():
        yield _row(f"`{name}`", "; ".join(price.name for price in paid))
    for name, reason in resources.FREE.items():
        yield _row(f"`{name}`", f"nothing: {reason}")


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"


def _head(*names: str) -> Iterator[str]:
    yield _row(*names)
    yield "|---" * len(names) + "|"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _sums(name: str, amounts: Iterable[float]) -> str:
    parts = tuple(amounts)
    return _row(name, *(f"{amount:.2f}" for amount in (*parts, sum(parts))))


def _amount(quantity: float) -> str:
    if quantity < _LEAST:
        return f"less than {_LEAST}"
    return f"{quantity:,.0f}" if quantity >= 100 else f"{quantity:.3g}"


def _exactly(dollars: float) -> str:
    """Return all digits of a price, at least to the cent."""
    whole, _, digits = f"{dollars:.10f}".rstrip("0").partition(".")
    return f"{whole}.{digits:0<2}"


def main() -> None:
    """Put the tables into the guide."""
    GUIDE.write_text(filled(GUIDE.read_text("utf-8"), blocks()), "utf-8")


if __name__ == "__main__":
    main()
