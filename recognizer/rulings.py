"""Ink mask without its frames and ruling lines: long, thin, straight runs that are no part of a digit."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from recognizer.components import count_runs, enlarge, find_boxes, fit_line, label_components, shrink, weighted_median
from recognizer.types import Box, InkMask

_MIN_SHARE_OF_SIDE = 0.45
"""A line spans at least this share of the picture's side in its direction."""
_RUN_STROKE = 2
"""Width of a stroke in the picture in which lines are sought, in pixels, at least."""
_MIN_LENGTH_IN_STROKES = 6.0
_MAX_THICKNESS_IN_STROKES = 2.2
_MIN_ROW_IN_TEXT_HEIGHTS = 1.3
"""A horizontal line is longer than the foot of a 2 or the bar of a 7."""
_FREE_ROW = 1.4
"""How much longer a horizontal line is that ends at neither edge of the picture."""
_MIN_COLUMN_IN_TEXT_HEIGHTS = 1.6
"""A vertical line is longer than the stem of a 1 or a 4 ..."""
_MIN_BORDER_IN_TEXT_HEIGHTS = 1.15
"""... but somewhat longer is enough at the picture's left or right edge, where a digit seldom stands."""
_MIN_COVERAGE = 0.95
"""Share of its length in which a line holds ink: the bars of neighbouring 5s and 7s leave gaps."""
_MIN_TEXT_HEIGHT = 3.0
"""Lowest ink that is taken for text, in stroke widths."""
_MAX_BEND = 0.006
"""Deviation from a straight line, in lengths of the line."""
_END_SHARE = 0.02
"""Share of the height within which a vertical line ends at the picture's upper or lower edge."""
_EDGE_SHARE = 0.10
"""Share of the width that counts as the picture's left or right edge."""
_CROSSED = 3
"""A vertical line that meets so many horizontal ones is no digit: squared paper, the columns of a table."""
_MIN_SIDES = 2
"""So many sides make a box."""


def remove_rulings(mask: InkMask, stroke_width: float) -> InkMask:
    """Take frames, table lines and ruling lines out of a mask and mend the digits that they crossed.

    Args:
        mask: (height, width) uint8, 255 where there is ink.
        stroke_width: typical width of a stroke, in pixels.

    Returns:
        A new mask of the same shape.
    """
    if stroke_width <= 0:
        return mask.copy()
    height, width = mask.shape
    small = shrink_lines(mask, stroke_width)
    columns = _candidates(mask.T, stroke_width, slack=1.0, small=small.T).T
    anchors = np.zeros_like(mask)
    rows = _candidates(mask, stroke_width, slack=1.0, small=small)
    if rows.any():
        text = _text_height(mask, rows, stroke_width)
        least = max(_MIN_ROW_IN_TEXT_HEIGHTS * text, _MIN_SHARE_OF_SIDE * width)
        for line in _find_lines(rows, stroke_width):
            at_edge = line.start <= _END_SHARE * width or line.end >= (1 - _END_SHARE) * width
            free = line.coverage >= _MIN_COVERAGE and line.length >= _FREE_ROW * least
            if line.length >= least and (at_edge or free):
                line.draw(anchors)
        mask = take_out(mask, anchors, stroke_width)
    # Cell borders are often broken, and pieces as short as digits: wider gaps are closed at the edges.
    columns = np.minimum(np.maximum(columns, _edge_candidates(mask, stroke_width)), mask)
    if columns.any():
        text = _text_height(mask, _at_edges(columns), stroke_width)
        taken = np.zeros_like(mask)
        for line in _find_lines(columns.T, stroke_width):
            met = line.ends_at(anchors.T, 2 * stroke_width)
            ends = met + (line.start <= _END_SHARE * height) + (line.end >= (1 - _END_SHARE) * height)
            x, breadth = line.box.y, line.box.height
            at_edge = x + breadth <= _EDGE_SHARE * width or x >= (1 - _EDGE_SHARE) * width
            least = (_MIN_BORDER_IN_TEXT_HEIGHTS if at_edge else _MIN_COLUMN_IN_TEXT_HEIGHTS) * text
            crosses = line.crossings(anchors.T) >= _CROSSED
            if met == 2 or crosses or (ends >= 1 and line.length >= least):
                line.draw(taken.T)
            if crosses:
                line.draw_on(taken.T, mask.T)
        mask = take_out(mask.T, taken.T, stroke_width).T
    if anchors.any():
        mask = _without_empty_boxes(mask, anchors, stroke_width)
    return np.array(mask, dtype=np.uint8, order="C")


@dataclass(frozen=True, slots=True)
class Line:
    """A thin and straight horizontal run."""

    box: Box
    ink: InkMask
    """(box.height, box.width), the run's own ink."""

    @property
    def start(self) -> int:
        """Its first column."""
        return self.box.x

    @property
    def end(self) -> int:
        """The column after its last."""
        return self.box.right

    @property
    def length(self) -> int:
        """In pixels."""
        return self.box.width

    @property
    def coverage(self) -> float:
        """Share of the length in which there is ink."""
        return float(np.count_nonzero(self.ink.any(axis=0))) / self.box.width

    def draw(self, mask: InkMask) -> None:
        """Add the ink to a mask."""
        window = mask[self.box.y : self.box.bottom, self.box.x : self.box.right]
        np.maximum(window, self.ink, out=window)

    def draw_on(self, mask: InkMask, ink: InkMask) -> None:
        """Add to a mask what of `ink` the run meets where it is drawn out to both edges."""
        rows, columns = np.nonzero(self.ink)
        slope, offset, _ = fit_line(columns + self.box.x, rows + self.box.y)
        reach = len(rows) / self.box.width / 2 + 1
        axis = slope * np.arange(ink.shape[1]) + offset
        # Only the rows that it may reach: squared paper has dozens of lines.
        band = slice(max(0, int(axis.min() - reach)), int(axis.max() + reach) + 2)
        across = np.arange(ink.shape[0])[band, None] - axis
        np.maximum(mask[band], np.where(np.abs(across) <= reach, ink[band], 0), out=mask[band])

    def ends_at(self, mask: InkMask, reach: float) -> int:
        """How many of the two ends lie within `reach` of ink of `mask`."""
        near = max(2, round(reach))
        rows = slice(max(0, self.box.y - near), self.box.bottom + near)
        return sum(bool(mask[rows, max(0, end - near) : end + near].any()) for end in (self.start, self.end))

    def crossings(self, mask: InkMask) -> int:
        """How many pieces of `mask` the run meets, one after the other."""
        window = mask[self.box.y : self.box.bottom, self.box.x : self.box.right]
        return int(count_runs(window.max(axis=0) > 0))


def shrunk_by(stroke_width: float) -> int:
    """How much smaller the picture is in which lines are sought."""
    return max(1, int(stroke_width / _RUN_STROKE))


def shrink_lines(mask: InkMask, stroke_width: float) -> InkMask:
    """The mask at the size at which lines are sought: finer detail would cost time and tell nothing of them."""
    small = shrink(mask, shrunk_by(stroke_width))
    return np.asarray(cv2.threshold(small, 127, 255, cv2.THRESH_BINARY)[1], dtype=np.uint8)


def _candidates(mask: InkMask, stroke_width: float, slack: float, small: InkMask) -> InkMask:
    """Ink in long horizontal runs, tolerating a slope of a stroke's width and gaps of `slack` strokes; `small` is the mask as
    `shrink_lines` makes it."""
    shrunk = shrunk_by(stroke_width)
    length = max(_MIN_SHARE_OF_SIDE * mask.shape[1], _MIN_LENGTH_IN_STROKES * stroke_width)
    stroke = stroke_width / shrunk
    # Grown across the run, a line that climbs slowly or was drawn shakily still holds a straight run.
    grown = cv2.dilate(np.ascontiguousarray(small), np.ones((max(1, round(0.6 * stroke)) | 1, 1), np.uint8))
    grown = cv2.morphologyEx(grown, cv2.MORPH_CLOSE, np.ones((1, max(1, round(slack * stroke)) | 1), np.uint8))
    # Half the length is enough for the kernel: `_find_lines` measures the whole line.
    kernel = np.ones((1, max(3, int(length / shrunk / 2))), np.uint8)
    runs = cv2.erode(grown, kernel)
    if not runs.any():
        return np.zeros_like(mask)
    runs = cv2.dilate(runs, kernel)
    return mask & enlarge(np.asarray(runs, dtype=np.uint8), shrunk, mask.shape, cv2.INTER_NEAREST)


def _edge_candidates(mask: InkMask, stroke_width: float) -> InkMask:
    """Ink in long vertical runs near the left or right edge, tolerating wider gaps."""
    margin = int(_EDGE_SHARE * mask.shape[1])
    found = np.zeros_like(mask)
    if margin:
        for strip in (np.s_[:, :margin], np.s_[:, -margin:]):
            side = mask[strip].T
            found[strip] = _candidates(side, stroke_width, slack=4.0, small=shrink_lines(side, stroke_width)).T
    return found


def _at_edges(mask: InkMask) -> InkMask:
    """What of a mask lies near the left or right edge."""
    margin = int(_EDGE_SHARE * mask.shape[1])
    edges = mask.copy()
    edges[:, margin : mask.shape[1] - margin] = 0
    return edges


def _text_height(mask: InkMask, lines: InkMask, stroke_width: float) -> float:
    """Height of the digits, in pixels: the median height of the components that hold no candidate for a line, and where
    there are none, of what is left without the candidates. Each counts by the outline of its box. 0 without ink.
    """
    for ink in (mask, mask & ~lines):
        boxes = find_boxes(ink)
        if ink is mask:
            boxes = [box for box in boxes if not lines[box.y : box.bottom, box.x : box.right].any()]
        # Neither specks nor dashes tell how high the text is.
        high = [box for box in boxes if box.height >= _MIN_TEXT_HEIGHT * stroke_width]
        if high:
            return weighted_median([box.height for box in high], [box.height + box.width for box in high])
    return 0.0


def _find_lines(runs: InkMask, stroke_width: float) -> list[Line]:
    """The horizontal runs that are long, thin and straight enough to be a line."""
    runs = np.ascontiguousarray(runs)
    # Pieces of one line with small gaps between them are one line.
    joined = cv2.dilate(runs, np.ones((3, 4 * max(1, round(stroke_width)) + 1), np.uint8))
    labels, found = label_components(np.asarray(joined, dtype=np.uint8))
    lines = []
    for label, (x, y, width, height) in found:
        if width < _MIN_SHARE_OF_SIDE * runs.shape[1]:
            continue
        window = np.s_[y : y + height, x : x + width]
        own = np.where(labels[window] == label, runs[window], 0).astype(np.uint8)
        dx, dy, length, thickness = cv2.boundingRect(own)
        if length >= _MIN_SHARE_OF_SIDE * runs.shape[1] and _is_thin_and_straight(own, length, stroke_width):
            lines.append(Line(Box(x + dx, y + dy, length, thickness), own[dy : dy + thickness, dx : dx + length]))
    return lines


def _without_empty_boxes(mask: InkMask, rows: InkMask, stroke_width: float) -> InkMask:
    """Take out the sides of boxes in which nothing is written: a row of bars, and nothing else, each from one ruling line
    to the next.

    They are no higher than a digit, and but for the lines above and below them they would be 1s.
    """
    mask = np.ascontiguousarray(mask)
    labels, found = label_components(mask)
    found = [(label, box) for label, box in found if box.height >= _MIN_TEXT_HEIGHT * stroke_width]
    reach = _fringe(stroke_width) + 2

    def is_side(label: int, box: Box) -> bool:
        x, y, width, height = box
        own = np.where(labels[y : y + height, x : x + width] == label, 255, 0).astype(np.uint8)
        line = Line(Box(y, x, height, width), own.T)
        return line.ends_at(rows.T, reach) == 2 and _is_thin_and_straight(line.ink, height, stroke_width)

    sides = np.array([is_side(label, box) for label, box in found], bool)
    top, bottom = np.array([(box.y, box.bottom) for _, box in found]).reshape(-1, 2).T
    taken = []
    for index in np.flatnonzero(sides):
        beside = sides[(top < bottom[index]) & (bottom > top[index])]
        if len(beside) >= _MIN_SIDES and beside.all():
            taken.append(found[index][0])
    return np.where(np.isin(labels, taken), 0, mask).astype(np.uint8) if taken else mask


def _is_thin_and_straight(line: InkMask, length: int, stroke_width: float) -> bool:
    rows, columns = np.nonzero(line)
    thickness = len(rows) / length
    if thickness > _MAX_THICKNESS_IN_STROKES * stroke_width:
        return False
    # The ink of a straight bar of thickness t deviates by t / sqrt(12) from its axis; the rest is bend.
    deviation = fit_line(columns, rows)[2]
    return deviation <= thickness / 12**0.5 + _MAX_BEND * length


def _fringe(stroke_width: float) -> int:
    """What goes with a line, in pixels: what is left of a shaky line's edge would be read as specks and dashes."""
    return max(1, round(0.35 * stroke_width))


def take_out(mask: InkMask, lines: InkMask, stroke_width: float) -> InkMask:
    """Remove horizontal `lines` from `mask`, but leave them where a stroke crosses: with ink both above and below."""
    mask = np.ascontiguousarray(mask)
    if not lines.any():
        return mask
    fringe = _fringe(stroke_width)
    band = cv2.dilate(np.ascontiguousarray(lines), np.ones((2 * fringe + 1, 1), np.uint8))
    without = mask & ~np.asarray(band, dtype=np.uint8)
    reach = 2 * round(1.6 * stroke_width) + 2 * fringe + 1
    bridged = cv2.morphologyEx(without, cv2.MORPH_CLOSE, np.ones((reach, 1), np.uint8))
    return np.asarray(cv2.bitwise_or(without, cv2.bitwise_and(bridged, mask)), dtype=np.uint8)
