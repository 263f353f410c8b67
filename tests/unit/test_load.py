"""Files of events, before they are handed in."""

from __future__ import annotations

from pathlib import Path

import pytest

from polylog.dialects import format_named
from polylog_cli.client.load import LoadError, read_events


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_an_empty_export_holds_no_events(tmp_path: Path, text: str) -> None:
    file = tmp_path / "none.ndjson"
    file.write_text(text)
    assert read_events(file, format_named("native")) == []


def test_a_single_line_that_is_no_json_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "one.ndjson"
    file.write_text("{")
    with pytest.raises(LoadError, match="not JSON"):
        read_events(file, format_named("native"))
