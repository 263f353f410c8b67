"""Find phrases in the guides that we do not want to use: `make prose`.

It runs the checks of proselint, and looks for the phrases of `docs/style/banned.txt`. It does not
look at code, addresses, comments and the tables that benchmarks write.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from typing import Final

from proselint import checks  # type: ignore[import-untyped]  # has none
from proselint.config import DEFAULT  # type: ignore[import-untyped]  # has none
from proselint.registry import CheckRegistry  # type: ignore[import-untyped]  # has none
from proselint.tools import LintFile  # type: ignore[import-untyped]  # has none

from tools import ROOT

PAGES: Final = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")})

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

    >>> list(faults("Read this anew.", {"anew": "again"}))
    [(1, "'anew': write again")]
    """
    prose = _NOT_PROSE.sub(lambda found: re.sub(r"[^\n]", "·", found[0]), text)
    # proselint calls a word repeated if it ends a paragraph and begins the next one.
    for found in LintFile("page", re.sub(r"\n(?=\n)", " ·\n", prose)).lint(_CONFIG):
        yield found.pos[0], found.check_result.message
    for phrase, instead in banned.items():
        words = re.compile(rf"\b{phrase}\b".replace(" ", r"\s+"), re.IGNORECASE)
        for match in words.finditer(prose):
            yield prose.count("\n", 0, match.start()) + 1, f"'{phrase}': write {instead}"


def phrases() -> dict[str, str]:
    """Return the banned phrases, each with what to write instead."""
    lines = (ROOT / "docs" / "style" / "banned.txt").read_text("utf-8").splitlines()
    return dict(line.split(" -> ", 1) for line in lines if line and not line.startswith("#"))


def main() -> int:
    """Print the faults of all pages; return 1 if there are any."""
    CheckRegistry().register_many(checks.__register__)
    pages = {page.relative_to(ROOT): page.read_text("utf-8") for page in PAGES}
    found = [(page, *each) for page, text in pages.items() for each in faults(text, phrases())]
    print(*(f"{page}:{line}: {said}" for page, line, said in sorted(found)), sep="\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
