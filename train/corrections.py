"""Lines of real pictures among the written ones that the line network learns from: numbers that people corrected.

A folder of them is what `python app.py --keep-corrections FOLDER` keeps, or any other that `python -m train evaluate-strings`
takes. Imports no Keras, for other processes draw from the lines.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from recognizer.checkpoint import sha256_of
from recognizer.ctc import MARK
from recognizer.image_io import load_image
from recognizer.reader import DigitReader
from recognizer.types import CLASS_NAMES, GreyImage
from train.errors import DataError
from train.evaluate_strings import read_labels
from train.line_batches import Stream
from train.scores import canonical

SHARE = 0.1
"""Of the training lines, those that are corrected ones. No line comes twice in one call of the stream, so of a few lines
fewer are shown."""
WIDEST = 640
"""Lines of more columns, over thirty digits, are left out: one of them would make a whole batch as wide."""
_STREAM = 2
"""Sets the random numbers of the choice apart from those that the written lines are drawn with."""


@dataclass(frozen=True)
class CorrectedLines:
    """Lines as the reader cuts them, and what stands in them."""

    lines: tuple[GreyImage, ...]
    """(32, W) uint8 each, white ink on black."""
    labels: tuple[tuple[int, ...], ...]
    """Classes of each line, 1 to 11, as `recognizer.ctc` names them."""
    description: dict[str, Any]
    """What the manifest says of them: name and SHA-256 of the folder's labelled files, number of pictures and lines."""


def load_corrections(folder: Path, reader: DigitReader) -> CorrectedLines:
    """Cut the lines out of a folder's pictures as the reader does.

    Pictures in which it finds more or fewer lines than their texts have are left out: nobody knows which is which.

    Args:
        folder: holds pictures and a labels.csv, as `train.evaluate_strings` takes them.
        reader: one with a line network, for which it cuts the lines.

    Raises:
        ImageLoadError: the folder has no usable labels.csv, or a picture that it names cannot be read.
        DataError: no picture can be used.
    """
    lines: list[tuple[GreyImage, tuple[int, ...]]] = []
    digest = hashlib.sha256()
    rows = read_labels(folder)
    used = 0
    for file, text in rows:
        picture = load_image(folder / file)
        digest.update(f"{file}\t{text}\t{sha256_of(folder / file)}\n".encode())
        texts = [line for line in text.split("|") if canonical(line)]
        found = reader.trace(picture).line_pictures
        if len(found) == len(texts):
            narrow = [
                (line, _classes(said)) for line, said in zip(found, texts, strict=True) if line.shape[1] <= WIDEST
            ]
            lines += narrow
            used += bool(narrow)
    if not lines:
        raise DataError(f"No picture in {folder} shows as many lines as its text has: there is nothing to learn from.")
    description = {
        "file": folder.resolve().name,
        "sha256": digest.hexdigest(),
        "pictures": used,
        "left_out": len(rows) - used,
        "lines": len(lines),
    }
    return CorrectedLines(tuple(line for line, _ in lines), tuple(label for _, label in lines), description)


def _classes(text: str) -> tuple[int, ...]:
    """A text's digits and, where it has them, its marks. Kept corrections have none: then nothing is said of a line's marks."""
    return tuple(CLASS_NAMES.index(c) + 1 if c in CLASS_NAMES else MARK for c in text if not c.isspace())


class WithCorrections:
    """A stream of lines, a share of which is replaced by corrected ones, each time a little changed.

    What batch b holds depends on the seed, the lines and b alone, as `train.line_batches.line_batches` wants it.
    """

    def __init__(self, stream: Stream, corrected: CorrectedLines, seed: int) -> None:
        self._stream, self._corrected, self._seed = stream, corrected, seed

    def batch(self, index: int, size: int) -> tuple[list[npt.NDArray[np.uint8]], list[list[int]]]:
        """Batch number `index`: `size` pictures, each (32, W) uint8, and the classes that each shows, 1 to 11."""
        rng = np.random.default_rng([self._seed, index, _STREAM])
        known = self._corrected
        chosen = rng.choice(len(known.lines), min(len(known.lines), round(SHARE * size)), replace=False).tolist()
        lines, labels = self._stream.batch(index, size - len(chosen))
        return (
            [*lines, *(vary(known.lines[i], rng) for i in chosen)],
            [*labels, *(list(known.labels[i]) for i in chosen)],
        )


def vary(line: GreyImage, rng: np.random.Generator) -> GreyImage:
    """Change a line a little: slant, size, place, focus, contrast and grain.

    Args:
        line: (32, W) uint8, white ink on black; left unchanged.
        rng: the same state gives the same line.

    Returns:
        (32, W') uint8, W' within a tenth of W.
    """
    height, width = line.shape
    stretch, zoom = rng.uniform(0.92, 1.08), rng.uniform(0.92, 1.04)
    slant, sink = rng.uniform(-0.12, 0.12), rng.uniform(-1.0, 1.0)
    # x and y of the middle stay where they are, but for the line's sinking; the top leans to the right.
    middle = (height - 1) / 2
    moved = np.array([[stretch, -slant, slant * middle], [0.0, zoom, middle * (1 - zoom) + sink]])
    size = (max(1, round(stretch * width)), height)
    changed: npt.NDArray[Any] = cv2.warpAffine(line, moved, size, flags=cv2.INTER_LINEAR).astype(np.float32)
    if rng.random() < 0.3:
        changed = cv2.GaussianBlur(changed, (0, 0), float(rng.uniform(0.3, 0.8)))
    grain: npt.NDArray[Any] = rng.uniform(0.0, 8.0) * rng.standard_normal(changed.shape, dtype=np.float32)
    return np.asarray(np.clip(rng.uniform(0.8, 1.2) * changed + grain, 0, 255), dtype=np.uint8)
