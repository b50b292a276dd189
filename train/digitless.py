"""Pictures without any digit, made by this project: of a good reader, hardly any of them gives a text.

Empty paper of every sort, forms that nobody filled in, light and shade, scenes, letters, words, drawings and scribbles.
None holds a lone ring or a lone straight stroke, which are a 0 and a 1 to any reader. Pictures are (height, width, 3) uint8
RGB, 100 to 900 pixels a side; half of them are as a phone takes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np

from recognizer.types import InkMask
from train.doodles import (
    DRAWINGS,
    JOINED_WORDS,
    LETTERS,
    WORDS,
    draw_doodle,
    write_joined_word,
    write_word,
)
from train.examples import (
    BLACK,
    BLUE,
    CHALK,
    GRAPHITE,
    Colour,
    Picture,
    ballpoint,
    blackboard,
    blur,
    cloud,
    form_boxes,
    jpeg,
    paper,
    pencil,
    put_ink,
    render_strokes,
    ruled,
    scaled,
    sensor_noise,
    shadow,
    sheet,
    squared,
    vignette,
)
from train.glyphs import random_hand
from train.pen import Stroke, draw_ink

SEED = 2025
"""The seed of the pictures whose share is reported."""
COUNT = 200


class DigitlessPicture(NamedTuple):
    """A picture that holds no digit."""

    kind: str
    """What it shows: one of KINDS."""
    picture: Picture


def digitless_pictures(count: int = COUNT, seed: int = SEED) -> Iterator[DigitlessPicture]:
    """Make pictures without any digit, the kinds in turn.

    Args:
        count: how many; the first ones are the same whatever the count.
        seed: the same seed gives the same pictures.
    """
    kinds = list(KINDS)
    for index in range(count):
        rng = np.random.default_rng((seed, index))
        kind = kinds[index % len(kinds)]
        picture = KINDS[kind](rng)
        yield DigitlessPicture(kind, _photographed(picture, rng) if rng.random() < 0.5 else picture)


def _photographed(picture: Picture, rng: np.random.Generator) -> Picture:
    """Take a picture with a phone: uneven light, slightly soft, slightly noisy, compressed."""
    lit = shadow(picture, float(rng.uniform(0, 360)), float(rng.uniform(0, 0.5)), float(rng.uniform(0.3, 1.5)))
    soft = blur(vignette(lit, float(rng.uniform(0, 0.3))), float(rng.uniform(0.4, 1.2)))
    return jpeg(sensor_noise(soft, rng, float(rng.uniform(1, 5))), int(rng.integers(50, 95)))


# --- empty paper -----------------------------------------------------------------------------------------------------


def _size(rng: np.random.Generator) -> tuple[int, int]:
    """Height and width of a picture."""
    return int(rng.integers(120, 600)), int(rng.integers(200, 900))


def _tint(rng: np.random.Generator) -> Colour:
    """Colour of a sheet: white, yellowish, or a coloured note."""
    base = rng.uniform(215, 255)
    red, green, blue = np.clip(base + rng.normal(0, 9, 3), 150, 255).astype(int).tolist()
    return red, green, blue


def _page(rng: np.random.Generator, height: int = 0, width: int = 0) -> Picture:
    """A sheet to write on: mostly plain, sometimes ruled or squared."""
    if not height:
        height, width = _size(rng)
    page = paper(height, width, rng, _tint(rng))
    draw = rng.random()
    if draw < 0.15:
        return ruled(page, float(rng.uniform(24, 60)))
    return squared(page, float(rng.uniform(18, 50))) if draw < 0.25 else page


def _blank(rng: np.random.Generator) -> Picture:
    height, width = _size(rng)
    return sheet(height, width, _tint(rng))


def _rough_paper(rng: np.random.Generator) -> Picture:
    """Recycled or watercolour paper: grain and blotches."""
    height, width = _size(rng)
    light = 1 + rng.uniform(0.02, 0.05) * cloud(height, width, float(rng.uniform(1.5, 5)), rng)
    light += rng.uniform(0.02, 0.06) * cloud(height, width, float(rng.uniform(40, 150)), rng)
    return scaled(sheet(height, width, _tint(rng)), light)


def _ruled_paper(rng: np.random.Generator) -> Picture:
    height, width = _size(rng)
    return ruled(paper(height, width, rng, _tint(rng)), float(rng.uniform(18, 70)), _line_colour(rng))


def _squared_paper(rng: np.random.Generator) -> Picture:
    height, width = _size(rng)
    return squared(paper(height, width, rng, _tint(rng)), float(rng.uniform(14, 60)), _line_colour(rng))


def _line_colour(rng: np.random.Generator) -> Colour:
    choices: tuple[Colour, ...] = ((168, 192, 222), (186, 206, 226), (150, 150, 150), (200, 140, 130), (90, 100, 120))
    return choices[int(rng.integers(len(choices)))]


def _creased_paper(rng: np.random.Generator) -> Picture:
    """A sheet that was folded or crumpled: each fold is bright on one side and dark on the other."""
    height, width = _size(rng)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    light = np.ones((height, width), np.float32)
    for _ in range(int(rng.integers(2, 7))):
        angle = float(rng.choice([0.0, 90.0]) + rng.normal(0, 15))
        away = np.cos(np.radians(angle)) * (x - rng.uniform(0.1, 0.9) * width) + np.sin(np.radians(angle)) * (
            y - rng.uniform(0.1, 0.9) * height
        )
        # The flat parts on both sides of a fold catch the light differently; the fold itself is a soft ridge.
        light += np.float32(rng.uniform(0.01, 0.05)) * np.tanh(away / 3)
        light -= np.float32(rng.uniform(0.02, 0.1)) * np.exp(-((away / rng.uniform(1.5, 4)) ** 2))
    return scaled(paper(height, width, rng, _tint(rng)), light)


def _shadowed_paper(rng: np.random.Generator) -> Picture:
    """Paper under the shadows of a hand, a phone or a window."""
    height, width = _size(rng)
    picture = paper(height, width, rng, _tint(rng))
    for _ in range(int(rng.integers(1, 4))):
        depth, softness = float(rng.uniform(0.15, 0.6)), float(rng.uniform(0.05, 1.2))
        picture = shadow(picture, float(rng.uniform(0, 360)), depth, softness)
    return vignette(picture, float(rng.uniform(0, 0.4)))


def _wiped_board(rng: np.random.Generator) -> Picture:
    height, width = _size(rng)
    return blackboard(height, width, rng)


# --- forms that nobody filled in -------------------------------------------------------------------------------------


def _empty_boxes(rng: np.random.Generator) -> Picture:
    """One to three rows of boxes for digits."""
    rows, count = int(rng.integers(1, 4)), int(rng.integers(2, 11))
    pitch = float(rng.uniform(24, 70))
    tall = pitch * float(rng.uniform(1.0, 1.5))
    height, width = round(rows * tall * 1.5 + 60), round(count * pitch + rng.uniform(40, 160))
    picture = paper(height, width, rng, _tint(rng))
    for row in range(rows):
        picture = form_boxes(picture, 20, 30 + row * tall * 1.5, pitch, tall, count, _line_colour(rng))
    return picture


def _empty_table(rng: np.random.Generator) -> Picture:
    """A table with a shaded head; its last column may be wider."""
    height, width = _size(rng)
    picture = paper(height, width, rng, _tint(rng))
    colour = _line_colour(rng)
    tall, edge = float(rng.uniform(26, 60)), 12
    head = slice(14, 14 + round(tall))
    picture[head, edge:-edge] = (0.85 * picture[head, edge:-edge]).astype(np.uint8)
    columns = np.append(np.arange(edge, width - edge - 40, int(rng.integers(60, 200))), width - edge).tolist()
    for row in range(max(1, int((height - 30) / tall))):
        for left, right in pairwise(columns):
            picture = form_boxes(picture, left, 14 + row * tall, right - left, tall, 1, colour)
    return picture


def _labelled_form(rng: np.random.Generator) -> Picture:
    """Handwritten captions before empty fields."""
    rows, tall = int(rng.integers(1, 4)), int(rng.integers(28, 50))
    picture = paper(round(rows * tall * 2.4 + 40), 560, rng, _tint(rng))
    for row in range(rows):
        top = 20 + round(row * tall * 2.4)
        ink = _ink(write_word(str(rng.choice(WORDS)), rng, random_hand(rng)), round(0.6 * tall), rng)
        picture = put_ink(picture, _fitted(ink, 2 * tall, 200), BLACK, 10, top)
        picture = form_boxes(picture, 230, top + 0.2 * tall, 300, 1.4 * tall, 1, _line_colour(rng))
    return picture


# --- light, and what a camera sees when there is no paper ------------------------------------------------------------


def _gradient(rng: np.random.Generator) -> Picture:
    """Colours that run into one another."""
    height, width = _size(rng)
    corners = rng.integers(0, 256, (2, 2, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _dark_room(rng: np.random.Generator) -> Picture:
    """Next to no light: noise and a faint glow."""
    height, width = _size(rng)
    dark = shadow(sheet(height, width, (40, 38, 34)), float(rng.uniform(0, 360)), 0.8)
    return sensor_noise(dark, rng, float(rng.uniform(4, 14)))


def _landscape(rng: np.random.Generator) -> Picture:
    """Sky above ranges of hills, each darker than the one behind it."""
    height, width = _size(rng)
    sky = np.array([rng.integers(120, 220, 3), rng.integers(200, 250, 3)], np.float32)[:, None]
    picture = cv2.resize(sky, (width, height), interpolation=cv2.INTER_LINEAR)
    picture = picture * (1 + 0.03 * cloud(height, width, max(height, width) / 5, rng)[..., None])
    y = np.arange(height)[:, None]
    for distance in range(4, 0, -1):
        ridge = height * (0.85 - 0.1 * distance) + height * 0.06 * cloud(1, width, width / (3 + distance), rng)[0]
        colour = rng.uniform(20, 90, 3) + 25 * distance
        hill = (y > ridge)[..., None]
        picture = np.where(hill, colour * (1 + 0.1 * cloud(height, width, 4, rng)[..., None]), picture)
    return blur(np.clip(picture, 0, 255).astype(np.uint8), 0.8)


def _table_top(rng: np.random.Generator) -> Picture:
    """Things on a wooden table: books, sheets and boxes that overlap, each with its shadow."""
    height, width = _size(rng)
    grain = 1 + 0.06 * cv2.resize(cloud(height, width // 20 + 2, 3, rng), (width, height))
    picture = scaled(sheet(height, width, (150, 110, 75)), grain)
    for _ in range(int(rng.integers(4, 10))):
        centre = rng.uniform(0, 1, 2) * (width, height)
        size = rng.uniform(0.15, 0.5, 2) * min(height, width)
        corners = cv2.boxPoints((tuple(centre.tolist()), tuple(size.tolist()), float(rng.uniform(0, 90))))
        cast = np.zeros((height, width), np.uint8)
        cv2.fillPoly(cast, [(corners + 6).astype(np.int32)], 255)
        picture = scaled(picture, 1 - 0.5 * cv2.GaussianBlur(cast, (0, 0), 5) / np.float32(255))
        cv2.fillPoly(picture, [corners.astype(np.int32)], rng.integers(30, 240, 3).tolist())
    return blur(sensor_noise(picture, rng, 3), 1.0)


def _out_of_focus(rng: np.random.Generator) -> Picture:
    """Nothing sharp: patches of colour."""
    height, width = _size(rng)
    patches = [cloud(height, width, min(height, width) / 3, rng) for _ in range(3)]
    return np.clip(128 + 60 * np.stack(patches, axis=-1), 0, 255).astype(np.uint8)


# --- ink -------------------------------------------------------------------------------------------------------------


def _ink(strokes: list[Stroke], height: int, rng: np.random.Generator) -> InkMask:
    """Draw strokes with a pen of some width."""
    return render_strokes(strokes, height, pen_width=float(rng.uniform(0.05, 0.1)), margin=0.1)


def _fitted(ink: InkMask, height: int, width: int) -> InkMask:
    """Ink made smaller where it would not fit into a field."""
    scale = min(1.0, height / ink.shape[0], width / ink.shape[1])
    size = max(1, int(ink.shape[1] * scale)), max(1, int(ink.shape[0] * scale))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8) if scale < 1 else ink


def _laid(page: Picture, ink: InkMask, rng: np.random.Generator) -> Picture:
    """Put ink somewhere on a page, with a ballpoint, a felt pen or a pencil."""
    ink = _fitted(ink, page.shape[0], page.shape[1])
    draw = rng.random()
    if draw < 0.4:
        ink, colour = ballpoint(ink, rng), (BLACK, BLUE)[int(rng.integers(2))]
    elif draw < 0.6:
        ink, colour = pencil(ink, rng, float(rng.uniform(0.5, 0.9))), GRAPHITE
    else:
        colour = BLACK
    top = int(rng.integers(page.shape[0] - ink.shape[0] + 1))
    return put_ink(page, ink, colour, int(rng.integers(page.shape[1] - ink.shape[1] + 1)), top)


def _letters(rng: np.random.Generator) -> Picture:
    """One to three letters."""
    text = "".join(rng.choice(list(LETTERS), int(rng.integers(1, 4))))
    return _laid(_page(rng), _ink(write_word(text, rng, random_hand(rng)), int(rng.integers(40, 180)), rng), rng)


def _capitals(rng: np.random.Generator) -> Picture:
    """A word in capitals."""
    word = write_word(str(rng.choice(WORDS)), rng, random_hand(rng))
    return _laid(_page(rng), _ink(word, int(rng.integers(30, 140)), rng), rng)


def _joined_word(rng: np.random.Generator) -> Picture:
    """A word in joined handwriting."""
    word = write_joined_word(str(rng.choice(JOINED_WORDS)), rng, random_hand(rng))
    return _laid(_page(rng), _ink(word, int(rng.integers(40, 160)), rng), rng)


def _page_of_words(rng: np.random.Generator) -> Picture:
    """Two to five lines of joined handwriting."""
    hand = random_hand(rng)
    strokes: list[Stroke] = []
    for line in range(int(rng.integers(2, 6))):
        x = 0.0
        for _ in range(int(rng.integers(1, 4))):
            word = write_joined_word(str(rng.choice(JOINED_WORDS)), rng, hand)
            strokes += [s + np.array([x, 1.7 * line], np.float32) for s in word]
            x = float(strokes[-1][:, 0].max()) + 0.6
    return _laid(_page(rng, 500, 800), _ink(strokes, int(rng.integers(40, 70)), rng), rng)


def _drawing(rng: np.random.Generator) -> Picture:
    """One of the drawings."""
    drawing = draw_doodle(str(rng.choice(list(DRAWINGS))), rng, random_hand(rng))
    height = int(rng.integers(80, 320))
    return _laid(_page(rng), render_strokes(drawing, height, pen_width=float(rng.uniform(0.02, 0.06)), margin=0.1), rng)


def _chalk_drawings(rng: np.random.Generator) -> Picture:
    """Two drawings side by side, light on dark."""
    board = blackboard(320, 700, rng)
    for left in (10, 360):
        drawing = draw_doodle(str(rng.choice(list(DRAWINGS))), rng, random_hand(rng))
        ink = _fitted(render_strokes(drawing, 220, pen_width=0.035, margin=0.1), 300, 330)
        board = put_ink(board, ink, CHALK, left, 10)
    return board


def _scribble(rng: np.random.Generator) -> Picture:
    """Hatching, a coil, or a tangle."""
    turns = int(rng.integers(8, 22))
    t = np.linspace(0, turns, 60 * turns)
    form = rng.random()
    if form < 0.35:
        # To and fro, as one crosses something out.
        x, y = t / turns * 3, np.abs((2 * t) % 2 - 1)
    elif form < 0.7:
        # A coil, as one tries a pen.
        x, y = t / turns * 3 + 0.3 * np.cos(2 * np.pi * t), 0.5 + 0.5 * np.sin(2 * np.pi * t)
    else:
        knots = rng.uniform(0, 1, (turns + 1, 2)) * (2.5, 1)
        x, y = (np.interp(t, np.arange(turns + 1), knots[:, k]) for k in range(2))
    kernel = np.hanning(25) / np.hanning(25).sum()
    points = np.stack([np.convolve(np.pad(v, 12, mode="edge"), kernel, "valid") for v in (x, y)], axis=1)
    points += 0.02 * np.cumsum(rng.normal(0, 0.12, points.shape), axis=0)
    height = int(rng.integers(60, 220))
    strokes = [(points * height + 20 - points.min(axis=0) * height).astype(np.float32)]
    columns, rows = np.ceil(strokes[0].max(axis=0) + 20).astype(int).tolist()
    return _laid(_page(rng), draw_ink(strokes, height * float(rng.uniform(0.03, 0.07)), (rows, columns)), rng)


KINDS: Mapping[str, Callable[[np.random.Generator], Picture]] = {
    "blank": _blank,
    "rough paper": _rough_paper,
    "ruled paper": _ruled_paper,
    "squared paper": _squared_paper,
    "creased paper": _creased_paper,
    "shadowed paper": _shadowed_paper,
    "wiped board": _wiped_board,
    "empty boxes": _empty_boxes,
    "empty table": _empty_table,
    "labelled form": _labelled_form,
    "gradient": _gradient,
    "dark room": _dark_room,
    "landscape": _landscape,
    "table top": _table_top,
    "out of focus": _out_of_focus,
    "letters": _letters,
    "capitals": _capitals,
    "joined word": _joined_word,
    "page of words": _page_of_words,
    "drawing": _drawing,
    "chalk drawings": _chalk_drawings,
    "scribble": _scribble,
}
"""What the pictures show, and how each is made."""
