"""Digits of other collections, on which nothing was fitted: what a network's figures are worth beyond its own data.

Each digit comes to the network through `recognizer.normalize`, as the digits of a user do. MNIST's digits were cut from
the same forms as EMNIST's, so they show how the conversion fares; USPS (envelopes) and the optdigits writers `windep` are
other hands.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from recognizer.checkpoint import sha256_of
from recognizer.normalize import normalize_all
from train.data import CLASSES, Digits, Images, Labels
from train.errors import DataError
from train.evaluate import predict, share


class Source(NamedTuple):
    """Where one collection's test digits lie in a folder."""

    file: str
    images: str
    labels: str
    title: str


class Collection(NamedTuple):
    """One collection's test digits, in EMNIST's form, and the file that they came from."""

    digits: Digits
    file: str
    sha256: str


SOURCES: Mapping[str, Source] = {
    "mnist": Source("mnist.npz", "x_test", "y_test", "MNIST, test part"),
    "usps": Source("usps.npz", "test_images", "test_labels", "USPS, test part"),
    "optdigits": Source("optdigits.npz", "windep_images", "windep_labels", "optdigits, writers of `windep`"),
}
"""The collections by name."""


def load_transfer(folder: Path) -> dict[str, Collection]:
    """Read the test digits of the collections that a folder holds, in EMNIST's form.

    Args:
        folder: holds any of mnist.npz, usps.npz and optdigits.npz; images are (N, height, width) uint8, white ink on black.

    Raises:
        DataError: it holds none of them, or one is damaged or of another layout.
    """
    found = {name: source for name, source in SOURCES.items() if (folder / source.file).is_file()}
    if not found:
        names = ", ".join(source.file for source in SOURCES.values())
        raise DataError(f"{folder} holds none of {names}: check the folder given to --transfer.")
    return {name: _load(folder / source.file, source) for name, source in found.items()}


def _load(path: Path, source: Source) -> Collection:
    images, labels = load_images(path, source)
    return Collection(Digits(normalize_all(list(images)), labels), path.name, sha256_of(path))


def load_images(path: Path, source: Source) -> tuple[Images, Labels]:
    """Read one collection's test images as they are, (N, height, width) uint8, and their labels, (N,) uint8.

    Raises:
        DataError: the file is missing, damaged or of another layout.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
            images, labels = arrays[source.images], arrays[source.labels]
    except (OSError, ValueError, EOFError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{path} cannot be read: it has to be an .npz file with the arrays '{source.images}' and '{source.labels}'."
        ) from error
    if images.ndim != 3 or images.dtype != np.uint8 or labels.shape != (len(images),) or not len(images):
        raise DataError(
            f"{path} holds {images.shape} {images.dtype} images and {labels.shape} labels, but must hold (N, height, width) "
            "uint8 and (N,)."
        )
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0 or labels.max() >= CLASSES:
        raise DataError(f"The labels in {path} are not whole numbers from 0 to {CLASSES - 1}.")
    return images, labels.astype(np.uint8)


def evaluate_transfer(network: Any, collections: Mapping[str, Collection]) -> dict[str, dict[str, Any]]:
    """Measure a Keras network on each collection.

    Args:
        network: of ten or eleven outputs; right is the most probable of the ten digits.
        collections: by name, as `load_transfer` gives them.

    Returns:
        By name, the accuracy as the manifest holds it, with its 95 % interval, and the file's name and SHA-256.
    """
    figures = {}
    for name, (digits, file, sha256) in collections.items():
        answers = predict(network, digits.images)[:, :CLASSES]
        right = int((answers.argmax(axis=1) == digits.labels).sum())
        figures[name] = {**share(right, len(digits)), "file": file, "sha256": sha256}
    return figures


def report(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """The figures as text for a terminal, and which collections are missing."""
    lines = ["other collections, nothing fitted on them:"]
    for name, source in SOURCES.items():
        if name in figures:
            entry = figures[name]
            low, high = entry["interval"]
            lines.append(
                f"  {source.title}: {entry['accuracy']:.2%} right ({entry['correct']} of {entry['n']}; 95 % interval "
                f"{low:.2%} to {high:.2%})"
            )
        else:
            lines.append(f"  {source.title}: skipped, there is no {source.file}")
    return "\n".join(lines)
