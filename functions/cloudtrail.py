"""Serves AWS CloudTrail's LookupEvents."""

from polylog.aws.http import api_handler
from polylog.dialects.cloudtrail import DIALECT

handler = api_handler(DIALECT)
