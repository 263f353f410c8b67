"""Measures what questions and writes cost as a log grows. It is not part of the service."""
