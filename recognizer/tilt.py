"""How far a picture is turned: the angle at which its digits stand side by side.

Of a page that lies askew under a camera, or of a number written uphill, neighbouring digits share little of their height.
Turned level they share most, which is what a projection profile of the ink measures too (Postl 1986, "Detection of linear
oblique structures and skew scan in digitized documents", ICPR). Counted by neighbours, a short number tells its own tilt, and
lines of a page that begin anywhere do not mislead.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.types import Component

_STEEPEST, _STEP = 60.0, 2.0
"""Largest angle that is looked for, in degrees, and how finely."""
_STEEP, _RATHER_STEEP = 40.0, 1.3
"""By which factor more digits must stand beside one another at an angle beyond this than at any within it: a column of numbers
may pass for a row."""
_LEVEL = 4.0
"""What is turned by less is read as it is: each line is levelled by itself (see `recognizer.lines.cut_line`)."""
_NEAR, _SPREAD = 3.0, 2.5
"""Digits are compared with those whose middle is no farther than this, in text heights, or, where they stand far apart, in
distances from one to the next: what is farther away may belong to another line of a page, which begins where it likes."""
_SQUARE = 0.6
"""Two stand beside each other as far as they share more than this of the lower one's height ..."""
_IN_ROWS = 1.8
"""... and in rows if as many as this do on average, each itself included: single digits in a column do not."""
_POSSIBLE, _CLEAR = 1.3, 3.0
"""By which factor more digits must stand beside each other once the picture is level: for a doubtful reading to be tried again;
and, less 1 and times the number of digits, for any reading: a few stand in a slanting row by chance."""
_MOST = 100
"""Digits that are enough."""
_ON_SIDE, _COARSE_STEP = 50.0, 5.0
"""From which angle on a picture rather lies on its side, in degrees, and how finely this is looked for ..."""
_STACKED = 1.3
"""... and by which factor more digits must stand beside one another at such an angle than at any other."""


class Tilt(NamedTuple):
    """How far a picture is turned."""

    degrees: float = 0.0
    """Clockwise: of lines that sink to the right it is positive. A multiple of 2."""
    beside: float = 1.0
    """How many digits stand beside a digit on average once the picture is level, itself included."""
    gain: float = 1.0
    """By which factor these are more than in the picture as it is."""
    digits: int = 0
    """Number of digits that say so."""

    @property
    def is_possible(self) -> bool:
        """Whether a reading that is in doubt may be better once the picture is level."""
        return abs(self.degrees) >= _LEVEL and self.gain >= _POSSIBLE

    @property
    def is_clear(self) -> bool:
        """Whether the picture is turned beyond doubt."""
        return self._is_large and abs(self.degrees) <= _STEEP

    @property
    def is_steep(self) -> bool:
        """Whether the picture seems to be turned so far that only its reading can tell."""
        return self._is_large and abs(self.degrees) > _STEEP

    @property
    def _is_large(self) -> bool:
        return abs(self.degrees) >= _LEVEL and self.beside >= _IN_ROWS and (self.gain - 1) * self.digits >= _CLEAR


def measure_tilt(components: Sequence[Component]) -> Tilt:
    """Find the angle at which components stand side by side.

    Args:
        components: ink that may be digits, in any number and order.

    Returns:
        The tilt; none for fewer than two components, or where nothing is gained by turning.
    """
    if len(components) < 2:
        return Tilt()
    sample = _sample(components)
    _, y, _, height = boxes = _boxes_of(sample)
    near = _near(boxes, height)
    level = _beside(y[:, None], (y + height)[:, None], near)[0]
    if near.sum() < _POSSIBLE * level * len(sample):  # all that are near stand side by side already
        return Tilt()
    degrees = np.arange(-_STEEPEST, _STEEPEST + _STEP, _STEP)
    beside = _beside_at(degrees, sample, near)
    best = int((beside / np.where(np.abs(degrees) > _STEEP, _RATHER_STEEP, 1.0)).argmax())
    return Tilt(float(degrees[best]), float(beside[best]), float(beside[best] / level), len(sample))


def lie_on_side(components: Sequence[Component]) -> bool:
    """Whether components stand above or below one another rather than side by side, as digits do in a picture on its side.

    Args:
        components: ink that may be digits, at least two, in any order.
    """
    sample = _sample(components)
    _, y, width, height = boxes = _boxes_of(sample)
    near = _near(boxes, np.maximum(width, height))
    level = _beside(y[:, None], (y + height)[:, None], near)[0]
    if near.sum() < _STACKED * level * len(sample):
        return False
    degrees = np.arange(-90.0, 90.0, _COARSE_STEP)
    beside, is_steep = _beside_at(degrees, sample, near), np.abs(degrees) >= _ON_SIDE
    return bool(beside[is_steep].max() >= _STACKED * beside[~is_steep].max())


def outline(component: Component) -> npt.NDArray[np.intp]:
    """(N, 2) x and y of the corners of the outlines of a component's ink, in the component's picture."""
    contours, _ = cv2.findContours(component.ink, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=component.box[:2])
    return np.concatenate(contours).reshape(-1, 2).astype(np.intp)


def _sample(components: Sequence[Component]) -> Sequence[Component]:
    return components[:: -(-len(components) // _MOST)]


def _boxes_of(components: Sequence[Component]) -> npt.NDArray[np.float64]:
    """(4, N) x, y, width and height."""
    return np.array([component.box for component in components], float).T


def _near(boxes: npt.NDArray[np.float64], sizes: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """(N, N) which are near each other, of (4, N) boxes and the (N,) heights of their digits."""
    x, y, width, height = boxes
    apart = np.hypot(*(np.subtract.outer(middle, middle) for middle in (x + width / 2, y + height / 2)))
    next_to = median((apart + np.diag(np.full(len(apart), np.inf))).min(axis=1).tolist())
    return np.asarray(apart <= max(_NEAR * median(sizes.tolist()), _SPREAD * next_to))


def _beside_at(
    degrees: npt.NDArray[np.float64], components: Sequence[Component], near: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """(angles,) how many components stand beside one on average once the picture is turned by each of these angles."""
    across = np.stack([-np.sin(np.deg2rad(degrees)), np.cos(np.deg2rad(degrees))], axis=1)
    outlines = [outline(component) for component in components]
    extents = across @ np.concatenate(outlines).T
    starts = np.cumsum([0, *map(len, outlines[:-1])])
    tops, feet = (ends.reduceat(extents, starts, axis=1).T for ends in (np.minimum, np.maximum))
    return _beside(tops, feet + 1, near)


def _beside(
    tops: npt.NDArray[np.float64], feet: npt.NDArray[np.float64], near: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """How many components stand beside one on average, itself included: (angles,), of tops and feet (N, angles) and of (N, N)
    which are near each other."""
    heights = feet - tops
    shared = np.minimum(feet[:, None], feet) - np.maximum(tops[:, None], tops)
    share = shared / np.minimum(heights[:, None], heights)
    squarely = np.maximum(share - _SQUARE, 0.0) / (1 - _SQUARE)
    return np.asarray(np.einsum("ijk,ij->k", squarely, near) / len(near))
