"""Hooks of MkDocs: they make the README the first page, and adapt the links of the guides.

In the repository, guides link to each other, to the README and to source code by relative paths. On
the site, a link to source code leads to `repo_url`. Without that address, only its text remains.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from tools import ROOT

DOCS: Final = ROOT / "docs"
README: Final = ROOT / "README.md"

_PICTURE: Final = re.compile(r'(<img src=")docs/')
_LINK: Final = re.compile(r"\[([^\]]*)\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the README as the first page."""
    files.append(File.generated(config, "index.md", abs_src_path=str(README)))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Return the text of a page with links that work on the site."""
    source = README if page.file.src_uri == "index.md" else DOCS / page.file.src_uri
    return linked(markdown, source, config.repo_url)


def linked(markdown: str, source: Path, repo_url: str | None = None) -> str:
    """Return the text of a guide with links that work on the site."""
    start = DOCS if source == README else source.parent

    def replaced(found: re.Match[str]) -> str:
        text, file, anchor = found[1], source.parent / found[2], found[3] or ""
        target = Path(os.path.normpath(file))
        if target == README:
            target = DOCS / "index.md"
        elif not (target.is_file() and target.is_relative_to(DOCS)):
            place = target.relative_to(ROOT).as_posix()
            return f"[{text}]({repo_url.rstrip('/')}/blob/main/{place})" if repo_url else text
        return f"[{text}]({Path(os.path.relpath(target, start)).as_posix()}{anchor})"

    return _LINK.sub(replaced, _PICTURE.sub(r"\1", markdown))
