"""Training batches, made while the network trains."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from recognizer.normalize import to_network_input
from train.augment import NONE, Augmentation, augment
from train.data import CLASSES, NO_STROKES, PEN_WIDTHS, Digits, Labels, StrokedDigits
from train.nondigits import Sources, draw


def one_hot(labels: Labels, classes: int = CLASSES) -> npt.NDArray[np.float32]:
    """(N, classes) float32, one in the column of each label."""
    return np.eye(classes, dtype=np.float32)[labels]


class DigitBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Shuffled, augmented batches of images, freshly drawn pen strokes and, where wanted, freshly made non-digits.

    What batch b of epoch e holds depends on (seed, e, b) alone, so a resumed run sees what an uninterrupted one would have
    seen. `epoch` is set by `callbacks.RunState` before each epoch.
    """

    def __init__(
        self,
        digits: Digits,
        strokes: StrokedDigits = NO_STROKES,
        *,
        batch_size: int,
        seed: int,
        augmentation: Augmentation = NONE,
        shuffle: bool = True,
        sources: Sources | None = None,
        non_digits: float = 0.0,
    ) -> None:
        """`non_digits` is the share of each batch that is made of `sources`, with the label `CLASSES`."""
        super().__init__()
        self.sources = sources if non_digits > 0 else None
        self.classes = CLASSES + (self.sources is not None)
        self.digits_per_batch = max(1, round(batch_size * (1 - non_digits))) if self.sources else batch_size
        self.digits, self.strokes = digits, strokes
        self.batch_size, self.seed, self.augmentation, self.shuffle = batch_size, seed, augmentation, shuffle
        self.epoch = 0
        self._order: tuple[int, npt.NDArray[np.intp]] = (-1, np.arange(0))

    def __len__(self) -> int:
        """Number of batches, the last one perhaps a smaller one."""
        return -(-(len(self.digits) + len(self.strokes)) // self.digits_per_batch)

    def __getitem__(self, batch: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Images (B, 28, 28, 1) float32 in [0, 1] and one-hot labels (B, 10), with non-digits (B, 11), float32."""
        # Read once: Keras's TensorFlow trainer lets a second thread look ahead at the end of an epoch.
        epoch = self.epoch
        size = self.digits_per_batch
        index = self._permutation(epoch)[batch * size : (batch + 1) * size]
        rng = np.random.default_rng([self.seed, epoch, batch])
        count = len(self.digits)
        images = np.empty((len(index), *self.digits.images.shape[1:]), np.uint8)
        labels = np.empty(len(index), np.uint8)
        stored = index < count
        images[stored], labels[stored] = self.digits.images[index[stored]], self.digits.labels[index[stored]]
        for place in np.flatnonzero(~stored):
            which = int(index[place]) - count
            images[place] = self.strokes.draw(which, rng.uniform(*PEN_WIDTHS))
            labels[place] = self.strokes.labels[which]
        if self.sources is not None:
            others = draw(round(len(index) / size * (self.batch_size - size)), self.sources, rng)
            images = np.concatenate([images, others])
            labels = np.concatenate([labels, np.full(len(others), CLASSES, np.uint8)])
        return to_network_input(augment(images, rng, self.augmentation)), one_hot(labels, self.classes)

    def _permutation(self, epoch: int) -> npt.NDArray[np.intp]:
        known, order = self._order
        if known != epoch:
            order = np.arange(len(self.digits) + len(self.strokes))
            if self.shuffle:
                order = np.random.default_rng([self.seed, epoch]).permutation(len(order))
            self._order = (epoch, order)
        return order


def arrays(digits: Digits, classes: int = CLASSES) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """All images at once as the network takes them: (N, 28, 28, 1) float32 in [0, 1] and (N, classes) float32."""
    return to_network_input(digits.images), one_hot(digits.labels, classes)
