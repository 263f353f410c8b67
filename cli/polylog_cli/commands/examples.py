"""The examples at the end of the help of each command."""

from __future__ import annotations

from typing import Final

from polylog_cli.output.console import MARKUP

EXAMPLES: Final = {
    "": (
        "polylog run",
        "polylog load events.json",
        "polylog query 'type = app.crash' --since 30d",
        "polylog groups --by actor.name --limit 10",
        "polylog help filters",
    ),
    "run": (
        "polylog run",
        "polylog run --port 9000 --no-sample",
        "polylog run --memory --parameter RetentionDays=30",
    ),
    "deploy": (
        "polylog deploy",
        "polylog deploy --env prod RetentionDays=365",
        "polylog deploy --region eu-central-1 -- --profile work",
    ),
    "load": (
        "polylog load events.ndjson",
        "polylog load --dry-run audit.json.gz",
        "polylog load --format cloudtrail trails/",
    ),
    "query": (
        "polylog query 'type = app.crash' --since 30d",
        "polylog query 'actor.name : ada AND target.name = storefront' --limit 20",
        "polylog query --json -- '-actor.name : bot'",
    ),
    "tail": (
        "polylog tail",
        "polylog tail 'severity = error' --json",
    ),
    "export": (
        "polylog export --since 2026-11-01 -o events.ndjson",
        "polylog export 'type = app.crash' --csv -o crashes.csv",
    ),
    "count": (
        "polylog count --since yesterday",
        "polylog count 'type = app.crash' --json",
    ),
    "groups": (
        "polylog groups",
        "polylog groups --by actor.name --limit 10",
        "polylog groups 'type = app.crash' --by target.name --since 30d",
    ),
    "histogram": (
        "polylog histogram --since 30d",
        "polylog histogram 'type = app.crash' --interval hour --since 2d",
    ),
    "verify": (
        "polylog verify --scope demo",
        "polylog verify --scope demo --repair --stack polylog",
    ),
    "compact": ("polylog compact --scope demo",),
    "reindex": ("polylog reindex --scope demo --stack polylog",),
    "restamp": ("polylog restamp --scope demo --stack polylog",),
    "keys create": (
        "polylog keys create --scope demo",
        "polylog keys create --scope demo --permissions read,write --expires 30d",
        "polylog keys create --scope demo --project p-1 --stack polylog",
    ),
    "keys list": ("polylog keys list --scope demo",),
    "keys revoke": ("polylog keys revoke KEY_ID",),
    "dlq list": ("polylog dlq list --stack polylog",),
    "dlq redrive": (
        "polylog dlq redrive --stack polylog",
        "polylog dlq redrive MESSAGE_ID --stack polylog",
    ),
    "help": (
        "polylog help filters",
        "polylog help times",
        "polylog help keys create",
    ),
}
"""What you can type, by the name of the command; the empty name is `polylog` itself."""


def examples(name: str) -> str | None:
    """Return the end of the help of a command; None if it has no examples."""
    if name not in EXAMPLES:
        return None
    lines = "\n".join(["Examples:", *(f"  {line}" for line in EXAMPLES[name])])
    # Where help is printed plainly, this mark keeps the lines apart.
    return f"\n{lines}" if MARKUP else f"\b\n{lines}"
