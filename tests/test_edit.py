"""Correcting a number by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizer.types import Box, Digit, Reading
from recognizer.web.edit import clean_number, has_shape_of, replace_digit


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("2023", "2023"),
        (" 20 23 ", "2023"),
        ("12.05.", "1205"),
        ("365\n\n 88\n", "365\n88"),
        ("365\r\n88", "365\n88"),
        ("３６५", "365"),
        ("x²", ""),
        ("", ""),
    ],
)
def test_only_digits_and_line_breaks_stay(typed, number):
    assert clean_number(typed) == number


@given(st.text())
def test_a_clean_number_stays_as_it_is(typed):
    number = clean_number(typed)
    assert clean_number(number) == number
    assert set(number) <= set("0123456789\n")
    assert not number or all(number.split("\n"))


def test_a_digit_of_any_line_is_replaced():
    assert replace_digit("365\n88", 0, "9") == "965\n88"
    assert replace_digit("365\n88", 3, "9") == "365\n98"
    assert replace_digit("365\n88", 4, "9") == "365\n89"


def test_shape_is_that_of_the_lines():
    lines = tuple(tuple(Digit(label, 1.0, Box(0, 0, 1, 1)) for label in line) for line in ("365", "88"))
    reading = Reading(lines, 1.0, 10, 10)
    assert has_shape_of("111\n22", reading)
    assert not has_shape_of("11\n222", reading)
    assert not has_shape_of("11122", reading)
    assert not has_shape_of("", reading)
