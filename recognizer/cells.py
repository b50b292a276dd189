"""Boxes of a form, one for each digit and side by side: their lines are taken out, and what crosses them is mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import cv2
import numpy as np

from recognizer.components import enlarge, find_boxes, label_components
from recognizer.rulings import Line, shrink_lines, shrunk_by, take_out
from recognizer.types import Box, InkMask

_RUN, _MIN_LENGTH = 18, 24
"""Horizontal lines hold straight runs of so many pixels, and are so long at least: of the picture in which lines are sought, as
all lengths here."""
_SLOPE, _THICKNESS = 0.06, 7
"""A line climbs, or leans, by no more than this slope, and is no thicker."""
_APART, _NEAR = 0.2, 4
"""How far apart the ends of the upper and the lower line may be: in heights of the boxes, and so many pixels more."""
_MIN_ASPECT, _MAX_ASPECT = 0.35, 1.8
"""Width of a box, in its heights."""
_MIN_RUN, _COVERAGE = 0.4, 0.85
"""An upright line holds straight runs of this share of the height, which together cover so much of it."""
_ASTRAY = 0.12
"""How far an upright line may stand from its place among boxes of equal width, in these."""
_INSIDE = 3
"""Lines that come nearer to the picture's left or right edge are those of a table or of squared paper, which go on there."""
_MOST = 40
"""Of more horizontal lines no pair is sought: squared paper, or texture."""


def without_cells(mask: InkMask, stroke_width: float) -> InkMask:
    """Take out the boxes of a form: an upper and a lower line, and at least three lines upright between them, evenly spaced.

    A digit may touch and cross any of them. A single box is left to `recognizer.rulings` and `recognizer.enclosures`, and so is
    a table of several rows.

    Args:
        mask: (height, width) uint8, 255 where there is ink.
        stroke_width: typical width of a stroke, in pixels.

    Returns:
        The same mask where there are no such boxes, else one without their lines.
    """
    if stroke_width <= 0:
        return mask
    small = shrink_lines(mask, stroke_width)
    horizontal = _horizontal_lines(small)
    if not 2 <= len(horizontal) <= _MOST:
        return mask
    found = [
        (upper, lower, upright)
        for upper, lower in combinations(range(len(horizontal)), 2)
        if (upright := _sides(small, horizontal[upper].box, horizontal[lower].box))
    ]
    uses = Counter(index for upper, lower, _ in found for index in (upper, lower))
    rows, columns = np.zeros_like(small), np.zeros_like(small)
    for upper, lower, upright in found:
        # A line that is the lower one of one row and the upper one of another is a table's.
        if uses[upper] == uses[lower] == 1:
            for line in (horizontal[upper], horizontal[lower]):
                line.draw(rows)
            for line in upright:
                line.draw(columns.T)
    if not rows.any():
        return mask
    for lines, axes in ((columns, (1, 0)), (rows, (0, 1))):
        ink = np.minimum(mask, enlarge(lines, shrunk_by(stroke_width), mask.shape, cv2.INTER_NEAREST))
        mask = take_out(mask.transpose(axes), ink.transpose(axes), stroke_width).transpose(axes)
    return np.ascontiguousarray(mask)


def _horizontal_lines(mask: InkMask) -> list[Line]:
    """Long, thin horizontal lines that end within the picture, from top to bottom."""
    runs = _straight_runs(mask, _RUN)
    # What crosses a line parts it into pieces.
    boxes = find_boxes(np.asarray(cv2.dilate(runs, np.ones((3, 5), np.uint8)), dtype=np.uint8))
    lines = [
        Line(box, runs[box.y : box.bottom, box.x : box.right])
        for box in boxes
        if box.width >= _MIN_LENGTH
        and box.height <= _THICKNESS + _SLOPE * box.width
        and box.x >= _INSIDE
        and box.right <= mask.shape[1] - _INSIDE
    ]
    return sorted(lines, key=lambda line: line.box.y)


def _straight_runs(mask: InkMask, length: int) -> InkMask:
    """What of a mask lies in horizontal runs of so many pixels, which may climb by a pixel."""
    grown = cv2.dilate(mask, np.ones((3, 1), np.uint8))
    runs = cv2.morphologyEx(grown, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    return np.asarray(cv2.bitwise_and(runs, mask), dtype=np.uint8)


def _sides(mask: InkMask, upper: Box, lower: Box) -> list[Line]:
    """The upright lines between two horizontal ones that make boxes of equal width of what is between, each as a horizontal one
    of the transposed mask; none if it is none."""
    height = lower.y - upper.bottom
    near = _APART * height + _NEAR
    fits = abs(upper.x - lower.x) <= near and abs(upper.right - lower.right) <= near
    if height < _RUN or not fits or min(upper.width, lower.width) < 2 * _MIN_ASPECT * height:
        return []
    left, right = max(0, min(upper.x, lower.x) - _NEAR), max(upper.right, lower.right) + _NEAR
    strip = np.ascontiguousarray(mask[upper.y : lower.bottom, left:right].T)
    runs = _straight_runs(strip, max(3, int(_MIN_RUN * height)))
    labels, found = label_components(np.asarray(cv2.dilate(runs, np.ones((3, 3), np.uint8)), dtype=np.uint8))
    lines = []
    for label, (x, y, width, thickness) in found:
        window = np.s_[y : y + thickness, x : x + width]
        own = np.where(labels[window] == label, runs[window], 0).astype(np.uint8)
        covered = np.count_nonzero(own.any(axis=0))
        if covered >= _COVERAGE * height and thickness <= _THICKNESS + _SLOPE * height:
            lines.append(Line(Box(upper.y + x, left + y, width, thickness), own))
    return _evenly_spaced(sorted(lines, key=lambda line: line.box.y), height)


def _evenly_spaced(lines: Sequence[Line], height: int) -> list[Line]:
    """Those of some upright lines that part the most boxes of equal width, from the first to the last: others are 1s."""
    if len(lines) < 3:
        return []
    middles = np.array([line.box.y + line.box.height / 2 for line in lines])
    length = middles[-1] - middles[0]
    for count in range(len(lines) - 1, 1, -1):
        width = length / count
        if not _MIN_ASPECT * height <= width <= _MAX_ASPECT * height:
            continue
        places = np.linspace(middles[0], middles[-1], count + 1)
        away = np.abs(middles[:, None] - places)
        if (away.min(axis=0) <= _ASTRAY * width + 1).all():
            return [lines[index] for index in away.argmin(axis=0)]
    return []
