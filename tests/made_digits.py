"""Digits made on the spot, for tests that train."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from recognizer.normalize import normalize_all
from train.data import Digits


def make_digits(count: int, seed: int = 0) -> Digits:
    """`count` printed digits of random size, slant and thickness, every class equally often."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) % 10).astype(np.uint8)
    inks = []
    for label in labels:
        ink = np.zeros((80, 80), np.uint8)
        thickness = int(rng.integers(3, 9))
        cv2.putText(
            ink, str(label), (16, 62), cv2.FONT_HERSHEY_SIMPLEX, rng.uniform(1.4, 2.0), 255, thickness, cv2.LINE_AA
        )
        turn = cv2.getRotationMatrix2D((40, 40), rng.uniform(-12, 12), 1.0)
        inks.append(cv2.warpAffine(ink, turn, (80, 80)))
    return Digits(normalize_all(inks), labels)


def write_npz(path: Path, train: int = 120, test: int = 40, seed: int = 0) -> Path:
    """A data file as `train.data.load_characters` takes, with a few letters that it has to leave out."""
    digits = make_digits(train + test, seed)
    letters = make_digits(10, seed + 1)
    np.savez(
        path,
        images=np.concatenate([digits.images, letters.images]),
        chars=np.concatenate([digits.labels + ord("0"), letters.labels + ord("A")]).astype(np.uint8),
        test=np.concatenate([np.arange(train + test) >= train, np.zeros(10, bool)]),
    )
    return path
