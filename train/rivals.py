"""The digit network beside other ways to tell digits apart, and beside itself under other optimizers.

All learn from the same 28x28 pictures, as they are: no augmentation, no non-digits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recognizer.classifier import DigitClassifier
from train.data import CLASSES, Digits, Images
from train.evaluate import predict, wilson_interval

SEED = 1


def first(digits: Digits, count: int) -> Digits:
    """The first digits, `count` or as many as there are."""
    return digits.take(np.arange(min(count, len(digits))))


class Result(NamedTuple):
    """How one classifier did."""

    name: str
    correct: int
    tested: int
    """Digits that it was tested on."""
    fit_seconds: float | None
    """Time that it took to learn; None where it had learnt before."""
    digit_seconds: float
    """Time for one digit, where all are asked for at once."""

    @property
    def accuracy(self) -> float:
        """Share of the digits that were right, 0 to 1."""
        return self.correct / self.tested

    @property
    def interval(self) -> tuple[float, float]:
        """Its 95 % interval (Wilson)."""
        return wilson_interval(self.correct, self.tested)


def _classifiers() -> Mapping[str, Any]:
    """scikit-learn's classifiers by name, none of them fitted."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.svm import SVC
    from sklearn.tree import DecisionTreeClassifier

    return {
        "k nearest neighbours, k = 3": KNeighborsClassifier(3),
        "support vector machine, RBF kernel": SVC(C=10),
        "random forest, 200 trees": RandomForestClassifier(200, random_state=SEED),
        "decision tree": DecisionTreeClassifier(random_state=SEED),
        # Pixels in the corners are always empty: without smoothing, a single grey one there would decide all.
        "Gaussian naive Bayes": GaussianNB(var_smoothing=0.01),
        "perceptron, one hidden layer of 100": MLPClassifier((100,), early_stopping=True, random_state=SEED),
    }


def compare_classifiers(train: Digits, test: Digits) -> list[Result]:
    """Fit scikit-learn's classifiers to some digits and test them on others.

    Args:
        train: every class at least twice.
        test: at least one digit.
    """
    results = []
    for name, classifier in _classifiers().items():
        start = time.perf_counter()
        classifier.fit(_rows(train.images), train.labels)
        fit_seconds = time.perf_counter() - start
        results.append(_measure(name, partial(_ask, classifier), test, fit_seconds))
    return results


def measure_network(network: Any, test: Digits, fit_seconds: float) -> Result:
    """Test a Keras network that `fit_network` has fitted."""
    predict(network, test.images[:1])  # the first call compiles it
    return _measure("convolutional network", lambda images: _labels(predict(network, images)), test, fit_seconds)


def measure_shipped(classifier: DigitClassifier, test: Digits) -> Result:
    """Test the network that the reader uses."""
    classifier.predict(test.images[:1])
    return _measure("the shipped network", lambda images: _labels(classifier.predict(images)), test, None)


def _measure(name: str, read: Callable[[Images], npt.NDArray[Any]], test: Digits, fit_seconds: float | None) -> Result:
    start = time.perf_counter()
    labels = read(test.images)
    seconds = time.perf_counter() - start
    return Result(name, int((labels == test.labels).sum()), len(test), fit_seconds, seconds / len(test))


def _ask(classifier: Any, images: Images) -> npt.NDArray[Any]:
    return np.asarray(classifier.predict(_rows(images)))


def _rows(images: Images) -> npt.NDArray[np.float32]:
    """Each picture as one row of 784 numbers in [0, 1]."""
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255)


def _labels(probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    return np.asarray(probabilities[:, :CLASSES].argmax(axis=1))


# --- the network -----------------------------------------------------------------------------------------------------


class Fit(NamedTuple):
    """A network that has learnt."""

    network: Any
    rows: list[dict[str, float]]
    """Of each epoch `epoch`, `loss`, `accuracy`, `val_loss` and `val_accuracy`."""
    seconds: float


def fit_network(
    train: Digits, validation: Digits, *, optimizer: str = "adam", epochs: int, batch_size: int = 32
) -> Fit:
    """Train the digit network from scratch.

    Args:
        train: digits to learn from.
        validation: digits to watch it by; nothing is chosen by them.
        optimizer: one of `train.run.LEARNING_RATES`, with the learning rate given there.
        epochs: passes over the digits.
        batch_size: digits a step.
    """
    import keras

    from train.batches import arrays
    from train.model import build_model, compile_model, suit_short_run

    keras.utils.set_random_seed(SEED)
    network = build_model(CLASSES)
    compile_model(network, optimizer)
    suit_short_run(network, epochs * -(-len(train) // batch_size))
    start = time.perf_counter()
    history = network.fit(
        *arrays(train),
        validation_data=arrays(validation),
        validation_batch_size=512,
        epochs=epochs,
        batch_size=batch_size,
        verbose=0,
    ).history
    seconds = time.perf_counter() - start
    rows = [
        {"epoch": float(number + 1), **{name: float(values[number]) for name, values in history.items()}}
        for number in range(epochs)
    ]
    return Fit(network, rows, seconds)


def compare_optimizers(
    train: Digits, validation: Digits, optimizers: Sequence[str], *, epochs: int
) -> dict[str, list[dict[str, float]]]:
    """Train the digit network from the same first weights with each optimizer: by its name, the rows of `fit_network`."""
    return {
        optimizer: fit_network(train, validation, optimizer=optimizer, epochs=epochs).rows for optimizer in optimizers
    }


# --- tables ----------------------------------------------------------------------------------------------------------


def result_rows(results: Sequence[Result]) -> list[dict[str, str]]:
    """A table of results, the best first, as `train.show.table` takes it."""
    ranked = sorted(results, key=lambda result: -result.accuracy)
    return [
        {
            "classifier": result.name,
            "right": f"{result.accuracy:.1%}",
            "95 % interval": "{:.1%} to {:.1%}".format(*result.interval),
            "learns in": "–" if result.fit_seconds is None else f"{result.fit_seconds:.1f} s",
            "reads a digit in": f"{1e6 * result.digit_seconds:,.0f} µs",
        }
        for result in ranked
    ]


def optimizer_rows(curves: Mapping[str, Sequence[Mapping[str, float]]]) -> list[dict[str, str]]:
    """A table of validation accuracy, epoch by epoch, as `train.show.table` takes it."""
    return [
        {"optimizer": name, **{f"epoch {row['epoch']:.0f}": f"{row['val_accuracy']:.1%}" for row in rows}}
        for name, rows in curves.items()
    ]


def shares(results: Sequence[Result]) -> dict[str, tuple[float, tuple[float, float]]]:
    """Accuracy and interval of each result by its name, the best first, as `train.plots.save_shares` takes them."""
    return {result.name: (result.accuracy, result.interval) for result in sorted(results, key=lambda r: -r.accuracy)}
