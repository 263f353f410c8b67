"""Code that benchmarks, tests and `make` share: builds, Lambda's runtime, meters, bulk loading."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
"""The root folder of the project."""
