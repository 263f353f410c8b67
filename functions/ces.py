"""Serves Cloud Eye's events."""

from polylog.aws.api import api_handler
from polylog.dialects.ces import DIALECT

handler = api_handler(DIALECT)
