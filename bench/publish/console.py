"""Measures the console, and publishes the results: `make bench-console`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Final

from bench.cases import console
from bench.publish import results
from tools import ROOT

RESULTS: Final = ROOT / "bench" / "publish" / "console.json"
GUIDE: Final = ROOT / "docs" / "benchmarks.md"
BEGIN: Final = "<!-- begin: make bench-console -->\n"
END: Final = "<!-- end: make bench-console -->\n"


def main() -> None:
    """Measure the console, and publish the results."""
    parser = ArgumentParser(prog="python -m bench.publish.console", description=main.__doc__)
    parser.add_argument("--tail-seconds", type=int, default=600, help="how long to follow the log")
    measures = console.measure(parser.parse_args().tail_seconds)
    results.publish(measures, RESULTS, GUIDE, BEGIN, END)
    print(results.markdown(measures))


if __name__ == "__main__":
    main()
