"""What is drawn around a number: circles and boxes by hand. They are closed and hold digits; a 0 holds nothing."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from recognizer.binarize import Binarized
from recognizer.components import disc, grow
from recognizer.types import InkMask

_MIN_CONTENT, _MIN_HEIGHT = 0.35, 4.0
"""What an enclosure holds is at least so high, in heights of its hole, and in stroke widths: a speck in a 0 is lower."""
_MIN_HOLE = 0.5
"""Share of an enclosure's area that its hole takes up at least."""
_MIN_ASPECT = 0.7
"""Narrowest enclosure, in its own heights: what is narrower is a 0 with a stroke in it."""
_HALF_PROTRUSION = 1.5
"""What is thinner than twice this, in stroke widths, and sticks out of an enclosure, is no part of it."""
_THICKNESS = 1.4
"""How thick the outline of an enclosure may be, in stroke widths."""
_BRIDGED = 1.2
"""Half the gap over which a stroke goes on that an outline crossed, in stroke widths."""
_FRINGE = 0.3
"""How far the pale edge of an outline reaches beyond its ink, in stroke widths."""
_PAPER = 255


def without_enclosures(binarized: Binarized) -> Binarized:
    """Take out what is drawn around digits, and leave what crosses it.

    Args:
        binarized: a picture and its ink.

    Returns:
        The same where nothing is enclosed, else a copy without the enclosures in `mask` and `flat`.
    """
    mask, stroke_width = binarized.mask, binarized.stroke_width
    contours, hierarchy = cv2.findContours(mask, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return binarized
    tree = _Tree(contours, hierarchy)
    enclosures = {tree.parent(hole) for hole in tree.holes_with_content() if tree.encloses(hole, stroke_width)}
    if not enclosures:
        return binarized
    for enclosure in enclosures:
        mask = _without(mask, *tree.draw(enclosure, mask.shape), stroke_width)
    gone = grow(binarized.mask & ~mask, _FRINGE * stroke_width) & ~mask
    return binarized._replace(mask=mask, flat=np.where(gone, _PAPER, binarized.flat).astype(np.uint8))


class _Tree:
    """The outlines of a mask: those of ink, in them those of its holes, in these those of the ink that they hold, and so on."""

    def __init__(self, contours: Sequence[cv2.typing.MatLike], hierarchy: cv2.typing.MatLike) -> None:
        self._contours, self._hierarchy = contours, hierarchy
        self._links = np.asarray(hierarchy[0], dtype=np.intp)
        """(N, 4) of each outline: the next beside it, the one before, the first in it, the one around it; -1 for none."""

    def parent(self, index: int) -> int:
        return int(self._links[index, 3])

    def holes_with_content(self) -> list[int]:
        """Outlines that have others inside and outside."""
        has = self._links >= 0
        return [int(index) for index in np.flatnonzero(has[:, 2] & has[:, 3])]

    def encloses(self, hole: int, stroke_width: float) -> bool:
        """Whether an outline is that of a hole that holds digits, and nearly all of what is around it is hole."""
        inner, outer = self._links[hole, 2:]
        if self._depth(hole) % 2 == 0:
            return False
        _, _, width, height = cv2.boundingRect(self._contours[outer])
        if width < _MIN_ASPECT * height:
            return False
        least = max(_MIN_CONTENT * cv2.boundingRect(self._contours[hole])[3], _MIN_HEIGHT * stroke_width)
        while inner >= 0:
            if cv2.boundingRect(self._contours[inner])[3] >= least:
                area, whole = cv2.contourArea(self._contours[hole]), cv2.contourArea(self._contours[outer])
                return area >= _MIN_HOLE * whole
            inner = self._links[inner, 0]
        return False

    def _depth(self, index: int) -> int:
        depth = 0
        while (index := self.parent(index)) >= 0:
            depth += 1
        return depth

    def draw(self, outer: int, shape: tuple[int, ...]) -> tuple[InkMask, InkMask]:
        """The ink that an outline surrounds, without what its holes hold; and all that it surrounds."""
        own, whole = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
        cv2.drawContours(own, self._contours, outer, 255, cv2.FILLED, hierarchy=self._hierarchy, maxLevel=1)
        cv2.drawContours(whole, self._contours, outer, 255, cv2.FILLED)
        return own, whole


def _without(mask: InkMask, own: InkMask, whole: InkMask, stroke_width: float) -> InkMask:
    """A mask without the outline of an enclosure: `own` is its ink, `whole` the area that it surrounds."""
    # What sticks out of it is not of it: neither the tail of a 9 nor a digit that it crosses.
    room = round(3 * stroke_width) + 4
    padded = cv2.copyMakeBorder(whole, room, room, room, room, cv2.BORDER_CONSTANT, value=0)
    body = cv2.morphologyEx(padded, cv2.MORPH_OPEN, disc(_HALF_PROTRUSION * stroke_width))
    inside = np.asarray(cv2.erode(body, disc(_THICKNESS * stroke_width)), dtype=np.uint8)
    rim = (np.asarray(body, dtype=np.uint8) & ~inside)[room:-room, room:-room]
    outline = grow(rim, _FRINGE * stroke_width) & own
    without = mask & ~outline
    bridged = np.asarray(cv2.morphologyEx(without, cv2.MORPH_CLOSE, disc(_BRIDGED * stroke_width)), dtype=np.uint8)
    return np.maximum(without, bridged & outline)
