"""AWS CloudTrail's LookupEvents.

Implements the operation LookupEvents of the CloudTrail API reference (version 2013-11-01), in AWS's
JSON protocol 1.1, as botocore and the AWS CLI speak it. Clients post every operation to the path of
their endpoint, and name it in the header `X-Amz-Target`. "Ours" marks where Polylog differs from
AWS, or decides what its documents leave open.
"""

from __future__ import annotations

from uuid import uuid4

from polylog.api.auth import Principal
from polylog.api.contract import Body, Reply
from polylog.api.dialect import Dialect, Endpoint
from polylog.api.http import Pairs, Request
from polylog.api.params import Params
from polylog.dialects.cloudtrail.errors import (
    MEDIA_TYPE,
    Problem,
    UnknownOperation,
    UnsupportedOperation,
    render_error,
)
from polylog.dialects.cloudtrail.lookup import EventList, LookupRequest, lookup_events
from polylog.dialects.cloudtrail.signature import SECURITY, read_signature
from polylog.intake.formats.cloudtrail import FORMAT
from polylog.model.errors import InvalidParameter, TooBroad


def headers(request: Request, principal: Principal) -> Pairs:
    """Return the header of every response, a request id, which SDKs show with errors."""
    return (("x-amzn-RequestId", str(uuid4())),)


DIALECT = Dialect(
    name="cloudtrail",
    mounts=("", "/cloudtrail", "/aws"),
    scheme=read_signature,
    endpoints=(
        Endpoint(
            "POST",
            "/",
            Params,
            lookup_events,
            takes=Body(LookupRequest, (MEDIA_TYPE,)),
            returns=(Reply(EventList, media_type=MEDIA_TYPE),),
            raises=(InvalidParameter, TooBroad, UnknownOperation, UnsupportedOperation),
        ),
    ),
    error=render_error,
    headers=headers,
    format=FORMAT,
    problem=Problem,
    security=SECURITY,
)
