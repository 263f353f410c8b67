"""Find phrases that we do not want to use, in the guides and in the sources: `make prose`.

It runs the checks of proselint on the guides. It looks for the phrases of `docs/style/banned.txt`
in the guides, and in docstrings, comments and messages. In the guides, it does not look at code,
addresses, comments and the tables that benchmarks write.
"""

from __future__ import annotations

import io
import re
import sys
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from proselint import checks  # type: ignore[import-untyped]  # has none
from proselint.config import DEFAULT  # type: ignore[import-untyped]  # has none
from proselint.registry import CheckRegistry  # type: ignore[import-untyped]  # has none
from proselint.tools import LintFile  # type: ignore[import-untyped]  # has none

from tools import ROOT

PAGES: Final = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")})

_SOURCES: Final = (
    *(f"{folder}/**/*.py" for folder in ("layers", "cli", "functions", "tools", "bench")),
    *("examples/**/*.py", "tests/**/*.py"),
    *(f"console/{place}/**/*.{kind}" for place in ("src", "test") for kind in ("ts", "tsx", "css")),
    "layers/polylog/polylog/**/*.json",
    *("Makefile", "pyproject.toml", "samconfig.toml", "template.yaml"),
)
SOURCES: Final = sorted(
    {path for pattern in _SOURCES for path in ROOT.glob(pattern) if ".d." not in path.name}
)

_PROSE_TOKENS: Final = {"COMMENT", "STRING", "FSTRING_MIDDLE"}

_NOT_PROSE: Final = re.compile(
    r"^```.*?^```$|<!-- (?:begin: )?([^\n]+?) -->\n.*?<!-- (?:end: |/)\1 -->|<!--.*?-->"
    r"|`[^`]+`|\]\([^)\s]*\)|https?://\S+",
    re.MULTILINE | re.DOTALL,
)
# This check demands typographic quotes and dashes.
_CONFIG: Final = {**DEFAULT, "checks": {"typography.symbols": False, **DEFAULT["checks"]}}


def faults(text: str, banned: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Yield the faults of a page: the number of the line, from 1, and a sentence.

    `banned` has what to write instead of each phrase.

    >>> list(faults("Log on here.", {"log on": "sign in"}))
    [(1, "'log on': write sign in")]
    """
    prose = _NOT_PROSE.sub(lambda found: re.sub(r"[^\n]", "·", found[0]), text)
    # proselint calls a word repeated if it ends a paragraph and begins the next one.
    for found in LintFile("page", re.sub(r"\n(?=\n)", " ·\n", prose)).lint(_CONFIG):
        yield found.pos[0], found.check_result.message
    yield from phrase_faults(prose, banned)


def phrase_faults(prose: str, banned: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Yield where a text has a banned phrase: a line, from 1, and a sentence."""
    words = re.compile(rf"\b(?:{'|'.join(banned)})\b".replace(" ", r"\s+"), re.IGNORECASE)
    for match in words.finditer(prose):
        phrase = " ".join(match[0].lower().split())
        yield prose.count("\n", 0, match.start()) + 1, f"'{phrase}': write {banned[phrase]}"


def said_in(path: Path, source: str) -> str:
    """Return what a source says to people, each line where it was; in Python no names and signs."""
    if path.suffix == ".py":
        source = "\n".join(_said(source))
    source = re.sub("`[^`\n]+`", "·", source)
    return re.sub(r"^\s*(?:#:?|//+|/?\*+)(?= )", " ", source, flags=re.MULTILINE)


def _said(source: str) -> Iterator[str]:
    """Return the docstrings, comments and strings of words of a Python source, by its lines."""
    lines = [["·"] for _ in source.splitlines()]
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if tokenize.tok_name[token.type] in _PROSE_TOKENS and " " in token.string:
            for number, text in enumerate(token.string.split("\n"), token.start[0] - 1):
                lines[number].append(text)
    return (" ".join(line if len(line) == 1 else line[1:]) for line in lines)


def phrases() -> dict[str, str]:
    """Return the banned phrases, each with what to write instead."""
    lines = (ROOT / "docs" / "style" / "banned.txt").read_text("utf-8").splitlines()
    return dict(line.split(" -> ", 1) for line in lines if line and not line.startswith("#"))


def main() -> int:
    """Print the faults of all pages and sources; return 1 if there are any."""
    CheckRegistry().register_many(checks.__register__)
    banned = phrases()
    found = [(path, *each) for path in PAGES for each in faults(path.read_text("utf-8"), banned)]
    for path in SOURCES:
        said = said_in(path, path.read_text("utf-8"))
        found += [(path, *each) for each in phrase_faults(said, banned)]
    for path, line, fault in sorted(found):
        print(f"{path.relative_to(ROOT)}:{line}: {fault}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
