"""Page tokens: every token that was not given out is refused."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polylog.api.page_tokens import Tokens
from polylog.model.errors import InvalidParameter
from polylog.model.query import Position, Window
from polylog.model.times import EARLIEST, LATEST

LIST = ("demo", 'type = "a"', "desc")
TOKENS = Tokens(b"secret", LIST)
PLACE = Position(1_772_366_400_000_000, 4711)


@given(st.integers(EARLIEST, LATEST), st.integers(0, 2**53 - 1), st.integers(0, 2**32 - 1))
def test_a_token_leads_back_to_its_place(time: int, seq: int, skip: int) -> None:
    place = Position(time, seq)
    assert TOKENS.read(TOKENS.write(place, skip), 10) == Window(10, skip, place)


def test_every_changed_byte_is_refused() -> None:
    raw = base64.urlsafe_b64decode(TOKENS.write(PLACE, 0))
    for place in range(len(raw)):
        for bit in range(8):
            changed = bytearray(raw)
            changed[place] ^= 1 << bit
            with pytest.raises(InvalidParameter, match="page_token was cut or changed"):
                TOKENS.read(base64.urlsafe_b64encode(changed).decode(), 10)


def test_every_changed_character_is_refused() -> None:
    token = TOKENS.write(PLACE, 0)
    for place in range(len(token)):
        for other in "A_b9-":
            changed = token[:place] + other + token[place + 1 :]
            if changed != token:
                with pytest.raises(InvalidParameter):
                    TOKENS.read(changed, 10)


def test_every_cut_one_is_refused() -> None:
    token = TOKENS.write(PLACE, 0)
    for length in range(len(token)):
        with pytest.raises(InvalidParameter):
            TOKENS.read(token[:length], 10)


@pytest.mark.parametrize("text", ["next", "====", "é", "a b", "A" * 10_000])
def test_no_other_text_is_a_token(text: str) -> None:
    with pytest.raises(InvalidParameter, match=r"^page_token "):
        TOKENS.read(text, 10)


@pytest.mark.parametrize("place", range(3))
def test_a_token_is_valid_only_for_its_own_list(place: int) -> None:
    other = tuple("else" if n == place else part for n, part in enumerate(LIST))
    with pytest.raises(InvalidParameter, match="another filter, order or key"):
        Tokens(b"secret", other).read(TOKENS.write(PLACE, 0), 10)


def test_nobody_else_can_make_one() -> None:
    with pytest.raises(InvalidParameter, match="is of another log"):
        TOKENS.read(Tokens(b"guess", LIST).write(PLACE, 0), 10)


def test_an_error_names_the_parameter_of_the_api() -> None:
    with pytest.raises(InvalidParameter, match=r"^NextToken is not a token of this API$"):
        Tokens(b"secret", LIST, "NextToken").read("a b", 10)
