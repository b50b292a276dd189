"""Training batches, made while the network trains."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from recognizer.normalize import to_network_input
from train.augment import NONE, Augmentation, augment
from train.data import CLASSES, NO_STROKES, PEN_WIDTHS, Digits, Labels, StrokedDigits


def one_hot(labels: Labels) -> npt.NDArray[np.float32]:
    """(N, 10) float32, one in the column of each label."""
    return np.eye(CLASSES, dtype=np.float32)[labels]


class DigitBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Shuffled, augmented batches of images and freshly drawn pen strokes.

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
    ) -> None:
        super().__init__()
        self.digits, self.strokes = digits, strokes
        self.batch_size, self.seed, self.augmentation, self.shuffle = batch_size, seed, augmentation, shuffle
        self.epoch = 0
        self._order: tuple[int, npt.NDArray[np.intp]] = (-1, np.arange(0))

    def __len__(self) -> int:
        """Number of batches, the last one perhaps a smaller one."""
        return -(-(len(self.digits) + len(self.strokes)) // self.batch_size)

    def __getitem__(self, batch: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Images (B, 28, 28, 1) float32 in [0, 1] and one-hot labels (B, 10) float32."""
        # Read once: Keras's TensorFlow trainer lets a second thread look ahead at the end of an epoch.
        epoch = self.epoch
        index = self._permutation(epoch)[batch * self.batch_size : (batch + 1) * self.batch_size]
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
        return to_network_input(augment(images, rng, self.augmentation)), one_hot(labels)

    def _permutation(self, epoch: int) -> npt.NDArray[np.intp]:
        known, order = self._order
        if known != epoch:
            order = np.arange(len(self.digits) + len(self.strokes))
            if self.shuffle:
                order = np.random.default_rng([self.seed, epoch]).permutation(len(order))
            self._order = (epoch, order)
        return order


def arrays(digits: Digits) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """All digits at once as the network takes them: (N, 28, 28, 1) float32 in [0, 1] and (N, 10) float32."""
    return to_network_input(digits.images), one_hot(digits.labels)
