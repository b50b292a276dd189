"""The characters that lines are written with."""

from __future__ import annotations

import string
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from train.data import NO_LETTERS, PEN_HEIGHT, Digits, Images, StrokedDigits, load_dataset, load_letters
from train.pen import Stroke

_LETTERS = "EHKMNRWekmnw"
"""Letters that look like no digit, in either case where the source merges the two. Some hands write a 7 as a t or an f, a 5 as
a v with a bar, a 9 as a P and a 4 as an h: these are not among them."""
_SCHOOLED = "FLPTVYfghpqrtvy"
"""Letters that are such digits: taken for letters in words, they would make words of amounts."""
_WORD_LETTERS = "".join(sorted(set(string.ascii_letters) - set(_LETTERS) - set(_SCHOOLED)))
_EVERY = 6
"""Of the other letters one in so many is enough."""
_BOX_LEVEL = 60
"""Grey level from which a pixel of EMNIST belongs to the ink's bounding box: its blurred fringe does not."""
_MAX_POINTS = 48
"""Points that are enough for one stroke of a digit at the size of a line."""
_LEAST_LABELS = 5
"""A writer of fewer different digits writes no line alone."""
_FORM_SIDE = 7


@dataclass(frozen=True)
class Sources:
    """Digits and letters, from which lines are put together."""

    images: Images
    """(N, 28, 28) uint8, EMNIST's form: digits first, then the letters."""
    boxes: npt.NDArray[np.int16]
    """(N, 4) int16, ink of each image: x, y, width, height."""
    by_label: tuple[npt.NDArray[np.intp], ...]
    """Of each label 0 to 9, the images that show it; then the letters that look like no digit, and with them the others of
    words: either may be empty."""
    strokes: tuple[tuple[Stroke, ...], ...] = ()
    """Pen digits, each a tuple of strokes: height 1 or less, centred on (0, 0), y downwards."""
    strokes_by_label: tuple[npt.NDArray[np.intp], ...] = field(default=tuple(np.zeros(0, np.intp) for _ in range(10)))
    forms: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, _FORM_SIDE**2), np.float32))
    """(number of digits, 49) float32, each digit's image in little: those of one form are near each other."""
    writers: tuple[tuple[npt.NDArray[np.intp], ...], ...] = ()
    """Of each writer of at least `_LEAST_LABELS` different digits, his pen digits by label."""


def load_sources(digits: Digits, strokes: StrokedDigits, characters: Path | None = None) -> Sources:
    """Prepare digits, pen strokes and the letters of a characters file.

    Args:
        digits: to write with.
        strokes: the same in pen strokes; may be empty.
        characters: .npz file as `train.data.load_characters` takes; its train letters are taken, if it holds any.

    Raises:
        DataError: the file cannot be read.
    """
    if characters is None:
        return prepare_sources(digits, strokes)
    others = load_letters(characters, _WORD_LETTERS)[::_EVERY]
    return prepare_sources(digits, strokes, load_letters(characters, _LETTERS), others)


def prepare_sources(
    digits: Digits, strokes: StrokedDigits, letters: Images = NO_LETTERS, others: Images = NO_LETTERS
) -> Sources:
    """Prepare digits, pen strokes, letters that look like no digit, and other letters; each of the last three may be none."""
    images = np.concatenate([digits.images, letters, others])
    by_label = [np.flatnonzero(digits.labels == label) for label in range(10)]
    by_label.append(np.arange(len(digits), len(digits) + len(letters)))
    by_label.append(np.arange(len(digits), len(images)))
    thinned = tuple(tuple(_centred(s)) for s in strokes.strokes)
    boxes = _ink_boxes(images)
    return Sources(
        images,
        boxes,
        tuple(by_label),
        thinned,
        tuple(np.flatnonzero(strokes.labels == label) for label in range(10)),
        _forms(digits.images, boxes),
        _by_writer(strokes),
    )


def read_sources(data: Path, pen_strokes: Path | None = None, optdigits: Path | None = None) -> Sources:
    """Read what a run of `python -m train strings` writes its lines with, before any of it is held out.

    Args:
        data: .npz file as `train.data.load_characters` takes.
        pen_strokes: file as `train.data.load_pen_strokes` takes.
        optdigits: file as `train.data.load_optdigits` takes.

    Raises:
        DataError: a file cannot be used.
    """
    # Of a part of one digit, rounded class by class, none is held out.
    dataset = load_dataset(data, pen_strokes, optdigits, validation=1, seed=0)
    return load_sources(dataset.train, dataset.strokes, data)


def _ink_boxes(images: Images) -> npt.NDArray[np.int16]:
    boxes = np.zeros((len(images), 4), np.int16)
    for i, image in enumerate(images):
        x, y, width, height = cv2.boundingRect((image > _BOX_LEVEL).view(np.uint8))
        boxes[i] = (x, y, width, height) if width else (0, 0, *image.shape[::-1])
    return boxes


def _forms(images: Images, boxes: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
    """Each image's ink, blown up to its box so that the size does not count, in little: (N, 49) float32, 0 to 255.

    `boxes` may hold those of further images, after them.
    """
    forms = np.zeros((len(images), _FORM_SIDE**2), np.float32)
    for form, image, (x, y, width, height) in zip(forms, images, boxes[: len(images)], strict=True):
        left = max(0, x - max(0, height - width) // 2)  # a 1 is not made as wide as a 0
        ink = image[y : y + height, left : left + max(width, height)]
        form[:] = cv2.resize(ink, (_FORM_SIDE, _FORM_SIDE), interpolation=cv2.INTER_AREA).ravel()
    return forms


def _by_writer(strokes: StrokedDigits) -> tuple[tuple[npt.NDArray[np.intp], ...], ...]:
    """Pen digits by writer and label."""
    names = np.array(strokes.writers)
    found = []
    for name in sorted(set(strokes.writers)):
        own = np.flatnonzero(names == name)
        if len(set(strokes.labels[own].tolist())) >= _LEAST_LABELS:
            found.append(tuple(own[strokes.labels[own] == label] for label in range(10)))
    return tuple(found)


def _centred(strokes: tuple[Stroke, ...]) -> list[Stroke]:
    """Strokes of unit height about (0, 0); a flat digit (its width is the longer side) stays lower than that."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = 1 / max(float(high[1] - low[1]), 0.6 * PEN_HEIGHT)
    out = []
    for stroke in strokes:
        if len(stroke) > _MAX_POINTS:
            stroke = stroke[np.linspace(0, len(stroke) - 1, _MAX_POINTS).astype(int)]
        out.append(((stroke - (low + high) / 2) * np.float32(scale)).astype(np.float32))
    return out
