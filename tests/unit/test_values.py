"""Values: the columns of many events are counted like the events themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from polylog.dynamo.search.hits import Part
from polylog.dynamo.search.values import KIND, Values, count_values
from polylog.dynamo.tally.columns import Columns
from polylog.dynamo.tally.entry import Entry
from polylog.dynamo.tally.kinds import kind_of
from polylog.dynamo.tally.marks import rows_of
from polylog.dynamo.tally.summary import Newest, OfKind
from polylog.model.event import Entity, Event

READ: dict[str, Callable[[Event], str | None]] = {
    "kind": lambda event: kind_of(event.origin, event.type),
    "origin": lambda event: event.origin,
    "type": lambda event: event.type,
    "status": lambda event: event.status,
    "actor.id": lambda event: event.actor.id,
    "source": lambda event: event.source,
}

few, many = st.sampled_from(["a", "b", ""]), st.integers(0, 500).map(str)
logs = st.lists(
    st.builds(
        Event,
        id=st.just("id"),
        time=st.integers(0, 9),
        type=st.sampled_from(["app.start", "app.stop"]),
        origin=st.sampled_from(["custom", "system"]),
        status=st.none() | few,
        actor=st.builds(Entity, id=many),
        source=st.none() | few,
    ),
    min_size=1,
    max_size=40,
)


def counted(events: list[Event]) -> dict[str, dict[str, OfKind]]:
    """Return what `count_values` must return, counted one by one."""
    found: dict[str, dict[str, OfKind]] = {}
    for name, read in READ.items():
        numbers = Counter(read(event) or "" for event in events)
        found[name] = {
            value: OfKind(
                number,
                max(
                    (
                        Newest(each.time, each.seq, each.source)
                        for each in events
                        if (read(each) or "") == value
                    ),
                    key=lambda newest: (newest.time, newest.seq),
                ),
            )
            for value, number in numbers.items()
        }
    return found


@given(logs=st.lists(st.tuples(logs, st.randoms(), st.booleans()), max_size=4))
def test_the_events_of_parts_are_counted_one_by_one(
    logs: list[tuple[list[Event], Random, bool]],
) -> None:
    parts, chosen, number = list[Values](), list[Event](), 0
    for log, random, is_whole in logs:
        some = [each.model_copy(update={"seq": number + n}) for n, each in enumerate(log, start=1)]
        number += len(some)
        marks = (1 << len(some)) - 1
        if not is_whole:
            marks &= random.getrandbits(len(some) + 1)
        entries = list(map(Entry.of, some))
        columns = Columns.unpack(len(some), Columns.of(entries).pack())
        parts.append(Values.of_part(Part(columns, marks), READ))
        chosen += [some[row] for row in rows_of(marks, len(some))]
    assert count_values(parts, list(READ)) == counted(chosen)


@given(log=logs)
def test_events_are_counted_like_their_columns(log: list[Event]) -> None:
    some = [each.model_copy(update={"seq": n}) for n, each in enumerate(log, start=1)]
    columns = Columns.of(list(map(Entry.of, some)))
    parts = [
        Values.of_part(Part(columns, (1 << len(some)) - 1), READ),
        Values.of_events(some, READ),
    ]
    by_columns, by_events = (count_values([part], list(READ)) for part in parts)
    assert by_columns == by_events
    assert parts[0].by_minute(KIND) == parts[1].by_minute(KIND)
