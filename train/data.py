"""The digits that the network learns from, from files and from the official archive.

All images are (N, 28, 28) uint8, upright, white ink on black, in EMNIST's form (see `recognizer.normalize`); all labels are
(N,) uint8, 0 to 9.

Fitted on: EMNIST's train part, and where they are given pen strokes (UNIPEN) and the optdigits originals (its `tra` and
`tes_b` parts). EMNIST's test part is only ever tested on. MNIST is no source: its digits were cut from the same forms.
"""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recognizer.checkpoint import sha256_of
from recognizer.normalize import normalize, normalize_all
from recognizer.types import CLASS_NAMES, CROP_SIZE
from train.errors import DataError
from train.pen import Stroke, draw_strokes

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.uint8]

CLASSES = len(CLASS_NAMES)
TRAINING_LETTERS, EVALUATION_LETTERS = "EFKNVadeknrv", "MXfhmx"
"""Letters that stand for what is no digit: together those of which the first digit network read at most 30 % with a confidence
above 0.9 as one and the same digit. No class is in both."""
PEN_HEIGHT = 88
"""Longer side of a stroked digit when it is drawn, in pixels: near the 96 at which NIST's forms held theirs."""
PEN_WIDTHS = (3.0, 13.0)
"""Range of the pen's width at `PEN_HEIGHT`, in pixels: from a hard pencil to a felt pen (EMNIST's median is near 11)."""


@dataclass(frozen=True)
class Digits:
    """Labelled images: (N, 28, 28) uint8 and (N,) uint8."""

    images: Images
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: npt.NDArray[Any]) -> Digits:
        """The chosen ones, by index or by mask."""
        return Digits(self.images[index], self.labels[index])


@dataclass(frozen=True)
class StrokedDigits:
    """Labelled pen strokes, to be drawn anew at another pen width whenever they are shown."""

    strokes: tuple[tuple[Stroke, ...], ...]
    """Of each digit, its strokes; y grows downwards and the longer side is `PEN_HEIGHT` long."""
    labels: Labels
    writers: tuple[str, ...] = ()
    """Of each digit, who wrote it; empty where nobody knows."""

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: npt.NDArray[np.intp]) -> StrokedDigits:
        """The chosen ones, by index."""
        writers = tuple(self.writers[i] for i in index) if self.writers else ()
        return StrokedDigits(tuple(self.strokes[i] for i in index), self.labels[index], writers)

    def draw(self, index: int, pen_width: float) -> Images:
        """One digit in EMNIST's form, (28, 28) uint8; `pen_width` is in pixels at `PEN_HEIGHT`."""
        return normalize(draw_strokes(self.strokes[index], pen_width))


NO_STROKES = StrokedDigits((), np.zeros(0, np.uint8))
NO_LETTERS: Images = np.zeros((0, CROP_SIZE, CROP_SIZE), np.uint8)


@dataclass(frozen=True)
class Dataset:
    """All that a run needs."""

    train: Digits
    validation: Digits
    test: Digits
    strokes: StrokedDigits = NO_STROKES
    """Further training digits."""
    letters: Images = field(default_factory=lambda: NO_LETTERS)
    """EMNIST's letters, of its train part, of the classes that `nondigits` trains on; none where the file has none."""
    test_letters: Images = field(default_factory=lambda: NO_LETTERS)
    """EMNIST's letters, of its test part, of the classes that `nondigits` tests on."""
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Of each source: its file's name, its SHA-256 and the number of digits taken for training."""


def split_validation(digits: Digits, count: int, seed: int) -> tuple[Digits, Digits]:
    """Split a validation part off, each class by its share.

    Args:
        digits: what to split.
        count: size of the validation part; each class is rounded, so it may differ by a few.
        seed: the same seed and digits give the same split.

    Returns:
        The rest and the validation part, both in the original order, with no image in both.

    Raises:
        DataError: `count` is not between 1 and half of the digits.
    """
    if not 1 <= count <= len(digits) // 2:
        raise DataError(
            f"The validation part must hold 1 to {len(digits) // 2} of the {len(digits)} digits, not {count}: "
            "choose another --validation."
        )
    rng = np.random.default_rng(seed)
    held = np.zeros(len(digits), bool)
    for label in range(CLASSES):
        members = np.flatnonzero(digits.labels == label)
        held[rng.permutation(members)[: round(count * len(members) / len(digits))]] = True
    return digits.take(~held), digits.take(held)


# --- sources ---------------------------------------------------------------------------------------------------------


def load_characters(path: Path) -> tuple[Digits, Digits]:
    """Read the train and the test digits of an .npz file.

    Args:
        path: arrays `images` (N, 28, 28) uint8 and `test` (N,) bool, and the labels either as `labels` (N,), 0 to 9, or as
            `chars` (N,), ASCII codes, of which only the digits are taken.

    Raises:
        DataError: the file is missing, no .npz, or has another layout.
    """
    arrays = _load_arrays(path)
    if "images" not in arrays or "test" not in arrays or not {"chars", "labels"} & set(arrays):
        raise DataError(
            f"{path} has the arrays {_listed(arrays)}, but needs 'images', 'test' and either 'chars' or 'labels'."
        )
    images, test = arrays["images"], arrays["test"].astype(bool)
    labels = arrays["labels"].astype(int) if "labels" in arrays else arrays["chars"].astype(int) - ord("0")
    _check_images(path, images, (CROP_SIZE, CROP_SIZE))
    if not len(images) == len(test) == len(labels):
        raise DataError(f"{path} is damaged: its arrays hold {len(images)}, {len(test)} and {len(labels)} entries.")
    digit = (labels >= 0) & (labels < CLASSES)
    parts = [Digits(images[digit & part], labels[digit & part].astype(np.uint8)) for part in (~test, test)]
    for name, part in zip(("train", "test"), parts, strict=True):
        if len(part) == 0:
            raise DataError(f"{path} holds no digits in its {name} part.")
    return parts[0], parts[1]


def load_letters(path: Path, letters: str, *, test: bool = False) -> Images:
    """Read one part's pictures of some letters: (N, 28, 28) uint8, none where the file holds no letters.

    Args:
        path: as `load_characters` takes, with the labels as `chars`.
        letters: which; upper case and lower case count as written.
        test: whether those of the test part, or of the train part.

    Raises:
        DataError: the file is missing, no .npz, or has another layout.
    """
    arrays = _load_arrays(path)
    if "images" not in arrays or "test" not in arrays:
        raise DataError(f"{path} has the arrays {_listed(arrays)}, but needs 'images' and 'test'.")
    _check_images(path, arrays["images"], (CROP_SIZE, CROP_SIZE))
    if "chars" not in arrays:
        return np.zeros((0, CROP_SIZE, CROP_SIZE), np.uint8)
    wanted = np.isin(arrays["chars"], [ord(letter) for letter in letters]) & (arrays["test"].astype(bool) == test)
    return np.asarray(arrays["images"][wanted], dtype=np.uint8)


def load_optdigits(path: Path) -> Digits:
    """Read the optdigits originals, 32x32 binary, of the parts `tra` and `tes_b`, in EMNIST's form.

    The third part, `windep` (other writers), is left for testing. UCI Machine Learning Repository, "Optical recognition of
    handwritten digits" (Alpaydin and Kaynak 1998), CC BY 4.0.

    Raises:
        DataError: the file is missing, no .npz, or has another layout.
    """
    arrays = _load_arrays(path)
    images, labels = [], []
    for part in ("tra", "tes_b"):
        if f"{part}_images" not in arrays or f"{part}_labels" not in arrays:
            raise DataError(f"{path} has the arrays {_listed(arrays)}, but needs '{part}_images' and '{part}_labels'.")
        _check_images(path, arrays[f"{part}_images"], None)
        images.append(arrays[f"{part}_images"])
        labels.append(arrays[f"{part}_labels"].astype(np.uint8))
    return Digits(normalize_all(list(np.concatenate(images))), np.concatenate(labels))


def load_pen_strokes(path: Path) -> StrokedDigits:
    """Read single digits recorded as pen strokes.

    Args:
        path: gzipped text, one JSON object a line: `text` (one digit), `source`, one for each writer (may be missing), and
            `strokes`, lists of [x, y] with y growing upwards
            (as it does in all 17 collections of UNIPEN's digits: a network trained on EMNIST reads 86 % or more of each
            collection of at least 100 digits with y upwards, and 45 % or less of it with y downwards).

    Raises:
        DataError: the file is missing, no gzip, or a line is of another layout.
    """
    strokes, labels, writers = [], [], []
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    record = json.loads(line)
                    label = CLASS_NAMES.index(record["text"])
                    points = [np.asarray(stroke, np.float32).reshape(-1, 2) for stroke in record["strokes"] if stroke]
                except (ValueError, KeyError, TypeError) as error:
                    raise DataError(
                        f"Line {number} of {path} is no digit in pen strokes "
                        "(it needs 'text' and 'strokes', lists of [x, y])."
                    ) from error
                if points:
                    strokes.append(_upright(points))
                    labels.append(label)
                    writers.append(str(record.get("source", "")))
    except FileNotFoundError as error:
        raise DataError(f"There is no file {path}: check the path given to --pen-strokes.") from error
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as gzipped text: it is damaged or of another format.") from error
    if not strokes:
        raise DataError(f"{path} holds no pen strokes.")
    return StrokedDigits(tuple(strokes), np.array(labels, np.uint8), tuple(writers))


def _upright(points: Sequence[Stroke]) -> tuple[Stroke, ...]:
    """Strokes with y growing downwards and `PEN_HEIGHT` as the longer side."""
    everything = np.concatenate(points)
    size = max(float((everything.max(axis=0) - everything.min(axis=0)).max()), 1e-3)
    scale = np.float32(PEN_HEIGHT / size) * np.array([1.0, -1.0], np.float32)
    return tuple(stroke * scale for stroke in points)


def describe(path: Path, count: int) -> dict[str, Any]:
    """What the manifest says about a data file."""
    return {"file": path.name, "sha256": sha256_of(path), "digits": count}


def load_dataset(
    data: Path | None,
    pen_strokes: Path | None = None,
    optdigits: Path | None = None,
    *,
    validation: int,
    seed: int,
    limit: int | None = None,
) -> Dataset:
    """Read all sources and split the validation part off EMNIST's train part.

    Args:
        data: an .npz file as `load_characters` takes; None for the official EMNIST digits (downloaded once).
        pen_strokes: file as `load_pen_strokes` takes.
        optdigits: file as `load_optdigits` takes.
        validation: size of the validation part.
        seed: of the split.
        limit: no more than this many of EMNIST's train digits (chosen by `seed`), for a rehearsal.

    Raises:
        DataError: a file cannot be used.
    """
    letters = test_letters = NO_LETTERS
    if data is None:
        from train.official import load_official

        train, test, archive = load_official()
        files = {"emnist": describe(archive, len(train))}
    else:
        train, test = load_characters(data)
        letters = load_letters(data, TRAINING_LETTERS)
        test_letters = load_letters(data, EVALUATION_LETTERS, test=True)
        files = {"emnist": describe(data, len(train))}
    if limit is not None and limit < len(train):
        train = train.take(np.sort(np.random.default_rng(seed).permutation(len(train))[:limit]))
    train, held = split_validation(train, validation, seed)
    files["emnist"]["digits"] = len(train)
    if optdigits is not None:
        more = load_optdigits(optdigits)
        files["optdigits"] = describe(optdigits, len(more))
        train = Digits(np.concatenate([train.images, more.images]), np.concatenate([train.labels, more.labels]))
    strokes = NO_STROKES
    if pen_strokes is not None:
        strokes = load_pen_strokes(pen_strokes)
        files["pen_strokes"] = describe(pen_strokes, len(strokes))
    return Dataset(train, held, test, strokes, letters, test_letters, files)


def _load_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    try:
        # Opened here, for numpy leaves a file that it cannot read open.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise DataError(f"{path} is a single array, not an .npz file.")
            return {name: file[name] for name in file.files}
    except FileNotFoundError as error:
        raise DataError(f"There is no file {path}: check the path.") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, AttributeError) as error:
        raise DataError(f"{path} cannot be read as an .npz file: it is damaged or of another format.") from error


def _check_images(path: Path, images: npt.NDArray[Any], size: tuple[int, int] | None) -> None:
    if images.dtype != np.uint8 or images.ndim != 3 or (size is not None and images.shape[1:] != size):
        wanted = "(N, {}, {})".format(*size) if size else "(N, height, width)"
        raise DataError(f"The images in {path} are {images.shape} {images.dtype}, but must be {wanted} uint8.")


def _listed(arrays: dict[str, Any]) -> str:
    return ", ".join(repr(name) for name in sorted(arrays)) or "(none)"
