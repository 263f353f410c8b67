"""Serves the native API, and answers every path that no other function owns."""

from polylog.aws.http import api_handler
from polylog.dialects.native import DIALECT

handler = api_handler(DIALECT)
