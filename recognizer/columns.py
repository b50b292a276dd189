"""The columns of a table: numbers that stand side by side, with a gutter between them through all rows.

White space that runs down a page parts it more surely than any gap in a single line does (Breuel 2002, "Two geometric
algorithms for layout analysis", DAS): the groups of a telephone number seldom stand under one another.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recognizer.types import Component, InkMask

_FEWEST_ROWS = 3
"""Rows that a gutter has to run through: in fewer, gaps are under one another by chance."""
_WIDE, _TIMES_USUAL, _WIDE_ENOUGH = 1.5, 2.5, 3.0
"""A gutter is so wide at least, in text heights, and so many times as wide as the usual gap between digits; or so wide, in text
heights, that its width says enough."""
_LINE_COVERAGE, _DIGITS_IN_A_CELL = 0.7, 1.5
"""A line that runs down a gutter along so much of its length says enough, too; but not where what it parts are so few digits on
average: a form has a box for each digit of a number."""
_ACROSS = 0.15
"""Share of the rows that may run across a gutter: a heading, or a sum."""


def part_columns(rows: Sequence[Sequence[Component]], ink: InkMask, cleaned: InkMask) -> list[list[Component]]:
    """Part the rows of a table where gutters run through them.

    Args:
        rows: the digits of each from left to right, from top to bottom.
        ink: (height, width) uint8, all ink.
        cleaned: likewise, without lines, frames and boxes.

    Returns:
        The same digits, each cell a line of its own: row by row, from left to right.
    """
    if len(rows) < _FEWEST_ROWS:
        return [list(row) for row in rows]
    return _part(rows, find_gutters(rows, ink, cleaned))


def find_gutters(rows: Sequence[Sequence[Component]], ink: InkMask, cleaned: InkMask) -> list[tuple[int, int]]:
    """(start, end) of the gutters between columns, in pixels, from left to right; arguments as for `part_columns`."""
    boxes = [component.box for row in rows for component in row]
    height = float(np.median([box.height for box in boxes]))
    top, foot = min(box.y for box in boxes), max(box.bottom for box in boxes)
    written = np.zeros((len(rows), ink.shape[1]), bool)
    for covered, row in zip(written, rows, strict=True):
        for component in row:
            covered[component.box.x : component.box.right] = True
    # A row says something of what lies between its first and its last digit only.
    begun, goes_on = (np.logical_or.accumulate(w, axis=1) for w in (written, written[:, ::-1]))
    gaps = ~written & begun & goes_on[:, ::-1]
    widths = [width for row in gaps for width in np.diff(_runs_of(row)).ravel()]
    usual = float(np.median(widths)) if widths else 0.0

    is_free = (written.sum(axis=0) <= _ACROSS * len(rows)) & (gaps.sum(axis=0) >= _FEWEST_ROWS)
    gutters = [(start, end) for start, end in _runs_of(is_free).tolist()]
    least = min(max(_WIDE * height, _TIMES_USUAL * usual), _WIDE_ENOUGH * height)
    wide = [(start, end) for start, end in gutters if end - start >= least]

    def is_ruled(start: int, end: int) -> bool:
        window = np.s_[top:foot, start:end]
        return bool((ink[window] > cleaned[window]).any(axis=1).mean() >= _LINE_COVERAGE)

    ruled = [gutter for gutter in gutters if gutter in wide or is_ruled(*gutter)]
    cells = _part(rows, ruled)
    return ruled if len(boxes) >= _DIGITS_IN_A_CELL * len(cells) else wide


def _part(rows: Sequence[Sequence[Component]], gutters: Sequence[tuple[int, int]]) -> list[list[Component]]:
    parted = []
    for row in rows:
        middles = [(start + end) / 2 for start, end in gutters if not _runs_across(row, start, end)]
        cells: dict[int, list[Component]] = {}
        for component in row:
            cells.setdefault(int(np.searchsorted(middles, component.box.centre[0])), []).append(component)
        parted += [cells[column] for column in sorted(cells)]
    return parted


def _runs_across(row: Sequence[Component], start: int, end: int) -> bool:
    """Whether digits of a row stand well within a gutter."""
    quarter = (end - start) / 4
    return any(c.box.right > start + quarter and c.box.x < end - quarter for c in row)


def _runs_of(row: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """(N, 2) where each run of True in (width,) starts and ends."""
    return np.flatnonzero(np.diff(row, prepend=False, append=False)).reshape(-1, 2)
