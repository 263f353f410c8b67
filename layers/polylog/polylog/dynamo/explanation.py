"""How answers are found and what they cost, as DynamoDB itself reports it.

A context variable holds the current explanation, so each thread has its own. Hooks of the client
add what each request consumed, and the code that decides how to answer adds its reasons. Without a
current explanation, none of them do anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Final, TypedDict

from polylog.dynamo.queries import QueryPlan, is_time_bound
from polylog.dynamo.tables import Tables
from polylog.model.errors import TimedOut, TooBroad
from polylog.model.filter import EVERYTHING, Filter, conjunction, conjuncts
from polylog.model.store import Alternative, Explanation

if TYPE_CHECKING:
    from botocore.model import OperationModel
    from mypy_boto3_dynamodb import DynamoDBClient


SEGMENTS: Final = "segments"
"""What an explanation calls the columns of the arrival log."""

COUNTS: Final = "counts"
"""What an explanation calls the counts of a tally."""

_ARRIVALS: Final = "arrivals"
_KEY: Final = "key"

_UNITS_OF_GET: Final = 1.0
"""What a consistent read of an event takes, in read units, if it has at most 4 KB."""


class _Consumed(TypedDict):
    TableName: str
    CapacityUnits: float


class _Answer(TypedDict, total=False):
    """The parts of DynamoDB's answers that are read here, of all operations."""

    ConsumedCapacity: _Consumed | Sequence[_Consumed]
    ScannedCount: int
    Item: object
    Responses: Mapping[str, Sequence[object]]


@dataclass(frozen=True, slots=True)
class _Subject:
    explanation: Explanation
    tables: Tables


_lock = Lock()

_subject: ContextVar[_Subject | None] = ContextVar("subject", default=None)


@contextmanager
def explaining(explanation: Explanation, tables: Tables) -> Iterator[None]:
    """Note in an explanation what this thread asks of DynamoDB in the block."""
    token = _subject.set(_Subject(explanation, tables))
    try:
        yield
    finally:
        _subject.reset(token)


def listen(client: DynamoDBClient) -> None:
    """Make a client note what its requests cost; calling this again changes nothing."""
    events = client.meta.events
    events.register("provide-client-params.dynamodb", _ask, unique_id="polylog-explain-ask")
    events.register("after-call.dynamodb", _read, unique_id="polylog-explain-read")


def note(reason: str) -> None:
    """Note a reason for how something is answered."""
    subject = _subject.get()
    if subject is not None and reason not in subject.explanation.reason.split("; "):
        reasons = filter(None, (subject.explanation.reason, reason))
        subject.explanation.reason = "; ".join(reasons)


@contextmanager
def tentatively() -> Iterator[None]:
    """Take back the reasons noted in the block if it runs out of time or items."""
    subject = _subject.get()
    explanation = subject.explanation if subject else Explanation()
    reason, units = explanation.reason, explanation.read_units
    before = {each.name for each in explanation.alternatives if each.is_chosen}
    try:
        yield
    except (TooBroad, TimedOut):
        explanation.reason = reason
        given_up = f"it was given up after {explanation.read_units - units:g} units"
        for each in list(explanation.alternatives):
            if each.is_chosen and each.name not in before:
                _put(explanation, replace(each, is_chosen=False, reason=given_up))
        raise


def is_asked() -> bool:
    """Return whether anybody asked for an explanation."""
    return _subject.get() is not None


def units_so_far() -> float:
    """Return the read units of the answer so far, 0 if nobody asked for an explanation."""
    subject = _subject.get()
    return subject.explanation.read_units if subject else 0.0


def note_alternative(name: str, units: float | None, reason: str) -> None:
    """Note a way that is not chosen, or not yet.

    A way that was chosen before stays chosen. It only gets the estimate, if it had none.
    """
    subject = _subject.get()
    if subject is not None:
        told = Alternative(name, None if units is None else round(units, 1), False, reason)
        found = _alternative(subject.explanation, name)
        if found is not None and found.is_chosen:
            told = found if found.units is not None else replace(found, units=told.units)
        _put(subject.explanation, told)


def note_no_counts(reason: str) -> None:
    """Note why the tally's counts cannot give the answer."""
    note(f"counts are not used: {reason}")
    note_alternative(COUNTS, None, reason)


def note_missing(index: str) -> None:
    """Note that DynamoDB does not have the index that was chosen."""
    note(f"{index} does not exist, or is still being filled")
    subject = _subject.get()
    if subject is not None:
        _put(
            subject.explanation,
            Alternative(index, None, False, "it does not exist, or is still being filled"),
        )


def note_key() -> None:
    """Note that an event is read by its key."""
    note("an event is read by its key")
    _choose(_KEY, "the key is known", _UNITS_OF_GET)


def _choose(name: str, reason: str, units: float | None = None) -> None:
    """Note that a way is chosen; an estimate that was noted before stays."""
    subject = _subject.get()
    if subject is not None:
        found = _alternative(subject.explanation, name)
        if units is None and found is not None:
            units = found.units
        _put(subject.explanation, Alternative(name, units, True, reason))


def _alternative(explanation: Explanation, name: str) -> Alternative | None:
    return next((each for each in explanation.alternatives if each.name == name), None)


def _put(explanation: Explanation, alternative: Alternative) -> None:
    """Put an alternative in the place of the one with its name, the chosen ones first."""
    others = [each for each in explanation.alternatives if each.name != alternative.name]
    explanation.alternatives = sorted([*others, alternative], key=lambda each: not each.is_chosen)


def note_plan(plan: QueryPlan, shards: int) -> None:
    """Note which index is read, and why."""
    subject = _subject.get()
    if subject is None:
        return
    if not plan.values:
        note("no index is read, since no event can pass the filter")
        return
    _tell(subject.explanation, plan, shards)
    reason = f"the filter selects by {plan.field or 'no indexed field'}"
    note(f"{plan.index} is read, since {reason}")
    _choose(plan.index, reason)


def note_minute(plan: QueryPlan, shards: int) -> None:
    """Note which index is read for a minute that the tally cannot divide.

    The tally counts whole minutes, so a minute that a range of time cuts is read from an index. The
    explanation names this index if no other is read, with the conditions of the first such minute.
    """
    subject = _subject.get()
    if subject is None or not plan.values:
        return
    reason = "minutes that the tally cannot divide"
    note(f"{plan.index} is read for {reason}")
    known = _alternative(subject.explanation, plan.index)
    if known is None or not known.is_chosen:
        told = Alternative(plan.index, None, True, f"it is read for {reason}")
        _put(subject.explanation, told)
    if subject.explanation.index is None:
        _tell(subject.explanation, plan, shards)


def note_counts(filter: Filter) -> None:
    """Note that the counts of a tally answer, or help to answer."""
    subject = _subject.get()
    if subject is not None:
        reason = "the tally has counts of just these events"
        note(reason)
        _choose(COUNTS, reason)
        if subject.explanation.index is None:
            subject.explanation.conditions = [str(term) for term in conjuncts(filter)]


def note_search(filter: Filter, units: float) -> None:
    """Note that the segments of the arrival log are searched, for about this many units."""
    subject = _subject.get()
    if subject is not None:
        note(f"segments are searched, for about {units:.0f} units")
        in_all = round(subject.explanation.read_units + units, 1)
        _choose(SEGMENTS, "they tell which events pass", in_all)
        terms = conjuncts(filter)
        subject.explanation.index, subject.explanation.shards = SEGMENTS, 0
        subject.explanation.conditions = [str(term) for term in terms if is_time_bound(term)]
        left = conjunction(term for term in terms if not is_time_bound(term))
        subject.explanation.residual = _text(left)


def note_arrivals(filter: Filter, *, is_known: bool) -> None:
    """Note that events are read in the order of arrival.

    `is_known` says that entries tell whether their events pass, before they are read.
    """
    subject = _subject.get()
    if subject is not None:
        note("the order of arrival is read, then events by their keys")
        _choose(_ARRIVALS, "the answer is in the order of arrival")
        subject.explanation.conditions = [str(t) for t in conjuncts(filter)] if is_known else []
        subject.explanation.residual = "" if is_known else _text(filter)


def _tell(explanation: Explanation, plan: QueryPlan, shards: int) -> None:
    explanation.index, explanation.shards = plan.index, shards
    explanation.conditions = [str(condition) for condition in plan.conditions]
    explanation.residual = _text(plan.residual)


def _text(filter: Filter) -> str:
    return "" if filter == EVERYTHING else str(filter)


def _ask(params: MutableMapping[str, object], model: OperationModel, **_: object) -> None:
    shape = model.input_shape
    if _subject.get() and shape is not None and "ReturnConsumedCapacity" in shape.members:
        params["ReturnConsumedCapacity"] = "TOTAL"


def _read(parsed: _Answer, **_: object) -> None:
    subject = _subject.get()
    if subject is not None:
        with _lock:  # A search reads in several threads.
            _add(parsed, subject)


def _add(parsed: _Answer, subject: _Subject) -> None:
    explanation = subject.explanation
    explanation.requests += 1
    consumed = parsed.get("ConsumedCapacity", ())
    for each in [consumed] if isinstance(consumed, dict) else consumed:
        explanation.read_units += each["CapacityUnits"]
        if each["TableName"] == subject.tables.tally:
            explanation.tally_reads += 1
        else:
            explanation.items_read += _items(parsed)


def _items(parsed: _Answer) -> int:
    """Return how many items an answer was made from."""
    got = sum(map(len, parsed.get("Responses", {}).values()))
    return parsed.get("ScannedCount", 0) + got + ("Item" in parsed)
