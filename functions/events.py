"""Serves the native API and the console, and answers every path that no other function owns."""

from polylog import console
from polylog.aws.http import api_handler
from polylog.dialects import native

handler = api_handler(console.DIALECT, native.DIALECT)
