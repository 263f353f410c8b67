"""Events that cannot pass are recognized from their JSON, and no others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polylog.dynamo.events.items import Draft
from polylog.dynamo.events.selection import selector, sought
from polylog.model.event import Entity, Event
from polylog.model.filter import And, Compare, Filter, Not, Op, Or, Pattern, Text
from polylog.model.predicate import predicate

# Case folds to one letter or to several, to and from ASCII. Marks join letters, and one of them
# folds to a letter. JSON escapes some of the others.
_LETTERS = (
    'aAkKsSß\u1e9e\u017f\u212aİ\u0131\u03c3ς\u03a3"\\/\n\x00\x7f é\u2028{:'
    "nb\u0301\u0323\u0307\u0345\u03b1\u1fb3\uac00\u1100\u1161\u11a8"
)
_TEXTS = st.text(st.sampled_from(_LETTERS), max_size=6)
_FIELDS = st.sampled_from(["message", "source", "status", "actor.name", "type", "origin", "id"])
_TERMS = st.builds(Text, _TEXTS) | st.builds(
    Compare, _FIELDS, st.sampled_from([Op.HAS, Op.EQ, Op.NE]), _TEXTS
)
_TERMS |= st.builds(
    Pattern, _FIELDS, st.lists(_TEXTS, min_size=2, max_size=3).filter(any).map(tuple)
)
_FILTERS = st.recursive(
    _TERMS,
    lambda part: (
        st.builds(Not, part)
        | st.lists(part, max_size=3).map(lambda terms: And(tuple(terms)))
        | st.lists(part, max_size=3).map(lambda terms: Or(tuple(terms)))
    ),
    max_leaves=4,
)
_EVENTS = st.builds(
    Event,
    id=st.just("id-ßK"),
    time=st.just(0),
    type=_TEXTS.filter(bool),
    source=_TEXTS,
    message=st.none() | _TEXTS | _TEXTS.map(lambda text: 200 * "long " + text),
    status=st.none() | _TEXTS,
    actor=st.builds(Entity, name=_TEXTS),
    target=st.builds(Entity, id=_TEXTS.filter(bool), name=st.none() | _TEXTS),
)


@given(filter=_FILTERS, event=_EVENTS)
def test_it_selects_what_passes_and_nothing_else(filter: Filter, event: Event) -> None:
    item = Draft.of(event).item("scope", 0, 1)
    assert selector(filter)(item) == (event if predicate(filter)(event) else None)


def test_it_does_not_look_for_characters_that_json_escapes() -> None:
    assert sought(And((Text('a "b"'), Text("C:\\"), Text("two\nlines"), Text("Straße")))) == (
        "strasse",
    )


def test_it_looks_for_ascii_pieces_of_a_pattern_up_to_their_last_letter() -> None:
    """A mark after it joins the last letter."""
    item = Draft.of(Event(id="e", time=0, type="cafe\u0301")).item("scope", 0, 1)
    pattern = Pattern("type", ("cafe", ""))
    assert sought(And((pattern, Pattern("type", ("é.", "a", "b.c"))))) == ("caf", "b.")
    assert selector(pattern)(item) is not None


def test_it_does_not_look_for_a_mark_that_may_join_an_escape() -> None:
    r"""In JSON a line's end is `\n`, and a mark after it joins the `n`."""
    item = Draft.of(Event(id="e", time=0, type="t", message="\n\u0301s")).item("scope", 0, 1)
    assert selector(Text("\u0301s"))(item) is not None


@pytest.mark.parametrize("field", ["origin", "data.a", "attributes.a", "links"])
def test_it_does_not_look_for_text_that_may_be_missing_from_the_json(field: str) -> None:
    """The usual origin is left out of the JSON, and data is compared by its value."""
    assert sought(Compare(field, Op.HAS, "system")) == ()


def test_an_event_without_the_text_is_not_decoded() -> None:
    item = {"body": {"S": '{"message": "no event at all"}'}}
    assert selector(Text("absent"))(item) is None
