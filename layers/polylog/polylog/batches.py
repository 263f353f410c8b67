"""Cuts a sequence into batches, each small enough for one request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(parts: Iterable[T], most: int) -> Iterator[list[T]]:
    """Yield lists of at most `most` parts, in order.

    >>> list(batched("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    left = iter(parts)
    while batch := list(islice(left, most)):
        yield batch


def batched_by_weight(
    parts: Iterable[T], weigh: Callable[[T], int], *, most: int, most_weight: int
) -> Iterator[list[T]]:
    """Yield the parts in order, in lists of at most `most` parts and `most_weight` weight.

    A part that weighs more than `most_weight` gets a list of its own.
    """
    batch: list[T] = []
    weight = 0
    for part in parts:
        own_weight = weigh(part)
        if batch and (len(batch) == most or weight + own_weight > most_weight):
            yield batch
            batch, weight = [], 0
        batch.append(part)
        weight += own_weight
    if batch:
        yield batch
