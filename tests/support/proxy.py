"""A proxy between functions and DynamoDB Local that fails as networks and DynamoDB sometimes do.

It speaks DynamoDB's JSON protocol on loopback and shares no code with the service. A fault is a
function that answers a call instead of DynamoDB. It may forward the call before, after or never.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit
from zlib import crc32

_PREFIX: Final = "DynamoDB_20120810."
_NO_LINGER: Final = struct.pack("ii", 1, 0)
_TYPE: Final = "application/x-amz-json-1.0"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `stated` is the checksum that it states, or None for the right one."""

    status: int
    body: bytes
    stated: str | None = None

    @classmethod
    def of(cls, document: object, status: int = 200) -> Reply:
        """Return an answer with a JSON document."""
        return cls(status, json.dumps(document).encode())

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Call:
    """An operation that a client asked for, and how to ask DynamoDB for it."""

    operation: str
    document: dict[str, Any]
    _send: Callable[[bytes], Reply]

    def forward(self, **changes: object) -> Reply:
        """Return DynamoDB's own answer to the request, or to a changed one."""
        return self._send(json.dumps(self.document | changes).encode())


class ResetError(Exception):
    """The connection ends here, as if the other side had crashed."""


Answer = Callable[[Call], Reply]

BATCHES: Final = ("BatchGetItem", "BatchWriteItem")
TRANSACTIONS: Final = ("TransactWriteItems",)


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a call; `operations` are those it can happen to, or empty for all."""

    name: str
    answer: Answer
    operations: tuple[str, ...] = ()

    def can_happen_to(self, operation: str) -> bool:
        """Return whether it can happen to an operation."""
        return not self.operations or operation in self.operations

    def __str__(self) -> str:
        """Return its name."""
        return self.name


def _refused(code: str) -> Fault:
    return Fault(code, lambda call: _error(code))


def _error(code: str, status: int = 400, **details: object) -> Reply:
    type = f"com.amazonaws.dynamodb.v20120810#{code}"
    return Reply.of({"__type": type, "message": "made by the proxy", **details}, status)


def _cancelled(call: Call, code: str) -> Reply:
    others = [{"Code": "None"}] * (len(call.document["TransactItems"]) - 1)
    message = (
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{code}]"
    )
    reasons = [{"Code": code, "Message": "made by the proxy"}, *others]
    return _error("TransactionCanceledException", Message=message, CancellationReasons=reasons)


def _cancelling(code: str) -> Fault:
    return Fault(f"{code} in a transaction", lambda call: _cancelled(call, code), TRANSACTIONS)


def _conflict_although_committed(call: Call) -> Reply:
    reply = call.forward()
    return _cancelled(call, "TransactionConflict") if reply.status == 200 else reply


def _fail_although_done(call: Call) -> Reply:
    call.forward()
    return _error("InternalServerError", 500)


def _reset(call: Call) -> Reply:
    raise ResetError


def _reset_although_done(call: Call) -> Reply:
    call.forward()
    raise ResetError


def _cut(call: Call) -> Reply:
    """Return the first half of an answer, with the checksum of the whole."""
    reply = call.forward()
    return Reply(reply.status, reply.body[: len(reply.body) // 2], str(crc32(reply.body)))


def _leave_half(call: Call) -> Reply:
    """Do the first half of each table's part of a batch, and leave the rest unprocessed."""
    done, left = dict[str, Any](), dict[str, Any]()
    for table, asked in call.document["RequestItems"].items():
        entries = asked["Keys"] if isinstance(asked, dict) else asked
        half = len(entries) // 2
        parts = (entries[:half], done), (entries[half:], left)
        for part, requests in parts:
            if part:
                requests[table] = asked | {"Keys": part} if isinstance(asked, dict) else part
    is_read = call.operation == "BatchGetItem"
    name = "UnprocessedKeys" if is_read else "UnprocessedItems"
    reply = call.forward(RequestItems=done) if done else Reply.of({})
    if reply.status != 200:
        return reply
    nothing = {"Responses": {table: [] for table in left}} if is_read else {}
    return Reply.of(nothing | reply.document | {name: left})


def _one_item(call: Call) -> Reply:
    """Answer a query with a page of one item; its `LastEvaluatedKey` leads on."""
    return call.forward(Limit=1)


def slow(seconds: float) -> Fault:
    """Return the fault of a call that takes this many seconds longer."""

    def wait(call: Call) -> Reply:
        time.sleep(seconds)
        return call.forward()

    return Fault(f"{seconds} s slow", wait)


THROTTLED: Final = (
    _refused("ProvisionedThroughputExceededException"),
    _refused("ThrottlingException"),
    _cancelling("ThrottlingError"),
)
"""Too much load: nothing is done."""

CONFLICT: Final = _cancelling("TransactionConflict")
CONFLICT_ALTHOUGH_COMMITTED: Final = Fault(
    "TransactionConflict although committed", _conflict_although_committed, TRANSACTIONS
)
FAILURE: Final = Fault("a failure", lambda call: _error("InternalServerError", 500))
FAILURE_ALTHOUGH_DONE: Final = Fault("a failure although done", _fail_although_done)
RESET: Final = Fault("a reset", _reset)
RESET_ALTHOUGH_DONE: Final = Fault("a reset although done", _reset_although_done)
CUT: Final = Fault("an answer cut in half", _cut)
HALF_A_BATCH: Final = Fault("half a batch", _leave_half, BATCHES)
ONE_ITEM: Final = Fault("a page of one item", _one_item, ("Query",))

FAULTS: Final = (
    *THROTTLED,
    CONFLICT,
    CONFLICT_ALTHOUGH_COMMITTED,
    FAILURE,
    FAILURE_ALTHOUGH_DONE,
    RESET,
    RESET_ALTHOUGH_DONE,
    CUT,
    HALF_A_BATCH,
    ONE_ITEM,
)
"""All of them except slowness."""

Chooser = Callable[[Call, int], Fault | None]
"""Says what happens to a call. It gets the call's number since the last `clear`, from 1."""


def _nothing(call: Call, number: int) -> None:
    return None


@dataclass(slots=True)
class Proxy:
    """A running proxy; `happened` lists the faults that calls met since the last `clear`."""

    url: str
    calls: list[str] = field(default_factory=list)
    happened: list[str] = field(default_factory=list)
    _choose: Chooser = _nothing
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def clear(self) -> None:
        """Let all calls pass from now on, and forget the faults so far."""
        self.choose(_nothing)

    def choose(self, chooser: Chooser) -> None:
        """Let a function say what happens to the calls from now on; forget the faults so far."""
        with self._lock:
            self._choose = chooser
            self.calls, self.happened = [], []

    def at(self, faults: Mapping[int, Fault]) -> None:
        """Let faults happen to the calls with these numbers, if they can."""
        self.choose(lambda call, number: faults.get(number))

    def at_operation(self, operation: str, *faults: Fault | None) -> None:
        """Let faults happen to the next calls of an operation, one each; None lets one pass."""
        left = list(faults)
        self.choose(
            lambda call, number: left.pop(0) if left and call.operation == operation else None
        )

    def at_random(self, seed: int, share: float, *faults: Fault) -> None:
        """Let faults happen to this share of the calls."""
        random = Random(seed)
        self.choose(lambda call, number: random.choice(faults) if random.random() < share else None)

    def slow_down(self, seconds: float, *, most: bool = False) -> None:
        """Make every call take longer, or with `most` two of three."""
        fault = slow(seconds)
        self.choose(lambda call, number: None if most and number % 3 == 0 else fault)

    def answer(self, call: Call) -> Reply:
        """Answer a call."""
        with self._lock:
            self.calls.append(call.operation)
            fault = self._choose(call, len(self.calls))
            if fault is None or not fault.can_happen_to(call.operation):
                fault = None
            else:
                self.happened.append(f"{fault} at {call.operation}")
        return call.forward() if fault is None else fault.answer(call)


@contextmanager
def proxied(dynamodb: str) -> Iterator[Proxy]:
    """Run a proxy in front of a DynamoDB until the block ends."""

    class Handler(_Handler):
        address = urlsplit(dynamodb).netloc

    server = _Server(("127.0.0.1", 0), Handler)
    server.proxy = Proxy(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    proxy: Proxy


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    address: str
    server: _Server

    def do_POST(self) -> None:
        """Answer a call, if the client is still listening."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        target = self.headers["X-Amz-Target"]
        call = Call(target.removeprefix(_PREFIX), json.loads(body), self._forward)
        try:
            reply = self.server.proxy.answer(call)
        except ResetError:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self.close_connection = True
            return
        with suppress(ConnectionError):
            self._reply(reply)

    def _forward(self, body: bytes) -> Reply:
        """Ask DynamoDB over a new connection: the client may have given up by now."""
        passed = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in ("host", "content-length", "accept-encoding", "connection")
        }
        connection = HTTPConnection(self.address, timeout=60)
        try:
            connection.request("POST", "/", body, passed)
            response = connection.getresponse()
            return Reply(response.status, response.read(), response.headers["x-amz-crc32"])
        finally:
            connection.close()

    def _reply(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", _TYPE)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("x-amz-crc32", reply.stated or str(crc32(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
