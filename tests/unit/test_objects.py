"""Objects of S3, where what answers is not quite S3."""

from __future__ import annotations

import io
from typing import Any

import pytest

from polylog.aws.objects import ObjectReader, ObjectVersion
from polylog.model.errors import Unavailable

SOURCE = ObjectVersion("drops", "import/one/native/a.ndjson", None, "e")


class Whole:
    """Answers with the whole object, whatever part of it is asked for."""

    def get_object(self, **asked: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(b"abc")}


def test_a_part_that_was_not_asked_for_is_not_taken_for_it() -> None:
    """It would be read for ever."""
    client: Any = Whole()
    with pytest.raises(Unavailable):
        ObjectReader(client, SOURCE, 3).read(10)
