"""What functions take from their environment."""

from __future__ import annotations

import pytest

from polylog.aws.services import shards_from_environment
from polylog.dynamo.schema import Shards


@pytest.mark.parametrize(("read", "written", "expected"), [(2, 1, (2, 1)), (1, 3, (3, 3))])
def test_every_shard_that_is_written_is_read(
    read: int, written: int, expected: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDEX_SHARDS", str(read))
    monkeypatch.setenv("WRITTEN_SHARDS", str(written))
    assert shards_from_environment() == Shards(*expected)
