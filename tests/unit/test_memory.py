"""The service's memory goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

from polylog_cli.local import memory

HELD = """
import ctypes, time
from pathlib import Path
from polylog_cli.local.memory import Memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 2**20

memory, library = Memory(), ctypes.CDLL(None)
library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
pieces = [library.malloc(100_000) for _ in range(1000)]
for piece in pieces:
    ctypes.memset(piece, 1, 100_000)
for number, piece in enumerate(pieces):
    if number % 50:  # The others keep the heap from shrinking at its end.
        library.free(piece)
before = resident()
memory.look()
after = resident()
memory.look()
print(before - after)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can")
def test_what_is_free_within_a_heap_goes_back_to_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", HELD], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 50


def test_a_c_library_without_these_functions_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())
    memory.Memory().look()
