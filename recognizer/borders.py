"""Bars that are what is left of a cell's borders, and no 1s: straighter than a hand draws, and going on where the ink ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.components import fit_line
from recognizer.segment import BESIDE, FLAT_HEIGHT, MIN_HEIGHT
from recognizer.types import Box, Component, GreyImage, InkMask

_EDGE_SHARE = 0.12
"""A border stands within this share of the picture's width from its left or right edge."""
_MIN_LENGTH, _MAX_LEAN, _MAX_DEVIATION = 3.0, 0.06, 0.5
"""A bar is at least so long, in stroke widths; leans at most so, as a slope; and its ink deviates so from its axis, in stroke
widths."""
_MAX_THICKNESS, _CORNER = 2.0, 0.25
"""Ink that is thicker, in stroke widths, is no part of a bar, but may be a corner in this share of its height at either end."""
_RULED_LEAN, _RULED_DEVIATION = 0.04, 0.28
"""As straight as drawn with a ruler, and thinner than the pen: the ink of a straight bar of thickness t deviates by 0.29 t."""
_UPRIGHT_LEAN, _UPRIGHT_DEVIATION = 0.02, 0.36
"""As straight, and no thicker than the pen."""
_MIN_CONTRAST, _MIN_EXTENSION = 0.12, 0.05
"""A line goes on beyond its ink where what follows, over so much of the picture's height at least, is darker than the paper
beside it by this share of what the ink is: of 101 real 1s near a side none did."""
_GAP = 2
"""Pixels between the ink and its continuation: there the ink itself fades."""
_AT_EDGE, _AWAY = 4, 0.1
"""A bar ends at an edge of the picture within so many pixels; digits keep away from there by so many of their heights."""
_SPAN, _SPAN_MARGIN = 1.3, 0.1
"""A bar spans the picture if it is as long as this, in the digits' heights, and ends within this share of the picture's
height from both edges."""
_OUT, _APART = 0.2, 0.5
"""How far a border reaches above or below all digits, and how far it stands from the nearest, in their heights."""
_MIN_SIGNS = 2


def leave_out_borders(components: Sequence[Component], grey: GreyImage, stroke_width: float) -> list[Component]:
    """Leave out the bars near the picture's left and right edge that are borders of a cell.

    Two signs of six make a border: it is straighter and thinner than a pen's stroke; it goes on beyond its ink, paler, which on
    squared paper a 1 may do; it is upright, and ends at the picture's upper or lower edge, from which the digits keep away,
    or at both; it stands apart from the digits, and beside none of them; it reaches above or below them; it stands apart at
    all. The last two alone may be those of a tall 1.

    Args:
        components: what may be digits, in any order.
        grey: (height, width) uint8, dark ink on light ground.
        stroke_width: typical width of a stroke, in pixels.

    Returns:
        The components that are none. One that a border is part of is there without it.
    """
    bars = [_find_bar(component, grey, stroke_width) for component in components]
    digits = [component.box for component, bar in zip(components, bars, strict=True) if bar is None]
    height = float(median(box.height for box in digits)) if digits else 0.0
    kept = []
    for component, bar in zip(components, bars, strict=True):
        if bar is None or not bar.is_border(digits, height):
            kept.append(component)
        elif (rest := _beside(component, bar.box)) is not None and (
            rest.box.height >= max(MIN_HEIGHT * height, FLAT_HEIGHT * stroke_width)
        ):
            kept.append(rest)
    return kept


def _find_bar(component: Component, grey: GreyImage, stroke_width: float) -> _Bar | None:
    """The bar that a component near an edge of the picture consists of, but for corners and what hangs on them."""
    box, width = component.box, grey.shape[1]
    right = width - box.right
    if min(box.x, right) > _EDGE_SHARE * width or box.height < _MIN_LENGTH * stroke_width:
        return None
    side = np.s_[:, ::-1] if right < box.x else np.s_[:, :]
    ink = np.zeros_like(component.ink)
    ink[side] = _outer_bar(component.ink[side], stroke_width)
    rows, columns = np.nonzero(ink)
    if not len(rows):
        return None
    slope, offset, deviation = fit_line(rows, columns)
    if abs(slope) > _MAX_LEAN or deviation > _MAX_DEVIATION * stroke_width:
        return None
    bar = Box(box.x + int(columns.min()), box.y, int(np.ptp(columns)) + 1, box.height)
    return _Bar(bar, grey, stroke_width, slope, offset + box.x - slope * box.y, deviation)


def _outer_bar(ink: InkMask, stroke_width: float) -> InkMask:
    """Of each row the first run of ink, but for the broad runs at the upper and lower end: there the cell's other borders
    begin. All of the ink where runs are broad between."""
    inked = ink > 0
    columns = np.arange(ink.shape[1])
    first = inked.argmax(axis=1)[:, None]
    gaps = ~inked & (columns >= first)
    end = np.where(gaps.any(axis=1), gaps.argmax(axis=1), len(columns))[:, None]
    broad = (end - first)[:, 0] > _MAX_THICKNESS * stroke_width
    corner = int(_CORNER * len(ink))
    top = int(np.flatnonzero(broad[:corner]).max(initial=-1)) + 1
    foot = len(ink) - corner + int(np.flatnonzero(broad[len(ink) - corner :]).min(initial=corner))
    if broad[top:foot].any():
        return ink
    outer = np.where((columns >= first) & (columns < end), ink, 0).astype(np.uint8)
    outer[:top] = outer[foot:] = 0
    return outer


def _beside(component: Component, bar: Box) -> Component | None:
    """What a component has beside a bar; None for nothing."""
    rest = component.ink.copy()
    rest[:, bar.x - component.box.x : bar.right - component.box.x] = 0
    x, y, width, height = cv2.boundingRect(rest)
    box = Box(component.box.x + x, component.box.y + y, width, height)
    return Component(box, rest[y : y + height, x : x + width]) if width and height else None


@dataclass(frozen=True)
class _Bar:
    box: Box
    grey: GreyImage
    stroke_width: float
    slope: float
    offset: float
    """The bar's axis: x = slope * y + offset."""
    deviation: float
    """Standard deviation of its ink from the axis, in pixels."""

    def is_border(self, digits: Sequence[Box], height: float) -> bool:
        """Whether the bar is a border, beside digits of a typical height."""
        ruled = self._is_straight(_RULED_LEAN, _RULED_DEVIATION)
        goes_on = self._goes_on(0, self.box.y - _GAP) or self._goes_on(self.box.bottom + _GAP, len(self.grey))
        ends = out = apart = aloof = False
        if digits:
            above = min(digit.y for digit in digits) - self.box.y
            below = self.box.bottom - max(digit.bottom for digit in digits)
            ends = self._is_straight(_UPRIGHT_LEAN, _UPRIGHT_DEVIATION) and self._ends_at_edge(above, below, height)
            out = max(above, below) >= _OUT * height
            gap = min(max(digit.x - self.box.right, self.box.x - digit.right) for digit in digits)
            apart = gap >= _APART * height
            aloof = apart and not any(self._stands_beside(digit) for digit in digits)
        return (ruled or goes_on or ends or aloof) and ruled + goes_on + ends + out + apart + aloof >= _MIN_SIGNS

    def _stands_beside(self, digit: Box) -> bool:
        """Whether the bar and a digit may be of one line."""
        overlap = min(self.box.bottom, digit.bottom) - max(self.box.y, digit.y)
        return overlap >= BESIDE * min(self.box.height, digit.height)

    def _is_straight(self, lean: float, deviation: float) -> bool:
        return abs(self.slope) <= lean and self.deviation <= deviation * self.stroke_width

    def _ends_at_edge(self, above: int, below: int, height: float) -> bool:
        top, foot = self.box.y, len(self.grey) - self.box.bottom
        one = (top <= _AT_EDGE and above >= _AWAY * height) or (foot <= _AT_EDGE and below >= _AWAY * height)
        return one or (max(top, foot) <= _SPAN_MARGIN * len(self.grey) and self.box.height >= _SPAN * height)

    def _goes_on(self, first: int, last: int) -> bool:
        if last - first < _MIN_EXTENSION * len(self.grey):
            return False
        return self._contrast(first, last) >= _MIN_CONTRAST * max(1.0, self._own_contrast)

    @cached_property
    def _own_contrast(self) -> float:
        return self._contrast(self.box.y, self.box.bottom)

    def _contrast(self, first: int, last: int) -> float:
        """How much darker the axis is than the darker of its two sides, in the mean of some rows: so a line is seen that is
        paler than the paper's grain."""
        half = max(1, round(self.stroke_width / 2))
        beside = round(1.5 * self.stroke_width) + 1
        y = np.arange(first, last)
        x = np.round(self.slope * y + self.offset).astype(np.intp)

        def levels(start: int, stop: int) -> npt.NDArray[np.float64]:
            columns = np.clip(x[:, None] + np.arange(start, stop), 0, self.grey.shape[1] - 1)
            return np.asarray(self.grey[y[:, None], columns].mean(axis=0), dtype=np.float64)

        sides = [levels(-beside - half, -beside + 1).mean(), levels(beside, beside + half + 1).mean()]
        return float(min(sides) - levels(-1, 2).min())
