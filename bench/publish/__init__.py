"""Publishes measurements: in JSON files here, and in tables in docs/benchmarks.md and docs/cost.md.

`results` writes the main table. `cost` computes prices from what was measured.
"""
