"""Finds pen strokes that are not the digit they are labelled as (cut in two, joined with a neighbour, swapped labels)."""

from __future__ import annotations

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

from recognizer.normalize import to_network_input
from train.batches import DigitBatches
from train.data import CLASSES, Digits, StrokedDigits

EPOCHS = 4
LEAST_PROBABILITY = 0.02
"""A digit whose label gets less than this from the small network is left out."""
_DRAWN_WIDTH = 8.0


def keep_well_segmented(
    strokes: StrokedDigits, digits: Digits, seed: int
) -> tuple[StrokedDigits, npt.NDArray[np.intp]]:
    """Leave out the digits whose own label a small network finds next to impossible.

    The network has too few epochs to learn single wrong labels by heart, but trains on the strokes themselves beside EMNIST
    digits, so that forms which American writers do not use (flagged 1, crossed 7) are known to it and stay.

    Args:
        strokes: what to look through.
        digits: further digits to learn from; as many are used as there are strokes.
        seed: of the network and of the choice.

    Returns:
        The digits that stay, in the same order, and the indexes of those left out.
    """
    rng = np.random.default_rng([seed, 1])
    some = digits.take(rng.permutation(len(digits))[: len(strokes)])
    batches = DigitBatches(some, strokes, batch_size=128, seed=seed)
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(128, activation="relu"),
            layers.Dense(CLASSES, activation="softmax", dtype="float32"),
        ]
    )
    model.compile("adam", "categorical_crossentropy", jit_compile=False)
    for epoch in range(EPOCHS):
        batches.epoch = epoch
        model.fit(batches, epochs=epoch + 1, initial_epoch=epoch, shuffle=False, verbose=0)
    drawn = np.stack([strokes.draw(i, _DRAWN_WIDTH) for i in range(len(strokes))])
    probabilities = model.predict(to_network_input(drawn), batch_size=512, verbose=0)
    good = probabilities[np.arange(len(strokes)), strokes.labels] >= LEAST_PROBABILITY
    return strokes.take(np.flatnonzero(good)), np.flatnonzero(~good)
