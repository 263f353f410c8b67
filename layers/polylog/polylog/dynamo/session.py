"""Clients of AWS's services, all made of one session of botocore's."""

from __future__ import annotations

import gzip
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.loaders import JSONFileLoader, Loader
from botocore.session import Session, get_session
from pydantic_core import from_json

if TYPE_CHECKING:
    from botocore.config import Config


def client_of(service: str, config: Config) -> Any:
    """Return a service's client, the very one that boto3 returns, without importing boto3.

    That adds a fifth to the time that a function takes to start. botocore's types know no service.
    """
    return _session().create_client(service, config=config)


@cache
def _session() -> Session:
    """Return what all clients are made of: it reads the list of AWS's regions but once.

    Models are those that come with botocore alone.
    """
    made = get_session()
    made.register_component("data_loader", Loader(file_loader=_Files()))
    return made


class _Files(JSONFileLoader):
    """botocore's models, read in a quarter of the time that it takes itself."""

    def load_file(self, file_path: str) -> Any:
        """Return what a file holds, None if it is not there; it is named without its ending."""
        for open_file, ending in ((gzip.open, ".json.gz"), (open, ".json")):
            with suppress(FileNotFoundError), open_file(file_path + ending, "rb") as file:
                return from_json(file.read())
        return None
