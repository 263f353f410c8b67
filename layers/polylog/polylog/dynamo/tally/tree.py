"""The rows of a tally as a tree, in the versions that belong to one head."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.levels import ROOT, parent_of, path_to
from polylog.model.errors import TooBroad

# A row takes a client about 20 KB to read, and some milliseconds.
_MOST_ROWS: Final = 500

_EMPTY: Final = Bucket()


class StaleRowsError(Exception):
    """Rows were changed between being read: all of them have to be read again."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The buckets below a root, read as they are asked for.

    `rows` holds those that were read before, by name, in whatever version; `fetch` reads others.
    Every method raises `StaleRowsError` when the rows do not belong together.
    """

    root: Bucket
    rows: dict[str, Bucket]
    fetch: Callable[[Sequence[str]], Mapping[str, Bucket]]

    def bucket(self, name: str) -> Bucket:
        """Return a bucket in the version that its parent states; an empty one if it states none."""
        if name == ROOT:
            return self.root
        parent = self.bucket(parent_of(name))
        if name not in parent.versions:
            return _EMPTY
        known = self._known(name, parent)
        if known is None:
            self._fetch([name])
            known = self._known(name, parent)
        if known is None:
            raise StaleRowsError(name)
        return known

    def prefetch(self, *minutes: str) -> None:
        """Fetch at once what lies below the last rows that are known on the way to each minute."""
        self._fetch([name for minute in minutes for name in self._unknown(minute)])

    def fetch_all(self, names: Sequence[str]) -> None:
        """Fetch at once those of one level's buckets that are not known; raises `TooBroad`."""
        if len(names) > _MOST_ROWS:
            raise TooBroad
        parents = {name: self.bucket(parent_of(name)) for name in names}
        self._fetch(
            [
                name
                for name, parent in parents.items()
                if name in parent.versions and not self._known(name, parent)
            ]
        )

    def _known(self, name: str, parent: Bucket) -> Bucket | None:
        """Return the row that is known in the version its parent states.

        Looked up once: other threads may put another version in its place at any moment.
        """
        row = self.rows.get(name)
        return row if row is not None and row.version == parent.versions.get(name) else None

    def _fetch(self, names: Sequence[str]) -> None:
        if names:
            self.rows.update(self.fetch(sorted(set(names))))

    def _unknown(self, minute: str) -> Sequence[str]:
        path, parent = path_to(minute), self.root
        for depth, name in enumerate(path[1:], start=1):
            if name not in parent.versions:
                return ()
            known = self._known(name, parent)
            if known is None:
                return path[depth:]
            parent = known
        return ()
