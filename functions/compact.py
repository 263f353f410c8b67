"""Folds the summaries of new events into the tallies."""

from polylog.aws.compact import compact_handler

handler = compact_handler()
