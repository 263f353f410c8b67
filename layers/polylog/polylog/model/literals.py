"""How a filter writes text in quotes, patterns like `"a.*"`, and paths like `a."b c".d`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final

_ESCAPE: Final = r"""\\(?:["'\\/*bfnrt]|u[0-9a-fA-F]{4})"""
OPEN_STRING: Final = rf"""(?:"(?:[^"\\]|{_ESCAPE})*|'(?:[^'\\]|{_ESCAPE})*)"""
"""Pattern of a quoted text up to its closing quote, or up to its first invalid character."""

STRING: Final = rf"""(?:"(?:[^"\\]|{_ESCAPE})*"|'(?:[^'\\]|{_ESCAPE})*')"""
"""Pattern of a text in single or double quotes, with JSON's escapes (and `\\'`, `\\*`)."""

_NAME = re.compile(r"[\w-]+")
_STAR = re.compile(r"\\.|\*", re.DOTALL)
_STEP = re.compile(rf"(?:^|\.)({STRING}(?=\.|\Z)|[^.]*)")


def quoted(text: str) -> str:
    """Return the text as a filter writes it: a JSON string, in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def unquoted(string: str) -> str:
    """Return the text that a quoted text stands for."""
    body = re.sub(r"\\.|\"", _in_json, string[1:-1])
    text: str = json.loads(f'"{body}"', strict=False)
    return text


def _in_json(match: re.Match[str]) -> str:
    return {"\\'": "'", "\\*": "*", '"': '\\"'}.get(match[0], match[0])


def quoted_pattern(pieces: Iterable[str]) -> str:
    r"""Return the texts with wildcards between them, in quotes; an asterisk in a text becomes `\*`.

    >>> quoted_pattern(["audit.", ".delete"])
    '"audit.*.delete"'
    """
    escaped = (quoted(piece)[1:-1].replace("*", r"\*") for piece in pieces)
    return f'"{"*".join(escaped)}"'


def unquoted_pattern(string: str) -> tuple[str, ...]:
    """Return the texts around the wildcards of a quoted pattern; one text if it has no wildcard.

    >>> unquoted_pattern('"audit.*.delete"')
    ('audit.', '.delete')
    """
    stars = [star.start() for star in _STAR.finditer(string) if star[0] == "*"]
    ends = zip([0, *stars], [*stars, len(string) - 1], strict=True)
    return tuple(unquoted(f'"{string[before + 1 : end]}"') for before, end in ends)


def names_of(path: str) -> tuple[str, ...]:
    """Return the names of a path; a quoted name may contain dots.

    >>> names_of('labels."app.kubernetes.io/name"')
    ('labels', 'app.kubernetes.io/name')
    """
    steps: list[str] = _STEP.findall(path)
    return tuple(unquoted(name) if re.fullmatch(STRING, name) else name for name in steps)


def path_of(names: Iterable[str]) -> str:
    """Return the path of these names; quotes only the names that need it."""
    return ".".join(name if _NAME.fullmatch(name) else quoted(name) for name in names)
