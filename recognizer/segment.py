"""Ink mask to digits: strokes grouped, marks that are no digits off, lines and reading order.

All limits are in units of the picture's own stroke width and text height, never in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from recognizer.types import Box, InkMask

_MIN_HEIGHT = 0.40
"""Lowest digit, in text heights: dots, commas and dashes are lower."""
_MIN_FRAGMENT_AREA = 0.8
"""Smallest ink that belongs to a digit, in squares of the stroke width."""
_FRAGMENT_HEIGHT = 0.7
"""Ink at most this high, in text heights, may be a stray stroke of the digit above or below it."""
_FRAGMENT_OVERLAP = 0.5
"""Share of a fragment's width that lies over the digit that it joins."""


@dataclass(frozen=True, slots=True)
class Component:
    """The ink of one digit."""

    box: Box
    ink: InkMask
    """(box.height, box.width), 255 where the digit's own ink is: a neighbour that reaches into the box is left out."""

    @property
    def area(self) -> int:
        """Number of ink pixels."""
        return int(cv2.countNonZero(self.ink))

    def merged_with(self, other: Component) -> Component:
        """Both inks as one component."""
        box = self.box.union(other.box)
        ink = np.zeros((box.height, box.width), np.uint8)
        for part in (self, other):
            x, y = part.box.x - box.x, part.box.y - box.y
            window = ink[y : y + part.box.height, x : x + part.box.width]
            np.maximum(window, part.ink, out=window)
        return Component(box, ink)


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
    reach = max(1, round(0.35 * stroke_width))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(mask, kernel), dtype=np.uint8)


def find_components(mask: InkMask, dilated: InkMask) -> list[Component]:
    """Group the ink of `mask` by the connected components of `dilated`, in no particular order."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dilated, connectivity=8, ltype=cv2.CV_32S)
    components = []
    for label in range(1, count):
        x, y, width, height, _area = (int(v) for v in stats[label])
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
    heights = np.array([c.box.height for c in components], dtype=float)
    weights = np.array([c.area for c in components], dtype=float)
    order = np.argsort(heights)
    cumulated = np.cumsum(weights[order])
    return float(heights[order][np.searchsorted(cumulated, cumulated[-1] / 2)])


def select_digits(components: Sequence[Component], stroke_width: float) -> list[Component]:
    """Join stray strokes to their digits and leave out what is too small to be one.

    Args:
        components: as from `find_components`.
        stroke_width: typical width of a stroke, in pixels.
    """
    smallest = _MIN_FRAGMENT_AREA * stroke_width**2
    kept = [c for c in components if c.area >= smallest]
    height = text_height(kept)
    joined = _join_fragments(kept, height)
    return [c for c in joined if c.box.height >= _MIN_HEIGHT * height]


def _join_fragments(components: Sequence[Component], height: float) -> list[Component]:
    """Merge each low component into the digit above or below it that it overlaps most: a 5's flag, a broken 4."""
    parts = sorted(components, key=lambda c: c.area)
    whole: list[Component] = []
    while parts:
        part = parts.pop(0)
        best, best_overlap = -1, 0.0
        if part.box.height <= _FRAGMENT_HEIGHT * height:
            for index, other in enumerate(parts):
                overlap = min(part.box.right, other.box.right) - max(part.box.x, other.box.x)
                share = overlap / part.box.width
                gap = max(part.box.y, other.box.y) - min(part.box.bottom, other.box.bottom)
                fits = part.box.union(other.box).height <= 1.35 * height
                if share >= _FRAGMENT_OVERLAP and share > best_overlap and gap <= 0.25 * height and fits:
                    best, best_overlap = index, share
        if best < 0:
            whole.append(part)
        else:
            parts[best] = parts[best].merged_with(part)
            parts.sort(key=lambda c: c.area)
    return whole


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

    for i, left in enumerate(ordered):
        best, best_gap = -1, np.inf
        for j in range(i + 1, len(ordered)):
            right = ordered[j]
            overlap = min(left.box.bottom, right.box.bottom) - max(left.box.y, right.box.y)
            gap = right.box.x - left.box.right
            if overlap >= min(left.box.height, right.box.height) / 3 and gap < best_gap:
                best, best_gap = j, gap
        if best >= 0:
            line_of[root(best)] = root(i)
    lines: dict[int, list[Component]] = {}
    for index, component in enumerate(ordered):
        lines.setdefault(root(index), []).append(component)
    # Ordered by the middle of a digit within its line: centres, since a tall neighbour's box may begin further left.
    return sorted(
        (sorted(line, key=lambda c: c.box.centre[0]) for line in lines.values()),
        key=lambda line: float(np.mean([c.box.centre[1] for c in line])),
    )
