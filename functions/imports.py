"""Imports the objects that were dropped into the bucket."""

from polylog.aws.imports import imports_handler

handler = imports_handler()
