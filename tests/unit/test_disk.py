"""When `polylog run` refuses to store events because the disk lacks space."""

from __future__ import annotations

from pathlib import Path

import pytest

from polylog_cli.local.disk import NEEDED_BYTES, Disk, NoRoom
from tools.clocks import StoppedClock

FOLDER = Path("the-folder")


class Room:
    """A disk, and a clock."""

    def __init__(self, free: int = NEEDED_BYTES) -> None:
        self.free, self.time, self.looks = free, StoppedClock(0), 0
        self.disk = Disk(FOLDER, self._free, self.time.clock)

    def takes_events(self, *, after: float) -> bool:
        self.time.sleep(after)
        try:
            self.disk.require_room()
        except NoRoom:
            return False
        return True

    def _free(self, folder: Path) -> int:
        assert folder == FOLDER
        self.looks += 1
        return self.free


def test_it_starts_with_exactly_enough() -> None:
    Room().disk.require_room_to_start()


def test_it_does_not_start_with_less_and_says_where_and_how_much_is_needed() -> None:
    with pytest.raises(NoRoom, match=r"^199 MB are free for the-folder, 200 MB are needed$"):
        Room(NEEDED_BYTES - 1).disk.require_room_to_start()


def test_events_are_refused_until_there_is_space_again() -> None:
    room = Room()
    assert room.takes_events(after=1)
    room.free -= 1
    assert not room.takes_events(after=1)
    room.free += 1
    assert room.takes_events(after=1)


def test_it_looks_at_most_once_a_second() -> None:
    room = Room()
    for _ in range(40):
        room.takes_events(after=0.25)
    assert room.looks == 10


def test_it_reports_a_change_once(capsys: pytest.CaptureFixture[str]) -> None:
    room = Room(NEEDED_BYTES - 1)
    assert [room.takes_events(after=1) for _ in range(3)] == [False] * 3
    room.free += 1
    assert [room.takes_events(after=1) for _ in range(3)] == [True] * 3
    assert capsys.readouterr().err.splitlines() == [
        "Events are refused until there is more room: "
        "199 MB are free for the-folder, 200 MB are needed",
        "Events are stored again: 200 MB are free for the-folder, 200 MB are needed",
    ]
