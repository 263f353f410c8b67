"""A short soak of a running service: see `tools.soak`."""

from __future__ import annotations

import pytest

from tools.soak.__main__ import soak
from tools.soak.stage import MODES

SECONDS = 20


@pytest.mark.long
@pytest.mark.parametrize("mode", MODES)
def test_every_answer_is_true_while_a_log_is_written(mode: str) -> None:
    report = soak(mode, SECONDS)
    assert report.oracle.acknowledged > 0
    assert report.faults == []
