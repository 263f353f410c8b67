r"""The native filter language: Google's AIP-160, as users of Cloud Logging write it.

::

    expression  = sequence {"AND" sequence}
    sequence    = factor {factor}               two side by side also mean AND
    factor      = term {"OR" term}              OR binds tighter than AND
    term        = ["NOT" | "-"] simple
    simple      = restriction | "(" [expression] ")"
    restriction = field operator value | text   a text alone searches several fields
    value       = text | "(" expression ")"     an expression of values, as in Cloud Logging

The empty expression passes every event. AIP-160 leaves some choices open. These are ours:

* A text alone searches the message, and the ids and names of actor and target.
* `:` means "contains", `field:*` means "is present", and an unquoted `null` means "absent".
* `*` stands for any characters, or none, anywhere in a text after `=` and `!=`. In quotes, `\*` is
  an asterisk.
* There are no functions.

The parser has a method for each line above. It reads from a list of tokens that know their columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from polylog.language.comparison import QUOTE, comparison, field_of, operator_of, text_of
from polylog.language.lexer import Kind, Token, tokens_of
from polylog.model.errors import InvalidFilter
from polylog.model.filter import (
    EVERYTHING,
    FIELDS,
    NOTHING,
    And,
    Filter,
    Not,
    Op,
    Or,
    Text,
    disjunction,
)

MAX_LENGTH: Final = 8000
MAX_DEPTH: Final = 20
MAX_CONDITIONS: Final = 200


def parse(text: str) -> Filter:
    """Return the filter that a text means; raises `InvalidFilter`.

    >>> str(parse("type = login actor.name : ada OR bot"))
    'type = "login" AND (actor.name: "ada" OR "bot")'

    A part in parentheses stays a part of its own, so that `str(filter)` parses back to the filter.
    """
    if len(text) > MAX_LENGTH:
        problem = f"a filter has at most {MAX_LENGTH} characters, this one {len(text)}"
        raise InvalidFilter(MAX_LENGTH + 1, problem)
    return _Parser(tokens_of(text)).filter()


def field_named(name: str) -> str:
    """Return the field that a name means, in the spelling that filters use.

    Raises `InvalidFilter` if there is no such field.
    """
    return field_of(Token(Kind.TEXT, name, 1))


_FOREIGN: Final = {
    **dict.fromkeys(("LIKE", "ILIKE", "CONTAINS", "MATCHES", "~"), ": TEXT"),
    "IN": "= (VALUE OR VALUE)",
    "IS": "= VALUE",
}
"""Operators of other languages, and what to write instead."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    """What an expression joins, conditions or the values of one condition, and how to read one."""

    read: Callable[[Token], Filter]
    is_value: bool = False

    def missing(self, token: Token) -> InvalidFilter:
        """Return the error for a token that stands where a leaf must be."""
        wanted = f"there must be a {'value' if self.is_value else 'condition'} here"
        match token.kind:
            case Kind.END:
                return InvalidFilter(token.column, f"{wanted}, but the filter ends")
            case Kind.CLOSE:
                return InvalidFilter(token.column, f"{wanted}, not ')'")
            case _:
                return InvalidFilter(token.column, f"{wanted}, not '{token.text}'; {QUOTE}")


def _incomplete(field: Token, following: Token) -> InvalidFilter:
    """Return the error for a field without an operator, or with one of another language."""
    operator = _FOREIGN.get(following.text.upper())
    if operator:
        problem = f"there is no '{following.text}'; write {field.text} {operator}"
        return InvalidFilter(following.column, problem)
    return InvalidFilter(field.column, f"{field.text} must be compared with a value; {QUOTE}")


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0
        self._conditions = 0

    def filter(self) -> Filter:
        if self._next.kind is Kind.END:
            return EVERYTHING
        whole = self._expression(_Leaf(self._restriction))
        if self._next.kind is Kind.CLOSE:
            raise InvalidFilter(self._next.column, "there is no '(' for this ')'")
        return whole

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _advance(self) -> Token:
        token = self._next
        self._place += 1
        return token

    def _takes(self, kind: Kind) -> bool:
        """Advance if the next token is of this kind, and return whether it was."""
        is_next = self._next.kind is kind
        self._place += is_next
        return is_next

    def _expression(self, leaf: _Leaf) -> Filter:
        factors = [self._factor(leaf)]
        while self._next.kind not in (Kind.CLOSE, Kind.END):
            self._takes(Kind.AND)
            factors.append(self._factor(leaf))
        return factors[0] if len(factors) == 1 else And(tuple(factors))

    def _factor(self, leaf: _Leaf) -> Filter:
        terms = [self._term(leaf)]
        while self._takes(Kind.OR):
            terms.append(self._term(leaf))
        return disjunction(terms)

    def _term(self, leaf: _Leaf) -> Filter:
        if not self._takes(Kind.NOT) and (leaf.is_value or not self._takes_minus()):
            return self._simple(leaf)
        term = self._simple(leaf)
        return NOTHING if term == EVERYTHING else Not(term)

    def _takes_minus(self) -> bool:
        token = self._next
        if token.kind is not Kind.TEXT or not token.text.startswith("-"):
            return False
        if token.text != "-":
            rest = replace(token, text=token.text[1:], column=token.column + 1)
            self._tokens[self._place] = rest
        elif self._tokens[self._place + 1].opens_right_after(token):
            self._place += 1
        else:
            problem = f"'-' must stand right before what it negates; {QUOTE}"
            raise InvalidFilter(token.column, problem)
        return True

    def _simple(self, leaf: _Leaf) -> Filter:
        if self._next.kind is Kind.OPEN:
            return self._group(leaf)
        token = self._advance()
        if token.kind is not Kind.TEXT:
            raise leaf.missing(token)
        if self._next.opens_right_after(token):
            raise InvalidFilter(token.column, "there are no functions; a blank must precede '('")
        return leaf.read(token)

    def _group(self, leaf: _Leaf) -> Filter:
        opening = self._advance()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise InvalidFilter(opening.column, f"parentheses nest at most {MAX_DEPTH} deep")
        is_empty = self._next.kind is Kind.CLOSE and not leaf.is_value
        inner = EVERYTHING if is_empty else self._expression(leaf)
        if not self._takes(Kind.CLOSE):
            problem = f"there must be a ')' for the '(' at column {opening.column}"
            raise InvalidFilter(self._next.column, problem)
        self._depth -= 1
        return inner

    def _restriction(self, token: Token) -> Filter:
        if token.text.startswith("-"):
            raise InvalidFilter(token.column, "put parentheses around what you negate twice")
        if self._next.kind is not Kind.OPERATOR:
            if token.text in FIELDS:
                raise _incomplete(token, self._next)
            return self._counted(token, Text(text_of(token)))
        field = field_of(token)
        operator = self._advance()
        op = operator_of(operator, field)
        condition = self._simple(
            _Leaf(lambda value: self._counted(value, comparison(field, op, value)), is_value=True)
        )
        if op is Op.NE and isinstance(condition, Or):
            problem = (
                f"this holds for every event; to exclude several values, write NOT {field} = (…)"
            )
            raise InvalidFilter(operator.column, problem)
        return condition

    def _counted(self, token: Token, condition: Filter) -> Filter:
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            problem = f"a filter has at most {MAX_CONDITIONS} conditions"
            raise InvalidFilter(token.column, problem)
        return condition
