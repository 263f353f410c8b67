"""Where measurements go: JSON files here, and tables in docs/benchmarks.md and docs/cost.md.

`results` writes the main table. `cost` computes prices from what was measured.
"""
