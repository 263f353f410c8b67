"""Several clients at once, in their own process: `python -m bench.stage.clients ADDRESS SECONDS`.

Standard input has a token in the first line, and a path in each further one. Clients ask for the
paths in turn.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import cycle, islice
from statistics import median, quantiles
from typing import Final

CLIENTS: Final = 8


class Client:
    """Sends requests over one connection, or with `keep` false over a new one each time."""

    def __init__(self, address: str, token: str, *, keep: bool = True) -> None:
        self._address = address
        self._token = token
        self._keep = keep
        self._connection = HTTPConnection(address, timeout=60)

    def get(self, path: str) -> bytes:
        """Return the body of an answer; fails if its status is not 200."""
        status, _, body = self.ask(path)
        assert status == 200, (path, body)
        return body

    def ask(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Return the status, headers and body of an answer."""
        scheme = "Token" if path.startswith("/api/") else "Bearer"  # Waldur's API says Token.
        headers = {"Authorization": f"{scheme} {self._token}"}
        self._connection.request("GET", path, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if not self._keep:
            self._connection.close()
        return answer.status, dict(answer.getheaders()), body


def ask(address: str, token: str, paths: Sequence[str], seconds: float) -> dict[str, float]:
    """Return how many requests a second were answered, and the milliseconds they took."""
    start = time.perf_counter()
    end = start + seconds

    def work(number: int) -> list[float]:
        client, taken = Client(address, token), list[float]()
        for path in islice(cycle(paths), number, None):
            begun = time.perf_counter()
            if begun >= end:
                break
            client.get(path)
            taken.append((time.perf_counter() - begun) * 1000)
        return taken

    with ThreadPoolExecutor(CLIENTS) as pool:
        taken = [ms for each in pool.map(work, range(CLIENTS)) for ms in each]
    return {
        "requests_per_second": len(taken) / (time.perf_counter() - start),
        "p50_ms": median(taken),
        "p99_ms": quantiles(taken, n=100)[-1],
    }


def main() -> None:
    """Ask, and print the results as JSON."""
    address, seconds = sys.argv[1:]
    token, *paths = sys.stdin.read().split()
    print(json.dumps(ask(address, token, paths, float(seconds))))


if __name__ == "__main__":
    main()
