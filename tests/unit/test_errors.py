"""Errors: the tree as it is drawn, and the sentences about what pydantic refused."""

from __future__ import annotations

import re
from typing import Annotated

import pytest
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from polylog.model import errors
from polylog.model.errors import ApiError, InvalidParameter
from polylog.model.query import Order


def must_be_even(value: object) -> object:
    raise ValueError(f"must be even but was '{value}'")


def without_must(value: object) -> object:
    raise ValueError("Odd numbers are odd")


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, StringConstraints(min_length=1, max_length=3)] = "x"


class Model(BaseModel):
    count: Annotated[int, Field(alias="the-count", ge=1, le=9)] = 1
    order: Order = Order.ASCENDING
    names: tuple[str, ...] = ()
    extra: dict[str, str] = {}
    inner: Inner = Inner()
    even: Annotated[int, BeforeValidator(must_be_even)] = 2
    odd: Annotated[int, BeforeValidator(without_must)] = 1
    last: str = ""


def is_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, ApiError)


def refusal(document: object) -> tuple[str, str]:
    with pytest.raises(ValidationError) as raised:
        Model.model_validate(document)
    error = InvalidParameter.of(raised.value)
    return error.parameter, error.reason


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"the-count": 0}, ("the-count", "must be >= 1")),
        ({"the-count": 10}, ("the-count", "must be <= 9")),
        ({"the-count": "ten"}, ("the-count", "must be an integer but was 'ten'")),
        ({"the-count": "{le} %s"}, ("the-count", "must be an integer but was '{le} %s'")),
        ({"order": "up"}, ("order", "must be 'asc' or 'desc' but was 'up'")),
        ({"names": ["a", 5]}, ("names", "must be a string")),
        ({"extra": []}, ("extra", "must be an object")),
        ({"inner": 5}, ("inner", "must be an object")),
        ({"inner": {"name": ""}}, ("inner.name", "must not be empty")),
        ({"inner": {"name": "long"}}, ("inner.name", "must have at most 3 characters")),
        ({"inner": {"colour": "red"}}, ("inner.colour", "is not known")),
        ({"even": 3}, ("even", "must be even but was '3'")),
        ({"odd": 2}, ("odd", "odd numbers are odd")),
        (5, ("event", "must be an object")),
        ({"last": 1, "order": "up"}, ("order", "must be 'asc' or 'desc' but was 'up'")),
    ],
)
def test_the_first_refusal_becomes_a_name_and_a_reason(
    document: object, expected: tuple[str, str]
) -> None:
    assert refusal(document) == expected


def test_only_the_beginning_of_a_long_value_is_repeated() -> None:
    _, reason = refusal({"the-count": "x" * 1000})
    assert reason == f"must be an integer but was '{'x' * 100}'"


class Unreadable:
    """A value that must not be made a text: it may be as long as a whole body."""

    def __str__(self) -> str:
        raise AssertionError


def test_a_value_that_is_not_repeated_is_not_made_a_text() -> None:
    assert refusal({"last": Unreadable()}) == ("last", "must be a string")


def test_an_error_reads_as_a_sentence() -> None:
    assert str(InvalidParameter("page", "must be >= 1")) == "page must be >= 1"


def test_the_tree_is_drawn_as_it_is() -> None:
    drawn = re.findall(r"^    ([│├└─ ]*)(\w+)", errors.__doc__, re.MULTILINE)
    leaves = [value for value in vars(errors).values() if is_error(value)]
    root = len(ApiError.mro())
    assert {name: len(branch) // 4 for branch, name in drawn} == {
        leaf.__name__: len(leaf.mro()) - root for leaf in leaves
    }


def test_very_many_faults_are_not_named_one_by_one() -> None:
    faults = {f"m{n}": 1 for n in range(errors._MOST_FAULTS + 1)}
    with pytest.raises(InvalidParameter, match=r"^event has 101 faults, too many to name$"):
        errors.validated(Inner, faults)
    with pytest.raises(InvalidParameter, match=r"^m0 is not known$") as raised:
        errors.validated(Inner, dict(list(faults.items())[:-1]))
    assert len(raised.value.others) == errors._MOST_NAMED - 1
