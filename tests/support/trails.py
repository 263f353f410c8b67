"""Audit records as their systems write them: one small file for each, for some in several forms."""

from __future__ import annotations

from pathlib import Path

from polylog.dialects import format_named
from polylog.intake.documents import read_document, read_lines
from polylog.intake.offers import Offered

FOLDER = Path(__file__).parents[1] / "samples"

FILES = {
    "cloudfoundry-v3.json": "cloudfoundry-v3",
    "cloudtrail.json": "cloudtrail",
    "github.json": "github",
    "github.ndjson": "github",
    "kubernetes.ndjson": "kubernetes",
    "kubernetes_webhook.json": "kubernetes",
    "okta.json": "okta",
}
"""The format of each file."""


def trail(name: str) -> list[Offered]:
    """Return the events that are read from a file."""
    text, format = (FOLDER / name).read_bytes(), format_named(FILES[name])
    read = read_lines if name.endswith(".ndjson") else read_document
    return read(text, format, "demo")
