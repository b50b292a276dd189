"""Correcting a number by hand: plain text in, plain text out."""

from __future__ import annotations

from recognizer.types import Reading


def clean_number(text: str) -> str:
    """What a person typed, reduced to what a number may hold: digits 0 to 9 and line breaks; no line is empty.

    Digits of other scripts are digits too: "２" becomes "2".
    """
    lines = ("".join(str(int(c)) for c in line if c.isdecimal()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def has_shape_of(text: str, reading: Reading) -> bool:
    """Whether a number has as many digits in each line as the reading, so that each stands for one found digit."""
    return [len(line) for line in text.split("\n")] == [len(line) for line in reading.lines]


def replace_digit(text: str, index: int, label: str) -> str:
    """The number with its digit `index`, counted from 0 over all lines, replaced."""
    places = [place for place, character in enumerate(text) if character.isdecimal()]
    place = places[index]
    return text[:place] + label + text[place + 1 :]
