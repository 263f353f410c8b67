"""What `polylog run` does when its DynamoDB Local dies."""

from __future__ import annotations

from pathlib import Path

import pytest

from polylog.model.times import SECOND
from polylog_cli.local.dynamodb import EngineError, Watch
from tools.clocks import StoppedClock

DATA = Path("data")


class Server:
    """A DynamoDB Local that dies when the test says so."""

    has_died = False

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure, self.restarts = failure, 0

    def restart(self) -> None:
        if self.failure:
            raise self.failure
        self.restarts, self.has_died = self.restarts + 1, False


class Watched:
    """A watch, its server and its clock."""

    def __init__(self, data: Path | None = DATA, failure: Exception | None = None) -> None:
        self.server, self.time = Server(failure), StoppedClock(0)
        self.watch = Watch(self.server, data, self.time.clock)

    def die(self, *, at: int) -> None:
        self.time.now, self.server.has_died = at * SECOND, True
        self.watch.look()


def test_a_running_server_is_left_alone() -> None:
    watched = Watched()
    watched.watch.look()
    assert watched.server.restarts == 0


def test_a_server_that_died_is_restarted(capsys: pytest.CaptureFixture[str]) -> None:
    watched = Watched()
    watched.die(at=0)
    watched.watch.look()
    assert watched.server.restarts == 1
    assert capsys.readouterr().err == "DynamoDB Local died and is being started again\n"


def test_a_server_that_ran_for_five_minutes_is_restarted_again() -> None:
    watched = Watched()
    watched.die(at=0)
    watched.die(at=300)
    assert watched.server.restarts == 2


def test_a_server_that_dies_again_within_five_minutes_is_given_up() -> None:
    watched = Watched()
    watched.die(at=0)
    said = r"^DynamoDB Local died twice in 5 minutes; data/dynamodb.log may say why$"
    with pytest.raises(EngineError, match=said):
        watched.die(at=299)
    assert watched.server.restarts == 1


@pytest.mark.parametrize("failure", [EngineError("it did not start"), OSError("no Java")])
def test_a_server_that_cannot_be_restarted_is_given_up(failure: Exception) -> None:
    with pytest.raises(EngineError, match=r"^DynamoDB Local died and cannot be started again; "):
        Watched(failure=failure).die(at=0)


def test_a_server_in_memory_is_never_restarted() -> None:
    watched = Watched(data=None)
    with pytest.raises(EngineError, match=r"held in memory are lost$"):
        watched.die(at=0)
    assert watched.server.restarts == 0
