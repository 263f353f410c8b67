"""Objects of S3, read from a service that is not quite like S3."""

from __future__ import annotations

import io
from typing import Any

import pytest

from polylog.aws.objects import ObjectReader, ObjectVersion
from polylog.model.errors import Unavailable

SOURCE = ObjectVersion("drops", "import/one/native/a.ndjson", None, "e")


class Whole:
    """Answers with the whole object, no matter which part was asked for."""

    def get_object(self, **asked: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(b"abc")}


def test_a_part_that_was_not_asked_for_is_not_accepted() -> None:
    """Otherwise it would read forever."""
    client: Any = Whole()
    with pytest.raises(Unavailable):
        ObjectReader(client, SOURCE, 3).read(10)
