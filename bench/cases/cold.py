"""How long functions take to start.

INIT is what Lambda bills under that name: from the start of the Python process until Lambda's
client first asks for work, including the import of that client. It is given in processor time,
which other work on the machine changes little; a function that starts waits for nothing else. The
floor is a function that only makes a botocore client for DynamoDB.
"""

from __future__ import annotations

from collections.abc import Sequence
from compileall import compile_dir
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from bench.stage import payloads
from bench.stage.measures import Measure, Runs
from bench.stage.payloads import Payload
from polylog_cli.local.template import Function, Template
from tools.builds import build_here
from tools.lambda_runtime import INSTALLED, Folders, Stage, make_runtime, running_function

SECTION: Final = "Cold start, the processor's time"

_ROUNDS: Final = 10
_DISCARDED: Final = 1
_SEED: Final = 2014

_READING: Final = 1.5
_WRITING: Final = 1.6
_LIMITS: Final = dict.fromkeys(("CompactFunction", "ImportFunction", "IngestFunction"), _WRITING)
_LAYER_MB: Final = 15

_FLOOR: Final = "floor"
_FLOORS_CODE: Final = """
import botocore.session

client = botocore.session.get_session().create_client("dynamodb")

def handler(event, context):
    return None
"""

_VARIABLES: Final = {"DEAD_LETTER_QUEUE": "http://localhost/queue"}


@dataclass(frozen=True, slots=True)
class _Start:
    """One start of a function: when it was ready, and when it had given its first answer."""

    ready: Stage
    answered: Stage

    @property
    def init_ms(self) -> float:
        return self.ready.cpu_seconds * 1000

    @property
    def answer_ms(self) -> float:
        return (self.answered.cpu_seconds - self.ready.cpu_seconds) * 1000


class Bench:
    """Starts the functions of a build and the floor again and again, each time in a new folder."""

    def __init__(self, build: Path, directory: Path) -> None:
        self._directory = directory
        runtime, layer = directory / "runtime", build / "PolylogLayer" / "python"
        floor = Function(_FLOOR, directory / "floor", "floor", "handler", {}, ())
        for folder in (runtime, floor.code_uri):
            folder.mkdir()
        (floor.code_uri / "floor.py").write_text(_FLOORS_CODE)
        self._functions = {
            each.name: each for each in (floor, *Template.read(build / "template.yaml").functions)
        }
        self._folders: Folders = (layer, make_runtime(runtime))
        self._compile_the_runtime()

    def run(self) -> dict[str, list[_Start]]:
        """Return every start of every function."""
        random, found = Random(_SEED), {name: list[_Start]() for name in self._functions}
        for round in range(_DISCARDED + _ROUNDS):
            for name in random.sample(list(found), len(found)):
                start = self._start(self._functions[name])
                if round >= _DISCARDED:
                    found[name].append(start)
        return found

    def _start(self, function: Function) -> _Start:
        with TemporaryDirectory(dir=self._directory) as folder:
            started = running_function(
                function, self._folders, Path(folder), _VARIABLES, is_traced=False
            )
            with started as running, redirect_stdout(StringIO()):
                for _ in "ab":  # Once it gives a second answer, it has noted the first.
                    running.invoke(_event(function))
                ready, answered, *_ = running.stages()
        return _Start(ready, answered)

    def _compile_the_runtime(self) -> None:
        """Compile the packages that Lambda's Python includes, as pip does when it installs them."""
        for name in ("awslambdaric", "boto3", "botocore", "dateutil", "jmespath", "urllib3"):
            compile_dir(INSTALLED / name, quiet=2)


def measure() -> list[Measure]:
    """Return how long the functions of a build take to start."""
    with TemporaryDirectory() as folder:
        directory = Path(folder)
        build = build_here()
        starts = Bench(build, directory).run()
        size = _megabytes(build / "PolylogLayer")
    floor = starts.pop(_FLOOR)
    lines = [_line(name, found, floor) for name, found in starts.items()]
    lines.append(Measure(SECTION, "layer, unzipped", size, "MB", limit=_LAYER_MB))
    return lines


def _line(name: str, starts: Sequence[_Start], floor: Sequence[_Start]) -> Measure:
    init = Runs.of([start.init_ms for start in starts])
    return Measure(
        SECTION,
        name,
        init.median,
        "ms",
        init.spread,
        floor=Runs.of([start.init_ms for start in floor]).median,
        limit=_LIMITS.get(name, _READING),
        detail={
            "modules": len(starts[0].ready.modules),
            "modules_of_floor": len(floor[0].ready.modules),
            "first_answer_ms": round(median(start.answer_ms for start in starts), 1),
            "elapsed_ms": round(median(start.ready.seconds for start in starts) * 1000, 1),
        },
    )


def _event(function: Function) -> Payload:
    """Return an event that the function answers without reading a table."""
    return payloads.request("none", "GET", "") if function.routes else {"Records": []}


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
