"""Squared paper: its lines, where they are paler than the pen, taken out of the grey levels in which ink is sought."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.binarize import Prepared, adaptive_threshold, prepare_flat
from recognizer.components import (
    count_apart,
    count_levels,
    count_runs,
    grey_quantile,
    label_components,
    quantile_of_counts,
    shrink,
)
from recognizer.types import GreyImage, InkMask

_INSIDE = 2
"""How far from a picture's edges lines are counted that cross them, in pixels ..."""
_MIN_CROSSINGS, _MIN_SIDES = 2, 3
"""... and how many on how many sides may be those of squared paper."""
_STROKE, _LEAST_SIDE = 1.5, 400
"""Lines are sought in a smaller picture: strokes keep this width, in pixels, and its longer side this length."""
_SMOOTHING = 0.7
"""Blur against the grain of the paper, sigma in pixels of the smaller picture."""
_SURROUNDINGS, _LEAST_SURROUNDINGS = 1.5, 3.0
"""Sigma of what a line is compared with, in stroke widths, and at least, in pixels of the smaller picture."""
_FAINTEST, _LEAST_CONTRAST = 0.06, 6.0
"""How much darker than its surroundings a line must be, as a share of the ink's contrast, and at least, in grey levels."""
_MIN_RATIO = 1.15
"""How much darker than the lines the pen must be."""
_MIN_CORES = 20
"""Fewer pixels than these tell nothing."""
_MIN_LENGTH, _MAX_GAP, _MIN_VOTES = 0.5, 0.2, 0.2
"""A line's length, the widest gap in it and the pixels that it must have, in shorter sides of the picture."""
_MAX_GAP_IN_STROKES = 8.0
"""Widest gap in stroke widths: a wider one would let a line hop along the lines that it crosses."""
_MIN_FAMILY, _MIN_LINES = 2, 4
"""Squares are made of so many lines in either direction, and so many in both ..."""
_APART = 4.0
"""... that are so far apart, in pixels of the smaller picture ..."""
_MARGIN = 0.12
"""... and so far from the picture's edges, in its shorter sides: nearer are the borders of a cell."""
_MIN_SQUARENESS = 0.9
"""Length of the mean of the lines' directions, four times turned: 1 where all are parallel or at right angles."""
_MAX_TURN = 0.94
"""Cosine of the angle to its family's direction that a line may have."""
_MIN_SHARE = 0.55
"""Share of all that is pale that must lie on the lines: writing in pencil beside dark borders is pale, too."""
_CROSSING = 8
"""What is dark and smaller, in pixels of the smaller picture, is where two lines cross."""
_MAX_ON_LINES = 0.4
"""Share of the rest of what is dark that may lie on the lines beyond what does by chance: else it is a darker line."""
_DARK_LINE = 0.9
"""What is paler than the lines are in this share of their pixels becomes paper ..."""
_ABOVE = 0.15
"""... with this share of the way up to the pen ..."""
_LIMIT = 0.85
"""... unless that is more than this share of the pen's own darkness: not much of thin strokes would be left."""


def meets_edges(mask: InkMask) -> bool:
    """Whether lines leave a picture at most of its sides, as those of squared paper do: worth a look for squares.

    Args:
        mask: (height, width) uint8, 255 where there is ink.
    """
    if min(mask.shape) <= 2 * _INSIDE:
        return False
    sides = mask[_INSIDE], mask[-1 - _INSIDE], mask[:, _INSIDE], mask[:, -1 - _INSIDE]
    return bool(sum(count_runs(side > 0) >= _MIN_CROSSINGS for side in sides) >= _MIN_SIDES)


def without_squares(prepared: Prepared) -> Prepared | None:
    """Take pale squares out of a picture.

    Lines are sought by a probabilistic Hough transform (Matas, Galambos and Kittler 2000, "Robust detection of lines using the
    progressive probabilistic Hough transform") in what is paler than the pen, so the paper may lie askew or bend a little.

    Args:
        prepared: the picture in even light.

    Returns:
        The same picture without the squares; None where there are none, or where they are nearly as dark as the pen.
    """
    if prepared.ink is None:
        return None
    stroke_width, contrast = prepared.ink.stroke_width, prepared.ink.contrast
    factor = max(1, min(int(stroke_width / _STROKE), max(prepared.flat.shape) // _LEAST_SIDE))
    small = np.asarray(cv2.GaussianBlur(shrink(prepared.flat, factor), (0, 0), _SMOOTHING), dtype=np.uint8)
    surroundings = max(_LEAST_SURROUNDINGS, _SURROUNDINGS * stroke_width / factor)
    seen = adaptive_threshold(small, surroundings, max(_LEAST_CONTRAST, _FAINTEST * contrast))
    darkness = np.asarray(cv2.bitwise_not(small), dtype=np.uint8)
    ridges = seen & (_is_highest(darkness, (1, 3)) | _is_highest(darkness, (3, 1)))
    for level in _splits(darkness[(seen & _is_highest(darkness, (3, 3))) > 0]):
        dark = _above(darkness, level)
        pale = ridges & ~np.asarray(cv2.dilate(dark, np.ones((5, 5), np.uint8)), dtype=np.uint8)
        lines = _find_lines(pale, stroke_width / factor)
        if lines is None or not lines.are_squares or lines.explain(dark):
            continue
        darkest = _darkest(prepared.flat, factor)
        pen = quantile_of_counts(count_levels(darkest, dark))
        squares = quantile_of_counts(count_levels(darkest, pale & lines.drawn), _DARK_LINE)
        limit = squares + _ABOVE * (pen - squares)
        if limit <= _LIMIT * pen and pen >= _MIN_RATIO * squares:
            return prepare_flat(prepared.grey, _fade(prepared.flat, limit, pen))
    return None


def _darkest(flat: GreyImage, factor: int) -> GreyImage:
    """How dark the darkest pixel is around each of the smaller picture: smoothed, thin lines have become paler."""
    around = 2 * (factor // 2) + 3
    # From one pixel before each square on.
    darkest = cv2.dilate(cv2.bitwise_not(flat), np.ones((around, around), np.uint8), anchor=(1, 1))
    return np.ascontiguousarray(darkest[::factor, ::factor], dtype=np.uint8)


def _above(picture: GreyImage, level: float) -> InkMask:
    return np.where(picture > level, 255, 0).astype(np.uint8)


def _is_highest(picture: GreyImage, around: tuple[int, int]) -> InkMask:
    """255 where a pixel is as high as the highest around it, in (rows, columns)."""
    return np.asarray(cv2.compare(picture, cv2.dilate(picture, np.ones(around, np.uint8)), cv2.CMP_EQ), dtype=np.uint8)


def _splits(levels: npt.NDArray[np.uint8]) -> Iterator[int]:
    """Levels that may separate lines from the pen (Otsu 1979): grain, lines and pen may make three classes."""
    for _ in range(2):
        if not len(levels):
            return
        level = int(cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0])
        below, above = levels[levels <= level], levels[levels > level]
        if min(len(below), len(above)) < _MIN_CORES:
            return
        if grey_quantile(above) >= _MIN_RATIO * grey_quantile(below):
            yield level
        levels = above


class _Lines(NamedTuple):
    families: tuple[int, int]
    """How many lines there are in either of two directions at right angles."""
    squareness: float
    share: float
    drawn: InkMask

    @property
    def are_squares(self) -> bool:
        enough = min(self.families) >= _MIN_FAMILY and sum(self.families) >= _MIN_LINES
        return enough and self.squareness >= _MIN_SQUARENESS and self.share >= _MIN_SHARE

    def explain(self, dark: InkMask) -> bool:
        """Whether what is dark is no writing: crossings and pieces of the lines, which lie on them more than by chance."""
        labels, found = label_components(dark)
        long = np.isin(labels, [label for label, box in found if max(box.width, box.height) >= _CROSSING])
        if not long.any():
            return True
        on = self.drawn > 0
        by_chance = float(on.mean())
        return float(on[long].mean()) > by_chance + _MAX_ON_LINES * (1 - by_chance)


def _find_lines(ridges: InkMask, stroke_width: float) -> _Lines | None:
    """The long straight lines of a mask, in which strokes are so wide; None for none."""
    height, width = ridges.shape
    side = min(height, width)
    found = cv2.HoughLinesP(
        ridges,
        rho=1,
        theta=np.pi / 180,
        threshold=max(6, int(_MIN_VOTES * side)),
        minLineLength=_MIN_LENGTH * side,
        maxLineGap=min(_MAX_GAP * side, _MAX_GAP_IN_STROKES * stroke_width),
    )
    if found is None:
        return None
    ends = np.asarray(found, dtype=np.int32).reshape(-1, 2, 2)
    drawn = np.zeros_like(ridges)
    cv2.polylines(drawn, list(ends), isClosed=False, color=255, thickness=3)
    along = ends[:, 1] - ends[:, 0]
    length, angle = np.hypot(*along.T), np.arctan2(along[:, 1], along[:, 0])
    # Four times turned, directions at right angles are one.
    mean = complex((length * np.exp(4j * angle)).sum() / length.sum())
    middles = ends.mean(axis=1)
    margin = _MARGIN * side
    inner = ((middles > margin) & (middles < np.array([width, height]) - margin)).all(axis=1)
    families = []
    for direction in (np.angle(mean) / 4, np.angle(mean) / 4 + np.pi / 2):
        alike = inner & (np.abs(np.cos(angle - direction)) > _MAX_TURN)
        families.append(count_apart(middles[alike] @ np.array([-np.sin(direction), np.cos(direction)]), _APART))
    share = cv2.countNonZero(ridges & drawn) / max(1, cv2.countNonZero(ridges))
    return _Lines((families[0], families[1]), abs(mean), share, drawn)


def _fade(flat: GreyImage, limit: float, pen: float) -> GreyImage:
    """Make paper of what is no darker than `limit`, and leave what is as dark as the pen as it is."""
    darkness = 255.0 - np.arange(256)
    levels = 255.0 - np.clip((darkness - limit) * pen / (pen - limit), 0, darkness)
    return np.asarray(cv2.LUT(flat, np.round(levels).astype(np.uint8)), dtype=np.uint8)
