"""How many examples a test tries: a quarter of them, or all of them and all cases in a long run."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings

_ALL = 100
_SHORT = _ALL // 4


def load_profiles() -> None:
    """Take few examples; `--hypothesis-profile long` takes more. Each run takes different ones.

    No deadline: how long an example takes depends more on the load of the machine than on the code.
    """
    usual = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("short", usual, max_examples=_SHORT)
    settings.register_profile("long", usual, max_examples=_ALL)
    settings.load_profile("short")


def examples(number: int) -> int:
    """Return how many of this number of examples this run takes."""
    return max(1, number * settings().max_examples // _ALL)


def is_long() -> bool:
    """Return whether this run is a long one."""
    return settings().max_examples >= _ALL


def long(*values: object) -> list[Any]:
    """Return values for `parametrize` that only a long run takes."""
    return [pytest.param(value, marks=pytest.mark.long) for value in values]
