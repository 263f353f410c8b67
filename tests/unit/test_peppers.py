"""How often the peppers are read: each read is a request that costs money."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polylog.dynamo.peppers import Peppers, RememberedPeppers, peppers_from_file
from polylog.model.errors import Unavailable
from polylog.model.times import SECOND, Clock

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


class Secret:
    """A secret that counts its reads, a cache in front of it, and the time."""

    def __init__(self) -> None:
        self.now = 0
        self.peppers = {"1": b"one"}
        self.is_broken = False
        self.reads = 0
        self.remembered = RememberedPeppers(self._load, Clock(lambda: self.now))

    def _load(self) -> Peppers:
        self.reads += 1
        if self.is_broken:
            raise Unavailable
        return dict(self.peppers)

    def ask(self, version: str, times: Iterable[int]) -> list[bytes | None]:
        """Return what is found for a version at these times."""
        return [self._at(time).get(version) for time in times]

    def _at(self, time: int) -> RememberedPeppers:
        self.now = time
        return self.remembered


@pytest.fixture
def secret() -> Secret:
    return Secret()


def test_nothing_is_read_before_it_is_needed(secret: Secret) -> None:
    assert secret.reads == 0


def test_an_hour_of_requests_reads_once(secret: Secret) -> None:
    assert set(secret.ask("1", range(0, HOUR, SECOND))) == {b"one"}
    assert secret.reads == 1


def test_a_day_of_requests_reads_once_an_hour(secret: Secret) -> None:
    secret.ask("1", range(0, 24 * HOUR, MINUTE))
    assert secret.reads == 24


def test_a_pepper_that_changes_is_found_after_an_hour(secret: Secret) -> None:
    secret.ask("1", [0])
    secret.peppers = {"1": b"another"}
    assert secret.ask("1", [HOUR - 1, HOUR]) == [b"one", b"another"]


def test_an_unknown_version_is_looked_up_at_once(secret: Secret) -> None:
    secret.ask("1", [0])
    secret.peppers["2"] = b"two"
    assert secret.ask("2", [1]) == [b"two"]
    assert secret.reads == 2


def test_made_up_versions_read_once_a_minute(secret: Secret) -> None:
    secret.ask("1", [0])
    for second in range(60):
        assert secret.ask(str(100 + second), [second * SECOND]) == [None]
    assert secret.reads == 2
    assert secret.ask("999", [MINUTE]) == [None]
    assert secret.reads == 3


def test_a_new_pepper_is_found_within_a_minute_among_made_up_versions(secret: Secret) -> None:
    secret.ask("9", [0, 1])
    secret.peppers["2"] = b"two"
    assert secret.ask("2", [MINUTE, MINUTE + 1]) == [None, b"two"]


def test_made_up_versions_do_not_hide_a_known_pepper(secret: Secret) -> None:
    secret.ask("9", [0, 1])
    assert secret.ask("1", [2]) == [b"one"]


def test_a_first_pepper_that_cannot_be_read_is_unavailable(secret: Secret) -> None:
    secret.is_broken = True
    with pytest.raises(Unavailable):
        secret.ask("1", [0])
    secret.is_broken = False
    assert secret.ask("1", [0]) == [b"one"]


def test_older_peppers_stay_in_use_while_none_can_be_read(secret: Secret) -> None:
    secret.ask("1", [0])
    secret.is_broken = True
    assert set(secret.ask("1", range(HOUR, 2 * HOUR, SECOND))) == {b"one"}
    assert secret.reads == 1 + 60


def test_a_failure_does_not_delay_the_next_attempt_for_an_hour(secret: Secret) -> None:
    secret.ask("1", [0])
    secret.is_broken = True
    secret.ask("1", [HOUR])
    secret.is_broken, secret.peppers = False, {"1": b"another"}
    assert secret.ask("1", [HOUR + MINUTE - 1, HOUR + MINUTE]) == [b"one", b"another"]


def test_a_version_that_cannot_be_looked_up_is_unknown(secret: Secret) -> None:
    secret.ask("1", [0])
    secret.is_broken = True
    assert secret.ask("2", [1]) == [None]


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from("1234")), max_size=200))
def test_it_reads_at_most_once_a_minute(asked: list[tuple[int, str]]) -> None:
    """After the first read, no matter which versions are asked for and when."""
    secret = Secret()
    for seconds, version in asked:
        secret.ask(version, [secret.now + seconds * SECOND])
    assert secret.reads <= 2 + secret.now // MINUTE


@pytest.mark.parametrize("text", ["", "[]", "{", '{"1": 1}', '"1"'])
def test_a_file_that_somebody_broke_is_unavailable(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pepper.json"
    path.write_text(text)
    with pytest.raises(Unavailable):
        peppers_from_file(path)


def test_a_file_that_is_missing_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        peppers_from_file(tmp_path / "pepper.json")
