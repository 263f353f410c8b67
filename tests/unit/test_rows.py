"""The rows of a tally: how many fit into one transaction."""

from __future__ import annotations

from typing import Any

import pytest

from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.head import Head
from polylog.dynamo.tally.levels import ROOT
from polylog.dynamo.tally.rows import RowsTooLargeError, write_rows

NOBODY: Any = None
"""A client that the test never uses."""


def test_more_rows_than_a_transaction_takes_are_too_large() -> None:
    root = {ROOT: Bucket()}
    with pytest.raises(RowsTooLargeError):
        write_rows(NOBODY, "TallyTable", "s", root, root, Head(), added=[{}] * 100)
