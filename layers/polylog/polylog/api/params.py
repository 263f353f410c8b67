"""The parameters of an endpoint: their wire names, types, limits, and the fields they filter by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, get_origin

from pydantic import BaseModel, ConfigDict

from polylog.api.http import Pairs
from polylog.model.errors import InvalidParameter, validated
from polylog.model.filter import Compare, Filter, Op, Value, conjunction, disjunction

# The gateway's adapter decodes bytes of a query that are not UTF-8 to surrogates.
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Where:
    """A mark that makes a parameter a condition: `Annotated[str, Where("type", Op.EQ)]`.

    If the parameter is a list, an event must meet one of its values; with `NE`, all of them.

    >>> str(Where("type", Op.EQ).demand(("login", "logout")))
    'type = "login" OR type = "logout"'
    """

    field: str
    op: Op

    def demand(self, given: Value | tuple[Value, ...]) -> Filter:
        """Return the condition for the parameter's value, or values."""
        if not isinstance(given, tuple):
            return self.compare(given)
        joined = conjunction if self.op is Op.NE else disjunction
        return joined(map(self.compare, given))

    def compare(self, value: Value) -> Filter:
        """Return the condition for one value; a subclass may have its own rule."""
        return Compare(self.field, self.op, value)


class Params(BaseModel):
    """The parameters of an endpoint; wire names are aliases.

    With this declaration, `?user=ada` becomes the filter `actor.name = "ada"`::

        class LoginParams(Params):
            user: Annotated[str | None, Where("actor.name", Op.EQ)] = None

    The client sees the error of the first refused field, in the order of declaration. Unknown
    parameters are ignored. If a parameter is given twice, the last value counts, unless the field
    is a tuple, which takes all values.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def parse(cls, pairs: Pairs, path_values: Mapping[str, str]) -> Self:
        """Read the query's pairs and the path's values; raises `InvalidParameter`."""
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
        """The filter that joins the conditions of all parameters that were given."""
        marks = (
            mark.demand(value)
            for name, info in type(self).model_fields.items()
            for mark in info.metadata
            if isinstance(mark, Where) and (value := getattr(self, name)) is not None
        )
        return conjunction(marks)
