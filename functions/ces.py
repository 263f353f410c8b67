"""Serves Cloud Eye's events."""

from polylog.aws.http import api_handler
from polylog.dialects.ces import DIALECT

handler = api_handler(DIALECT)
