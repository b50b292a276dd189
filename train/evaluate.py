"""Figures of a trained network: accuracy with its interval, confusion matrix, calibration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recognizer.checkpoint import sha256_of
from recognizer.normalize import to_network_input
from recognizer.types import CLASS_NAMES
from train.data import CLASSES, Dataset, Images, Labels
from train.errors import RunError

Probabilities = npt.NDArray[np.float32]
"""(N, 10) float32, each row summing to 1."""

ECE_BINS = 15


def wilson_interval(correct: int, count: int, z: float = 1.959964) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927), which stays within 0 and 1 where nearly all are right.

    Raises:
        ValueError: `count` is not positive or `correct` is not within it.
    """
    if not 0 <= correct <= count or count == 0:
        raise ValueError(f"correct must be within 0 and count, and count positive: got {correct} of {count}")
    share = correct / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return max(0.0, middle - half), min(1.0, middle + half)


def share(correct: int, count: int) -> dict[str, Any]:
    """An accuracy as the manifest holds it."""
    low, high = wilson_interval(correct, count)
    return {
        "accuracy": round(correct / count, 6),
        "correct": correct,
        "n": count,
        "interval": [round(low, 6), round(high, 6)],
    }


def confusion_matrix(labels: Labels, predicted: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int64]:
    """(10, 10) counts, true digit by row and read digit by column."""
    matrix = np.zeros((CLASSES, CLASSES), np.int64)
    np.add.at(matrix, (labels, predicted), 1)
    return matrix


def reliability(probabilities: Probabilities, labels: Labels, bins: int = ECE_BINS) -> list[dict[str, float]]:
    """Number, mean confidence and share of right answers in each of equally wide bins of confidence."""
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    result = []
    for number in range(bins):
        inside = which == number
        count = int(inside.sum())
        result.append(
            {
                "n": count,
                "confidence": float(confidence[inside].mean()) if count else (number + 0.5) / bins,
                "accuracy": float(right[inside].mean()) if count else 0.0,
            }
        )
    return result


def expected_calibration_error(probabilities: Probabilities, labels: Labels, bins: int = ECE_BINS) -> float:
    """Mean distance between confidence and share of right answers over the bins (Naeini et al. 2015), 0 to 1."""
    entries = reliability(probabilities, labels, bins)
    return sum(e["n"] * abs(e["confidence"] - e["accuracy"]) for e in entries) / max(1, len(labels))


def soften(probabilities: Probabilities, temperature: float) -> Probabilities:
    """Probabilities whose logits are divided by `temperature` (logits and log-probabilities differ by a constant a row)."""
    logits = np.log(np.maximum(probabilities, np.float32(1e-12))) / np.float32(temperature)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def negative_log_likelihood(probabilities: Probabilities, labels: Labels) -> float:
    """Mean negative log-likelihood of the labels."""
    own = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.maximum(own, 1e-12)).mean())


def fit_temperature(probabilities: Probabilities, labels: Labels) -> float:
    """The temperature that makes the labels most likely, 0.25 to 4 (Guo et al. 2017, arXiv:1706.04599).

    Golden-section search over its logarithm: the likelihood has a single peak.
    """
    low, high = math.log(0.25), math.log(4.0)
    ratio = (math.sqrt(5) - 1) / 2
    for _ in range(40):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        left_loss = negative_log_likelihood(soften(probabilities, math.exp(left)), labels)
        right_loss = negative_log_likelihood(soften(probabilities, math.exp(right)), labels)
        if left_loss < right_loss:
            high = right
        else:
            low = left
    return round(math.exp((low + high) / 2), 4)


def summarise(probabilities: Probabilities, labels: Labels, temperature: float) -> dict[str, Any]:
    """All figures of one part of the data; probabilities as the network gives them, before calibration."""
    predicted = probabilities.argmax(axis=1)
    matrix = confusion_matrix(labels, predicted)
    calibrated = soften(probabilities, temperature)
    return {
        **share(int((predicted == labels).sum()), len(labels)),
        "ece_before": round(expected_calibration_error(probabilities, labels), 6),
        "ece": round(expected_calibration_error(calibrated, labels), 6),
        "negative_log_likelihood": round(negative_log_likelihood(calibrated, labels), 6),
        "per_class": {
            name: share(int(matrix[k, k]), int(matrix[k].sum())) for k, name in enumerate(CLASS_NAMES) if matrix[k].sum()
        },
        "confusion_matrix": matrix.tolist(),
        "reliability": reliability(calibrated, labels),
    }


def predict(network: Any, images: Images) -> Probabilities:
    """What a Keras network answers: (N, 10) float32 for (N, 28, 28) uint8."""
    return np.asarray(network.predict(to_network_input(images), batch_size=512, verbose=0), np.float32)


def load_network(path: Path) -> Any:
    """A Keras network in float32, for serving and evaluation; the precision it was trained in is left behind.

    Raises:
        RunError: the file is missing or damaged.
    """
    import keras

    from train.model import build_model

    if not path.is_file():
        raise RunError(f"There are no weights at {path}: name a run folder or a checkpoint folder.")
    try:
        trained = keras.saving.load_model(path, compile=False, safe_mode=True)
        policy = keras.config.dtype_policy()
        keras.config.set_dtype_policy("float32")
        try:
            network = build_model()
        finally:
            keras.config.set_dtype_policy(policy)
        network.set_weights(trained.get_weights())
    except Exception as error:  # Keras, h5py and zipfile raise many kinds
        raise RunError(f"{path} is damaged, or holds another network than this version trains.") from error
    return network


def evaluate_weights(
    path: Path, dataset: Dataset, parts: Sequence[str], temperature: float | None = None
) -> dict[str, Any]:
    """Figures of a weights file on the validation part, the test part, or both.

    Args:
        path: a .keras file.
        dataset: the data; only its validation and test parts are used.
        parts: "validation", "test".
        temperature: the calibration; None fits it on the validation part.

    Returns:
        `weights` (SHA-256), `temperature`, and under each part what `summarise` says.
    """
    network = load_network(path)
    metrics: dict[str, Any] = {"weights": sha256_of(path)}
    known: dict[str, tuple[Probabilities, Labels]] = {}
    for part in parts:
        digits = getattr(dataset, part)
        known[part] = predict(network, digits.images), digits.labels
    if temperature is None:
        probabilities = known["validation"] if "validation" in known else None
        if probabilities is None:
            held = dataset.validation
            probabilities = predict(network, held.images), held.labels
        temperature = fit_temperature(*probabilities)
    metrics["temperature"] = temperature
    for part, (probability, labels) in known.items():
        metrics[part] = summarise(probability, labels, temperature)
    return metrics


def evaluate_run(run: Path, dataset: Dataset, parts: Sequence[str]) -> dict[str, Any]:
    """Figures of a run's best epoch, see `evaluate_weights`; the temperature is fitted on the validation part."""
    from train.callbacks import BEST

    return evaluate_weights(run / BEST, dataset, parts)
