"""Characters to write lines with that this project made itself, where no data set is at hand or none may be shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from recognizer.normalize import normalize_all
from recognizer.types import CLASS_NAMES
from train.data import PEN_HEIGHT, Digits, Images, Labels, StrokedDigits
from train.doodles import LETTERS
from train.glyphs import random_hand, write_digit, write_glyph
from train.pen import Stroke, draw_strokes
from train.synthesis.sources import Sources, prepare_sources, read_sources

SEED = 2023
"""The seed of the characters that the notebook shows."""
_LETTERS_EACH = 5
_PENS = (8.0, 13.0)
"""Range of the pen's width at `PEN_HEIGHT`, in pixels: about that of EMNIST, in whose place the images stand."""


def made_sources(count: int = 1000, seed: int = SEED) -> Sources:
    """Digits by the project's own hands, as pen strokes and drawn in EMNIST's form, and its own letters.

    Args:
        count: digits, at least 10; every class equally often, every digit by another hand.
        seed: the same seed gives the same characters.
    """
    rng = np.random.default_rng(seed)
    labels, digits = _written(count, rng)
    glyphs = [glyph for glyph in LETTERS.values() for _ in range(_LETTERS_EACH)]
    letters = [_sized(write_glyph(glyph, rng, random_hand(rng))) for glyph in glyphs]
    return prepare_sources(
        Digits(_drawn(digits, rng), labels), StrokedDigits(digits, labels), letters=_drawn(letters, rng)
    )


def sources_at_hand(folder: str | Path | None) -> Sources:
    """EMNIST's train digits and UNIPEN's pen strokes from the `data` folder in `folder`; made ones where there is none.

    Raises:
        DataError: a file cannot be used.
    """
    if not folder or not (data := Path(folder) / "data").is_dir():
        return made_sources()
    return read_sources(data / "emnist_characters.npz", data / "pen_digit_strokes.jsonl.gz")


def made_digits(count: int, seed: int = SEED) -> Digits:
    """Digits by the project's own hands in EMNIST's form; every class equally often, every digit by another hand.

    Args:
        count: how many.
        seed: the same seed gives the same digits.
    """
    rng = np.random.default_rng(seed)
    labels, digits = _written(count, rng)
    return Digits(_drawn(digits, rng), labels)


def _written(count: int, rng: np.random.Generator) -> tuple[Labels, tuple[tuple[Stroke, ...], ...]]:
    """Labels and strokes of made digits."""
    labels = (np.arange(count) % len(CLASS_NAMES)).astype(np.uint8)
    return labels, tuple(_sized(write_digit(CLASS_NAMES[label], rng, random_hand(rng))) for label in labels)


def _sized(strokes: Sequence[Stroke]) -> tuple[Stroke, ...]:
    """Strokes with `PEN_HEIGHT` as the longer side."""
    size = float(np.ptp(np.concatenate(strokes), axis=0).max())
    return tuple(stroke * np.float32(PEN_HEIGHT / size) for stroke in strokes)


def _drawn(characters: Iterable[Sequence[Stroke]], rng: np.random.Generator) -> Images:
    """Characters in EMNIST's form: (N, 28, 28) uint8."""
    return normalize_all([draw_strokes(strokes, float(rng.uniform(*_PENS))) for strokes in characters])
