"""`python -m tools.soak`: soak a new log of each kind, and print what was wrong."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tools.soak.gauges import EVERY_SECONDS, Gauge, connect, read_gauge
from tools.soak.observed import Arrived, Asked, Fault, Observation
from tools.soak.oracle import Oracle
from tools.soak.report import Report
from tools.soak.rest import ask_at_rest, tail_at_rest
from tools.soak.service import serving
from tools.soak.stage import MODES, Plan, play

_REST_SECONDS: Final = 60

_MEMORY: Final = Path("/dev/shm")
"""A folder in memory, if there is one: on a disk, the disk would limit how fast a log is written.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak; return 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tools.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long each log is written")
    parser.add_argument("--mode", choices=[*MODES], help="soak only this kind of log")
    asked = parser.parse_args(arguments)
    reports = [soak(mode, asked.seconds) for mode in ([asked.mode] if asked.mode else MODES)]
    return int(any(report.faults for report in reports))


def soak(mode: str, seconds: float) -> Report:
    """Write and read a new log for some seconds, judge every answer, and print the report."""
    parent = _MEMORY if _MEMORY.exists() else None
    with (
        TemporaryDirectory(prefix="soak-", dir=parent) as folder,
        serving(Path(folder)) as service,
    ):
        report = _soak(Plan(service, mode, seconds))
    print(*report.lines(), "", sep="\n", flush=True)
    return report


def _soak(plan: Plan) -> Report:
    service, gauges = plan.service, list[Gauge]()
    client = connect(service)

    def watch(at: float, acknowledged: int) -> None:
        gauges.append(read_gauge(service, client, at, acknowledged))

    played = play(plan, watch, EVERY_SECONDS)
    oracle = Oracle(played.written)
    while gauges[-1].young.rows and gauges[-1].seconds < plan.seconds + _rest_seconds(plan):
        time.sleep(EVERY_SECONDS)
        watch(time.monotonic() - played.began, oracle.acknowledged)
    rested = [*ask_at_rest(service), *tail_at_rest(service, oracle.acknowledged)]
    began = time.monotonic()
    is_right, verified = service.verify()
    asked = Asked("polylog", "verify", began, time.monotonic())
    written = [*played.observations, *played.tail]
    faults = [
        *chain.from_iterable(log.faults for log in played.written),
        *oracle.judge_numbers(asked),
        *_judged(oracle, written),
        *_judged(oracle, rested),
        *([] if is_right else [Fault(asked, verified)]),
    ]
    client.close()
    return Report(
        plan.mode, plan.seconds, played.began, oracle, gauges, written, rested, verified, faults
    )


def _rest_seconds(plan: Plan) -> float:
    """Return how long to let the log rest before every answer must be exactly right."""
    return min(_REST_SECONDS, plan.seconds)


def _judged(oracle: Oracle, observations: Sequence[Observation]) -> list[Fault]:
    arrivals = [each for each in observations if isinstance(each, Arrived)]
    faults = chain.from_iterable(oracle.judge(each) for each in observations)
    return [*faults, *oracle.judge_tail(arrivals)]


if __name__ == "__main__":
    sys.exit(main())
