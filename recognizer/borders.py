"""Bars that are what is left of a cell's borders, and no 1s: straighter than a hand draws, and going on where the ink ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recognizer.components import fit_line
from recognizer.types import Component, GreyImage

_EDGE_SHARE = 0.12
"""A border stands within this share of the picture's width from its left or right edge."""
_MIN_LENGTH, _MAX_LEAN, _MAX_DEVIATION = 3.0, 0.06, 0.5
"""A bar is at least so long, in stroke widths; leans at most so, as a slope; and its ink deviates so from its axis, in stroke
widths."""
_RULED_LEAN, _RULED_DEVIATION = 0.04, 0.28
"""As straight as drawn with a ruler, and thinner than the pen: the ink of a straight bar of thickness t deviates by 0.29 t."""
_MIN_CONTRAST, _MIN_EXTENSION = 0.2, 0.05
"""A line goes on beyond its ink where most of what follows, and so much of the picture's height at least, is darker than the
paper beside it by this share of what the ink is."""
_EXTENSION_QUANTILE = 0.25
"""The contrast that all but this share of the line's continuation has."""
_GAP = 2
"""Pixels between the ink and its continuation: there the ink itself fades."""
_OUT = 0.2
"""How far a border reaches above or below all digits, in their heights."""
_AWAY = 0.1
"""How far the digits keep away from the edge of the picture that a border ends at, in their heights."""
_APART = 0.5
"""Distance from the nearest digit, in their heights."""
_MIN_SIGNS = 2


def leave_out_borders(components: Sequence[Component], grey: GreyImage, stroke_width: float) -> list[Component]:
    """Leave out the bars near the picture's left and right edge that are borders of a cell.

    Two signs of five make a border: it is straighter and thinner than a pen's stroke; it goes on beyond its ink, paler; it
    ends at the picture's upper or lower edge, from which the digits keep away; it reaches above or below them; it stands
    apart. The last two alone may be those of a tall 1.

    Args:
        components: what may be digits, in any order.
        grey: (height, width) uint8, dark ink on light ground.
        stroke_width: typical width of a stroke, in pixels.
    """
    bars = [_bar(component, grey, stroke_width) for component in components]
    rest = [component for component, bar in zip(components, bars, strict=True) if bar is None]
    return [c for c, bar in zip(components, bars, strict=True) if bar is None or not bar.is_border(rest)]


def _bar(component: Component, grey: GreyImage, stroke_width: float) -> _Bar | None:
    """What of the component concerns its being a bar near an edge; None where it is none."""
    box, width = component.box, grey.shape[1]
    if min(box.x, width - box.right) > _EDGE_SHARE * width or box.height < _MIN_LENGTH * stroke_width:
        return None
    rows, columns = np.nonzero(component.ink)
    slope, offset, deviation = fit_line(rows, columns)
    if abs(slope) > _MAX_LEAN or deviation > _MAX_DEVIATION * stroke_width:
        return None
    return _Bar(component, grey, stroke_width, slope, offset + box.x - slope * box.y, deviation)


@dataclass(frozen=True)
class _Bar:
    component: Component
    grey: GreyImage
    stroke_width: float
    slope: float
    offset: float
    """The bar's axis: x = slope * y + offset."""
    deviation: float
    """Standard deviation of its ink from the axis, in pixels."""

    def is_border(self, digits: Sequence[Component]) -> bool:
        """Whether the bar is a border, beside what else there is in the picture."""
        box, height = self.component.box, self.grey.shape[0]
        ruled = abs(self.slope) <= _RULED_LEAN and self.deviation <= _RULED_DEVIATION * self.stroke_width
        goes_on = self._goes_on(0, box.y - _GAP) or self._goes_on(box.bottom + _GAP, height)
        at_edge = out = apart = False
        if digits:
            unit = float(np.median([digit.box.height for digit in digits]))
            above = min(digit.box.y for digit in digits) - box.y
            below = box.bottom - max(digit.box.bottom for digit in digits)
            gap = min(max(digit.box.x - box.right, box.x - digit.box.right) for digit in digits)
            ends = [above for _ in range(box.y <= 2 * _GAP)] + [below for _ in range(box.bottom >= height - 2 * _GAP)]
            at_edge = max(ends, default=0) >= _AWAY * unit
            out = max(above, below) >= _OUT * unit
            apart = gap >= _APART * unit
        return (ruled or goes_on or at_edge) and ruled + goes_on + at_edge + out + apart >= _MIN_SIGNS

    def _goes_on(self, first: int, last: int) -> bool:
        if last - first < _MIN_EXTENSION * self.grey.shape[0]:
            return False
        faint = np.quantile(self._contrast(first, last), _EXTENSION_QUANTILE)
        return bool(faint >= _MIN_CONTRAST * self._own_contrast)

    @cached_property
    def _own_contrast(self) -> float:
        box = self.component.box
        return max(1.0, float(np.median(self._contrast(box.y, box.bottom))))

    def _contrast(self, first: int, last: int) -> npt.NDArray[np.float64]:
        """How much darker the axis is than the darker of its two sides, row by row."""
        half = max(1, round(self.stroke_width / 2))
        beside = round(1.5 * self.stroke_width) + 1
        y = np.arange(first, last)
        x = np.round(self.slope * y + self.offset).astype(np.intp)

        def levels(start: int, stop: int) -> npt.NDArray[np.uint8]:
            columns = np.clip(x[:, None] + np.arange(start, stop), 0, self.grey.shape[1] - 1)
            return np.asarray(self.grey[y[:, None], columns])

        own = levels(-half, half + 1).min(axis=1)
        left = np.median(levels(-beside - half, -beside + 1), axis=1)
        right = np.median(levels(beside, beside + half + 1), axis=1)
        return np.asarray(np.minimum(left, right) - own, dtype=np.float64)
