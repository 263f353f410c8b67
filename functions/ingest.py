"""Stores the events of queue messages."""

from polylog.aws.ingest import ingest_handler

handler = ingest_handler()
