"""Commands at a terminal, each in a process of its own."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from support.service import COMMAND

_OURS = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS", "PAGER"}
_ESCAPE = re.compile(r"\x1b\[[?0-9;]*[A-Za-z]")


@dataclass(frozen=True)
class Shown:
    """What a command printed on stdout and stderr together, and its status."""

    status: int
    text: str

    @property
    def has_escapes(self) -> bool:
        return "\x1b" in self.text

    @property
    def lines(self) -> list[str]:
        """The lines without escape sequences and without trailing blanks."""
        return [line.rstrip() for line in _ESCAPE.sub("", self.text).splitlines()]


def typed(*arguments: str, columns: int = 80, **environment: str) -> Shown:
    """Run `polylog` at a terminal of this width."""
    return at_terminal([COMMAND, *arguments], columns, **environment)


def at_terminal(command: Sequence[str], columns: int = 80, **environment: str) -> Shown:
    """Run a command at a terminal until it ends."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in _OURS}
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=follower,
        env=kept | {"TERM": "xterm-256color"} | environment,
    )
    os.close(follower)
    try:
        text = b"".join(_read(leader)).decode().replace("\r\n", "\n")
    finally:
        os.close(leader)
        status = process.wait(60)
    return Shown(status, text)


def _read(leader: int) -> Iterator[bytes]:
    """Yield what is printed until no process can print any more."""
    while True:
        try:
            printed = os.read(leader, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # On Linux, a terminal ends with this error.
                raise
            return
        if not printed:
            return
        yield printed
