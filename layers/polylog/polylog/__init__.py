"""Polylog: one event log, served through the list-events APIs that clients already speak."""
