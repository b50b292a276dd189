"""How far a picture is turned: the angle at which its digits stand side by side.

Of a page that lies askew under a camera, or of a number written uphill, the upright boxes of neighbouring digits overlap little
in height. Turned level they overlap most, which is what a projection profile of the ink measures too (Postl 1986, "Detection of
linear oblique structures and skew scan in digitized documents", ICPR); counted by digits, a number of three tells its own tilt.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.types import Component

_STEEPEST, _STEP = 40.0, 2.0
"""Largest angle that is looked for, in degrees: beyond it a column of numbers may pass for a row; and how finely."""
_LEVEL = 4.0
"""What is turned by less is read as it is: each line is levelled by itself (see `recognizer.lines.cut_line`)."""
_POSSIBLE, _CLEAR = 1.1, 2.0
"""By which factor the digits must overlap more when turned level: for a doubtful reading to be tried again; and, less 1 and
times the number of digits, for any, as a few stand in a slanting row by chance."""
_MOST = 100
"""Components that are enough."""


class Tilt(NamedTuple):
    """How far a picture is turned."""

    degrees: float = 0.0
    """Clockwise: of lines that sink to the right it is positive. A multiple of 2."""
    gain: float = 1.0
    """By which factor the digits overlap more in height once the picture is level."""
    digits: int = 0
    """Number of digits that say so."""

    @property
    def is_possible(self) -> bool:
        """Whether a reading that is in doubt may be better once the picture is level."""
        return abs(self.degrees) >= _LEVEL and self.gain >= _POSSIBLE

    @property
    def is_clear(self) -> bool:
        """Whether the picture is turned beyond doubt."""
        return abs(self.degrees) >= _LEVEL and (self.gain - 1) * self.digits >= _CLEAR


def measure_tilt(components: Sequence[Component]) -> Tilt:
    """Find the angle at which components stand side by side.

    Args:
        components: ink that may be digits, in any number and order.

    Returns:
        The tilt; none for fewer than two components, or where nothing is gained by turning.
    """
    if len(components) < 2:
        return Tilt()
    sample = components[:: -(-len(components) // _MOST)]
    boxes = [component.box for component in sample]
    level = _overlap(np.array([[box.y] for box in boxes], float), np.array([[box.bottom] for box in boxes], float))[0]
    if len(sample) < _POSSIBLE * level:  # side by side already: they cannot overlap more than all of them do
        return Tilt()
    degrees = np.arange(-_STEEPEST, _STEEPEST + _STEP, _STEP)
    across = np.stack([-np.sin(np.deg2rad(degrees)), np.cos(np.deg2rad(degrees))])
    outlines = [outline(component) for component in sample]
    extents = np.concatenate(outlines) @ across
    starts = np.cumsum([0, *map(len, outlines[:-1])])
    turned = _overlap(np.minimum.reduceat(extents, starts), np.maximum.reduceat(extents, starts) + 1)
    best = int(turned.argmax())
    return Tilt(float(degrees[best]), float(turned[best] / turned[len(degrees) // 2]), len(sample))


def outline(component: Component) -> npt.NDArray[np.intp]:
    """(N, 2) x and y of the corners of the outlines of a component's ink, in the component's picture."""
    contours, _ = cv2.findContours(component.ink, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=component.box[:2])
    return np.concatenate(contours).reshape(-1, 2).astype(np.intp)


def _overlap(tops: npt.NDArray[np.float64], feet: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How many components the ink of one has beside it on average, itself included, at each angle: (angles,) of (N, angles)."""
    shared = np.minimum(feet[:, None], feet) - np.maximum(tops[:, None], tops)
    return np.asarray(np.maximum(shared, 0.0).sum(axis=(0, 1)) / (feet - tops).sum(axis=0))
