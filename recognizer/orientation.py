"""Which way up a picture is: a camera that looks straight down may take a sheet's side for its top.

Both networks know digits upright, so what a picture on its side seems to say is in doubt, or it stands as single digits above
one another. Such a picture is read the other ways up as well, and the surest text is kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recognizer.combine import is_doubtful, is_more_than_lines
from recognizer.tilt import lie_on_side
from recognizer.types import Component, Reading

ON_SIDE, UPSIDE_DOWN = (1, -1), 2
"""Quarter turns counterclockwise that set a picture upright."""
_FEW_READ = 0.5
"""A doubtful text of no more digits than this share of the strokes may be of another way up."""
_RATHER_ON_SIDE = 0.8
"""A sure text gives way to a longer one that is more probable than this: a 0 is a 0 on its side, what is beside it no digit."""
_BETTER_ON_SIDE, _LEAST_ON_SIDE = 0.05, 0.5
"""A doubtful text gives way to one that is more probable by so much, and than so much ..."""
_BETTER_UPSIDE_DOWN, _LEAST_UPSIDE_DOWN = 0.3, 0.8
"""... or by and than so much for one upside down, since many a number can be read so (6600, 1961), ..."""
_LOST, _LOST_PAGE, _FEW_LINES, _LOST_LINE = 0.6, 0.25, 2, 0.76
"""... which is tried only where a text of so few lines, or of more, is less probable than this, and each line of a long page on
average: it takes time."""
_IN_A_LINE = 2
"""A page that is more probable, and has so many digits in a line on average, stands upright: a table's digits stand above one
another."""
_MOST_STROKES = 300
"""What has more is a texture or a page that has been set upright: to read it again takes seconds."""
_PAIR_RATHER_THAN_NONE, _RATHER_THAN_NONE = 0.8, 0.7
"""Two digits, or more, take the place of no text at all if they are more probable than this."""
_LARGE = 0.5
"""Nor are there as many marks of at least this share of their height: letters on their side pass for 7s and 0s."""
_TIMES_AS_MANY, _MORE, _A_LINE, _RATHER_THAN_FEW = 2, 4, 3, 0.3
"""Chance hardly makes a text of so many times the other's digits and so many more, so many in a line: this is enough for it."""

WORTHWHILE = 0.4
"""What another way up gives at a first reading is tried in full if it is better, or more probable than this."""


def other_ways_up(reading: Reading, strokes: Sequence[Component], upside_down: bool = True) -> list[int]:
    """The quarter turns after which a picture may be read better.

    Args:
        reading: of the picture as it is.
        strokes: what may be digits in it.
        upside_down: whether it may stand upside down.

    Returns:
        Quarter turns counterclockwise; none for a reading that is fine.
    """
    if not 0 < len(strokes) <= _MOST_STROKES:
        return []
    alone = len(strokes) == 1  # the ink of joined digits, perhaps
    lines, digits = len(reading.lines), _digits_of(reading)
    misses_many = digits <= _FEW_READ * len(strokes)
    is_page = lines > _FEW_LINES and digits >= _IN_A_LINE * lines and reading.confidence >= _LOST_LINE**lines
    stacked = not alone and not is_page and lie_on_side(strokes)
    ways: list[int] = []
    if stacked or (is_doubtful(reading) and (alone or misses_many)):
        ways += ON_SIDE
    if upside_down and reading.confidence < (_LOST if lines <= _FEW_LINES else min(_LOST_PAGE, _LOST_LINE**lines)):
        ways.append(UPSIDE_DOWN)
    return ways


def is_rather(first: Reading, turned: Reading, quarters: int) -> bool:
    """Whether a picture was rather meant the way up that it was turned to.

    Args:
        first: the reading of the picture as it was.
        turned: of the picture turned.
        quarters: by how many quarters it was turned counterclockwise.
    """
    digits = _digits_of(turned)
    # A row on its side looks like a column of single digits; 1s are lines, which a drawing has in any direction.
    if len(turned.lines) > digits / 2 or not is_more_than_lines(turned):
        return False
    if not first.text and _large_marks_of(turned) >= digits:
        return False
    return turned.confidence > _least(first, digits, len(turned.lines), quarters == UPSIDE_DOWN)


def _least(first: Reading, digits: int, lines: int, is_upside_down: bool) -> float:
    """How probable a text of so many digits and lines must at least be, to be kept rather than the first."""
    digits_before = _digits_of(first)
    if not is_upside_down and digits >= max(_TIMES_AS_MANY * digits_before + _MORE, _A_LINE * lines):
        return _RATHER_THAN_FEW
    if not first.text:
        return _PAIR_RATHER_THAN_NONE if digits == 2 else _RATHER_THAN_NONE
    if not is_doubtful(first):
        return _RATHER_ON_SIDE if digits > digits_before else 1.0
    if is_upside_down:
        return max(first.confidence + _BETTER_UPSIDE_DOWN, _LEAST_UPSIDE_DOWN)
    return max(first.confidence + _BETTER_ON_SIDE, _LEAST_ON_SIDE)


def _large_marks_of(reading: Reading) -> int:
    """Number of marks about as large as the digits, whichever way up."""
    height = np.median([max(digit.box[2:]) for digit in reading.digits])
    return sum(max(mark.box[2:]) >= _LARGE * height for mark in reading.marks)


def _digits_of(reading: Reading) -> int:
    return sum(map(len, reading.lines))
