"""Contact sheets of lines: how training lines are made, step by step, and the pictures whose lines they imitate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from recognizer.binarize import binarize, rescale, working_scale
from recognizer.image_io import load_image, to_grey
from recognizer.lines import cut_line
from recognizer.rulings import remove_rulings
from recognizer.segment import dilate, find_components, select_digits, sort_left_to_right
from recognizer.types import GreyImage, RgbImage
from train.examples import MadePicture, example_pictures, golden_pictures
from train.synthesis import Hand, Sources, degrade, random_hand, random_text, synthesise, write_line

_WIDTH = 1200
"""Width of a sheet, in pixels ..."""
_HEIGHT = 64
"""... height of a line on it ..."""
_FONT = 14
_CAPTION = 20
"""... height of its caption, and the room between lines."""
_GAP = 14
_INK_MARGIN = 12
"""Columns beside ink that is shown without paper."""

EVEN_HAND = Hand(
    height=21.0,
    slant=0.1,
    aspect=1.0,
    pen=0.085,
    strokes=1.0,
    gap=0.15,
    gap_jitter=0.03,
    drift=0.0,
    offset=0.0,
    size_jitter=0.03,
    baseline_jitter=0.02,
    turn=0.02,
    space=0.5,
    joined=0.0,
    flagged=0.0,
    loops=0.0,
    zero_height=1.0,
    schooled=0.0,
)
"""A hand without peculiarities, to show what does not depend on the hand."""
GAPS = (0.3, 0.15, 0.05, 0.0, -0.05, -0.12)
"""From digits far apart to digits that overlap, in digit heights."""


class CaptionedLine(NamedTuple):
    """A line of a contact sheet."""

    picture: GreyImage
    """(height, width) uint8, white ink on black."""
    caption: str


def line_sheet(lines: Sequence[CaptionedLine]) -> RgbImage:
    """Lay lines out one after the other, as the words of a page, each below its caption.

    Args:
        lines: of any size, at least 1 pixel; they are brought to one height.

    Returns:
        (height, 1200, 3) uint8 RGB.
    """
    from matplotlib.font_manager import findfont  # the font that comes with Pillow lacks the signs of currencies

    font = ImageFont.truetype(findfont("DejaVu Sans"), _FONT)
    pictures = [_at_one_height(line.picture) for line in lines]
    places: list[tuple[int, int]] = []
    x = y = _GAP
    for line, picture in zip(lines, pictures, strict=True):
        width = max(picture.shape[1], int(np.ceil(font.getlength(line.caption))))
        if x > _GAP and x + width > _WIDTH - _GAP:
            x, y = _GAP, y + _CAPTION + _HEIGHT + _GAP
        places.append((x, y))
        x += width + _GAP
    sheet = Image.new("RGB", (_WIDTH, y + _CAPTION + _HEIGHT + _GAP), "white")
    pen = ImageDraw.Draw(sheet)
    for line, picture, (x, y) in zip(lines, pictures, places, strict=True):
        pen.text((x, y), line.caption, fill="black", font=font)
        sheet.paste(Image.fromarray(picture), (x, y + _CAPTION))
    return np.array(sheet, dtype=np.uint8)


def _at_one_height(picture: GreyImage) -> GreyImage:
    scale = min(_HEIGHT / picture.shape[0], (_WIDTH - 2 * _GAP) / picture.shape[1])
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    # Enlarged pixels stay square: they are what the network sees.
    return np.asarray(
        cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST), np.uint8
    )


# --- how a training line is made -------------------------------------------------------------------------------------


def text_lines(sources: Sources, count: int = 24, seed: int = 4) -> list[CaptionedLine]:
    """What is written: texts as they are made up, all in one even hand."""
    rng = np.random.default_rng(seed)
    texts = [random_text(rng) for _ in range(count)]
    return [_ink(text, EVEN_HAND, sources, rng, _caption(text)) for text in texts]


def hand_lines(text: str, sources: Sources, count: int = 16, seed: int = 1) -> list[CaptionedLine]:
    """Who writes it: one text in made-up hands, each captioned with its slant, its gaps and its pen."""
    rng = np.random.default_rng(seed)
    hands = [random_hand(rng) for _ in range(count)]
    return [
        _ink(text, hand, sources, rng, f"slant {hand.slant:.2f}, gap {hand.gap:.2f}, pen {hand.pen:.2f}")
        for hand in hands
    ]


def gap_lines(text: str, sources: Sources, seed: int = 1) -> list[CaptionedLine]:
    """How the ink meets: one text in one hand, whose digits come closer until they overlap."""
    return [
        _ink(text, replace(EVEN_HAND, gap=gap), sources, np.random.default_rng(seed), f"gap {gap:g}") for gap in GAPS
    ]


def paper_lines(text: str, sources: Sources, count: int = 16, seed: int = 1) -> list[CaptionedLine]:
    """What it is written on and how it is taken: the same ink on different papers."""
    rng = np.random.default_rng(seed)
    ink, body = write_line(text, EVEN_HAND, sources, rng)
    neighbour, _ = write_line(random_text(rng), EVEN_HAND, sources, rng)
    return [CaptionedLine(degrade(ink, body, rng, neighbour), f"paper {i + 1}") for i in range(count)]


def synthesised_lines(sources: Sources, count: int = 60, seed: int = 1) -> list[CaptionedLine]:
    """Training lines as the network sees them, with their texts."""
    rng = np.random.default_rng(seed)
    texts = [random_text(rng) for _ in range(count)]
    return [CaptionedLine(synthesise(text, sources, rng), _caption(text)) for text in texts]


def _ink(text: str, hand: Hand, sources: Sources, rng: np.random.Generator, caption: str) -> CaptionedLine:
    ink, _ = write_line(text, hand, sources, rng)
    return CaptionedLine(np.pad(ink, ((0, 0), (_INK_MARGIN, _INK_MARGIN))), caption)


def _caption(text: str) -> str:
    return text or "(no text)"


# --- what it imitates ------------------------------------------------------------------------------------------------


def cut_lines(picture: RgbImage) -> list[GreyImage]:
    """The lines of a picture as the reader cuts them out: (32, W) uint8 each, white ink on black, from top to bottom.

    Args:
        picture: (height, width, 3) uint8 RGB.
    """
    binarized = binarize(rescale(to_grey(picture), working_scale(*picture.shape[:2])))
    cleaned = remove_rulings(binarized.mask, binarized.stroke_width)
    found = find_components(cleaned, dilate(cleaned, binarized.stroke_width))
    components = select_digits(found, binarized.stroke_width, cleaned.shape[::-1])
    return [cut_line(binarized.flat, cleaned, line).image for line in sort_left_to_right(components)]


def picture_lines(pictures: Sequence[MadePicture] | None = None) -> list[CaptionedLine]:
    """Lines cut out of pictures, each captioned with the number that it should show and with the picture's condition.

    Args:
        pictures: the golden pictures and the page's examples where they are not given.
    """
    if pictures is None:
        pictures = [*golden_pictures(), *example_pictures()]
    lines = []
    for picture in pictures:
        cut = cut_lines(load_image(picture.content))
        texts = picture.text.split("\n")
        if len(texts) != len(cut):  # which line shows which text is not known
            texts = [picture.text.replace("\n", " | ")] * len(cut)
        lines += [
            CaptionedLine(image, f"{text}, {picture.note.lower()}") for image, text in zip(cut, texts, strict=True)
        ]
    return lines
