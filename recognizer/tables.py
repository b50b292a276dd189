"""Tables: how far they are turned, by their lines, and their columns.

Numbers stand side by side in a table, with a gutter between them through all rows. White space that runs down a page parts it
more surely than any gap in a single line does (Breuel 2002, "Two geometric algorithms for layout analysis", DAS): the groups of
a telephone number seldom stand under one another.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.components import count_apart, weighted_median
from recognizer.types import Component, InkMask

FEWEST_ROWS = 3
"""Rows that a gutter has to run through: in fewer, gaps are under one another by chance."""
_WIDE, _TIMES_USUAL, _WIDE_ENOUGH = 1.5, 2.5, 3.0
"""A gutter is so wide at least, in text heights, and so many times as wide as the usual gap between digits; or so wide, in text
heights, that its width says enough."""
_LINE_COVERAGE, _DIGITS_IN_A_CELL = 0.7, 1.5
"""A line that runs down a gutter along so much of its length says enough, too; but not where what it parts are so few digits on
average: a form has a box for each digit of a number."""
_ACROSS = 0.15
"""Share of the rows that may run across a gutter, or one of more than `FEWEST_ROWS`: a heading, a sum."""

_GRID_SIDE, _GRID_HEIGHT, _GRID_INK = 0.5, 0.25, 0.3
"""The lines of a table make one component: at least so wide and so high, as shares of the picture, and with ink in at most this
share of its box."""
_LONG, _APART, _SPREAD_OF_LINES, _FEW_LINES = 0.4, 0.05, 1.0, 2
"""Its lines are as long as this share of its side, and so far apart; climb or lean alike, give or take so many degrees; and
there are so many in one direction and more in the other: the strokes of a large digit are fewer."""
_MOST_CELLS = 400
"""What has more is a texture."""
_LEVEL_TABLE = 0.5
"""A table that is turned by less is level, in degrees."""


def measure_table(ink: InkMask, cleaned: InkMask, components: Sequence[Component], rows: int) -> float:
    """Find how far a table is turned, by its lines.

    Of one that is turned by more than a degree or two some lines stay in the ink and hide the digits (see
    `recognizer.rulings`). They are found by the probabilistic Hough transform (Matas, Galambos and Kittler 2000, "Robust
    detection of lines using the progressive probabilistic Hough transform", CVIU).

    Args:
        ink: (height, width) uint8, 255 where there is ink.
        cleaned: likewise, without what was taken for lines, frames and boxes.
        components: of the cleaned ink, in any order.
        rows: number of rows that were found.

    Returns:
        Degrees, clockwise, from -45 to 45; 0 where there is no table, or it is level.
    """
    grids = [component for component in components if _is_grid(component, cleaned.shape)]
    if not grids and rows < FEWEST_ROWS:
        return 0.0
    lines = np.asarray(cv2.subtract(ink, cleaned), np.uint8)
    for x, y, width, height in (grid.box for grid in grids):
        window = np.s_[y : y + height, x : x + width]
        lines[window] = ink[window]
    return _direction_of(lines) if lines.any() else 0.0


def _is_grid(component: Component, size: tuple[int, ...]) -> bool:
    """Whether a component is large and hollow, of a picture's height and width."""
    _, _, width, height = component.box
    is_large = height >= _GRID_HEIGHT * size[0] and width >= _GRID_SIDE * size[1]
    return is_large and component.area <= _GRID_INK * width * height


def _direction_of(lines: InkMask) -> float:
    """By how many degrees the lines of a table climb or lean; 0 for what is level, or no table."""
    _, _, *sides = cv2.boundingRect(lines)
    found = cv2.HoughLinesP(lines, 1, np.deg2rad(0.5), threshold=50, minLineLength=_LONG * min(sides), maxLineGap=5)
    if found is None:
        return 0.0
    ends = found.reshape(-1, 2, 2).astype(float)
    runs, middles = ends[:, 1] - ends[:, 0], ends.mean(axis=1)
    lengths = np.hypot(*runs.T)
    # Of a table, lines that stand upright say the same as those that lie.
    degrees = (np.rad2deg(np.arctan2(runs[:, 1], runs[:, 0])) + 45) % 90 - 45
    usual = weighted_median(degrees.tolist(), lengths.tolist())
    alike = np.abs(degrees - usual) <= _SPREAD_OF_LINES
    mean = float(np.average(degrees[alike], weights=lengths[alike]))
    if abs(mean) < _LEVEL_TABLE:
        return 0.0
    along = np.array([np.cos(np.deg2rad(mean)), np.sin(np.deg2rad(mean))])
    across = along[::-1] * (-1, 1)

    def count(direction: npt.NDArray[np.float64], normal: npt.NDArray[np.float64], side: float, other: float) -> int:
        is_long = np.abs(runs @ direction) >= _LONG * side
        return count_apart((middles @ normal)[alike & is_long], _APART * other)

    width, height = sides
    fewer, more = sorted((count(along, across, width, height), count(across, along, height, width)))
    return mean if fewer >= _FEW_LINES < more else 0.0


def part_columns(rows: Sequence[Sequence[Component]], ink: InkMask, cleaned: InkMask) -> list[list[Component]]:
    """Part the rows of a table where gutters run through them.

    Args:
        rows: the digits of each from left to right, from top to bottom.
        ink: (height, width) uint8, all ink.
        cleaned: likewise, without lines, frames and boxes.

    Returns:
        The same digits, each cell a line of its own: row by row, from left to right.
    """
    if len(rows) < FEWEST_ROWS:
        return [list(row) for row in rows]
    gutters = find_gutters(rows, ink, cleaned)
    cells = _part(rows, gutters) if gutters else rows
    return [list(line) for line in (cells if len(cells) <= _MOST_CELLS else rows)]


def find_gutters(rows: Sequence[Sequence[Component]], ink: InkMask, cleaned: InkMask) -> list[tuple[int, int]]:
    """(start, end) of the gutters between columns, in pixels, from left to right; arguments as for `part_columns`."""
    boxes = [component.box for row in rows for component in row]
    height = float(median([box.height for box in boxes]))
    top, foot = min(box.y for box in boxes), max(box.bottom for box in boxes)
    written = np.zeros((len(rows), ink.shape[1]), bool)
    for covered, row in zip(written, rows, strict=True):
        for component in row:
            covered[component.box.x : component.box.right] = True
    # A row says something of what lies between its first and its last digit only.
    begun, goes_on = (np.logical_or.accumulate(w, axis=1) for w in (written, written[:, ::-1]))
    gaps = ~written & begun & goes_on[:, ::-1]
    ends = np.nonzero(np.diff(gaps, axis=1))[1].reshape(
        -1, 2
    )  # a row begins and ends with digits: no gap reaches its ends
    usual = float(median((ends[:, 1] - ends[:, 0]).tolist())) if len(ends) else 0.0

    least = min(max(_WIDE * height, _TIMES_USUAL * usual), _WIDE_ENOUGH * height)
    across = written.sum(axis=0)

    def is_wide(gutter: tuple[int, int]) -> bool:
        return gutter[1] - gutter[0] >= least

    def is_ruled(gutter: tuple[int, int]) -> bool:
        window = np.s_[top:foot, slice(*gutter)]
        return bool((ink[window] > cleaned[window]).any(axis=1).mean() >= _LINE_COVERAGE)

    wide, ruled = [], []
    most = max(_ACROSS * len(rows), int(len(rows) > FEWEST_ROWS))
    for start, end in _runs_of((across <= most) & (gaps.sum(axis=0) >= FEWEST_ROWS)).tolist():
        # What no row runs across, if there is enough of it: the longest number of a column ends in its gutter.
        free = [(start + first, start + last) for first, last in _runs_of(across[start:end] == 0).tolist()]
        gutters = [*sorted(free, key=lambda run: run[0] - run[1]), (start, end)]
        wide += [gutter for gutter in gutters if is_wide(gutter)][:1]
        ruled += [gutter for gutter in gutters if is_wide(gutter) or is_ruled(gutter)][:1]
    parted = ruled and len(boxes) >= _DIGITS_IN_A_CELL * len(_part(rows, ruled))
    return ruled if parted else wide


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
