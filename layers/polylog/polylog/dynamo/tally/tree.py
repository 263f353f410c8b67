"""A tree has the rows of a tally in the versions that belong to one head."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from polylog.dynamo.tally.bucket import Bucket
from polylog.dynamo.tally.levels import ROOT, parent_of, path_to
from polylog.model.errors import TooBroad

_MOST_ROWS: Final = 2000
"""How many rows of a level one answer may read: the days of five years, each a few KB."""

_EMPTY: Final = Bucket()


class StaleRowsError(Exception):
    """Rows were changed while they were read, so all must be read again."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The buckets below a root, which it reads when you ask for them.

    `rows` holds the buckets that were read before, by name, in any version; `fetch` reads others.
    Every method raises `StaleRowsError` if the rows do not belong together.
    """

    root: Bucket
    rows: dict[str, Bucket]
    fetch: Callable[[Sequence[str]], Mapping[str, Bucket]]

    def bucket(self, name: str) -> Bucket:
        """Return a bucket in the version that its parent states; an empty one if it has no row."""
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
        """Fetch all unknown rows on the way to each of these minutes, in one request."""
        self._fetch([name for minute in minutes for name in self._unknown(minute)])

    def fetch_all(self, names: Sequence[str]) -> None:
        """Fetch those of some buckets of one level that are unknown; raises `TooBroad`.

        One request reads up to 100 of them.
        """
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
        """Return a row if it is known in the version that its parent states.

        It is looked up only once, since other threads may replace it at any moment.
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
