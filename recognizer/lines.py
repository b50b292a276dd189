"""Lines of text to the pictures that the sequence network takes: 32 pixels high, white ink on black."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import cv2
import numpy as np

from recognizer.components import count_levels, count_runs, fit_line, quantile_of_counts
from recognizer.types import LINE_HEIGHT, Box, Component, GreyImage, InkMask

_TEXT_HEIGHT = 22.0
"""Height of a line's digits in its picture, in pixels ..."""
_EXTENT = 29.0
"""... and greatest height of all its digits, where some stand higher than others."""
_TALL = 1.25
"""In heights of the digits: what is taller (a slash, a bracket, a frame) may reach over the edges, or the digits would
be small beside it."""
_CUT, _TALLEST, _BAR = 1.35, 2.0, 0.09
"""But what is so much taller, in heights of the digits, is a digit beside lower ones, and would be cut off: unless it is a bar,
of which the ink deviates less than this from its axis, in its own height."""
_LONG, _CLIMBS, _STEEPEST = 4.0, 0.15, 0.3
"""A line is levelled if it is so long, and its end so much higher than its beginning, in heights of the digits; and at most by
this slope."""
_MARGIN = 6.0
"""Room left and right of the ink, in pixels of the line picture."""
_INK_QUANTILE = 0.6
"""Darkness of typical ink, which becomes white, among the pixels of the mask."""
_BRIGHT = 60
"""Grey level of the line picture from which a pixel counts as ink when its mean is brought to white."""
_STRETCHES = (1.13, 0.88)
"""Widths of the further looks at a line, compared with the first."""
_THICK, _HALF, _FADED = 0.3, 128, 1.7
"""Where so much of the ink, of at least this grey level, has nothing but ink beside it, a further look has its grey values
raised to this power: in a small scan, or with a thick pen, strokes run into one another, and their middle stays darkest."""
_BAND, _SMOOTHED = 0.5, 1 / 16
"""Digits stand side by side in the rows where the ink is parted into so many pieces at least, as a share of the most that a row
has; smoothed over so much of the line's height."""
_FEWEST, _HIGHER, _BROAD = 3.0, 1.4, 2.0
"""Such rows tell the digits' height where there are so many pieces, the components are so much higher, and one of these is so
broad, in heights of the band."""
_ABOVE_BAND = 0.07
"""How far digits reach above and below the band: only their middle is parted into all pieces."""
_LONGEST = 1600
"""Widest line picture, in pixels: over a hundred digits."""


@dataclass(frozen=True, slots=True)
class LinePicture:
    """What the sequence network sees of one line."""

    image: GreyImage
    """(32, W) uint8, white ink on black."""
    x: float
    y: float
    """Top left corner, in pixels at working size; of a line that climbs, `y` is of the middle of its length."""
    scale: float
    """Pixels of the line picture for each pixel at working size."""


@dataclass(frozen=True, slots=True)
class Framing:
    """How near a line is looked at."""

    zoom: float = 1.0
    """How much larger the digits become than by their components' median height."""
    anchor: float = 0.5
    """What keeps its place as the picture comes nearer, from the top of the digits (0) to their foot (1)."""
    whole: bool = False
    """Whether what is taller than the digits must be in the picture from top to bottom, which makes them smaller."""
    band: tuple[float, float] | None = None
    """The first row of the digits and the one after their last, where their components do not tell; of a line that climbs, at
    the middle of its length."""


_LEVELS = np.arange(256, dtype=np.float32)
_AROUND = np.ones((3, 3), np.uint8)
_FADING = np.round(255 * (np.arange(256) / 255) ** _FADED).astype(np.uint8)
_USUAL = Framing()
_WHOLE = Framing(whole=True)
_CLOSER = (Framing(1.2), Framing(1.3, 0.8), Framing(1.45, 0.4))
"""Digits that touch slashes, brackets or one another across lines are lower than their components."""


def cut_line(flat: GreyImage, mask: InkMask, line: Sequence[Component], framing: Framing = _USUAL) -> LinePicture:
    """Cut one line out of a picture and bring its digits to a standard height and its ink to white.

    The grey values are kept: strokes that thresholding breaks or closes are still what they were.

    Args:
        flat: (height, width) uint8 at working size, dark ink on evenly lit paper.
        mask: (height, width) uint8, 255 where there is ink.
        line: the line's components, at least one.
        framing: how near.
    """
    boxes = [component.box for component in line]
    left, right = min(b.x for b in boxes), max(b.right for b in boxes)
    height = float(median(b.height for b in boxes))
    slope = _slope(boxes, height)
    middle = (left + right) / 2
    if framing.band:
        top, bottom = framing.band
        height = bottom - top
    else:
        sunk = _sunk(boxes, slope)
        tallest = np.inf if framing.whole else _TALL * height
        digits = [
            (box.y - s, box.bottom - s)
            for component, box, s in zip(line, boxes, sunk, strict=True)
            if box.height <= tallest or (_CUT * height <= box.height <= _TALLEST * height and not _is_bar(component))
        ]
        top, bottom = min(first for first, _ in digits), max(last for _, last in digits)
    scale = framing.zoom * min(_TEXT_HEIGHT / height, _EXTENT / (bottom - top))
    scale = min(scale, _LONGEST / (right - left))
    reach = LINE_HEIGHT / scale
    x0, x1 = int(np.floor(left - _MARGIN / scale)), int(np.ceil(right + _MARGIN / scale))
    centre = top + (bottom - top) * (framing.anchor + (0.5 - framing.anchor) / framing.zoom)
    y0 = round(centre - reach / 2)
    y1 = y0 + max(1, round(reach))
    climb = int(np.ceil(abs(slope) * (x1 - x0) / 2))

    first, last = y0 - climb, y1 + climb  # rows that the line reaches over before it is levelled
    inside = np.s_[max(0, first) : min(flat.shape[0], last), max(0, x0) : min(flat.shape[1], x1)]
    darkness = ~flat[inside]
    inked = count_levels(darkness, mask[inside])
    paper = count_levels(darkness) - inked
    ground = quantile_of_counts(paper) if paper.any() else 0.0
    ink = quantile_of_counts(inked, _INK_QUANTILE) if inked.any() else 255.0
    gain = 255.0 / max(1.0, ink - ground)
    window = np.zeros((last - first, x1 - x0), np.uint8)
    # What lies outside of the picture is paper.
    window[inside[0].start - first : inside[0].stop - first, inside[1].start - x0 : inside[1].stop - x0] = cv2.LUT(
        darkness, cv2.convertScaleAbs(np.maximum(_LEVELS - np.float32(ground), 0), alpha=gain)
    )
    if slope:
        shear = np.array([[1.0, 0.0, 0.0], [slope, 1.0, climb - slope * (middle - x0)]])
        size = x1 - x0, y1 - y0
        window = cv2.warpAffine(window, shear, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP).astype(np.uint8)
    width = max(8, round((x1 - x0) * scale))
    image = cv2.resize(window, (width, LINE_HEIGHT), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    # Thin strokes have become grey by shrinking.
    bright = image[image > _BRIGHT]
    if len(bright):
        image = cv2.convertScaleAbs(image, alpha=255.0 / float(bright.mean()))
    return LinePicture(np.asarray(image, dtype=np.uint8), float(x0), float(y0), scale)


def _sunk(boxes: Sequence[Box], slope: float) -> list[float]:
    """By how much each component of a line that sinks stands lower than it would in the middle of the line."""
    middle = (min(b.x for b in boxes) + max(b.right for b in boxes)) / 2
    return [slope * (b.x + b.width / 2 - middle) for b in boxes]


def find_band(line: Sequence[Component]) -> tuple[float, float] | None:
    """The rows of the digits of a line where these are joined to slashes and to one another, as in dates: their components are
    higher than they are, but side by side are many strokes only where the digits stand.

    Args:
        line: the line's components, at least one.

    Returns:
        The first row and the one after the last; None where the components tell as well.
    """
    boxes = [component.box for component in line]
    height = float(median(b.height for b in boxes))
    tops = [round(b.y - s) for b, s in zip(boxes, _sunk(boxes, _slope(boxes, height)), strict=True)]
    left, top = min(b.x for b in boxes), min(tops)
    bottom = max(y + b.height for y, b in zip(tops, boxes, strict=True))
    ink = np.zeros((bottom - top, max(b.right for b in boxes) - left), np.uint8)
    for component, box, y in zip(line, boxes, tops, strict=True):
        window = ink[y - top : y - top + box.height, box.x - left : box.right - left]
        np.maximum(window, component.ink, out=window)
    pieces = count_runs(ink > 0).astype(np.float32)
    side = max(1, int(_SMOOTHED * len(pieces))) | 1
    smooth = cv2.blur(pieces[:, None], (1, side), borderType=cv2.BORDER_CONSTANT).ravel()
    # Up and down from the row with the most pieces, as far as there are many.
    most = int(smooth.argmax())
    few = np.flatnonzero(smooth < _BAND * smooth[most])
    place = int(np.searchsorted(few, most))
    first = int(few[place - 1]) + 1 if place else 0
    last = int(few[place]) if place < len(few) else len(smooth)
    own = last - first
    joined = any(b.width >= _BROAD * own and b.height >= _HIGHER * own for b in boxes)
    if smooth[most] < _FEWEST or height < _HIGHER * own or not joined:
        return None
    return top + first - _ABOVE_BAND * own, top + last + _ABOVE_BAND * own


def _is_bar(component: Component) -> bool:
    """Whether ink is nearly straight from end to end."""
    rows, columns = np.nonzero(component.ink)
    return fit_line(rows, columns)[2] <= _BAR * component.box.height


def further_looks(flat: GreyImage, mask: InkMask, line: Sequence[Component], first: LinePicture) -> list[GreyImage]:
    """The same line broader, narrower and, where it makes a difference, with thinner strokes and with its tall marks whole.

    What the sequence network says of a doubtful line is more reliable on average than of one picture (Krizhevsky et al. 2012,
    "ImageNet classification with deep convolutional neural networks", section 4.1, averages over crops likewise).

    Args:
        flat: as for `cut_line`.
        mask: as for `cut_line`.
        line: as for `cut_line`.
        first: what `cut_line` made of it.

    Returns:
        (32, W) uint8 each.
    """
    looks = _stretched(first.image)
    if _is_thick(first.image):
        looks.append(np.asarray(cv2.LUT(first.image, _FADING), dtype=np.uint8))
    whole = cut_line(flat, mask, line, _WHOLE)
    return [*looks, whole.image] if whole.scale != first.scale else looks


def _is_thick(image: GreyImage) -> bool:
    ink = (image >= _HALF).astype(np.uint8)
    return int(cv2.erode(ink, _AROUND).sum()) > _THICK * int(ink.sum())


def closer_looks(flat: GreyImage, mask: InkMask, line: Sequence[Component]) -> list[list[GreyImage]]:
    """The same line from nearer, in several framings: of each a list of looks, the first and further ones.

    Arguments as for `cut_line`; (32, W) uint8 each.
    """
    near = [cut_line(flat, mask, line, framing).image for framing in _CLOSER]
    return [[image, *_stretched(image)] for image in near]


def look_at_band(
    flat: GreyImage, mask: InkMask, line: Sequence[Component]
) -> tuple[LinePicture, list[GreyImage]] | None:
    """The same line with its digits as high as `find_band` says, and further looks at that; None where it says nothing.

    Arguments as for `cut_line`; (32, W) uint8 each.
    """
    band = find_band(line)
    if band is None:
        return None
    picture = cut_line(flat, mask, line, Framing(band=band))
    return picture, _stretched(picture.image)


def _stretched(image: GreyImage) -> list[GreyImage]:
    """A line picture broader and narrower."""
    height, width = image.shape
    sizes = [(max(8, round(width * stretch)), height) for stretch in _STRETCHES]
    return [np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8) for size in sizes]


def _slope(boxes: Sequence[Box], height: float) -> float:
    """How much a line sinks for each pixel to the right; 0 where it is short or nearly level."""
    x = np.array([box.x + box.width / 2 for box in boxes])
    length = float(np.ptp(x))
    if len(boxes) < 3 or length < _LONG * height:
        return 0.0
    y = np.array([box.y + box.height / 2 for box in boxes])
    weights = np.array([box.height for box in boxes], dtype=float)  # a dot or a dash stands where it likes
    slope = min(max(fit_line(x, y, weights)[0], -_STEEPEST), _STEEPEST)
    return slope if abs(slope) * length >= _CLIMBS * height else 0.0


def place_frames(
    picture: LinePicture,
    spans: Sequence[tuple[int, int]],
    frame: int,
    mask: InkMask,
    line: Sequence[Component],
    text_alone: bool = False,
) -> list[Box]:
    """Boxes of digits that are known by their frames alone: the ink half-way to their neighbours.

    Args:
        picture: the line.
        spans: first frame of each digit and the one after its last, from left to right.
        frame: width of a frame, in pixels of the line picture.
        mask: (height, width) uint8 at working size, 255 where there is ink.
        line: the line's components.
        text_alone: leave out what stands above and below the digits in the picture.

    Returns:
        A box for each span, at working size, inside the mask and at least one pixel wide and high.
    """
    boxes = [component.box for component in line]
    left, right = min(b.x for b in boxes), max(b.right for b in boxes)
    top, bottom = min(b.y for b in boxes), max(b.bottom for b in boxes)
    if text_alone:
        margin = (LINE_HEIGHT - _EXTENT) / 2
        first, last = ((row / picture.scale + picture.y) for row in (margin, LINE_HEIGHT - margin))
        top, bottom = max(top, round(first)), max(top + 1, min(bottom, round(last)))
    centres = [picture.x + (start + end) / 2 * frame / picture.scale for start, end in spans]
    edges = [float(left), *((a + b) / 2 for a, b in pairwise(centres)), float(right)]
    placed = []
    for start, end in pairwise(edges):
        x0 = min(max(0, int(start)), mask.shape[1] - 1)
        x1 = min(max(x0 + 1, round(end)), mask.shape[1])
        x, y, width, height = cv2.boundingRect(mask[top:bottom, x0:x1])
        found = width > 0 and height > 0
        placed.append(Box(x0 + x, top + y, width, height) if found else Box(x0, top, x1 - x0, bottom - top))
    return placed
