"""The oracle of the soak finds faults in wrong answers, and none in right ones."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from math import inf
from typing import Any

import pytest

from tools.soak.apis.family import Page
from tools.soak.observed import ALL, Arrived, Asked, Observation, Total, Walk, Wanted, Written
from tools.soak.oracle import Oracle
from tools.soak.reading import disagreements

# Event n has the time 10 n and the seq n + 1; it was offered at n and acknowledged at n + 0.5.
EVENTS = 10


def written(events: int = EVENTS, **columns: Iterable[float]) -> Written:
    numbers = range(events)
    return Written(
        numbers=array("q", numbers),
        seqs=array("q", columns.get("seqs", (n + 1 for n in numbers))),
        times=array("q", columns.get("times", (10 * n for n in numbers))),
        types=array("b", (n % 2 for n in numbers)),
        actors=array("h", (0 for _ in numbers)),
        offered=array("d", numbers),
        acked=array("d", columns.get("acked", (n + 0.5 for n in numbers))),
    )


def asked(began: float = 5, ended: float = 7) -> Asked:
    """Return a question at a time when events 0 to 4 were acknowledged, and 0 to 7 offered."""
    return Asked("native", "list", began, ended)


def walk(*pages: Iterable[int], **changes: Any) -> Walk:
    """Return a walk through the whole list, the oldest first."""
    usual: dict[str, Any] = {
        "wanted": ALL,
        "newest_first": False,
        "from_start": True,
        "to_end": True,
        "is_exact": True,
    }
    return Walk(asked(), pages=tuple(array("q", page) for page in pages), **usual | changes)


def faults(observation: Observation, log: Written | None = None) -> list[str]:
    return [fault.text for fault in Oracle([log or written()]).judge(observation)]


class TestTotals:
    @pytest.mark.parametrize(
        ("wanted", "least", "most"),
        [
            (ALL, 5, 8),
            (Wanted(type=1), 2, 4),
            (Wanted(since=10), 4, 7),
            (Wanted(until=30), 3, 3),
            (Wanted(type=0, since=10, until=60), 2, 2),
            (Wanted(actor=1), 0, 0),
        ],
        ids=str,
    )
    def test_lie_between_the_numbers_acknowledged_and_offered(
        self, wanted: Wanted, least: int, most: int
    ) -> None:
        said = range(-1, EVENTS + 1)
        right = [total for total in said if not faults(Total(asked(), wanted, total))]
        assert right == [*range(least, most + 1)]


class TestWalks:
    @pytest.mark.parametrize(
        "right",
        [
            walk(range(5)),
            walk([0, 1, 2], [3, 4, 5, 6, 7]),
            walk([7, 6, 5, 4], [3, 2, 1, 0], newest_first=True),
            walk([0, 1, 2], [2, 3, 4], is_exact=False),
            walk([2, 3], from_start=False, to_end=False),
            walk([3, 2], from_start=False, to_end=False, newest_first=True),
            walk([4, 3], to_end=False, newest_first=True),
            walk([4, 3, 2, 1, 0], from_start=False, newest_first=True),
            walk([1, 3], wanted=Wanted(type=1)),
            walk([2, 3], wanted=Wanted(since=20, until=40)),
            walk([1, 2, 3, 4, 5], by_seq=True),
            walk([1, 2, 3, 4], wanted=Wanted(since=20), slack=10),
            walk([], wanted=Wanted(actor=1)),
            walk([], to_end=False),
        ],
        ids=str,
    )
    def test_that_show_what_was_acknowledged_are_right(self, right: Walk) -> None:
        assert faults(right) == []

    @pytest.mark.parametrize(
        ("wrong", "text"),
        [
            (walk([0, 1, 3, 4]), "1 acknowledged events are missing"),
            (walk([]), "5 acknowledged events are missing"),
            (walk([3, 2, 1, 0], newest_first=True), "1 acknowledged events are missing"),
            (walk([4, 3, 2, 1], newest_first=True), "1 acknowledged events are missing"),
            (walk([4, 2], newest_first=True, to_end=False), "1 acknowledged events are missing"),
            (walk([1, 4], from_start=False, to_end=False), "2 acknowledged events are missing"),
            (walk([1], wanted=Wanted(type=1)), "1 acknowledged events are missing"),
            (walk([3], wanted=Wanted(since=20, until=40)), "1 acknowledged events are missing"),
            (walk([1, 2, 3, 4], by_seq=True), "1 acknowledged events are missing"),
            (walk([0, 1, 2], [2, 3, 4]), "1 events shown twice"),
            (walk([0, 1, 2, 4, 3]), "1 events are out of order"),
            (walk([0, 1, 2, 4, 3], is_exact=False), "1 events are out of order"),
            (walk(range(5), [10]), "1 events that nobody offered"),
            (walk([0, 1, 2, 3], wanted=Wanted(type=1)), "2 events not asked for"),
            (walk([1, 2, 3, 4], wanted=Wanted(since=20)), "1 events not asked for"),
        ],
        ids=str,
    )
    def test_that_do_not_are_wrong(self, wrong: Walk, text: str) -> None:
        (found,) = faults(wrong)
        assert text in found

    def test_need_not_show_what_was_never_acknowledged(self) -> None:
        log = written(acked=[0.5, inf, 2.5, *range(4, 11)], seqs=[1, -1, *range(3, 11)])
        assert faults(walk([0, 2, 3, 4]), log) == []
        assert faults(walk([0, 1, 2, 3, 4]), log) == []

    def test_order_events_with_the_same_time_by_arrival(self) -> None:
        log = written(times=[0] * EVENTS)
        assert faults(walk(range(5)), log) == []
        assert faults(walk([0, 1, 2, 4, 3]), log) == ["1 events are out of order"]


def arrived(numbers: Iterable[int], after: int, complete: int, **changes: Any) -> Arrived:
    shown = array("q", numbers)
    seqs = changes.get("seqs", [number + 1 for number in shown])
    return Arrived(asked(), shown, array("q", seqs), after, complete)


class TestTheTail:
    def test_is_right_when_it_shows_each_event_once_in_the_order_of_arrival(self) -> None:
        answers = [arrived(range(4), 0, 4), arrived([], 4, 4), arrived(range(4, 10), 4, 10)]
        assert [fault for each in answers for fault in faults(each)] == []
        assert [*Oracle([written()]).judge_tail(answers)] == []

    @pytest.mark.parametrize(
        ("wrong", "text"),
        [
            (arrived([1, 0], 0, 2), "is not in the order of seq"),
            (arrived([0, 1], 1, 2), "is not in the order of seq"),
            (arrived([0, 1], 0, 1), "is past its own end 1"),
            (arrived([0, 1], 0, 3, seqs=[1, 3]), "shows event 1 with seq 3"),
            (arrived([10], 0, 11), "shows event 10 with seq 11"),
        ],
        ids=str,
    )
    def test_is_wrong_within_one_answer(self, wrong: Arrived, text: str) -> None:
        (found,) = faults(wrong)
        assert text in found

    @pytest.mark.parametrize(
        ("answers", "text"),
        [
            ([arrived(range(9), 0, 9)], "did not get to the last 1 events"),
            ([arrived([0, 1, 3], 0, 4), arrived(range(4, 10), 4, 10)], "passed over 1 ack"),
            ([arrived(range(5), 0, 5), arrived(range(4, 10), 5, 10)], "shows events twice"),
        ],
        ids=str,
    )
    def test_is_wrong_as_a_whole(self, answers: list[Arrived], text: str) -> None:
        (found,) = Oracle([written()]).judge_tail(answers)
        assert text in found.text


@pytest.mark.parametrize(("seqs", "shared"), [(range(EVENTS), 0), ([1] * EVENTS, EVENTS - 1)])
def test_no_two_events_may_have_one_number(seqs: Iterable[int], shared: int) -> None:
    found = [fault.text for fault in Oracle([written(seqs=seqs)]).judge_numbers(asked())]
    assert found == [f"{shared} events have the seq of another one"] * bool(shared)


@pytest.mark.parametrize(
    ("page", "texts"),
    [
        (Page(array("q", [1, 2]), 5, "next", 0, 2), []),
        (Page(array("q", [5]), 5, None, 4, 2), []),
        (Page(array("q", []), 5, None, 6, 2), []),
        (Page(array("q", [1, 2]), None, None), []),
        (Page(array("q", [1, 1]), 5, "next", 0, 2), ["an event is on the page twice"]),
        (Page(array("q", [1]), 5, "next", 0, 2), ["the page has 1 events"]),
        (Page(array("q", [1, 2]), 5, None, 0, 2), ["no page follows"]),
        (Page(array("q", [4, 5]), 5, "next", 3, 2), ["a page follows"]),
        (Page(array("q", [1, 2]), 2, None), []),
        (Page(array("q", [1, 2]), 3, "next"), []),
        (Page(array("q", [1, 2]), 3, None), ["the only page has 2 events"]),
    ],
)
def test_a_page_must_agree_with_itself(page: Page, texts: list[str]) -> None:
    found = [*disagreements(page, is_first=True)]
    assert len(found) == len(texts)
    assert all(one.startswith(other) for one, other in zip(found, texts, strict=True))
