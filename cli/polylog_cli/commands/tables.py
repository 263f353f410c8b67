"""How the commands of operators reach the tables of a log, and what they say when they cannot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from polylog.model.errors import Unavailable
from polylog_cli.output.console import failure

if TYPE_CHECKING:
    from polylog_cli.local.log import Log


@contextmanager
def opened(stack: str | None, data: Path) -> Iterator[Log]:
    """Open the tables of a stack, or else of a data folder; failures end with a message."""
    # These import boto3, which is slow, and which few commands need.
    from polylog_cli.local.log import NotRunningError, open_local
    from polylog_cli.stack.log import open_stack
    from polylog_cli.stack.outputs import StackError

    try:
        yield open_local(data) if stack is None else open_stack(stack)
    except (NotRunningError, StackError) as error:
        raise failure(str(error)) from error
    except Unavailable as error:
        raise failure(f"the tables cannot be used: {error.__cause__ or error}") from error
