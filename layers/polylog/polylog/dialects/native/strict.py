"""Parameters that refuse unknown names, because a misspelt `filter` would filter nothing.

They also refuse a name that is given twice, because one of the values would be ignored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Self

from polylog.api.http import Pairs
from polylog.api.params import Params
from polylog.model.errors import InvalidParameter, shown


class StrictParams(Params):
    """The parameters of an endpoint. Any other parameter is an error, and so is a repetition."""

    @classmethod
    def parse(cls, pairs: Pairs, path_values: Mapping[str, str]) -> Self:
        """Read the query's pairs and the path's values. Raises `InvalidParameter`.

        If a name is unknown, the message suggests the nearest one that is known.
        """
        known = [name for name in cls.names() if name not in path_values]
        for name, _ in pairs:
            if name not in known:
                readable = shown(name).encode(errors="replace").decode()
                raise InvalidParameter(readable, _hint(name, known))
        for name, times in Counter(name for name, _ in pairs).items():
            if times > 1:
                raise InvalidParameter(name, "is given twice")
        return super().parse(pairs, path_values)


def _hint(name: str, known: list[str]) -> str:
    if nearest := get_close_matches(name.lower(), known, n=1):
        return f"is not known; did you mean '{nearest[0]}'?"
    return (
        f"is not known; choose from {', '.join(known)}"
        if known
        else "is not known: there are no parameters here"
    )
