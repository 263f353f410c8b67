"""Where measurements go: JSON files here, and tables in the README and in docs/cost.md.

`results` writes the main table. `cost` computes prices from what was measured.
"""
