"""Contact sheets: how training lines are made, step by step, the pictures whose lines they imitate, and single digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from recognizer.binarize import Binarized, binarize, rescale, working_scale
from recognizer.classifier import DigitClassifier
from recognizer.draw import annotate, contact_sheet
from recognizer.image_io import load_image, to_grey
from recognizer.lines import cut_line
from recognizer.normalize import normalize_all
from recognizer.reader import DigitReader
from recognizer.rulings import remove_rulings
from recognizer.segment import dilate, find_components, select_digits, sort_left_to_right
from recognizer.split import split
from recognizer.types import CLASS_NAMES, Component, GreyImage, InkMask, RgbImage
from train.data import CLASSES, Digits
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
    hooked=False,
    bare=0.0,
    loops=0.0,
    zero_height=1.0,
    schooled="",
    alike=False,
)
"""A hand without peculiarities, to show what does not depend on the hand."""
GAPS = (0.3, 0.15, 0.05, 0.0, -0.05, -0.12)
"""From digits far apart to digits that overlap, in digit heights."""


class CaptionedLine(NamedTuple):
    """A line of a contact sheet."""

    picture: GreyImage | RgbImage
    """(height, width) uint8, white ink on black; or (height, width, 3) uint8 RGB."""
    caption: str


def line_sheet(lines: Sequence[CaptionedLine], height: int = _HEIGHT) -> RgbImage:
    """Lay lines out one after the other, as the words of a page, each below its caption.

    Args:
        lines: of any size, at least 1 pixel; they are brought to one height.
        height: that height, in pixels.

    Returns:
        (height, 1200, 3) uint8 RGB.
    """
    from matplotlib.font_manager import findfont  # the font that comes with Pillow lacks the signs of currencies

    font = ImageFont.truetype(findfont("DejaVu Sans"), _FONT)
    pictures = [_at_one_height(line.picture, height) for line in lines]
    places: list[tuple[int, int]] = []
    x = y = _GAP
    for line, picture in zip(lines, pictures, strict=True):
        width = max(picture.shape[1], int(np.ceil(font.getlength(line.caption))))
        if x > _GAP and x + width > _WIDTH - _GAP:
            x, y = _GAP, y + _CAPTION + height + _GAP
        places.append((x, y))
        x += width + _GAP
    sheet = Image.new("RGB", (_WIDTH, y + _CAPTION + height + _GAP), "white")
    pen = ImageDraw.Draw(sheet)
    for line, picture, (x, y) in zip(lines, pictures, places, strict=True):
        pen.text((x, y), line.caption, fill="black", font=font)
        sheet.paste(Image.fromarray(picture), (x, y + _CAPTION))
    return np.array(sheet, dtype=np.uint8)


def _at_one_height(picture: GreyImage | RgbImage, height: int) -> GreyImage | RgbImage:
    scale = min(height / picture.shape[0], (_WIDTH - 2 * _GAP) / picture.shape[1])
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
    binarized, cleaned, rows = _components(picture)
    return [cut_line(binarized.flat, cleaned, row).image for row in rows]


def _components(picture: RgbImage) -> tuple[Binarized, InkMask, list[list[Component]]]:
    """What the reader finds before it cuts: the binarised picture, its ink without rulings, and the components line by line."""
    binarized = binarize(rescale(to_grey(picture), working_scale(*picture.shape[:2])))
    cleaned = remove_rulings(binarized.mask, binarized.stroke_width)
    found = find_components(cleaned, dilate(cleaned, binarized.stroke_width))
    return (
        binarized,
        cleaned,
        sort_left_to_right(select_digits(found, binarized.stroke_width, cleaned.shape[::-1])),
    )


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


# --- single digits ---------------------------------------------------------------------------------------------------


def sample_sheet(digits: Digits, each: int = 20, seed: int = 1) -> RgbImage:
    """Digits drawn at random, a row for each class.

    Args:
        digits: `each` or more of every class.
        each: how many of each class.
        seed: the same seed gives the same choice.
    """
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(np.flatnonzero(digits.labels == label))[:each] for label in range(CLASSES)]
    return contact_sheet(digits.images[np.concatenate(rows)], columns=each, enlarge=2)


def mean_digits(digits: Digits) -> list[CaptionedLine]:
    """The mean picture of each class that occurs."""
    return [
        CaptionedLine(digits.images[digits.labels == label].mean(axis=0).astype(np.uint8), CLASS_NAMES[label])
        for label in np.unique(digits.labels)
    ]


def step_lines(steps: Mapping[str, GreyImage]) -> list[CaptionedLine]:
    """Pictures after the steps of a conversion, each with its name and its size."""
    return [CaptionedLine(picture, f"{name}, {picture.shape[1]}x{picture.shape[0]}") for name, picture in steps.items()]


def least_likely(digits: Digits, probabilities: npt.NDArray[np.float32], count: int = 40) -> list[CaptionedLine]:
    """The digits that a network finds least likely to be what their label says, the worst first.

    Args:
        digits: N digits.
        probabilities: (N, 10 or 11) what the network answered.
        count: how many at most.
    """
    own = probabilities[np.arange(len(digits)), digits.labels]
    return [_answered(digits, probabilities, int(index)) for index in np.argsort(own, kind="stable")[:count]]


def _answered(digits: Digits, probabilities: npt.NDArray[np.float32], index: int) -> CaptionedLine:
    best = int(probabilities[index].argmax())
    name = CLASS_NAMES[best] if best < CLASSES else "none"
    return CaptionedLine(
        digits.images[index],
        f"{CLASS_NAMES[digits.labels[index]]} as {name}, {probabilities[index, best]:.2f}",
    )


def piece_lines(picture: RgbImage, classifier: DigitClassifier) -> list[CaptionedLine]:
    """The pieces into which the reader may cut the ink of a picture, each with what the digit network says of it.

    Args:
        picture: (height, width, 3) uint8 RGB.
        classifier: the digit network.
    """
    binarized, _, rows = _components(picture)
    pieces = [piece for row in rows for component in row for piece in split(component, binarized.stroke_width)]
    crops = normalize_all([piece.component.ink for piece in pieces])
    probabilities = classifier.predict(crops)
    names = [CLASS_NAMES[k] if k < CLASSES else "none" for k in probabilities.argmax(axis=1)]
    return [
        CaptionedLine(crop, f"{piece.start}–{piece.end}: {name} {share:.2f}")
        for crop, piece, name, share in zip(crops, pieces, names, probabilities.max(axis=1), strict=True)
    ]


# --- whole pictures --------------------------------------------------------------------------------------------------


def reading_sheet(reader: DigitReader, paths: Sequence[Path], height: int = 220) -> RgbImage:
    """Pictures with what was read in them, each below its name, its text and how sure the reader is of it.

    Args:
        reader: reads the pictures.
        paths: picture files.
        height: most pixels of a picture's height on the sheet.
    """
    lines = []
    for path in paths:
        picture = load_image(path)
        reading = reader.read(picture)
        text = reading.text.replace("\n", " | ") or "nothing"
        drawn = annotate(picture, reading, longest_side=(500, 700))
        lines.append(CaptionedLine(drawn, f"{path.stem}: {text}, {reading.confidence:.2f}"))
    return line_sheet(lines, height)
