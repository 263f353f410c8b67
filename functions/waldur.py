"""Serves Waldur's events API."""

from polylog.aws.http import api_handler
from polylog.dialects.waldur import DIALECT

handler = api_handler(DIALECT)
