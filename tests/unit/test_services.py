"""What functions read from their environment."""

from __future__ import annotations

from functools import cache

import pytest
from botocore.config import Config

from polylog.aws.environment import indexes_from_environment, shards_from_environment
from polylog.dynamo import connection as session
from polylog.dynamo.tables import Shards


@pytest.mark.parametrize(("read", "written", "expected"), [(2, 1, (2, 1)), (1, 3, (3, 3))])
def test_every_shard_that_is_written_is_read(
    read: int, written: int, expected: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDEX_SHARDS", str(read))
    monkeypatch.setenv("WRITTEN_SHARDS", str(written))
    assert shards_from_environment() == Shards(*expected)


@pytest.mark.parametrize(
    ("names", "expected"), [("", set()), ("actor,target", {"actor", "target"})]
)
def test_indexes_are_those_that_the_environment_names(
    names: str, expected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIELD_INDEXES", names)
    assert indexes_from_environment() == expected


def test_an_unknown_index_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELD_INDEXES", "actor,colour")
    with pytest.raises(ValueError, match="FIELD_INDEXES: no index is called colour, only target"):
        indexes_from_environment()


def test_a_second_client_reads_no_list_of_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading it is what takes the time: a function fetches secrets only for its first answer."""
    monkeypatch.setattr(session, "_session", cache(session._session.__wrapped__))
    session.client_of("dynamodb", Config(region_name="eu-central-1"))
    read: list[str] = []
    load = session._Files.load_file
    monkeypatch.setattr(
        session._Files, "load_file", lambda self, path: read.append(path) or load(self, path)
    )
    session.client_of("secretsmanager", Config(region_name="eu-central-1"))
    assert read
    assert [path for path in read if path.endswith("endpoints")] == []
