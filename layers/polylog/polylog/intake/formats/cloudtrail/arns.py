"""Amazon Resource Names."""

from __future__ import annotations


def last_part(arn: str) -> str:
    """Return the last part of an ARN: `web` of `arn:aws:iam::111122223333:role/app/web`."""
    path = arn.removesuffix(":*").rstrip("/")
    return path.rpartition("/")[2] if "/" in path else path.rpartition(":")[2]
