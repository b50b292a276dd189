"""Pictures that show a reading: numpy, OpenCV and Pillow only, so that the page and the notebooks share them.

Every function returns a new (height, width, 3) uint8 RGB array and leaves the arrays it was given unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from recognizer.ctc import BLANK, CLASSES, MARK, LogProbs
from recognizer.types import DOUBTFUL_BELOW, Box, GreyImage, Reading, RgbImage

SURE_COLOUR = (29, 78, 216)
DOUBTFUL_COLOUR = (194, 65, 12)
MARK_COLOUR = (120, 120, 120)
OUTLINE_COLOUR = (96, 165, 250)
PAPER = (255, 255, 255)

_SMALLEST_FONT = 9


@dataclass(frozen=True, slots=True)
class _Label:
    """A digit's tag: its text and the rectangle that it fills, in pixels of the drawing before margins."""

    text: str
    box: Box


def annotate(
    picture: npt.NDArray[np.uint8],
    reading: Reading,
    *,
    doubtful_below: float = DOUBTFUL_BELOW,
    longest_side: tuple[int, int] | None = None,
) -> RgbImage:
    """Draw a box and a label around each digit of a reading, and a thin dotted frame around each mark.

    A doubtful digit has another colour, a dashed line and a "?" after its label, so that it is told apart without
    seeing colours. Lines and labels stay outside the digits' boxes; where they would leave the picture, a white margin
    is added on that side.

    Args:
        picture: (height, width, 3) RGB, or (height, width) grey, the picture that was read.
        reading: what was read from it.
        doubtful_below: digits of lower confidence are marked as doubtful.
        longest_side: (least, most) pixels of the picture's longer side; a smaller picture is enlarged first and a
            larger one shrunk. None keeps its size.

    Returns:
        (height + margins, width + margins, 3) uint8 RGB.
    """
    return annotate_and_locate(picture, reading, doubtful_below=doubtful_below, longest_side=longest_side)[0]


def annotate_and_locate(
    picture: npt.NDArray[np.uint8],
    reading: Reading,
    *,
    doubtful_below: float = DOUBTFUL_BELOW,
    longest_side: tuple[int, int] | None = None,
) -> tuple[RgbImage, tuple[Box, ...]]:
    """As `annotate`, and where in the drawing each digit's frame and label lie, so that a click can choose a digit.

    Returns:
        The drawing, and for each digit of the reading the box around its frame and label, in pixels of the drawing.
    """
    canvas = _as_rgb(picture)
    factor = _scale_factor(canvas.shape[0], canvas.shape[1], longest_side)
    canvas = _resize(canvas, factor)
    if not reading.digits and not reading.marks:
        return canvas, ()

    height, width = canvas.shape[:2]
    line_width = max(1, round(max(height, width) / 400))
    # The frame runs around the box at one line width's distance, so that it hides none of the ink.
    boxes = [_scaled(digit.box, factor) for digit in reading.digits]
    frames = [_grow(box, 2 * line_width) for box in boxes]
    marks = [_grow(_scaled(mark.box, factor), 2 * line_width) for mark in reading.marks]
    doubtful = [digit.confidence < doubtful_below for digit in reading.digits]
    texts = [digit.label + ("?" if doubt else "") for digit, doubt in zip(reading.digits, doubtful, strict=True)]
    font = _font(_font_size(frames, height, width))
    labels = _place_labels(texts, frames, font, gap=line_width)

    extent = [*frames, *marks, *(label.box for label in labels)]
    left = max(0, line_width - min(box.x for box in extent))
    top = max(0, line_width - min(box.y for box in extent))
    right = max(0, max(box.right for box in extent) + line_width - width)
    bottom = max(0, max(box.bottom for box in extent) + line_width - height)
    if left or top or right or bottom:
        canvas = np.asarray(
            cv2.copyMakeBorder(canvas, top, bottom, left, right, cv2.BORDER_CONSTANT, value=PAPER), dtype=np.uint8
        )

    image = Image.fromarray(canvas)
    pen = ImageDraw.Draw(image)
    for mark in marks:
        _draw_dots(pen, _moved(mark, left, top), max(1, line_width // 2))
    if marks:  # a mark may lie close to a digit, or in it
        for box in (_moved(box, left, top) for box in boxes):
            image.paste(Image.fromarray(canvas[box.y : box.bottom, box.x : box.right]), (box.x, box.y))
    for frame, label, doubt in zip(frames, labels, doubtful, strict=True):
        colour = DOUBTFUL_COLOUR if doubt else SURE_COLOUR
        _draw_frame(pen, _moved(frame, left, top), colour, line_width, dashed=doubt)
        tag = _moved(label.box, left, top)
        pen.rounded_rectangle((tag.x, tag.y, tag.right - 1, tag.bottom - 1), radius=tag.height // 5, fill=colour)
        pen.text(tag.centre, label.text, fill=PAPER, font=font, anchor="mm")
    places = tuple(_moved(frame.union(label.box), left, top) for frame, label in zip(frames, labels, strict=True))
    return np.array(image, dtype=np.uint8), places


def outline(picture: npt.NDArray[np.uint8], boxes: Sequence[Box]) -> RgbImage:
    """Draw plain boxes, without labels, around parts of a picture of the same scale.

    Args:
        picture: (height, width) grey or mask, or (height, width, 3) RGB.
        boxes: in pixels of the picture.

    Returns:
        (height, width, 3) uint8 RGB.
    """
    image = Image.fromarray(_as_rgb(picture))
    pen = ImageDraw.Draw(image)
    line_width = max(1, round(max(image.size) / 400))
    for box in boxes:
        frame = _grow(box, 2 * line_width)
        pen.rectangle((frame.x, frame.y, frame.right - 1, frame.bottom - 1), outline=OUTLINE_COLOUR, width=line_width)
    return np.array(image, dtype=np.uint8)


def contact_sheet(crops: npt.NDArray[np.uint8], *, columns: int = 10, enlarge: int = 3) -> RgbImage:
    """Lay crops out in rows, in their order, with a gap between them.

    Args:
        crops: (N, height, width) grey, N may be 0.
        columns: most crops in a row.
        enlarge: how many pixels a side each pixel of a crop becomes.

    Returns:
        (rows, columns, 3) uint8 RGB; one white pixel where there is no crop.
    """
    if len(crops) == 0:
        return np.full((1, 1, 3), 255, np.uint8)
    tiles = np.repeat(np.repeat(crops, enlarge, axis=1), enlarge, axis=2)
    gap = 2 * enlarge
    across = min(columns, len(tiles))
    down = -(-len(tiles) // across)
    tile_height, tile_width = tiles.shape[1:]
    sheet = np.full((down * (tile_height + gap) + gap, across * (tile_width + gap) + gap), 255, np.uint8)
    for index, tile in enumerate(tiles):
        row, column = divmod(index, across)
        y, x = gap + row * (tile_height + gap), gap + column * (tile_width + gap)
        sheet[y : y + tile_height, x : x + tile_width] = tile
    return _as_rgb(sheet)


def line_answers(
    lines: Sequence[GreyImage], log_probs: Sequence[LogProbs], *, enlarge: int = 4, longest_side: int = 1280
) -> RgbImage:
    """Draw what the line network saw of each line, and under it what it answered.

    For each frame a bar says how probable its likeliest digit is (or mark, in grey). The digits of the most probable path
    stand under their frames: where one digit is the likeliest class of several frames in a row, under the surest of them.

    Args:
        lines: (32, W) each, from top to bottom; W may differ.
        log_probs: (T, 12) each, as `recognizer.ctc` names the classes.
        enlarge: most pixels a side that each pixel of a line becomes; fewer where the drawing would grow too large.
        longest_side: most pixels of the drawing's longer side.

    Returns:
        (height, width, 3) uint8 RGB; one white pixel where there is no line.
    """
    if not lines:
        return np.full((1, 1, 3), 255, np.uint8)
    gap, bars, text = 4, 14, 8  # in pixels of a line picture, as everything else until it is enlarged
    widest = max(line.shape[1] for line in lines) + 2 * gap
    height = sum(line.shape[0] + bars + text + gap for line in lines) + gap
    enlarge = min(enlarge, max(1, longest_side // max(widest, height)))
    sheet = Image.new("RGB", (enlarge * widest, enlarge * height), PAPER)
    pen = ImageDraw.Draw(sheet)
    font = _font(max(_SMALLEST_FONT, (text - 1) * enlarge))
    y = gap
    for line, answer in zip(lines, log_probs, strict=True):
        picture = Image.fromarray(np.repeat(np.repeat(line, enlarge, axis=0), enlarge, axis=1))
        sheet.paste(picture, (enlarge * gap, enlarge * y))
        ground = enlarge * (y + line.shape[0] + bars)
        step = enlarge * -(-line.shape[1] // max(1, len(answer)))  # width of a frame
        for frame, row in enumerate(np.exp(answer[:, BLANK + 1 :])):
            best = int(row.argmax()) + BLANK + 1
            high = round(enlarge * (bars - 1) * float(row.max()))
            left = enlarge * gap + frame * step
            if high:
                colour = MARK_COLOUR if best == MARK else SURE_COLOUR
                pen.rectangle((left, ground - high, left + step - 1, ground - 1), fill=colour)
        pen.line((enlarge * gap, ground, enlarge * gap + enlarge * line.shape[1] - 1, ground), fill=MARK_COLOUR)
        for frame, name in _emitted(answer):
            middle = enlarge * gap + frame * step + step // 2
            pen.text((middle, ground + enlarge * text // 2 + 1), name, fill=SURE_COLOUR, font=font, anchor="mm")
        y += line.shape[0] + bars + text + gap
    return fit(np.array(sheet, dtype=np.uint8), (1, longest_side))


def _emitted(log_probs: LogProbs) -> list[tuple[int, str]]:
    """The digits of the most probable path, each with the surest of its frames."""
    best = log_probs.argmax(axis=1)
    edges = [0, *(np.flatnonzero(np.diff(best)) + 1).tolist(), len(best)]
    return [
        (start + int(log_probs[start:end, best[start]].argmax()), CLASSES[best[start]])
        for start, end in pairwise(edges)
        if end > start and best[start] not in (BLANK, MARK)
    ]


def fit(picture: npt.NDArray[np.uint8], longest_side: tuple[int, int]) -> RgbImage:
    """Enlarge or shrink a picture until its longer side lies within (least, most) pixels.

    Args:
        picture: (height, width) grey or (height, width, 3) RGB.
        longest_side: (least, most) pixels of the longer side.

    Returns:
        (height, width, 3) uint8 RGB.
    """
    canvas = _as_rgb(picture)
    return _resize(canvas, _scale_factor(canvas.shape[0], canvas.shape[1], longest_side))


def _as_rgb(picture: npt.NDArray[np.uint8]) -> RgbImage:
    """Copy of a grey or RGB picture as RGB."""
    if picture.ndim == 2:
        return np.repeat(picture[:, :, np.newaxis], 3, axis=2)
    return np.array(picture[:, :, :3], dtype=np.uint8, order="C")


def _scale_factor(height: int, width: int, longest_side: tuple[int, int] | None) -> float:
    if longest_side is None:
        return 1.0
    least, most = longest_side
    longest = max(height, width)
    return min(max(longest, least), most) / longest


def _resize(canvas: RgbImage, factor: float) -> RgbImage:
    if factor == 1:
        return canvas
    size = max(1, round(canvas.shape[1] * factor)), max(1, round(canvas.shape[0] * factor))
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(canvas, size, interpolation=method), dtype=np.uint8)


def _scaled(box: Box, factor: float) -> Box:
    """The box in a picture resized by `factor`, rounded outwards so that it still holds its digit."""
    x, y = int(np.floor(box.x * factor)), int(np.floor(box.y * factor))
    return Box(x, y, int(np.ceil(box.right * factor)) - x, int(np.ceil(box.bottom * factor)) - y)


def _grow(box: Box, by: int) -> Box:
    return Box(box.x - by, box.y - by, box.width + 2 * by, box.height + 2 * by)


def _moved(box: Box, right: int, down: int) -> Box:
    return Box(box.x + right, box.y + down, box.width, box.height)


def _overlap(a: Box, b: Box) -> int:
    """Pixels that both boxes cover."""
    across = min(a.right, b.right) - max(a.x, b.x)
    down = min(a.bottom, b.bottom) - max(a.y, b.y)
    return max(0, across) * max(0, down)


def _font_size(frames: Sequence[Box], height: int, width: int) -> int:
    """A third of the digits' height, kept between a legible and an unobtrusive share of the picture."""
    longest = max(height, width)
    wanted = float(np.median([frame.height for frame in frames] or [0])) / 3
    return max(_SMALLEST_FONT, round(min(max(wanted, longest / 45), longest / 18)))


def _font(size: int) -> Any:
    return ImageFont.load_default(size)


def _place_labels(texts: Sequence[str], frames: Sequence[Box], font: Any, gap: int) -> list[_Label]:
    """Put each label beside its frame: above where there is room, else below, right or left.

    Room is where no other frame and no earlier label lies; where there is none, the place with the least overlap.
    """
    labels: list[_Label] = []
    # All tags are as high as the font's digits, not as each text, so that tags in a row line up.
    ascent = font.getbbox("0123456789?", anchor="ls")
    padding = max(2, round((ascent[3] - ascent[1]) / 3))
    height = int(ascent[3] - ascent[1]) + 2 * padding
    for text, frame in zip(texts, frames, strict=True):
        width = int(np.ceil(font.getlength(text))) + 2 * padding
        x, y = round(frame.centre[0] - width / 2), round(frame.centre[1] - height / 2)
        places = (
            Box(x, frame.y - gap - height, width, height),
            Box(x, frame.bottom + gap, width, height),
            Box(frame.right + gap, y, width, height),
            Box(frame.x - gap - width, y, width, height),
        )
        taken = [*frames, *(label.box for label in labels)]
        best = min(places, key=lambda place: sum(_overlap(place, other) for other in taken))
        labels.append(_Label(text, best))
    return labels


def _draw_frame(
    pen: ImageDraw.ImageDraw, box: Box, colour: tuple[int, int, int], line_width: int, *, dashed: bool
) -> None:
    """Draw a frame inwards from the box's edge, over a light casing that shows it up on dark paper too."""
    x0, y0, x1, y1 = box.x, box.y, box.right - 1, box.bottom - 1
    pen.rectangle((x0 - 1, y0 - 1, x1 + 1, y1 + 1), outline=PAPER, width=line_width + 1)
    if not dashed:
        pen.rectangle((x0, y0, x1, y1), outline=colour, width=line_width)
        return
    _draw_dashes(pen, box, colour, line_width, 4 * line_width)


def _draw_dots(pen: ImageDraw.ImageDraw, box: Box, line_width: int) -> None:
    """Draw a dotted frame; what lies between its dots is light, so that it shows on dark paper too."""
    pen.rectangle((box.x, box.y, box.right - 1, box.bottom - 1), outline=PAPER, width=line_width)
    _draw_dashes(pen, box, MARK_COLOUR, line_width, 2 * line_width)


def _draw_dashes(pen: ImageDraw.ImageDraw, box: Box, colour: tuple[int, int, int], line_width: int, dash: int) -> None:
    x0, y0, x1, y1 = box.x, box.y, box.right - 1, box.bottom - 1
    inset = line_width - 1
    for a, b in _dashes(x0, x1, dash):
        pen.rectangle((a, y0, b, y0 + inset), fill=colour)
        pen.rectangle((a, y1 - inset, b, y1), fill=colour)
    for a, b in _dashes(y0, y1, dash):
        pen.rectangle((x0, a, x0 + inset, b), fill=colour)
        pen.rectangle((x1 - inset, a, x1, b), fill=colour)


def _dashes(start: int, end: int, dash: int) -> list[tuple[int, int]]:
    """Dashes along start..end, with one at each end so that the corners are closed."""
    length = end - start + 1
    count = max(2, round((length / dash + 1) / 2))  # count dashes and count - 1 gaps of about the same length
    step = length / (2 * count - 1)
    starts = [start + round(2 * i * step) for i in range(count)]
    return [(a, max(a, start + round((2 * i + 1) * step) - 1)) for i, a in enumerate(starts)]
