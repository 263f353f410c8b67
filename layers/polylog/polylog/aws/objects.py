"""Objects in S3: large ones are read in parts, small ones are read and written whole."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from polylog.model.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PART_BYTES: Final = 4 * 1024 * 1024
"""How many bytes to fetch at once: a response that is read for minutes would break off."""


class ObjectAbsent(Exception):
    """There is no such object, or no such version of it."""


class ObjectChanged(Exception):
    """Someone else has written the object since it was read."""


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """An object as it was at one time; `version` is None in a bucket without versions."""

    bucket: str
    key: str
    version: str | None
    etag: str

    @property
    def name(self) -> str:
        """A name that no other version has."""
        return self.version or self.etag


class ObjectReader(io.RawIOBase):
    """The bytes of an object after an offset; each read is one request.

    Reading raises `ObjectAbsent` or `Unavailable`.
    """

    def __init__(self, client: S3Client, source: ObjectVersion, offset: int) -> None:
        self._client = client
        self._source = source
        self._offset = offset

    def readable(self) -> bool:
        """Return True: a reader can be read."""
        return True

    # Any: before Python 3.12, buffers have no type.
    def readinto(self, buffer: Any) -> int:
        """Read as many bytes as the buffer takes; return how many, 0 at the end."""
        content = self._fetch(f"bytes={self._offset}-{self._offset + len(buffer) - 1}")
        buffer[: len(content)] = content
        self._offset += len(content)
        return len(content)

    def _fetch(self, part: str) -> bytes:
        source = self._source
        try:
            with _failures_told_apart():
                if source.version is None:
                    answer = self._client.get_object(
                        Bucket=source.bucket, Key=source.key, Range=part, IfMatch=f'"{source.etag}"'
                    )
                else:
                    answer = self._client.get_object(
                        Bucket=source.bucket, Key=source.key, Range=part, VersionId=source.version
                    )
                content = answer["Body"].read()
        except _BeyondTheEnd:
            return b""
        except ObjectChanged as error:
            raise ObjectAbsent from error
        if not answer.get("ContentRange", "").startswith(f"bytes {self._offset}-"):
            raise Unavailable("S3 returned another part of the object than requested")
        return content


class Documents:
    """Small objects of a bucket; they are replaced only if no one else changed them."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self.bucket = bucket
        self._client = client
        self._etags: dict[str, str] = {}

    def read(self, key: str) -> bytes | None:
        """Return the content of an object, or None if there is no such object."""
        try:
            with _failures_told_apart():
                answer = self._client.get_object(Bucket=self.bucket, Key=key)
                content = answer["Body"].read()
        except ObjectAbsent:
            return None
        self._etags[key] = answer["ETag"]
        return content

    def write(self, key: str, content: bytes) -> None:
        """Write an object, and overwrite it if it exists."""
        with _failures_told_apart():
            self._client.put_object(
                Bucket=self.bucket, Key=key, Body=content, ContentType="application/json"
            )

    def replace(self, key: str, content: bytes) -> None:
        """Replace the object that was read; raises `ObjectChanged` if someone else was faster."""
        etag = self._etags.get(key)
        with _failures_told_apart():
            if etag is None:
                answer = self._client.put_object(
                    Bucket=self.bucket, Key=key, Body=content, IfNoneMatch="*"
                )
            else:
                answer = self._client.put_object(
                    Bucket=self.bucket, Key=key, Body=content, IfMatch=etag
                )
        self._etags[key] = answer["ETag"]


class _BeyondTheEnd(Exception):
    """The object ends before the requested part."""


_MEANINGS: Final[dict[str, type[Exception]]] = {
    "NoSuchKey": ObjectAbsent,
    "NoSuchVersion": ObjectAbsent,
    "PreconditionFailed": ObjectChanged,
    "ConditionalRequestConflict": ObjectChanged,
    "InvalidRange": _BeyondTheEnd,
}


@contextmanager
def _failures_told_apart() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise _MEANINGS.get(error.response["Error"]["Code"], Unavailable) from error
    except BotoCoreError as error:
        raise Unavailable from error
