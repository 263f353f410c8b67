"""`--explain`: how the service found the answers of a command, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.table import Table
from rich.text import Text

from polylog_cli.client.answers import Alternative, Explanation
from polylog_cli.output.console import console, printable_lines

_SUMS = ("items_read", "items_returned", "requests", "read_units", "tally_reads")


@dataclass(slots=True)
class Explanations:
    """The explanations of all answers; those of the same request are added up."""

    _found: dict[str, Explanation] = field(default_factory=dict)
    _answers: dict[str, int] = field(default_factory=dict)

    def add(self, asked: str, explanation: Explanation) -> None:
        """Add the explanation of the next answer to a request."""
        before = self._found.get(asked)
        if before is not None:
            sums = {name: getattr(before, name) + getattr(explanation, name) for name in _SUMS}
            explanation = explanation.model_copy(update=sums)
        self._found[asked] = explanation
        self._answers[asked] = self._answers.get(asked, 0) + 1

    def print(self) -> None:
        """Print a table with a column for each request, if there are any explanations."""
        if not self._found:
            return
        table = Table("", *self._found, box=None, show_header=len(self._found) > 1)
        columns = [_facts(each, self._answers[asked]) for asked, each in self._found.items()]
        for name in columns[0]:
            table.add_row(name, *(Text(printable_lines(column[name])) for column in columns))
        console.print(table)


def _facts(explanation: Explanation, answers: int) -> dict[str, str]:
    shards = f", {explanation.shards} shards" if explanation.shards > 1 else ""
    return {
        "answers": str(answers),
        "read units": f"{explanation.read_units:g}",
        "index": f"{explanation.index}{shards}" if explanation.index else "none",
        "conditions": "\n".join(explanation.conditions) or "none",
        "residual": explanation.residual or "none",
        "events read": str(explanation.items_read),
        "events returned": str(explanation.items_returned),
        "requests": f"{explanation.requests}, {explanation.tally_reads} of them to the tally",
        "reason": explanation.reason,
        "chosen": _listed(explanation, is_chosen=True),
        "not chosen": _listed(explanation, is_chosen=False),
    }


def _listed(explanation: Explanation, *, is_chosen: bool) -> str:
    listed = [each for each in explanation.alternatives if each.is_chosen == is_chosen]
    return "\n".join(map(_told, listed)) or "none"


def _told(alternative: Alternative) -> str:
    """Return a way to find the answer, with its estimate and the reason for or against it."""
    units = "" if alternative.units is None else f", about {alternative.units:g} units"
    return f"{alternative.name}{units}: {alternative.reason}"
