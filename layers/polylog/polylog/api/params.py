"""The parameters of an endpoint, declared: wire names, types, limits, and what they filter by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, get_origin

from pydantic import BaseModel, ConfigDict

from polylog.api.http import Pairs
from polylog.model.errors import InvalidParameter, validated
from polylog.model.filter import Compare, Filter, Op, conjunction

# What the bytes of a query that are not UTF-8 are decoded to.
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Where:
    """The mark that makes a parameter a condition on a field of the event."""

    field: str
    op: Op


class Params(BaseModel):
    """The parameters of an endpoint: wire names as aliases, wire types, wire limits.

    The first refused field, in the order of declaration, is the error that the client sees.
    Parameters that are not declared are ignored; a plain one given twice counts the last time.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def parse(cls, pairs: Pairs, path_values: Mapping[str, str]) -> Self:
        """Read query pairs and values of the path; raises `InvalidParameter`."""
        values: dict[str, object] = {}
        for attribute, info in cls.model_fields.items():
            name = info.alias or attribute
            given = tuple(value for key, value in pairs if key == name)
            if any(map(_SURROGATES.search, given)):
                raise InvalidParameter(name, "is not valid UTF-8")
            if given:
                values[name] = given if get_origin(info.annotation) is tuple else given[-1]
        return validated(cls, {**values, **path_values})

    @classmethod
    def names(cls) -> list[str]:
        """Return the wire names, in the order of declaration."""
        return [info.alias or attribute for attribute, info in cls.model_fields.items()]

    @property
    def filter(self) -> Filter:
        """The conjunction of all parameters that are marked as conditions and were given."""
        marks = (
            Compare(mark.field, mark.op, value)
            for name, info in type(self).model_fields.items()
            for mark in info.metadata
            if isinstance(mark, Where) and (value := getattr(self, name)) is not None
        )
        return conjunction(marks)
