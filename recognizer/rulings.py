"""Ink mask without its frames and ruling lines: long, thin, straight runs that are no part of a digit."""

from __future__ import annotations

import cv2
import numpy as np

from recognizer.components import label_components
from recognizer.types import InkMask

_MIN_SHARE_OF_SIDE = 0.45
"""A line spans at least this share of the picture's side in its direction."""
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
    rows = _candidates(mask, stroke_width, slack=1.0)
    columns = _candidates(mask.T, stroke_width, slack=1.0).T
    anchors = np.zeros_like(mask)
    if rows.any():
        height = _text_height(mask, rows, stroke_width)
        rows = _long_lines(rows, stroke_width, _MIN_ROW_IN_TEXT_HEIGHTS * height)
        mask = _take_out(mask, rows, stroke_width)
        anchors = rows
    # Cell borders are often broken, and pieces as short as digits: wider gaps are closed at the edges.
    columns = np.minimum(np.maximum(columns, _at_edges(_candidates(mask.T, stroke_width, slack=4.0).T)), mask)
    if columns.any():
        height = _text_height(mask, _at_edges(columns), stroke_width)
        found = [
            _long_lines(columns.T, stroke_width, _MIN_COLUMN_IN_TEXT_HEIGHTS * height, anchors.T),
            _long_lines(columns.T, stroke_width, 0.0, anchors.T, ends=2),
            _long_lines(_at_edges(columns).T, stroke_width, _MIN_BORDER_IN_TEXT_HEIGHTS * height, anchors.T),
        ]
        mask = _take_out(mask.T, np.maximum.reduce(found), stroke_width).T
    return np.array(mask, dtype=np.uint8, order="C")


def _candidates(mask: InkMask, stroke_width: float, slack: float) -> InkMask:
    """Ink in long horizontal runs, tolerating a slope of a stroke's width and gaps of `slack` strokes."""
    mask = np.ascontiguousarray(mask)
    length = max(_MIN_SHARE_OF_SIDE * mask.shape[1], _MIN_LENGTH_IN_STROKES * stroke_width)
    # Grown across the run, a line that climbs slowly or was drawn shakily still holds a straight run.
    grown = cv2.dilate(mask, np.ones((max(1, round(0.6 * stroke_width)) | 1, 1), np.uint8))
    grown = cv2.morphologyEx(grown, cv2.MORPH_CLOSE, np.ones((1, max(1, round(slack * stroke_width)) | 1), np.uint8))
    # Half the length is enough for the kernel: `_long_lines` measures the whole line.
    runs = cv2.morphologyEx(grown, cv2.MORPH_OPEN, np.ones((1, max(3, int(length / 2))), np.uint8))
    return np.asarray(cv2.bitwise_and(runs, mask), dtype=np.uint8)


def _at_edges(mask: InkMask) -> InkMask:
    """What of a mask lies near the left or right edge."""
    margin = int(_EDGE_SHARE * mask.shape[1])
    edges = mask.copy()
    edges[:, margin : mask.shape[1] - margin] = 0
    return edges


def _without(mask: InkMask, lines: InkMask) -> InkMask:
    return np.where(lines > 0, 0, mask).astype(np.uint8)


def _text_height(mask: InkMask, lines: InkMask, stroke_width: float) -> float:
    """Height of the digits, in pixels: the median height of the components that hold no candidate for a line, and where
    there are none, of what is left without the candidates. Each counts by the outline of its box. 0 without ink.
    """
    whole = [box for _, box in label_components(mask)[1]]
    text = [box for box in whole if not lines[box.y : box.bottom, box.x : box.right].any()]
    rest = [box for _, box in label_components(_without(mask, lines))[1]]
    for boxes in (text, rest):
        # Neither specks nor dashes tell how high the text is.
        high = sorted((box.height, box.width) for box in boxes if box.height >= _MIN_TEXT_HEIGHT * stroke_width)
        if high:
            weights = np.cumsum([height + width for height, width in high])
            return float(high[int(np.searchsorted(weights, weights[-1] / 2))][0])
    return 0.0


def _long_lines(
    runs: InkMask, stroke_width: float, min_length: float, anchors: InkMask | None = None, ends: int = 1
) -> InkMask:
    """The horizontal runs that are long, thin and straight enough to be a line.

    Where `anchors` are given, a line has to end at one of them or at the edge of the mask with at least `ends` of its two
    ends: the border of a cell does, the stem of a digit does not.
    """
    runs = np.ascontiguousarray(runs)
    kept = np.zeros_like(runs)
    if not runs.any():
        return kept
    min_length = max(min_length, _MIN_SHARE_OF_SIDE * runs.shape[1])
    reach = 2 * max(1, round(stroke_width))
    near_edge = _END_SHARE * runs.shape[1]
    joined = cv2.dilate(runs, np.ones((3, 2 * reach + 1), np.uint8))
    labels, found = label_components(np.asarray(joined, dtype=np.uint8))
    for label, (x, y, width, height) in found:
        window = np.s_[y : y + height, x : x + width]
        own = np.where(labels[window] == label, runs[window], 0).astype(np.uint8)
        offset, _, length, _ = cv2.boundingRect(own)
        if length < min_length or not _is_thin_and_straight(own, length, stroke_width):
            continue
        left, right = x + offset, x + offset + length
        at_edge = [left <= near_edge, right >= runs.shape[1] - near_edge]
        if anchors is None:
            whole = np.count_nonzero(own.any(axis=0)) >= _MIN_COVERAGE * length
            if not any(at_edge) and not (whole and length >= _FREE_ROW * min_length):
                continue
        else:
            rows = slice(max(0, y - reach), y + height + reach)
            met = [anchors[rows, max(0, end - reach) : end + reach].any() for end in (left, right)]
            if (sum(met) if ends == 2 else sum(met) + sum(at_edge)) < ends:
                continue
        np.maximum(kept[window], own, out=kept[window])
    return kept


def _is_thin_and_straight(line: InkMask, length: int, stroke_width: float) -> bool:
    rows, columns = np.nonzero(line)
    if len(rows) / length > _MAX_THICKNESS_IN_STROKES * stroke_width:
        return False
    slope, offset = np.polyfit(columns, rows, 1)
    # The ink of a straight bar of thickness t deviates by t / sqrt(12) from its axis; the rest is bend.
    deviation = float(np.std(rows - slope * columns - offset))
    thickness = len(rows) / length
    return deviation <= thickness / 12**0.5 + _MAX_BEND * length


def _take_out(mask: InkMask, lines: InkMask, stroke_width: float) -> InkMask:
    """Remove horizontal `lines` from `mask`, but leave them where a stroke crosses: with ink both above and below."""
    mask = np.ascontiguousarray(mask)
    if not lines.any():
        return mask
    # The line's fringe goes with it: what is left of a shaky line's edge would be read as specks and dashes.
    fringe = max(1, round(0.35 * stroke_width))
    band = cv2.dilate(np.ascontiguousarray(lines), np.ones((2 * fringe + 1, 1), np.uint8))
    without = np.where(band > 0, 0, mask).astype(np.uint8)
    reach = 2 * round(1.6 * stroke_width) + 2 * fringe + 1
    bridged = cv2.morphologyEx(without, cv2.MORPH_CLOSE, np.ones((reach, 1), np.uint8))
    return np.asarray(cv2.bitwise_or(without, cv2.bitwise_and(bridged, mask)), dtype=np.uint8)
