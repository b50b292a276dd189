"""Ink mask to digits: strokes grouped, marks that are no digits off, lines and reading order.

All limits are in units of the picture's own stroke width and text height, never in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

import cv2
import numpy as np

from recognizer.components import grow, label_components, weighted_median
from recognizer.types import Box, Component, GreyImage, InkMask

MIN_HEIGHT = 0.40
"""Lowest digit, in text heights: dots, commas and dashes are lower."""
_MIN_FRAGMENT_AREA = 0.8
"""Smallest ink that belongs to a digit, in squares of the stroke width."""
_REMNANT_WIDTH = 0.25
_REMNANT_HEIGHT = 0.75
"""Ink at the picture's edge that is narrower or lower than this, in text heights, is no digit."""
FLAT_HEIGHT = 2.5
_FLAT_ASPECT = 2.0
"""Ink lower than this, in stroke widths, and this much wider than high is a dash or a piece of a line."""
_FLAT_SHARE = 0.75
"""... where it is lower than this, in text heights."""
_MAX_MARK_HEIGHT, _MAX_MARK_WIDTH = 0.65, 0.5
"""Tallest and broadest comma, in heights of the digit beside it."""
_LONG_COMMA, _LOWER_TOP, _LOWER_FOOT = 0.85, 0.3, 0.15
"""Tallest comma that hangs: with its top so much lower than both its neighbours', and its foot so much lower, in heights of the
taller of them."""
_MIN_THICKNESS = 0.5
"""Thinnest stroke of a digit, in typical stroke widths: creases and the edges of sheets are hairlines."""
_SAMPLED_STROKE = 2.0
"""Width that a stroke keeps at least where not every pixel is looked at, in pixels."""
_HALF_WIDEST = 2.2
"""Half the widest stroke that is told from an edge, in typical stroke widths."""
_MIN_BETWEEN = 0.55
"""Of what makes ink dark, the share that it must have to both of its sides: a stroke has nearly all, an edge hardly any."""
_FRAGMENT_HEIGHT = 0.7
"""Ink at most this high, in text heights, may be a stray stroke of the digit above or below it."""
_FRAGMENT_OVERLAP = 0.5
"""Share of a fragment's width that lies over the digit that it joins."""
_FRAGMENT_GAP = 0.25
"""Widest gap between a fragment and its digit, in text heights."""
_JOINT_HEIGHT = 1.35
"""Tallest digit that a fragment may make, in text heights."""
BESIDE = 1 / 3
"""Ink stands beside other ink where their heights overlap by this share of the lower one's."""
_LOW = 0.5
"""... and ink that is lower than this share of the ink left of it does not part it from what is behind."""
_SAME_LINE = 0.6
"""Lines that overlap in height by this share of the lower one's, and nowhere in width, are one."""
_FRAGMENT_LINE = 0.6
"""A single component lower than this, in text heights of the tallest line, is no line of its own ..."""
_BROAD, _BROAD_LINE = 2.5, 0.5
"""... but so high is enough where it is so broad, in its own heights: a number whose digits are joined."""
_MARK_REACH = 1.5
"""How far a mark may stand before or behind a line, in text heights."""
_AT_ONCE = 256
"""Components that are compared with all others together: bounds the memory that a texture takes."""
_MAX_COMPONENTS = 2000
"""More components than any page has digits: of a texture only the largest are looked at."""


def dilate(mask: InkMask, stroke_width: float) -> InkMask:
    """Grow the ink so that the broken strokes of one digit join.

    Only the grouping looks at the result: crops come from the undilated ink, or digits would grow thicker than those the
    network was trained on.

    Args:
        mask: (height, width) uint8, 255 where there is ink.
        stroke_width: typical width of a stroke, in pixels.
    """
    if stroke_width <= 0:
        return mask.copy()
    return grow(mask, 0.35 * stroke_width)


def find_components(mask: InkMask, dilated: InkMask) -> list[Component]:
    """Group the ink of `mask` by the connected components of `dilated`, in no particular order."""
    labels, found = label_components(dilated)
    components = []
    for label, (x, y, width, height) in found:
        window = np.s_[y : y + height, x : x + width]
        ink = np.where(labels[window] == label, mask[window], 0).astype(np.uint8)
        dx, dy, w, h = cv2.boundingRect(ink)
        if w and h:
            components.append(Component(Box(x + dx, y + dy, w, h), ink[dy : dy + h, dx : dx + w]))
    return components


def text_height(components: Sequence[Component]) -> float:
    """Height of the digits, in pixels: the median height of the components, each weighted by its ink; 0 for none.

    Weighted by ink, a page of specks does not pull the height down to theirs.
    """
    if not components:
        return 0.0
    return weighted_median([c.box.height for c in components], [c.area for c in components])


def select_digits(components: Sequence[Component], stroke_width: float, size: tuple[int, int]) -> list[Component]:
    """Join stray strokes to their digits and leave out what is too small to be one.

    Args:
        components: as from `find_components`.
        stroke_width: typical width of a stroke, in pixels.
        size: (width, height) of the mask, in pixels.
    """
    smallest = _MIN_FRAGMENT_AREA * stroke_width**2
    kept = [
        c for c in components if c.area >= max(smallest, _MIN_THICKNESS * stroke_width * max(c.box.width, c.box.height))
    ]
    kept = sorted(kept, key=lambda c: c.area)[-_MAX_COMPONENTS:]
    height = text_height([c for c in kept if not _is_flat(c.box, stroke_width)] or kept)
    return [
        c
        for c in _join_fragments(kept, height)
        # Broad strokes may fill a row of touching digits up to a bar: but it is as high as the digits around it.
        if not (_is_flat(c.box, stroke_width) and c.box.height < _FLAT_SHARE * height)
        and c.box.height >= MIN_HEIGHT * height
        and not _is_edge_remnant(c.box, size, height)
    ]


def leave_out_edges(components: Sequence[Component], grey: GreyImage, stroke_width: float) -> list[Component]:
    """Leave out what is dark against one side only: a shadow, a crease, the edge of a sheet. A stroke has paper on both.

    Closing (the highest grey level around, then the lowest of those) fills strokes with paper and leaves edges as they
    are; what it adds is known as the black top-hat (Meyer 1979, "Iterative image transformations for an automatic screening
    of cervical smears").

    Args:
        components: as from `select_digits`.
        grey: (height, width) uint8, dark ink on light ground.
        stroke_width: typical width of a stroke, in pixels.
    """
    if not components:
        return []
    # Every so many pixels are enough where strokes are wide, and take a fraction of the time.
    step = max(1, int(stroke_width / _SAMPLED_STROKE))
    sampled = np.ascontiguousarray(grey[::step, ::step])
    side = 2 * math.ceil(_HALF_WIDEST * stroke_width / step) + 1
    kernel = np.ones((side, side), np.uint8)
    highest = cv2.dilate(sampled, kernel)
    closed = cv2.erode(highest, kernel)

    def is_stroke(component: Component) -> bool:
        x, y, _, _ = component.box
        ink = component.ink[-y % step :: step, -x % step :: step]
        row, column = math.ceil(y / step), math.ceil(x / step)
        window = np.s_[row : row + ink.shape[0], column : column + ink.shape[1]]
        top, filled, own = (cv2.mean(picture[window], ink)[0] for picture in (highest, closed, sampled))
        return filled - own >= _MIN_BETWEEN * (top - own)

    return [component for component in components if is_stroke(component)]


def _is_flat(box: Box, stroke_width: float) -> bool:
    return box.height < FLAT_HEIGHT * stroke_width and box.width > _FLAT_ASPECT * box.height


def _is_edge_remnant(box: Box, size: tuple[int, int], height: float) -> bool:
    """Tell what is left of a cell's border or reaches in from outside: narrow or low ink at the very edge of the picture."""
    picture_width, picture_height = size
    narrow = box.width < _REMNANT_WIDTH * height
    if narrow and (box.x == 0 or box.right == picture_width):
        return True
    low = box.height < _REMNANT_HEIGHT * height
    return low and (box.y == 0 or box.bottom == picture_height)


def _join_fragments(components: Sequence[Component], height: float) -> list[Component]:
    """Merge each low component into the digit above or below it that it overlaps most: a 5's flag, a broken 4."""
    parts = sorted(components, key=lambda c: c.area)
    edges = np.array([(c.box.x, c.box.right, c.box.y, c.box.bottom) for c in parts], dtype=float).reshape(-1, 4)
    gone = np.zeros(len(parts), dtype=bool)
    for index, part in enumerate(parts):
        if part.box.height > _FRAGMENT_HEIGHT * height:
            continue
        x, right, y, bottom = edges.T
        share = (np.minimum(right, right[index]) - np.maximum(x, x[index])) / part.box.width
        gap = np.maximum(y, y[index]) - np.minimum(bottom, bottom[index])
        joint_height = np.maximum(bottom, bottom[index]) - np.minimum(y, y[index])
        fits = (share >= _FRAGMENT_OVERLAP) & (gap <= _FRAGMENT_GAP * height) & (joint_height <= _JOINT_HEIGHT * height)
        fits &= ~gone
        fits[: index + 1] = False  # only into something larger
        if fits.any():
            best = int(np.argmax(np.where(fits, share, -np.inf)))
            parts[best] = _merge(parts[best], part)
            box = parts[best].box
            edges[best] = box.x, box.right, box.y, box.bottom
            gone[index] = True
    return [part for part, joined in zip(parts, gone, strict=True) if not joined]


def _merge(one: Component, other: Component) -> Component:
    box = one.box.union(other.box)
    ink = np.zeros((box.height, box.width), np.uint8)
    for part in (one, other):
        x, y = part.box.x - box.x, part.box.y - box.y
        window = ink[y : y + part.box.height, x : x + part.box.width]
        np.maximum(window, part.ink, out=window)
    return Component(box, ink)


def sort_left_to_right(components: Sequence[Component]) -> list[list[Component]]:
    """Lines from top to bottom, the digits of each from left to right.

    Each digit is linked to the nearest one on its right that stands beside it (their heights overlap by at least
    a third of the lower one's), so that a row may climb or sag; what is linked is one line.
    """
    ordered = sorted(components, key=lambda c: c.box.x)
    line_of = list(range(len(ordered)))

    def root(index: int) -> int:
        while line_of[index] != index:
            index = line_of[index]
        return index

    edges = np.array([(c.box.x, c.box.right, c.box.y, c.box.bottom) for c in ordered], dtype=float).reshape(-1, 4)
    x, right, y, bottom = edges.T
    height = bottom - y
    for first in range(0, len(ordered), _AT_ONCE):
        some = np.s_[first : first + _AT_ONCE, None]
        overlap = np.minimum(bottom[some], bottom) - np.maximum(y[some], y)
        is_beside = overlap >= BESIDE * np.minimum(height[some], height)
        is_beside &= np.arange(len(ordered)) > np.arange(len(ordered))[some]
        gap = np.where(is_beside, x - right[some], np.inf)
        # A comma beside a digit may hang so low that it is not beside the next: a digit is linked over it, too.
        digits = np.where(height >= _LOW * height[some], gap, np.inf)
        for gaps in (gap, digits):
            nearest = gaps.argmin(axis=1)
            for row in np.flatnonzero(np.isfinite(gaps[np.arange(len(gaps)), nearest])).tolist():
                line_of[root(int(nearest[row]))] = root(first + row)
    lines: dict[int, list[Component]] = {}
    for index, component in enumerate(ordered):
        lines.setdefault(root(index), []).append(component)
    rows = _without_fragments(_side_by_side(list(lines.values())))
    # By the middles of the digits: the box of a tall, slanted one may begin left of its predecessor's.
    rows = [_without_marks(sorted(line, key=lambda c: c.box.centre[0])) for line in rows]
    return sorted(rows, key=lambda line: fmean(c.box.centre[1] for c in line))


def marks_beside(
    lines: Sequence[Sequence[Component]], components: Sequence[Component], stroke_width: float
) -> list[Component]:
    """What stands in a line of digits and was left out as too small to be one: points, commas, dashes, equals signs.

    Args:
        lines: as from `sort_left_to_right`.
        components: all that they were selected from, as from `find_components`.
        stroke_width: typical width of a stroke, in pixels.

    Returns:
        The marks, each once and in no particular order. Specks, digits, their parts and what lies between the lines are none.
    """
    smallest = _MIN_FRAGMENT_AREA * stroke_width**2
    around = [(_hull(line), text_height(line)) for line in lines]
    digits = [digit.box for line in lines for digit in line]
    return [
        c
        for c in components
        if c.area >= smallest
        and any(_is_beside(c.box, hull, height) for hull, height in around)
        and not any(_covers(digit, c.box) for digit in digits)
    ]


def _is_beside(box: Box, line: Box, height: float) -> bool:
    """Whether ink is lower than a line's digits and stands among them, before, behind or a little above or below them."""
    x, y = box.centre
    reach = _MARK_REACH * height
    near = line.x - reach <= x <= line.right + reach and line.y - height / 4 <= y <= line.bottom + height / 2
    return near and box.height < height


def _covers(box: Box, other: Box) -> bool:
    """Whether `other` lies within `box`."""
    return box.x <= other.x and box.y <= other.y and other.right <= box.right and other.bottom <= box.bottom


def _side_by_side(lines: list[list[Component]]) -> list[list[Component]]:
    """Join lines that stand beside each other at the same height: a wide gap, a jump, or the border of a cell before it."""
    joined: list[tuple[Box, list[Component]]] = []
    for line in sorted(lines, key=len, reverse=True):
        box = _hull(line)
        for index, (other, members) in enumerate(joined):
            overlap = min(box.bottom, other.bottom) - max(box.y, other.y)
            apart = box.x >= other.right or other.x >= box.right
            if apart and overlap >= _SAME_LINE * min(box.height, other.height):
                joined[index] = (other.union(box), [*members, *line])
                break
        else:
            joined.append((box, line))
    return [members for _, members in joined]


def _without_fragments(lines: list[list[Component]]) -> list[list[Component]]:
    """Leave out lines of a single, much lower component: a remnant of a frame, a part of what stands above or below; or of one
    that hangs down from between the digits of another line, as a long comma does. Lower than lines of several components, where
    there are such: a whole number in one is as high as its highest stroke."""
    several = [line for line in lines if len(line) > 1] or lines
    tallest = max((text_height(line) for line in several), default=0.0)

    def is_line(box: Box) -> bool:
        share = _BROAD_LINE if box.width >= _BROAD * box.height else _FRAGMENT_LINE
        return box.height >= share * tallest and not any(_hangs(box, line) for line in lines)

    return [line for line in lines if len(line) > 1 or is_line(line[0].box)]


def _hangs(box: Box, line: Sequence[Component]) -> bool:
    """Whether ink hangs down from between two neighbours in a line, and is lower and narrower than they are."""
    before = [c.box for c in line if c.box.centre[0] < box.x]
    behind = [c.box for c in line if c.box.centre[0] > box.right]
    if not before or not behind:
        return False
    beside = max(before, key=lambda b: b.right), min(behind, key=lambda b: b.x)
    return all(
        b.y < box.y < b.bottom < box.bottom and box.height < b.height and box.width < _MAX_MARK_WIDTH * b.height
        for b in beside
    )


def _hull(line: Sequence[Component]) -> Box:
    box = line[0].box
    for component in line[1:]:
        box = box.union(component.box)
    return box


def _without_marks(line: list[Component]) -> list[Component]:
    """Leave out commas and points: small ink that hangs below the middle of the digits beside it. The body of a broken 6 is
    broader."""
    kept = []
    for index, component in enumerate(line):
        beside = [other.box for other in line[max(0, index - 1) : index + 2] if other is not component]
        digit = max(beside, key=lambda box: box.height, default=component.box)
        box = component.box
        narrow = box.width < _MAX_MARK_WIDTH * digit.height
        small = box.height < _MAX_MARK_HEIGHT * digit.height and box.y > digit.centre[1]
        hangs = len(beside) > 1 and all(
            box.y - other.y >= _LOWER_TOP * digit.height and box.bottom - other.bottom >= _LOWER_FOOT * digit.height
            for other in beside
        )
        if not (narrow and (small or (hangs and box.height < _LONG_COMMA * digit.height))):
            kept.append(component)
    return kept
