"""`field op value` clauses under a grammar that an API declares, parsed to a `Filter`.

The grammar of Cloud Foundry's `q` is such a value: conditions joined by `;`, a doubled `;;` for
one inside a value, the first operator from the left splits, ` IN ` takes a list of values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from polylog.model.errors import UnknownField
from polylog.model.filter import Filter, conjunction


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition as written: a field's wire name, the operator, its values.

    A text without any operator has the operator None and no values.
    """

    name: str
    operator: str | None
    values: tuple[str, ...]


@dataclass(frozen=True)
class ClauseGrammar:
    """The clauses that an API understands.

    `parameter` is the wire name of the parameter that carries them. `fields` says how a clause on
    each wire name becomes a filter; such a function raises `InvalidParameter` for a bad value.
    `operators` are tried in this order at each place; those in `lists` take several values.
    `joiner` is one character, which stands doubled for itself in a value.
    """

    parameter: str
    fields: Mapping[str, Callable[[Clause], Filter]]
    operators: tuple[str, ...]
    lists: frozenset[str]
    joiner: str = ";"
    list_separator: str = ","

    def parse(self, text: str) -> Filter:
        """Return the conjunction of all clauses; raises `InvalidParameter`, `UnknownField`."""
        return conjunction(self._filter(self._clause(part)) for part in self._split(text))

    def _split(self, text: str) -> list[str]:
        joiner = re.escape(self.joiner)
        parts = re.findall(rf"((?:{joiner}{joiner}|[^{joiner}])*)(?:{joiner}|$)", text)
        return [part.replace(self.joiner * 2, self.joiner) for part in without_end(parts)]

    def _clause(self, text: str) -> Clause:
        any_operator = "|".join(map(re.escape, self.operators))
        found = re.search(any_operator, text)
        if not found:
            return Clause(text, None, ())
        value = text[found.end() :]
        values = [value]
        if found[0] in self.lists:
            values = without_end(value.split(self.list_separator))
        return Clause(text[: found.start()], found[0], tuple(values))

    def _filter(self, clause: Clause) -> Filter:
        if clause.name not in self.fields:
            raise UnknownField(self.parameter, clause.name)
        return self.fields[clause.name](clause)


def without_end(parts: list[str]) -> list[str]:
    """Return the parts without the empty ones at the end, which separators there leave behind."""
    while parts and not parts[-1]:
        parts.pop()
    return parts
