"""Measures what questions and writes cost as a log grows; not a part of the service."""
