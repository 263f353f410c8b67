"""Serves Cedana's events API."""

from polylog.aws.http import api_handler
from polylog.dialects.cedana import DIALECT

handler = api_handler(DIALECT)
