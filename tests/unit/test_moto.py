"""`polylog run --dynamodb moto` without moto, which is for tests: Polylog does not install it."""

from __future__ import annotations

import sys

import pytest

from polylog_cli.local.dynamodb import EngineError, moto_server


def test_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "moto.server", None)
    with pytest.raises(EngineError, match=r"pip install 'moto\[server\]'"), moto_server():
        pass
