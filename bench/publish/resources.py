"""Which resources of the stack cost something, by what prices, and which cost nothing, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bench.prices import (
    API_REQUESTS,
    BUS_EVENTS,
    DASHBOARDS,
    GB_SECONDS,
    GETS,
    INVOCATIONS,
    KEPT_LOGS_GB,
    LOGGED_GB,
    OBJECTS_GB,
    OWN_METRICS,
    PUTS,
    QUEUE_REQUESTS,
    READ_UNITS,
    RECOVERABLE_GB,
    RESTORED_GB,
    SCHEDULED,
    SECRET_REQUESTS,
    SECRETS,
    SENT_GB,
    SNAPSHOT_GB_SECONDS,
    STORED_GB,
    TOPIC_MESSAGES,
    TRACES,
    WATCHED_METRICS,
    WRITE_UNITS,
    Price,
)

PAID: Final[Mapping[str, tuple[Price, ...]]] = {
    "AWS::ApiGatewayV2::Api": (API_REQUESTS, SENT_GB),
    "AWS::CloudWatch::Alarm": (WATCHED_METRICS,),
    "AWS::CloudWatch::Dashboard": (DASHBOARDS,),
    "AWS::DynamoDB::Table": (WRITE_UNITS, READ_UNITS, STORED_GB, RECOVERABLE_GB),
    "AWS::Events::EventBus": (BUS_EVENTS,),
    "AWS::Events::Rule": (BUS_EVENTS,),
    "AWS::Lambda::Function": (INVOCATIONS, GB_SECONDS, OWN_METRICS, TRACES),
    "AWS::Lambda::Version": (SNAPSHOT_GB_SECONDS, RESTORED_GB),
    "AWS::Logs::LogGroup": (LOGGED_GB, KEPT_LOGS_GB),
    "AWS::S3::Bucket": (PUTS, GETS, OBJECTS_GB),
    "AWS::SNS::Topic": (TOPIC_MESSAGES,),
    "AWS::SQS::Queue": (QUEUE_REQUESTS,),
    "AWS::Scheduler::Schedule": (SCHEDULED,),
    "AWS::SecretsManager::Secret": (SECRETS, SECRET_REQUESTS),
}
"""What each type of resource is paid by.

A rule is paid by what it is for: the bus's events, and what S3 tells of a trail's bucket, which AWS
may count as such. A version costs something with SnapStart alone.
"""

FREE: Final[Mapping[str, str]] = {
    "AWS::ApiGatewayV2::Stage": "the API is billed by the request",
    "AWS::IAM::ManagedPolicy": "IAM is free",
    "AWS::IAM::Role": "IAM is free",
    "AWS::Lambda::Alias": "the function is billed by the request",
    "AWS::Lambda::EventSourceMapping": (
        "Lambda reads a table's stream for free, and its requests to a queue are billed there"
    ),
    "AWS::Lambda::LayerVersion": "Lambda stores 75 GB of code for free",
    "AWS::Lambda::Permission": "permissions are free",
    "AWS::S3::BucketPolicy": "policies are free",
    "AWS::SNS::Subscription": "delivery to SQS is free",
    "AWS::SQS::QueuePolicy": "policies are free",
}
