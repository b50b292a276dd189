"""A picture as it is looked at: grey, at working size, upright, and, where its lines climb, turned level."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.binarize import rescale, working_scale
from recognizer.image_io import to_grey
from recognizer.segment import text_height
from recognizer.tilt import outline
from recognizer.types import Box, Component, GreyImage, InkMask, RgbImage

_MARGIN = 0.8
"""Room around the digits of a view that is turned or near, in text heights."""
_PAPER = 255
_SMALL, _COMFORTABLE = 18.0, 36.0
"""Digits lower than this, in pixels of a view, are looked at from nearer, so that they become so high ..."""
_LONGEST_NEAR = 2400
"""... as long as the nearer view is no longer than this, in pixels ..."""
_WORTHWHILE = 1.2
"""... and they grow by this factor at least."""
_SLENDER = 11.0
"""Digits count as no higher than this, in stroke widths: strokes as thin as a pixel break, whatever the digit's height."""


@dataclass(frozen=True, slots=True)
class View:
    """A picture, or the part of it around its digits, as it is looked at."""

    grey: GreyImage
    """(height, width) uint8 at working size."""
    size: tuple[int, int]
    """(width, height) of the picture as it was shown, in pixels."""
    scale: float
    """Pixels of the view for each pixel of the picture."""
    degrees: float = 0.0
    """How far the picture was turned counterclockwise to be level, once it was upright."""
    origin: tuple[float, float] = (0.0, 0.0)
    """Where in the upright picture the view's first pixel lies: x and y, in its pixels."""
    quarters: int = 0
    """By how many quarters the picture was turned counterclockwise to be upright, -1 to 2."""

    def place(self, box: Box, mask: InkMask) -> Box:
        """Where in the picture the ink in a box of the view lies.

        Args:
            box: in pixels of the view.
            mask: (height, width) uint8 of the view, 255 where there is ink.

        Returns:
            The box in pixels of the picture as it was shown, at least one pixel and inside it.
        """
        left, top, right, bottom = self._edges(box, mask)
        width, height = self.size[::-1] if self.quarters % 2 else self.size
        x, y = min(width - 1, max(0, int(left))), min(height - 1, max(0, int(top)))
        right = max(x + 1, min(width, round(right)))
        bottom = max(y + 1, min(height, round(bottom)))
        placed = Box(x, y, right - x, bottom - y)
        for _ in range(self.quarters % 4):
            # What a quarter turn made the first row was the last column.
            width, height = height, width
            placed = Box(width - placed.bottom, placed.x, placed.height, placed.width)
        return placed

    def _edges(self, box: Box, mask: InkMask) -> tuple[float, float, float, float]:
        """Left, top, right and bottom edge of the ink in a box, in pixels of the upright picture."""
        x, y = self.origin
        if not self.degrees:
            s = self.scale
            return x + box.x / s, y + box.y / s, x + box.right / s, y + box.bottom / s
        # Upright in the picture, a box that holds the turned box would reach over the neighbours: what counts is the ink.
        rows, columns = np.nonzero(mask[box.y : box.bottom, box.x : box.right])
        if not len(rows):
            rows, columns = np.indices((box.height, box.width)).reshape(2, -1)
        points = np.stack([columns + box.x, rows + box.y], axis=1) @ _rotation(self.degrees)
        left, top = points.min(axis=0) / self.scale
        right, bottom = (points.max(axis=0) + 1) / self.scale
        return x + left, y + top, x + right, y + bottom


def view_of(rgb: RgbImage, quarters: int = 0) -> View:
    """The whole of a picture.

    Args:
        rgb: (height, width, 3) uint8, upright.
        quarters: by how many quarters it was turned counterclockwise to be so.
    """
    height, width = rgb.shape[:2]
    scale = working_scale(height, width)
    size = (height, width) if quarters % 2 else (width, height)
    return View(rescale(to_grey(rgb), scale), size, scale, quarters=quarters)


def come_closer(view: View, rgb: RgbImage, digits: Sequence[Component], stroke_width: float) -> View | None:
    """The part of a picture around its digits, larger, where they are small because the picture was shrunk.

    Args:
        view: the whole picture.
        rgb: the picture, (height, width, 3) uint8, upright as the view is.
        digits: what may be digits in the view.
        stroke_width: typical width of a stroke in the view, in pixels.

    Returns:
        The nearer view; None where the digits are large enough or the picture has no more to show.
    """
    # Strokes tell, too, where digits are so small that they run into one another.
    height = min(text_height(digits), _SLENDER * stroke_width)
    if view.scale >= 1 or not 0 < height < _SMALL:
        return None
    room = _MARGIN * height
    left, top = (max(0, int((min(c.box[side] for c in digits) - room) / view.scale)) for side in (0, 1))
    right = math.ceil((max(c.box.right for c in digits) + room) / view.scale)
    bottom = math.ceil((max(c.box.bottom for c in digits) + room) / view.scale)
    part = rgb[top:bottom, left:right]
    scale = min(1.0, view.scale * _COMFORTABLE / height, _LONGEST_NEAR / max(part.shape[:2]))
    if scale < _WORTHWHILE * view.scale:
        return None
    return View(rescale(to_grey(part), scale), view.size, scale, origin=(left, top), quarters=view.quarters)


def turn(view: View, flat: GreyImage, ink: Sequence[Component], degrees: float, height: float) -> View:
    """The part of a view around its ink, turned level.

    Args:
        view: as it was, not turned.
        flat: (height, width) uint8, the same as dark ink on evenly lit paper: what the turned view is made of.
        ink: what is to be seen, at least one component.
        degrees: its tilt, clockwise.
        height: text height, in pixels of the view: room is left around the ink.
    """
    rotation = _rotation(degrees)
    points = np.concatenate([outline(component) for component in ink]) @ rotation.T
    room = _MARGIN * height
    first = np.floor(points.min(axis=0) - room)
    width, height = (int(side) for side in np.ceil(points.max(axis=0) + room - first) + 1)
    matrix = np.column_stack([rotation, -first])
    # What lies outside of the picture is paper.
    turned = cv2.warpAffine(
        flat, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=_PAPER
    )
    x, y = np.array(view.origin) + first @ rotation / view.scale
    return View(np.asarray(turned, np.uint8), view.size, view.scale, degrees, (float(x), float(y)), view.quarters)


def _rotation(degrees: float) -> npt.NDArray[np.float64]:
    """(2, 2) matrix that makes level, x and y, what sinks by an angle."""
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[cosine, sine], [-sine, cosine]])
