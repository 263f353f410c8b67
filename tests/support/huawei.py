"""Huawei Cloud's published SDKs against a running service: clients, and keys for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from huaweicloudsdkcore.auth.credentials import BasicCredentials

from support.service import Service

# What a key is made of, as the command prints it.
Key = dict[str, str]


def make_key(service: Service, scope: str) -> Key:
    """Return a key that may read and write."""
    options = ("--permissions", "read,write", "--json")
    made = service.polylog("keys", "create", "--scope", scope, *options)
    key: Key = json.loads(made.out)
    return key


def make_client(service: Service, kind: Any, key: Key, **changes: str) -> Any:
    """Return a client of the SDK that is told no more than a user tells it."""
    known = {"ak": key["access_key"], "sk": key["secret_key"], "project_id": key["scope"]}
    credentials = BasicCredentials(**known | changes)
    builder = kind.new_builder().with_credentials(credentials)
    return builder.with_endpoint(service.credentials.url).build()


def load(service: Service, key: Key, file: Path, format: str) -> str:
    """Load a file with the command, and return what it prints."""
    done = service.polylog("load", str(file), "--format", format, "--token", key["token"])
    assert done.status == 0, done.err
    return done.err.strip()
