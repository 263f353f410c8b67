"""Columns store the entries of many events together: one column for each member.

A column is a JSON value:

* ``null`` if no event has the member.
* ``[value]`` if all events have the same value.
* ``[[the values], "codes"]`` if there are few different values. One character for each event says
  which value it has: ``[["a", "b"], "##$#"]`` stands for a, a, b, a.
* Otherwise, a list with the value of each event.

Numbers of arrival and times are lists of differences: each says how much larger a value is than
the one before.

Columns are stored in groups, and each group is compressed by itself. So a question reads and
unpacks only the groups that it needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any, Final, NamedTuple

from polylog.dynamo.packing import pack, unpack
from polylog.dynamo.tally.entry import MEMBERS, Entry

# Stored rows rely on these names, and on the order of the columns in each group.
_GROUPS: Final[Mapping[str, Sequence[str]]] = {
    "places": ("seq", "time", "kind", "stated"),
    "ids": ("id",),
    "texts": ("message",),
    "who": ("source", *(name for name in MEMBERS if name != "message")),
}

_GROUP_OF: Final = {name: group for group, names in _GROUPS.items() for name in names}

_RISING: Final = ("seq", "time")

_FIRST_CODE: Final = ord("#")
_MOST_VALUES: Final = ord("~") - _FIRST_CODE
"""How many different values one character can tell apart."""

_DIGITS: Final = bytes.maketrans(b"\0\1", b"01")
"""Turns truth values, as bytes, into binary digits."""


class Column(NamedTuple):
    """The values of a column: one for each event, or a few and a code for each event."""

    values: Sequence[Any]
    codes: str | None = None
    """A character for each event; None if `values` has a value for each."""

    def each(self) -> Sequence[Any]:
        """Return the value of each event."""
        if self.codes is None:
            return self.values
        return [self.values[ord(code) - _FIRST_CODE] for code in self.codes]

    def at(self, row: int) -> Any:
        """Return the value of one event."""
        return self.values[row if self.codes is None else ord(self.codes[row]) - _FIRST_CODE]

    def marks(self, wanted: Sequence[bool]) -> int:
        """Return the events whose values are wanted, as bits. The first event is the highest bit.

        `wanted` says for each of `values` whether it is wanted.

            >>> bin(Column(["a", "b"], "##$#").marks([True, False]))
            '0b1101'
        """
        if self.codes is None:
            return int(bytes(wanted).translate(_DIGITS) or b"0", 2)
        places = {_FIRST_CODE + code: "01"[each] for code, each in enumerate(wanted)}
        return int(self.codes.translate(places) or "0", 2)

    def pick(self, rows: Sequence[int]) -> Column:
        """Return the column of some events, in the order of `rows`."""
        if self.codes is None:
            return Column(list(map(self.values.__getitem__, rows)))
        return Column(self.values, "".join(map(self.codes.__getitem__, rows)))

    def by_code(self) -> Iterator[tuple[Any, int, int]]:
        """Yield the value of each code with the number of its events, and the row of the last one.

        It yields nothing if `values` has a value for each event.

            >>> list(Column(["a", "b"], "##$#").by_code())
            [('a', 3, 3), ('b', 1, 2)]
        """
        if self.codes is None:
            return
        for code, value in enumerate(self.values, _FIRST_CODE):
            number = self.codes.count(chr(code))
            if number:
                yield value, number, self.codes.rindex(chr(code))


class Columns:
    """The entries of some events as columns.

    The column `stated` marks the events whose members are not known. They have no values in the
    columns of members.
    """

    def __init__(self, number: int, packed: Mapping[str, bytes], found: dict[str, Column]) -> None:
        self.number = number
        self._packed = packed
        self._found = found

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> Columns:
        """Return the columns of some entries, in their order."""
        members = (entry.members or _UNKNOWN for entry in entries)
        by_name: dict[str, Sequence[Any]] = {
            "seq": [entry.seq for entry in entries],
            "time": [entry.time for entry in entries],
            "kind": [entry.kind for entry in entries],
            "stated": [_UNSTATED if each.members is None else "" for each in entries],
            "id": [entry.id for entry in entries],
            "source": [entry.source for entry in entries],
            **dict(zip(MEMBERS, zip(*members, strict=True), strict=False)),
        }
        return cls(len(entries), {}, {name: Column(each) for name, each in by_name.items()})

    def pack(self) -> dict[str, bytes]:
        """Return the columns in compressed groups, by name."""
        packed = {group: pack(document) for group, document in self._documents()}
        return packed | {"ids": _packed_ids(self["id"].each()) or packed["ids"]}

    def pack_whole(self) -> bytes:
        """Return all columns compressed together, for a few events."""
        return pack([self.number, *(document for _, document in self._documents())])

    def _documents(self) -> Iterator[tuple[str, list[Any]]]:
        for group, names in _GROUPS.items():
            yield group, [_written(name, self[name].each()) for name in names if self.number]

    @classmethod
    def unpack(cls, number: int, packed: Mapping[str, bytes]) -> Columns:
        """Return the columns of `number` events from some of their groups."""
        return cls(number, packed, {})

    @classmethod
    def unpack_whole(cls, packed: bytes) -> Columns:
        """Return the columns that `pack_whole` turned into bytes."""
        number, *documents = unpack(packed)
        columns = cls(number, {}, {})
        for group, document in zip(_GROUPS, documents, strict=True):
            columns._take(group, document)
        return columns

    def __getitem__(self, name: str) -> Column:
        if name not in self._found:
            if name in _OF_KIND:
                kinds, part = self["kind"], _OF_KIND[name]
                values = [kind.split(":", 1)[part] for kind in kinds.values]
                self._found[name] = Column(values, kinds.codes)
            else:
                group = _GROUP_OF[name]
                self._take(group, _unpacked(self._packed[group]))
        return self._found[name]

    def _take(self, group: str, document: Iterable[Any]) -> None:
        for name, column in zip(_GROUPS[group], document, strict=False):
            self._found[name] = _read(name, column, self.number)

    @cached_property
    def unknown(self) -> int:
        """The events whose members are not known, as bits."""
        stated = self["stated"]
        return stated.marks([each.startswith(_UNSTATED) for each in stated.values])

    def place(self, row: int) -> Entry:
        """Return where one event is: its entry without source and members."""
        seq, time, kind, id = (self[name].at(row) for name in ("seq", "time", "kind", "id"))
        return Entry(seq, time, kind, id, None)

    def id_of(self, seq: int) -> str:
        """Return the id of the event that has a number."""
        id: str = self["id"].at(self["seq"].values.index(seq))
        return id

    @property
    def size(self) -> int:
        """How many bytes the groups that were read take."""
        return sum(map(len, self._packed.values()))

    def only_places(self) -> Columns:
        """Return the columns that `place` needs, not unpacked, so that many fit into memory."""
        if not self._packed:
            return self
        kept = {group: self._packed[group] for group in ("places", "ids") if group in self._packed}
        return Columns(self.number, kept, {})

    def entries(self) -> Iterator[Entry]:
        """Yield all entries, in their order."""
        rows = zip(*(self[name].each() for name in _IN_ORDER), strict=True) if self.number else ()
        for seq, time, kind, stated, id, source, *members in rows:
            known = None if stated.startswith(_UNSTATED) else tuple(members)
            yield Entry(seq, time, kind, id, source, known)


def groups_of(fields: Iterable[str]) -> frozenset[str]:
    """Return the groups to read for these fields; `places` is always one of them."""
    return frozenset({"places"} | {_GROUP_OF[name] for name in fields if name in _GROUP_OF})


_UNKNOWN: Final = (None,) * len(MEMBERS)

_IN_ORDER: Final = ("seq", "time", "kind", "stated", "id", "source", *MEMBERS)

_UUID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_IDS: Final = b"\0"
"""A group of UUIDs begins with this. Nothing that zlib compresses does."""

_OF_KIND: Final = {"origin": 0, "type": 1}

_UNSTATED: Final = "["
"""How the column `stated` marks an event without members. An earlier version wrote more there."""


def _packed_ids(ids: Sequence[str]) -> bytes | None:
    """Return ids in 16 bytes each, or None if one of them is not a UUID in its usual form."""
    if all(map(_UUID.fullmatch, ids)):
        return _IDS + bytes.fromhex("".join(ids).replace("-", ""))
    return None


def _unpacked(packed: bytes) -> Sequence[Any]:
    if not packed.startswith(_IDS):
        columns: list[Any] = unpack(packed)
        return columns
    return [_Ids(packed[len(_IDS) :])]


class _Ids(Sequence[str]):
    """UUIDs that become text only when they are looked at. Most never are."""

    def __init__(self, packed: bytes) -> None:
        self._digits = packed.hex()

    def __len__(self) -> int:
        return len(self._digits) // 32

    def __getitem__(self, place: Any) -> Any:
        digits = self._digits[32 * place : 32 * (place + 1)]
        if not digits:
            raise IndexError(place)
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        return "-".join(parts)


def _written(name: str, values: Sequence[Any]) -> list[Any] | None:
    if name in _RISING:
        return [values[0], *(after - before for before, after in pairwise(values))]
    different = dict.fromkeys(values)
    if len(different) == 1:
        return None if values[0] is None else [values[0]]
    if len(different) > min(_MOST_VALUES, len(values) // 2):
        return list(values)
    codes = {value: chr(_FIRST_CODE + code) for code, value in enumerate(different)}
    return [list(different), "".join(map(codes.__getitem__, values))]


def _read(name: str, column: list[Any] | None, number: int) -> Column:
    if name in _RISING:
        return Column(list(accumulate(column or ())))
    if column is None or len(column) == 1:
        return Column(column or [None], chr(_FIRST_CODE) * number)
    if isinstance(column[0], list):
        return Column(*column)
    return Column(column)
