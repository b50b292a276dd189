"""Pictures of handwritten numbers, made by this project: the page's examples and the tests' golden pictures.

    python -m train examples

writes both folders again. A picture is made in three steps: a hand writes a number (`train.glyphs`), a pen puts it on a
sheet, and a camera or a scanner takes the sheet. Each condition is a small function from a picture to a picture, so
that any of them combine: `jpeg(shadow(ruled(paper(300, 800, rng), 40), 30), 40)`.

Pictures are (height, width, 3) uint8 RGB and ink is (height, width) uint8, 255 where the pen pressed fully. No function
changes what it is given.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from recognizer.types import GreyImage, InkMask
from train.glyphs import Hand, random_hand, write_number
from train.pen import Stroke, draw_ink

Picture = npt.NDArray[np.uint8]
"""(height, width, 3) uint8 RGB."""
Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

SEED = 2023
"""The seed of the pictures in the repository."""
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (24, 24, 28)
BLUE: Colour = (32, 58, 140)
GRAPHITE: Colour = (92, 92, 98)
CHALK: Colour = (236, 238, 230)
TABLE: Colour = (74, 62, 52)

_RULE: Colour = (125, 125, 130)
"""Lines of a printed table."""
_NOTHING: Colour = (0, 0, 0)
"""Where no sheet lies."""
_CAPITALS = 0.72
"""Height of a font's capitals, in its size."""

REPOSITORY = Path(__file__).resolve().parent.parent
GOLDEN_FOLDER = REPOSITORY / "tests" / "golden"
EXAMPLES_FOLDER = REPOSITORY / "recognizer" / "web" / "examples"

# --- the number ------------------------------------------------------------------------------------------------------


def render_number(
    text: str,
    seed: int,
    height: int = 90,
    *,
    pen_width: float = 0.07,
    pressure: float = 0.3,
    margin: float = 0.6,
    hand: Hand | None = None,
    pitch: float | None = None,
) -> InkMask:
    """Write a number and draw its ink.

    Args:
        text: digits, spaces and line feeds; "" gives an empty mask.
        seed: the same seed gives the same ink.
        height: height of a digit, in pixels.
        pen_width: diameter of the pen, in digit heights.
        pressure: how much the line swells and tapers (see `draw_ink`).
        margin: empty paper on each side, in digit heights.
        hand: the writer; made up from the seed where it is not given.
        pitch: distance between the middles of the digits, in digit heights; the writer's own where it is None.

    Returns:
        (rows, columns) uint8, white ink on black, with all ink inside.
    """
    strokes = write_number(text, np.random.default_rng(seed), hand, pitch=pitch)
    if not strokes:
        return np.zeros((round(height * (1 + 2 * margin)), round(height * (3 + 2 * margin))), np.uint8)
    return render_strokes(strokes, height, pen_width=pen_width, pressure=pressure, margin=margin)


def render_strokes(
    strokes: Sequence[Stroke],
    height: int,
    *,
    pen_width: float = 0.07,
    pressure: float = 0.3,
    margin: float = 0.6,
) -> InkMask:
    """Draw the ink of one or more strokes.

    Args:
        strokes: (N, 2) float32 each, in glyph heights; they may lie anywhere.
        height: that of a glyph, in pixels.
        pen_width: diameter of the pen, in glyph heights.
        pressure: how much the line swells and tapers (see `draw_ink`).
        margin: empty paper on each side, in glyph heights.

    Returns:
        (rows, columns) uint8, white ink on black, with all ink inside.
    """
    strokes = [s * np.float32(height) for s in strokes]
    points = np.concatenate(strokes)
    edge = height * (margin + pen_width)
    origin = points.min(axis=0) - edge
    columns, rows = np.ceil(points.max(axis=0) + edge - origin).astype(int).tolist()
    return draw_ink([s - origin for s in strokes], height * pen_width, (rows, columns), pressure)


# --- sheets ----------------------------------------------------------------------------------------------------------


def cloud(height: int, width: int, cell: float, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Smooth noise whose patches are about `cell` pixels wide: (height, width) float32, mean 0, deviation about 0.7."""
    coarse = rng.normal(0.0, 1.0, (int(height / cell) + 3, int(width / cell) + 3)).astype(np.float32)
    size = int(np.ceil(coarse.shape[1] * cell)), int(np.ceil(coarse.shape[0] * cell))
    return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)[:height, :width], np.float32)


def scaled(picture: Picture, factor: npt.NDArray[np.floating]) -> Picture:
    """Multiply a picture by (height, width) factors of light."""
    return np.clip(picture * factor[..., None] + 0.5, 0, 255).astype(np.uint8)


def sheet(height: int, width: int, colour: Colour = WHITE) -> Picture:
    """An even sheet, as a drawing program has it."""
    return np.full((height, width, 3), colour, np.uint8)


def paper(height: int, width: int, rng: np.random.Generator, colour: Colour = (246, 243, 235)) -> Picture:
    """A sheet of paper: fibres, and a slight waviness."""
    light = 1.0 + 0.008 * cloud(height, width, 2.2, rng) + 0.006 * cloud(height, width, 9, rng)
    light += 0.012 * cloud(height, width, max(height, width) / 4, rng)
    return scaled(sheet(height, width, colour), light)


def blackboard(height: int, width: int, rng: np.random.Generator, colour: Colour = (44, 66, 58)) -> Picture:
    """A board that has been wiped: streaks and clouds of old chalk."""
    # A sponge wipes in long strokes: noise on a sheet a tenth as wide, stretched.
    wiped = cv2.resize(cloud(height, width // 10 + 1, 14, rng), (width, height), interpolation=cv2.INTER_CUBIC)
    dust = 1.0 + 0.1 * cloud(height, width, height / 3, rng) + 0.05 * wiped + 0.03 * cloud(height, width, 2, rng)
    return scaled(sheet(height, width, colour), dust)


def ruled(picture: Picture, spacing: float, colour: Colour = (168, 192, 222), first: float | None = None) -> Picture:
    """Rule a sheet with level lines, `spacing` pixels apart, the first one `first` pixels from the top."""
    lined = picture.copy()
    thickness = max(1, round(spacing / 50))
    for y in np.arange(spacing if first is None else first, len(picture), spacing):
        _blend_rectangle(lined, 0, round(float(y)), picture.shape[1], thickness, colour)
    return lined


def squared(picture: Picture, spacing: float, colour: Colour = (186, 206, 226)) -> Picture:
    """Rule a sheet with squares, `spacing` pixels wide."""
    lined = ruled(picture, spacing, colour, first=spacing / 2)
    turned = ruled(np.ascontiguousarray(lined.transpose(1, 0, 2)), spacing, colour, first=spacing / 3)
    return np.ascontiguousarray(turned.transpose(1, 0, 2))


def labelled(picture: Picture, word: str, font: str, share: float = 0.35) -> Picture:
    """Print a word before what a picture shows, on more of the same paper.

    Args:
        picture: dark on light or light on dark; the word's capitals stand in the middle of its height.
        word: what is printed.
        font: path of a font file.
        share: height of the word's capitals, in heights of the picture.
    """
    height = len(picture)
    capitals = max(8.0, share * height)
    face = ImageFont.truetype(font, round(capitals / _CAPITALS))
    left = round(face.getlength(word) + 1.2 * capitals)
    wider = Image.fromarray(cv2.copyMakeBorder(picture, 0, 0, left, 0, cv2.BORDER_REPLICATE))
    colour = BLACK if np.median(picture) > 127 else CHALK
    ImageDraw.Draw(wider).text((0.6 * capitals, (height + capitals) / 2), word, colour, face, anchor="ls")
    return np.asarray(wider)


def form_boxes(
    picture: Picture, left: float, top: float, pitch: float, height: float, count: int, colour: Colour = (214, 120, 70)
) -> Picture:
    """Print a row of `count` joined boxes, each `pitch` x `height` pixels, as forms have them."""
    printed = picture.copy()
    thickness = max(1, round(height / 45))
    x0, y0, total = round(left), round(top), round(pitch * count)
    for y in (y0, y0 + round(height)):
        _blend_rectangle(printed, x0, y, total + thickness, thickness, colour)
    for i in range(count + 1):
        _blend_rectangle(printed, x0 + round(i * pitch), y0, thickness, round(height), colour)
    return printed


def boxed(picture: Picture, count: int, colour: Colour = (95, 95, 105)) -> Picture:
    """Print `count` joined boxes of equal width around what a picture shows, wherever its digits stand."""
    height, width = picture.shape[:2]
    room = round(0.15 * height)
    wider = np.asarray(cv2.copyMakeBorder(picture, room, room, room, room, cv2.BORDER_REPLICATE), np.uint8)
    return form_boxes(wider, room, room, width / count, height, count, colour)


def ink_of(picture: Picture) -> InkMask:
    """The ink of an evenly lit picture, dark on light or light on dark, as dark as it is; cut out by Otsu's threshold."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    if np.median(grey) < 128:
        grey = 255 - grey
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    x, y, width, height = cv2.boundingRect((grey <= threshold).astype(np.uint8))
    cut = grey[y : y + height, x : x + width] if width else grey
    darkness = (255.0 - cut) / max(1, 255 - int(cut.min()))
    return np.round(255 * darkness).astype(np.uint8)


def table_of(
    inks: Sequence[InkMask], columns: int, rng: np.random.Generator, has_lines: bool, height: int = 48
) -> Picture:
    """Write numbers into the cells of a table, row by row; the last row has to be full.

    Args:
        inks: of the numbers; all are drawn equally high.
        columns: number of columns.
        rng: decides where in its cell a number stands, and how wide the gutters are.
        has_lines: whether lines are printed between rows and columns; without, gutters are wider.
        height: of a number, in pixels.
    """

    def resized(ink: InkMask) -> InkMask:
        size = max(1, round(ink.shape[1] * height / len(ink))), height
        return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8)

    cells = [resized(ink) for ink in inks]
    gutter = round(height * (rng.uniform(0.6, 1.5) if has_lines else rng.uniform(1.8, 3.0)))
    widths = [max(ink.shape[1] for ink in cells[column::columns]) + gutter for column in range(columns)]
    pitch = round(height * rng.uniform(1.5, 2.0))
    rows = len(inks) // columns
    lefts = np.cumsum([height, *widths])
    page = paper(pitch * rows + 2 * height, int(lefts[-1]) + height, rng)
    if has_lines:
        for left in lefts:
            _blend_rectangle(page, int(left), height, 2, pitch * rows, _RULE)
        for row in range(rows + 1):
            _blend_rectangle(page, height, height + pitch * row, int(lefts[-1]) - height, 2, _RULE)
    is_flush_right = rng.random() < 0.5
    for index, ink in enumerate(cells):
        row, column = divmod(index, columns)
        room = widths[column] - ink.shape[1] - gutter // 2 if is_flush_right else gutter // 2
        top = height + pitch * row + (pitch - height) // 2
        shift_x, shift_y = rng.integers(-4, 5, 2)
        page = put_ink(page, ink, BLACK, int(lefts[column] + room + shift_x), int(top + shift_y))
    return page


def _blend_rectangle(picture: Picture, x: int, y: int, width: int, height: int, colour: Colour) -> None:
    """Print a filled rectangle into `picture`, letting the paper's texture show through."""
    part = picture[max(y, 0) : y + height, max(x, 0) : x + width]
    part[:] = (0.15 * part + 0.85 * np.array(colour)).astype(np.uint8)


# --- ink -------------------------------------------------------------------------------------------------------------


def put_ink(picture: Picture, ink: InkMask, colour: Colour = BLACK, left: int = 0, top: int = 0) -> Picture:
    """Lay ink of a colour on a sheet, its top left corner at (left, top); all of it must lie on the sheet."""
    height, width = ink.shape
    if left < 0 or top < 0 or left + width > picture.shape[1] or top + height > picture.shape[0]:
        raise ValueError(
            f"ink of {width}x{height} at ({left}, {top}) does not fit on {picture.shape[1]}x{picture.shape[0]}"
        )
    inked = picture.copy()
    part = inked[top : top + height, left : left + width]
    cover = ink[..., None].astype(np.float32) / 255
    part[:] = np.round(part * (1 - cover) + np.array(colour, np.float32) * cover).astype(np.uint8)
    return inked


def ballpoint(ink: InkMask, rng: np.random.Generator) -> InkMask:
    """Ink that a ballpoint pen lays: a little paler here and there."""
    height, width = ink.shape
    cover = 0.93 + 0.06 * cloud(height, width, 14, rng) + 0.05 * cloud(height, width, 2, rng)
    return np.asarray(ink * np.clip(cover, 0.6, 1), np.uint8)


def pencil(ink: InkMask, rng: np.random.Generator, strength: float = 0.6) -> InkMask:
    """Graphite on rough paper: pale, and caught by the paper's grain; `strength` 1 is soft, 0.4 faint."""
    height, width = ink.shape
    cover = strength * (0.92 + 0.2 * cloud(height, width, 2, rng) + 0.08 * cloud(height, width, 30, rng))
    return np.asarray(cv2.GaussianBlur(ink, (0, 0), 0.7) * np.clip(cover, 0, 1), np.uint8)


def chalk(ink: InkMask, rng: np.random.Generator) -> InkMask:
    """Chalk: a broken, grainy line."""
    height, width = ink.shape
    cover = 0.95 + 0.3 * cloud(height, width, 1.8, rng) + 0.1 * cloud(height, width, 6, rng)
    return np.asarray(cv2.GaussianBlur(ink, (0, 0), 1.0) * np.clip(cover, 0.25, 1), np.uint8)


# --- the camera ------------------------------------------------------------------------------------------------------


def shadow(picture: Picture, angle: float, depth: float = 0.6, softness: float = 1.0) -> Picture:
    """A shadow that falls across the sheet.

    Args:
        picture: the sheet, left unchanged.
        angle: direction in which it darkens, in degrees: 0 to the right, 90 downwards.
        depth: share of the light that is lost on the dark side, 0 to 1.
        softness: share of the picture over which it falls; 1 is a gradient over all of it, 0.1 a shadow's edge.
    """
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    along = np.cos(np.radians(angle)) * (x / width - 0.5) + np.sin(np.radians(angle)) * (y / height - 0.5)
    t = np.clip(along / softness + 0.5, 0, 1)
    return scaled(picture, 1 - depth * t * t * (3 - 2 * t))


def in_a_shadow(picture: Picture, rng: np.random.Generator, depth: float = 0.6, softness: float = 0.03) -> Picture:
    """The shadow of a hand or a telephone, which reaches in from below.

    Args:
        picture: the sheet, left unchanged.
        rng: decides where the shadow falls and how large it is.
        depth: share of the light that is lost in it, 0 to 1.
        softness: sigma of its edge, in heights of the picture.
    """
    height, width = picture.shape[:2]
    middle = round(rng.uniform(0.2, 0.8) * width), round(rng.uniform(0.7, 1.1) * height)
    axes = round(rng.uniform(0.2, 0.4) * width), round(rng.uniform(0.5, 0.9) * height)
    covered = np.zeros((height, width), np.float32)
    cv2.ellipse(covered, middle, axes, rng.uniform(-30, 30), 0, 360, 1.0, -1)
    return scaled(picture, 1 - depth * cv2.GaussianBlur(covered, (0, 0), softness * height))


def vignette(picture: Picture, depth: float = 0.25) -> Picture:
    """Corners darker by the share `depth`, as a phone's lens makes them."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    squared_radius = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) * 2
    return scaled(picture, 1 - depth * squared_radius)


def rotate(picture: Picture, degrees: float, fill: Colour | None = WHITE) -> Picture:
    """Turn a picture anticlockwise by some degrees, on a larger sheet that cuts nothing off and is `fill` outside; None to let
    the picture's edges go on."""
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cosine, sine = abs(turn[0, 0]), abs(turn[0, 1])
    size = int(np.ceil(width * cosine + height * sine)), int(np.ceil(width * sine + height * cosine))
    turn[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    border = cv2.BORDER_REPLICATE if fill is None else cv2.BORDER_CONSTANT
    turned = cv2.warpAffine(picture, turn, size, flags=cv2.INTER_LINEAR, borderMode=border, borderValue=fill or WHITE)
    return np.asarray(turned, np.uint8)


def on_a_table(
    picture: Picture,
    rng: np.random.Generator,
    degrees: float = 0.0,
    share: float = 0.3,
    sides: str = "tblr",
    colour: Colour = TABLE,
) -> Picture:
    """Photograph a sheet that lies on a table.

    Args:
        picture: the sheet.
        rng: decides the table's grain.
        degrees: by which the sheet is turned, anticlockwise.
        share: how wide the table is beside the sheet, in shorter sides of it.
        sides: where the table is seen: "t" above, "b" below, "l" and "r" beside the sheet.
        colour: the table's.
    """
    height, width = picture.shape[:2]
    wide = round(share * min(height, width))
    top, bottom, left, right = (wide if side in sides else 0 for side in "tblr")

    def lay(layer: Picture) -> npt.NDArray[np.float32]:
        laid = cv2.copyMakeBorder(layer, top, bottom, left, right, cv2.BORDER_CONSTANT, value=_NOTHING)
        return rotate(np.asarray(laid, np.uint8), degrees, _NOTHING).astype(np.float32)

    seen, covered = lay(picture), lay(np.full_like(picture, 255)) / 255
    table = np.array(colour) * (1 + 0.1 * cloud(seen.shape[0], seen.shape[1], 2, rng))[..., None]
    together = covered * seen + (1 - covered) * table
    return blur(np.clip(together, 0, 255).astype(np.uint8), 0.7)


def invert(picture: Picture) -> Picture:
    """Light on dark."""
    return np.asarray(255 - picture, np.uint8)


def blur(picture: Picture, sigma: float) -> Picture:
    """Out of focus: Gaussian, `sigma` in pixels."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)


def sensor_noise(picture: Picture, rng: np.random.Generator, deviation: float = 4.0) -> Picture:
    """Noise of a camera's sensor, standard deviation in grey levels."""
    return np.clip(np.round(picture + rng.normal(0.0, deviation, picture.shape)), 0, 255).astype(np.uint8)


def jpeg(picture: Picture, quality: int) -> Picture:
    """What JPEG compression of a quality from 1 to 95 leaves of a picture."""
    with Image.open(io.BytesIO(encode_jpeg(picture, quality))) as decoded:
        return np.asarray(decoded.convert("RGB"), np.uint8)


def encode_jpeg(picture: Picture, quality: int) -> bytes:
    """A picture as the bytes of a JPEG file."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()


def encode_png(picture: Picture, levels: int = 256) -> bytes:
    """A picture as the bytes of a PNG file, grey where it has no colour; fewer `levels` save room."""
    step = 255 / (levels - 1)
    rounded = np.round(np.round(picture / step) * step).astype(np.uint8)
    grey: GreyImage | Picture = rounded[..., 0] if (rounded == rounded[..., :1]).all() else rounded
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


# --- the golden pictures ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MadePicture:
    """A picture ready to be written."""

    file: str
    text: str
    note: str
    """Its condition (golden pictures), or what it shows (examples)."""
    content: bytes


PUBLISHED = ("1", "253", "9916847512")
"""The test cases that the project's predecessor published."""


def _written(text: str, seed: int, height: int, pen_width: float = 0.075) -> Picture:
    """A number in dark ink on white."""
    ink = render_number(text, seed, height, pen_width=pen_width)
    return put_ink(sheet(ink.shape[0], ink.shape[1]), ink, (20, 20, 20))


def _conditions(text: str, seed: int) -> dict[str, Callable[[], bytes]]:
    """How each golden condition of a number is made. One seed: it is the same writing under all conditions."""
    return {
        "plain.png": lambda: encode_png(_written(text, seed, 90), 16),
        "small.png": lambda: encode_png(_written(text, seed, 18, 0.1), 64),
        "large.png": lambda: encode_png(_written(text, seed, 600), 8),
        "rotated_left.png": lambda: encode_png(rotate(_written(text, seed, 90), 5), 16),
        "rotated_right.png": lambda: encode_png(rotate(_written(text, seed, 90), -5), 16),
        "shadow.jpg": lambda: encode_jpeg(shadow(_written(text, seed, 90), 20, 0.75), 90),
        "light_on_dark.png": lambda: encode_png(invert(_written(text, seed, 90)), 16),
        "jpeg40.jpg": lambda: encode_jpeg(_written(text, seed, 90), 40),
    }


def golden_pictures(seed: int = SEED) -> list[MadePicture]:
    """The pictures of tests/golden."""
    made = []
    for i, text in enumerate(PUBLISHED):
        for name, make in _conditions(text, seed + i).items():
            condition = name.partition(".")[0].replace("_", " ")
            made.append(MadePicture(f"{text}_{name}", text, condition, make()))

    made.append(MadePicture("2023_plain.png", "2023", "plain", encode_png(_written("2023", seed + 3, 90), 16)))
    page = "253\n9916\n807"
    made.append(MadePicture("page.png", page, "several lines", encode_png(_written(page, seed + 4, 90), 16)))

    rng = np.random.default_rng(seed)
    ink = render_number("5830", seed + 5, 90, pen_width=0.055, pressure=0.15)
    faint = put_ink(paper(ink.shape[0], ink.shape[1], rng), pencil(ink, rng, 0.45), GRAPHITE)
    made.append(MadePicture("pencil.jpg", "5830", "faint pencil", encode_jpeg(faint, 88)))

    form = _form("20471", seed + 6, sheet(220, 560), BLUE)
    made.append(MadePicture("form.png", "20471", "form field", encode_png(form, 32)))

    made.append(MadePicture("blank.png", "", "blank", encode_png(sheet(200, 400))))
    blank = ruled(paper(240, 480, rng), 40)
    made.append(MadePicture("blank_ruled.jpg", "", "blank, ruled", encode_jpeg(blank, 88)))
    return made


def _form(text: str, seed: int, page: Picture, colour: Colour, frame: Colour = (214, 120, 70)) -> Picture:
    """Write a number into a row of printed boxes in the middle of a page, one digit a box."""
    height, width = page.shape[:2]
    count = len(text)
    pitch = 0.86 * width / count
    box_height = min(1.35 * pitch, 0.8 * height)
    left, top = (width - pitch * count) / 2, (height - box_height) / 2
    printed = form_boxes(page, left, top, pitch, box_height, count, frame)

    digit = 0.62 * box_height
    hand = replace(random_hand(np.random.default_rng(seed)), drift=0.0, size_jitter=0.03)
    strokes = write_number(text, np.random.default_rng(seed), hand, pitch=pitch / digit)
    foot = np.array([left, top + 0.5 * box_height + 0.5 * digit], np.float32)
    return put_ink(
        printed, draw_ink([s * np.float32(digit) + foot for s in strokes], 0.08 * digit, (height, width)), colour
    )


# --- the page's examples ---------------------------------------------------------------------------------------------


def _on(page: Picture, ink: InkMask, colour: Colour) -> Picture:
    """Put ink in the middle of a page."""
    top, left = (page.shape[0] - ink.shape[0]) // 2, (page.shape[1] - ink.shape[1]) // 2
    return put_ink(page, ink, colour, left, top)


def _photograph(picture: Picture, rng: np.random.Generator, quality: int = 85) -> bytes:
    """Take a picture with a phone: slightly soft, slightly noisy, darker corners."""
    return encode_jpeg(sensor_noise(vignette(blur(picture, 0.8), 0.22), rng, 2.5), quality)


def _hand(seed: int, **styles: str) -> Hand:
    """A made-up writer who writes some digits in a given style: _hand(7, d7="barred")."""
    hand = random_hand(np.random.default_rng(seed))
    return replace(hand, styles={**hand.styles, **{name[1:]: style for name, style in styles.items()}})


def example_pictures(seed: int = SEED) -> list[MadePicture]:
    """The pictures of recognizer/web/examples."""
    rng = np.random.default_rng(seed + 100)
    made = []

    ink = ballpoint(render_number("1984", seed + 11, 150, pen_width=0.06, margin=0.1), rng)
    note = _on(paper(420, 760, rng, (255, 236, 140)), ink, (28, 40, 110))
    note = shadow(shadow(note, 60, 0.15), 155, 0.4, 0.22)
    made.append(MadePicture("note.jpg", "1984", "A note under a shadow", _photograph(note, rng)))

    ink = render_number("60319", seed + 12, 150, pen_width=0.075, pressure=0.0, margin=0.1)
    tablet = _on(sheet(360, 820), ink, (37, 99, 235))
    made.append(MadePicture("tablet.png", "60319", "Drawn on a tablet", encode_png(tablet)))

    form = _form("20815", seed + 13, paper(260, 760, rng, (252, 250, 244)), (30, 36, 60))
    made.append(MadePicture("form.jpg", "20815", "A form's boxes", _photograph(form, rng)))

    ink = chalk(render_number("1729", seed + 14, 170, pen_width=0.08, pressure=0.2, margin=0.1), rng)
    board = _on(blackboard(440, 800, rng), ink, CHALK)
    made.append(MadePicture("blackboard.jpg", "1729", "Chalk on a blackboard", _photograph(board, rng)))

    lines = "365\n1024\n88"
    ink = ballpoint(render_number(lines, seed + 15, 110, pen_width=0.065, margin=0.1), rng)
    several = shadow(_on(paper(720, 720, rng), ink, BLACK), 60, 0.3)
    made.append(MadePicture("lines.jpg", lines, "Several lines", _photograph(several, rng)))

    ink = ballpoint(
        render_number("7747", seed + 16, 150, pen_width=0.06, hand=_hand(seed + 16, d7="barred"), margin=0.1), rng
    )
    sevens = _on(squared(paper(400, 760, rng, (250, 249, 245)), 46), ink, BLUE)
    made.append(MadePicture("squared.jpg", "7747", "Barred sevens on squared paper", _photograph(sevens, rng)))

    ink = pencil(render_number("5830", seed + 17, 140, pen_width=0.05, pressure=0.15, margin=0.1), rng, 0.55)
    faint = shadow(_on(paper(380, 740, rng), ink, GRAPHITE), 160, 0.25)
    made.append(MadePicture("pencil.jpg", "5830", "Faint pencil", _photograph(faint, rng)))

    ink = ballpoint(render_number("5550142376", seed + 18, 100, pen_width=0.07, margin=0.1), rng)
    phone = rotate(_on(paper(340, 1000, rng), ink, BLACK), 2, (246, 243, 235))[30:-30, 12:-12]
    made.append(MadePicture("phone.jpg", "5550142376", "A phone number", _photograph(shadow(phone, 0, 0.22), rng)))
    return made


# --- writing them ----------------------------------------------------------------------------------------------------


def write_golden(folder: Path, pictures: Sequence[MadePicture]) -> None:
    """Write golden pictures and their labels.csv (file, text with line breaks as "|", condition)."""
    folder.mkdir(parents=True, exist_ok=True)
    for picture in pictures:
        (folder / picture.file).write_bytes(picture.content)
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "text", "condition"])
        writer.writerows([p.file, p.text.replace("\n", "|"), p.note] for p in pictures)


def write_examples(folder: Path, pictures: Sequence[MadePicture]) -> None:
    """Write the page's example pictures and their examples.json."""
    folder.mkdir(parents=True, exist_ok=True)
    for picture in pictures:
        (folder / picture.file).write_bytes(picture.content)
    entries = [{"file": p.file, "text": p.text} for p in pictures]
    (folder / "examples.json").write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """Write the golden pictures and the page's examples; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m train examples", description="Write the golden pictures and the page's examples again."
    )
    parser.add_argument("--golden", type=Path, default=GOLDEN_FOLDER, help="folder of the golden pictures")
    parser.add_argument("--examples", type=Path, default=EXAMPLES_FOLDER, help="folder of the page's examples")
    parser.add_argument("--seed", type=int, default=SEED, help=f"seed of the writing (default {SEED})")
    options = parser.parse_args(argv)
    write_golden(options.golden, golden_pictures(options.seed))
    write_examples(options.examples, example_pictures(options.seed))
    print(f"wrote {options.golden} and {options.examples}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
