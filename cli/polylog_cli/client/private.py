"""Files and folders that only their owner can use, with any umask, even if they exist already."""

from __future__ import annotations

from pathlib import Path
from stat import S_IMODE
from typing import Final

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can use."""
    private_file(path).write_text(text)


def private_file(path: Path) -> Path:
    """Make a file that only its owner can use, or close one that others can use; return it."""
    path.touch(FILE_MODE)
    close(path)
    return path


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner can use, unless there is one; return it."""
    path.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    return path


def is_open(path: Path) -> bool:
    """Return whether users other than the owner can use a file or a folder."""
    return bool(S_IMODE(path.stat().st_mode) & 0o077)


def close(path: Path) -> None:
    """Let only the owner use a file or a folder; some file systems ignore it."""
    if is_open(path):
        path.chmod(FOLDER_MODE if path.is_dir() else FILE_MODE)
