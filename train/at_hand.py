"""Digits for the notebooks: real ones where they are at hand, and else such that this project made itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from train.conversions import to_mnist
from train.data import Digits
from train.errors import DataError
from train.synthesis.made import SEED, made_digits
from train.transfer import SOURCES, load_images

EMNIST = Path("data") / "emnist_characters.npz"
"""Where the folder that RECOGNIZER_DATA names holds EMNIST's characters, as `train.data.load_characters` takes them ..."""
MNIST = Path("data") / SOURCES["mnist"].file
"""... and MNIST."""
TRAIN, TEST = 4000, 1500
"""Numbers of made digits."""


def digits_at_hand(folder: str | Path | None, work: str | Path, train: int = TRAIN, test: int = TEST) -> Path:
    """A file of digits, as `train.data.load_dataset` takes it.

    Args:
        folder: one with `EMNIST` in it, whose path is then returned; None, or any other, for made digits.
        work: folder that the made digits are written to.
        train: number of made digits to train on.
        test: number of made digits to test on.
    """
    if folder and (Path(folder) / EMNIST).is_file():
        return Path(folder) / EMNIST
    digits = made_digits(train + test)
    path = Path(work) / "made_digits.npz"
    np.savez(path, images=digits.images, labels=digits.labels, test=np.arange(len(digits)) >= train)
    return path


def mnist_at_hand(folder: str | Path | None, count: int = 1000) -> Digits:
    """Digits in MNIST's own form, 20 pixels high and centred by mass.

    Args:
        folder: one with `MNIST` in it, whose test part is then returned; None, or any other, for made digits.
        count: number of made digits.

    Raises:
        DataError: the file cannot be used.
    """
    if folder and (path := Path(folder) / MNIST).is_file():
        images, labels = load_images(path, SOURCES["mnist"])
        if images.shape[1:] != (28, 28):
            raise DataError(f"{path} holds images of {images.shape[1:]} pixels instead of (28, 28).")
        return Digits(images, labels)
    digits = made_digits(count, SEED + 1)
    return Digits(np.stack([to_mnist(image) for image in digits.images]), digits.labels)
