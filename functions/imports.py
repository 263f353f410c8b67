"""Imports the objects that are put into the bucket."""

from polylog.aws.imports import imports_handler

handler = imports_handler()
